//! PostGIS as an operator sees it: SQL through psql, the plan through the program, a cluster to stop.

use super::{patience::until, server::plantiles};
use std::path::{Path, PathBuf};
use std::process::Command;
use tempfile::TempDir;

/// What the SQL prints, without headings or alignment.
#[track_caller]
pub fn query(url: &str, sql: &str) -> String {
    let output = Command::new("psql")
        .args([
            "--no-psqlrc",
            "--quiet",
            "--tuples-only",
            "--no-align",
            "--set=ON_ERROR_STOP=1",
            "--dbname",
            url,
        ])
        .args(["--command", sql])
        .output()
        .expect("psql");
    assert!(output.status.success(), "{sql}: {}", String::from_utf8_lossy(&output.stderr));
    let text = String::from_utf8(output.stdout).unwrap();
    text.strip_suffix("\n").unwrap_or(&text).to_owned()
}

/// Makes the schema and loads the bundled plan.
#[track_caller]
pub fn load_plan(url: &str) {
    for arguments in [&["init"][..], &["import", "--bundled"]] {
        let output = plantiles(arguments).env("DATABASE_URL", url).output().unwrap();
        assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    }
}

/// A cluster of its own, to be stopped in the middle of a test.
pub struct Cluster {
    folder: TempDir,
    pub url: String,
}

impl Cluster {
    pub fn start() -> Cluster {
        let folder = tempfile::tempdir().unwrap();
        // Its files belong to another user where the test runs as root.
        let open = <std::fs::Permissions as std::os::unix::fs::PermissionsExt>::from_mode(0o755);
        std::fs::set_permissions(folder.path(), open).unwrap();
        let mut cluster = Cluster { folder, url: String::new() };
        cluster.url = cluster.control(&["start"]);
        cluster
    }

    /// A streaming standby of it, on the same machine.
    pub fn standby(&self) -> Cluster {
        let folder = tempfile::tempdir().unwrap();
        let open = <std::fs::Permissions as std::os::unix::fs::PermissionsExt>::from_mode(0o755);
        std::fs::set_permissions(folder.path(), open).unwrap();
        let mut standby = Cluster { folder, url: String::new() };
        let of = self.folder.path().join("pg");
        standby.url = standby.control(&["standby", of.to_str().unwrap()]);
        standby
    }

    /// Makes a standby a primary.
    pub fn promote(&self) {
        self.control(&["promote"]);
    }

    pub fn stop_at_once(&self) {
        self.control(&["stop", "immediate"]);
    }

    pub fn stop(&self) {
        self.control(&["stop", "fast"]);
    }

    pub fn start_again(&self) {
        self.control(&["start"]);
    }

    /// Ends all of its processes as the system does when memory is short.
    pub fn kill(&self) {
        let killed = self.signal("KILL");
        let is_gone = |id: &_| !Path::new(&format!("/proc/{id}/exe")).exists();
        until("they have ended", || killed.iter().all(is_gone));
    }

    /// Its sockets stay open and nobody answers.
    pub fn freeze(&self) {
        self.signal("STOP");
    }

    pub fn thaw(&self) {
        self.signal("CONT");
    }

    fn signal(&self, name: &str) -> Vec<String> {
        let processes = self.processes();
        let sent = Command::new("kill").args(["-s", name]).args(&processes).status().unwrap();
        assert!(sent.success(), "{name}");
        processes
    }

    /// The postmaster and its children.
    fn processes(&self) -> Vec<String> {
        let pid = std::fs::read_to_string(self.folder.path().join("pg/data/postmaster.pid")).unwrap();
        let postmaster = pid.lines().next().unwrap().to_owned();
        let children = Command::new("pgrep").args(["--parent", &postmaster]).output().expect("pgrep").stdout;
        let children = String::from_utf8(children).unwrap();
        std::iter::once(postmaster).chain(children.lines().map(str::to_owned)).collect()
    }

    pub fn password(&self) -> String {
        self.url.split(['@']).next().unwrap().rsplit(':').next().unwrap().to_owned()
    }

    #[track_caller]
    fn control(&self, action: &[&str]) -> String {
        let script = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/postgis");
        let output = Command::new(script)
            .arg(action[0])
            .arg(self.folder.path().join("pg"))
            .args(&action[1..])
            .output()
            .unwrap();
        assert!(output.status.success(), "{action:?}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap().trim().to_owned()
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        let pid = self.folder.path().join("pg/data/postmaster.pid");
        if pid.exists() {
            self.stop_at_once();
        }
    }
}
