//! A small file system for a state directory.

use std::{
    fs::{self, File},
    io::Write,
    path::{Path, PathBuf},
    process::Command,
};
use tempfile::TempDir;

/// A tmpfs, gone with this value.
pub struct Volume(TempDir);

impl Volume {
    /// # Panics
    /// Where file systems cannot be mounted: a test that cannot run fails.
    pub fn new(megabytes: u32) -> Self {
        let volume = Self(tempfile::tempdir().unwrap());
        volume.mount(&["-t", "tmpfs", "-o", &format!("size={megabytes}m,mode=755"), "none"]);
        volume
    }

    pub fn state(&self) -> PathBuf {
        self.0.path().join("state")
    }

    /// Writes until nothing fits any more.
    pub fn fill(&self) {
        let mut file = File::create(self.ballast()).unwrap();
        for size in [1 << 16, 1] {
            while file.write_all(&vec![0; size]).is_ok() {}
        }
    }

    pub fn free(&self) {
        fs::remove_file(self.ballast()).unwrap();
    }

    pub fn read_only(&self, only: bool) {
        self.mount(&["-o", if only { "remount,bind,ro" } else { "remount,bind,rw" }]);
    }

    fn ballast(&self) -> PathBuf {
        self.0.path().join("ballast")
    }

    fn mount(&self, arguments: &[&str]) {
        run("mount", arguments, self.0.path());
    }
}

impl Drop for Volume {
    fn drop(&mut self) {
        run("umount", &["--lazy"], self.0.path());
    }
}

fn run(program: &str, arguments: &[&str], place: &Path) {
    let output = Command::new(program).args(arguments).arg(place).output().expect(program);
    let error = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{program} {arguments:?}, for which one must be root: {error}");
}
