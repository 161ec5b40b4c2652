//! Databases and whole clusters for one test each.

use super::server::plantiles;
use std::path::PathBuf;
use std::process::Command;
use std::sync::atomic::{AtomicU32, Ordering};
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
    String::from_utf8(output.stdout).unwrap().trim_end().to_owned()
}

/// Makes the schema and loads the bundled plan.
#[track_caller]
pub fn load_plan(url: &str) {
    for arguments in [&["init"][..], &["import", "--bundled"]] {
        let output = plantiles(arguments).env("DATABASE_URL", url).output().unwrap();
        assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    }
}

/// An empty database on the server that the run provides, dropped with this value.
pub struct Database {
    admin: String,
    name: String,
    pub url: String,
}

impl Database {
    pub fn create() -> Database {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let admin =
            std::env::var("PLANTILES_TEST_DATABASE_URL").expect("PLANTILES_TEST_DATABASE_URL: see tests/run");
        let name = format!("it_{}_{}", std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed));
        query(&admin, &format!("CREATE DATABASE {name}"));
        let url = format!("{}/{name}", admin.rsplit_once('/').unwrap().0);
        Database { admin, name, url }
    }
}

impl Drop for Database {
    fn drop(&mut self) {
        query(&self.admin, &format!("DROP DATABASE {} WITH (FORCE)", self.name));
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

    pub fn stop_at_once(&self) {
        self.control(&["stop", "immediate"]);
    }

    pub fn start_again(&self) {
        self.control(&["start"]);
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
