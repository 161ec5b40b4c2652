//! A real S3 server of its own for a test, by tests/objects.

use super::{
    server::{Setup, plantiles},
    tls::Certificate,
};
use std::{path::Path, process::Command};
use tempfile::TempDir;

/// The variables that clients of it need.
const VARIABLES: [&str; 5] =
    ["AWS_ENDPOINT_URL", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_REGION", "AWS_ALLOW_HTTP"];

/// Stopped when it is dropped.
pub struct Objects {
    folder: TempDir,
    environment: Vec<(&'static str, String)>,
    bucket: String,
}

fn script(arguments: &[&str]) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/objects");
    let done = Command::new(&path).args(arguments).output().unwrap();
    assert!(done.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&done.stderr));
    String::from_utf8(done.stdout).unwrap()
}

impl Objects {
    pub fn start() -> Self {
        Self::start_with(&[])
    }

    /// Over TLS; no authority that clients know of by themselves vouches for it.
    pub fn start_tls(Certificate { certificate, key }: &Certificate) -> Self {
        Self::start_with(&["--tls", certificate.to_str().unwrap(), key.to_str().unwrap()])
    }

    fn start_with(options: &[&str]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let said = script(&[&["start", folder.path().to_str().unwrap()], options].concat());
        let value = |name: &str| {
            let line = said.lines().find_map(|line| line.strip_prefix(&format!("export {name}=")));
            line.unwrap_or_else(|| panic!("no {name} in {said}")).trim_matches(['\'', '"']).to_owned()
        };
        let environment = VARIABLES.map(|name| (name, value(name))).into();
        Self { folder, environment, bucket: value("PLANTILES_TEST_STORE") }
    }

    /// Kills it; what it has stays for the next start.
    pub fn kill(&self) {
        script(&["stop", self.path(), "KILL"]);
    }

    pub fn start_again(&self) {
        script(&["start", self.path()]);
    }

    /// Has it hang, or go on: `STOP` and `CONT`.
    pub fn signal(&self, name: &str) {
        let id = std::fs::read_to_string(self.folder.path().join("pid")).unwrap();
        assert!(Command::new("kill").args(["-s", name, id.trim()]).status().unwrap().success());
    }

    fn path(&self) -> &str {
        self.folder.path().to_str().unwrap()
    }

    /// Host and port at which it listens.
    pub fn address(&self) -> String {
        let (_, url) = self.environment.iter().find(|(name, _)| *name == "AWS_ENDPOINT_URL").unwrap();
        url.trim_start_matches("http://").trim_end_matches('/').to_owned()
    }

    /// The URL of a place in its bucket.
    pub fn url(&self, prefix: &str) -> String {
        format!("{}/{prefix}", self.bucket)
    }

    /// A server over that place.
    pub fn server(&self, prefix: &str) -> Setup {
        let setup = Setup::default().env("PLANTILES_STORE", &self.url(prefix));
        self.environment.iter().fold(setup, |setup, (name, value)| setup.env(name, value))
    }

    /// A command over that place, with the state directory `state`.
    pub fn command(&self, prefix: &str, state: &Path, arguments: &[&str]) -> Command {
        let mut command = plantiles(arguments);
        self.environ(prefix, &mut command).arg("--state").arg(state);
        command
    }

    /// Has a command know that place.
    pub fn environ<'a>(&self, prefix: &str, command: &'a mut Command) -> &'a mut Command {
        command.env("PLANTILES_STORE", self.url(prefix));
        command.envs(self.environment.iter().map(|(name, value)| (name, value)))
    }

    /// The files of its objects: those that are whole.
    pub fn files(&self) -> std::path::PathBuf {
        self.folder.path().join("objects")
    }
}

impl Drop for Objects {
    fn drop(&mut self) {
        if self.folder.path().join("pid").is_file() {
            let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/objects");
            let _stopped = Command::new(path).args(["stop", self.path(), "KILL"]).status();
        }
    }
}
