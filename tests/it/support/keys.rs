//! Keys, as an operator makes them.

use super::server::{Server, Setup, plantiles};
use std::{
    fs,
    path::PathBuf,
    process::{Command, Output},
};
use tempfile::TempDir;

/// A folder with a configuration, in which a layer is for a role, and its file of keys.
pub struct Keys {
    pub folder: TempDir,
}

impl Keys {
    pub fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let keys = Self { folder };
        fs::write(keys.config(), keys.toml()).unwrap();
        keys
    }

    pub fn toml(&self) -> String {
        format!(
            "[access]\nkeys = {:?}\nroles = [\"office\", \"partner\"]\n[access.layer]\nmining_rights = [\"office\"]\n",
            self.file()
        )
    }

    pub fn config(&self) -> PathBuf {
        self.folder.path().join("access.toml")
    }

    pub fn file(&self) -> PathBuf {
        self.folder.path().join("keys.json")
    }

    pub fn command(&self, arguments: &[&str]) -> Command {
        let mut command = plantiles(arguments);
        command.arg("--config").arg(self.config());
        command
    }

    pub fn run(&self, arguments: &[&str]) -> Output {
        self.command(arguments).output().unwrap()
    }

    #[track_caller]
    pub fn done(&self, arguments: &[&str]) -> String {
        let output = self.run(arguments);
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap().trim().to_owned()
    }

    pub fn create(&self, role: &str) -> String {
        self.done(&["key", "create", "--role", role])
    }

    pub fn start(&self) -> Server {
        Setup::default().config(&self.toml()).env("RUST_LOG", "debug").start()
    }
}
