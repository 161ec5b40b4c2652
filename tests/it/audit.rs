//! The audit file and its table: who took what, what was changed and refused, and that nobody waits for a record.

use crate::support::{
    database::TestDatabase,
    http::Response,
    patience::{found, until},
    postgis::{Cluster, load_plan, query},
    server::{Server, Setup, plantiles},
};
use serde_json::Value;
use std::{
    fs,
    io::{Read, Write},
    net::TcpStream,
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
};
use tempfile::TempDir;

const FILE: &str = "/downloads/townships.fgb";

/// A folder with a configuration, its file of keys and its audit file.
pub struct Office {
    folder: TempDir,
    more: String,
}

impl Office {
    /// `more` is configuration beside keys and the audit file.
    pub fn new(more: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir(folder.path().join("audit")).unwrap();
        let office = Self { folder, more: more.to_owned() };
        fs::write(office.config(), office.toml()).unwrap();
        office
    }

    pub fn toml(&self) -> String {
        let keys = self.folder.path().join("keys.json");
        format!(
            "[access]\nkeys = {keys:?}\nroles = [\"office\"]\n[access.layer]\nmining_rights = [\"office\"]\n\
             [audit]\nfile = {:?}\n{}",
            self.file(),
            self.more
        )
    }

    fn config(&self) -> PathBuf {
        self.folder.path().join("office.toml")
    }

    fn file(&self) -> PathBuf {
        self.folder.path().join("audit/audit.jsonl")
    }

    #[track_caller]
    fn done(&self, arguments: &[&str]) -> String {
        let output = plantiles(arguments).arg("--config").arg(self.config()).output().unwrap();
        assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap().trim().to_owned()
    }

    pub fn key(&self) -> String {
        self.done(&["key", "create", "--role", "office"])
    }

    pub fn start(&self) -> Server {
        Setup::default().config(&self.toml()).start()
    }

    fn records(&self) -> Vec<Value> {
        records(&self.file())
    }

    /// The last record, when there are so many of the event.
    #[track_caller]
    fn record(&self, event: &str, count: usize) -> Value {
        found("the record", || {
            let mut records = self.records();
            records.retain(|record| record["event"] == event);
            assert!(records.len() <= count, "{records:#?}");
            (records.len() == count).then(|| records.pop().unwrap())
        })
    }
}

fn records(file: &Path) -> Vec<Value> {
    let text = fs::read_to_string(file).unwrap_or_default();
    // The last may just be written.
    let whole = text.split_inclusive('\n').filter(|line| line.ends_with('\n'));
    whole.map(|line| serde_json::from_str(line).unwrap()).collect()
}

fn with(server: &Server, key: &str, method: &str, path: &str, more: &[(&str, &str)]) -> Response {
    server.ask(method, path, &[&[("x-api-key", key)][..], more].concat())
}

#[test]
fn who_took_what_and_how_much_is_recorded() {
    let office = Office::new("");
    let key = office.key();
    let server = office.start();
    let snapshot = |layer: &str| {
        let ready = server.get("/readyz").expect(200).json();
        let layers = ready["layers"].as_array().unwrap();
        layers.iter().find(|known| known["id"] == layer).unwrap()["snapshot"].clone()
    };
    let whole = server.get(FILE).expect(200);
    let record = office.record("download", 1);
    assert_eq!(record["bytes"], whole.body.len());
    assert_eq!(
        (&record["who"], &record["address"], &record["method"]),
        (&"public".into(), &"127.0.0.1".into(), &"GET".into())
    );
    assert_eq!((&record["layer"], &record["version"]), (&"townships".into(), &snapshot("townships")));
    assert_eq!(
        (&record["path"], &record["status"], &record["whole"]),
        (&FILE.into(), &200.into(), &true.into())
    );
    assert!(record["role"].is_null() && record["edition"].is_null() && record["query"].is_null());

    // A part, by a key, of a layer that is not for everybody.
    let secret = "/downloads/mining_rights.fgb";
    let part = with(&server, &key, "GET", secret, &[("range", "bytes=100-299")]).expect(206);
    let record = office.record("download", 2);
    assert_eq!((part.body.len(), &record["bytes"], &record["status"]), (200, &200.into(), &206.into()));
    assert_eq!((&record["who"], &record["role"]), (&format!("key {}", &key[4..12]).into(), &"office".into()));

    // What is written while it goes out, coded; which part of the layer is told.
    let path = "/downloads/mining_rights.geojson?bbox=112,36,113,37";
    let coded = server.ask("GET", &format!("/key/{key}{path}"), &[("accept-encoding", "gzip")]).expect(200);
    let record = office.record("download", 3);
    assert_eq!(
        (&record["bytes"], &record["query"]),
        (&coded.body.len().into(), &"bbox=112,36,113,37".into())
    );
    assert_eq!(record["path"], "/downloads/mining_rights.geojson");

    // How long it would be is no byte; that it is still the same is no download.
    with(&server, &key, "HEAD", secret, &[]).expect(200);
    let record = office.record("download", 4);
    assert_eq!((&record["bytes"], &record["method"]), (&0.into(), &"HEAD".into()));
    let tag = whole.expect_header("etag").to_owned();
    server.ask("GET", FILE, &[("if-none-match", &tag)]).expect(304);
    server.get("/downloads/nowhere.fgb").expect(404);
    server.get("/tiles/plan.json").expect(200);

    let mut sizes: Vec<usize> = [
        "/downloads/townships.gpkg",
        "/downloads/plan.zip",
        "/ogc/collections/townships/items?f=json&limit=3",
        "/ogc/collections/townships/items?f=html",
    ]
    .map(|path| server.get(path).expect(200).body.len())
    .into();
    office.record("download", 8);
    let mut found = office.records();
    found.retain(|record| record["event"] == "download");
    let mut found: Vec<_> =
        found[4..].iter().map(|record| record["bytes"].as_u64().unwrap() as usize).collect();
    // A client has the last byte before its download is over.
    found.sort();
    sizes.sort();
    assert_eq!(found, sizes);

    let text = fs::read_to_string(office.file()).unwrap();
    assert!(!text.contains(&key[13..]), "a key in the audit file");
    assert_eq!(fs::metadata(office.file()).unwrap().permissions().mode() & 0o777, 0o600);
    assert_eq!(server.metric("plantiles_audit_lost_total"), 0.0);
    // But the key's. They are counted after they are in the file.
    let written = office.records().len() - 1;
    until("all are counted", || server.metric("plantiles_audit_records_total") as usize == written);
}

#[test]
fn of_a_download_that_broke_off_the_bytes_are_recorded_that_went_out() {
    let office = Office::new("[server.limits]\ndownload_kb_per_second = 20\n");
    let server = office.start();
    let length: u64 =
        server.ask("HEAD", FILE, &[]).expect(200).expect_header("content-length").parse().unwrap();
    let mut stream = TcpStream::connect(&server.address).unwrap();
    stream.write_all(format!("GET {FILE} HTTP/1.1\r\nHost: a\r\n\r\n").as_bytes()).unwrap();
    let mut taken = vec![0; 10_000];
    stream.read_exact(&mut taken).unwrap();
    let body = taken.len() - taken.windows(4).position(|at| at == b"\r\n\r\n").unwrap() - 4;
    drop(stream);
    let record = office.record("download", 2);
    let bytes = record["bytes"].as_u64().unwrap();
    assert!(bytes >= body as u64 && bytes < length, "{bytes} of {length}, {body} were read");
    assert_eq!((&record["whole"], &record["status"]), (&false.into(), &200.into()));
}

#[test]
fn reviews_and_refusals_are_recorded() {
    let office = Office::new("[server.limits]\ndownloads = 1\ndownload_kb_per_second = 1\n");
    let key = office.key();
    let server = office.start();
    let corners = "1,4027000,38387000\n2,4027000,38388000\n3,4028000,38388000\n4,4028000,38387000\n";
    let text = ("content-type", "text/plain");
    let review =
        server.post("/review?kind=mining", &[text, ("x-api-key", &key)], corners.as_bytes()).expect(200);
    let record = office.record("review", 1);
    assert_eq!(record["bytes"], review.body.len());
    let version =
        server.ask("GET", "/layers.json", &[("x-api-key", &key)]).expect(200).json()["version"].clone();
    assert_eq!((&record["version"], &record["role"]), (&version, &"office".into()));
    server.post("/review?kind=mining", &[text], b"no proposal").expect(400);

    let forged = format!("{}{}", &key[..13], "A".repeat(43));
    server.get(&format!("/key/{forged}/tiles/plan.json")).expect(401);
    let record = office.record("refusal", 1);
    assert_eq!((&record["who"], &record["status"]), (&"unknown".into(), &401.into()));
    assert_eq!((&record["path"], &record["role"]), (&"/tiles/plan.json".into(), &Value::Null));
    server.get(&format!("/search?q={}", "a".repeat(5000))).expect(414);
    assert_eq!(office.record("refusal", 2)["path"], "/search");
    server.post("/review", &[text], &vec![b' '; 5 << 20]).expect(413);
    assert_eq!(office.record("refusal", 3)["path"], "/review");
    // A layer that somebody may not see is none, here as in the answer.
    server.get("/downloads/mining_rights.fgb").expect(404);
    server.get("/downloads/nowhere").expect(404);
    let mut stream = TcpStream::connect(&server.address).unwrap();
    stream.write_all(format!("GET {FILE} HTTP/1.1\r\nHost: a\r\n\r\n").as_bytes()).unwrap();
    stream.read_exact(&mut [0; 12]).unwrap();
    server.get(FILE).expect(429);
    assert_eq!(office.record("refusal", 4)["status"], 429);
    server.get(&format!("/key/{forged}/healthz")).expect(401);
    assert_eq!(office.record("refusal", 5)["path"], "/healthz");
    let text = fs::read_to_string(office.file()).unwrap();
    assert!(!text.contains(&key[13..]) && !text.contains(&forged[13..]), "a key in the audit file");
}

#[test]
fn changes_are_recorded_by_whoever_makes_them_in_one_file() {
    let office = Office::new("");
    let state = tempfile::tempdir().unwrap();
    let at =
        |arguments: &[&str]| office.done(&[arguments, &["--state", state.path().to_str().unwrap()]].concat());
    let server = Setup::default().config(&office.toml()).state(state.path()).start();
    let published = office.records();
    assert_eq!(published.len(), crate::support::plan::LAYERS.len());
    assert!(published.iter().all(|record| record["who"] == "server" && record["origin"] == "bundled"));
    let townships = published.iter().find(|record| record["layer"] == "townships").unwrap();
    assert_eq!((&townships["event"], &townships["action"]), (&"publish".into(), &"publish".into()));
    assert_eq!(townships["rows"], crate::support::plan::layer_named("townships").features.len());

    // The same again is no new version.
    at(&["publish"]);
    let key = office.key();
    let record = office.record("key", 1);
    let user = record["who"].as_str().unwrap().to_owned();
    assert!(user.starts_with("user "), "{user}");
    assert_eq!((&record["action"], &record["key"]), (&"create".into(), &key[4..12].into()));
    office.done(&["key", "revoke", &key[4..12]]);
    let record = office.record("key", 2);
    assert_eq!((&record["action"], &record["role"]), (&"revoke".into(), &"office".into()));
    at(&["publish", "--revision", "2023", "--adopted", "2023-12-31"]);
    at(&["revisions", "remove", "2023"]);
    let mut records = office.records();
    let removed = records.pop().unwrap();
    assert_eq!((&removed["action"], &removed["edition"]), (&"remove".into(), &"2023".into()));
    let adopted = records.split_off(records.len() - published.len());
    for (adopted, published) in adopted.iter().zip(&published) {
        assert_eq!((&adopted["action"], &adopted["edition"]), (&"adopt".into(), &"2023".into()));
        assert_eq!((&adopted["who"], &adopted["version"]), (&user.clone().into(), &published["version"]));
    }
    assert_eq!(records.len(), published.len() + 2);
    drop(server);
    // Another start publishes nothing.
    drop(Setup::default().config(&office.toml()).state(state.path()).start());
    assert_eq!(office.records().len(), 2 * published.len() + 3);
}

#[test]
fn a_change_that_cannot_be_recorded_is_not_made() {
    let office = Office::new("");
    fs::remove_dir(office.folder.path().join("audit")).unwrap();
    let output =
        plantiles(&["key", "create", "--role", "office"]).arg("--config").arg(office.config()).output();
    let output = output.unwrap();
    let error = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.code() == Some(1) && error.contains("audit file"), "{error}");
    assert!(output.stdout.is_empty() && !office.folder.path().join("keys.json").exists());
}

#[test]
fn requests_go_on_while_the_file_cannot_be_written() {
    let office = Office::new("");
    let setup = Setup::default().config(&office.toml()).expect_log("audit records cannot be written");
    let server = setup.start();
    server.get(FILE).expect(200);
    office.record("download", 1);
    let (here, away) = (office.folder.path().join("audit"), office.folder.path().join("away"));
    fs::rename(&here, &away).unwrap();
    for _ in 0..100 {
        server.get(FILE).expect(200);
    }
    server.wait_for_log("audit records cannot be written");
    assert!(!here.exists());
    fs::rename(&away, &here).unwrap();
    office.record("download", 101);
    server.wait_for_log("audit records are written again");
    let ids: Vec<_> =
        office.records().iter().map(|record| record["id"].as_str().unwrap().to_owned()).collect();
    let numbers: Vec<u64> = ids.iter().map(|id| id.split_once('-').unwrap().1.parse().unwrap()).collect();
    assert!(numbers.iter().copied().eq(0..numbers.len() as u64), "{numbers:?}");
}

/// Waits until the table has what the file has.
#[track_caller]
fn copied(office: &Office, url: &str) {
    let ids = |records: Vec<Value>| {
        let mut ids: Vec<_> =
            records.iter().map(|record| record["id"].as_str().unwrap().to_owned()).collect();
        ids.sort();
        ids
    };
    until("the table has them", || {
        let table = query(url, "select coalesce(string_agg(id, ','), '') from plan.audit");
        let mut table: Vec<_> = table.split(',').map(str::to_owned).collect();
        table.sort();
        table == ids(office.records())
    });
}

#[tokio::test(flavor = "multi_thread")]
async fn a_locked_table_slows_nobody_and_gets_what_came_meanwhile() {
    let database = TestDatabase::new().await;
    let url = database.url();
    load_plan(&url);
    // Longer than PostgreSQL lets its own housekeeping stand in the way of others, which is a second.
    let office = Office::new("table = true\n[database]\nlock_seconds = 3\n");
    let setup = Setup::default().database(&url).config(&office.toml());
    let server = setup.expect_log("the audit table is behind").start();
    until("the table", || query(&url, "select to_regclass('plan.audit') is not null") == "t");
    copied(&office, &url);
    let locked = database.client().await;
    locked.batch_execute("begin; lock table plan.audit in access exclusive mode").await.unwrap();
    let body = server.get(FILE).expect(200).body.len();
    office.record("download", 1);
    server.wait_for_log("the audit table is behind");
    for n in 2..100 {
        server.get(FILE).expect(200);
        office.record("download", n);
    }
    locked.batch_execute("commit").await.unwrap();
    // What another process recorded comes too.
    office.key();
    copied(&office, &url);
    server.wait_for_log("the audit table has all records again");
    let sum = query(
        &url,
        "select sum(bytes), count(*) from plan.audit where event = 'download' and layer = 'townships'",
    );
    assert_eq!(sum, format!("{}|99", 99 * body));
    let address = query(&url, "select distinct address, version from plan.audit where event = 'download'");
    assert_eq!(address, format!("127.0.0.1|{}", office.record("download", 99)["version"].as_str().unwrap()));
}

#[test]
fn a_database_that_is_away_slows_nobody_and_the_table_catches_up() {
    let cluster = Cluster::start();
    load_plan(&cluster.url);
    let office = Office::new("rotate_mib = 1\ntable = \"plan.taken\"\n");
    let setup = Setup::default().database(&cluster.url).config(&office.toml());
    let setup = ["the audit table is behind", "changes are heard", "changes are not heard", "may be older"]
        .into_iter()
        .fold(setup, Setup::expect_log);
    let server = setup.start();
    let count = || query(&cluster.url, "select count(*) from plan.taken");
    until("the table", || query(&cluster.url, "select to_regclass('plan.taken') is not null") == "t");
    cluster.stop_at_once();
    // So many that the file is rotated meanwhile.
    for _ in 0..3600 {
        server.ask("HEAD", FILE, &[]).expect(200);
    }
    server.wait_for_log("the audit table is behind");
    let layers = crate::support::plan::LAYERS.len();
    cluster.start_again();
    until("all are there", || count() == (3600 + layers).to_string());
    let files = fs::read_dir(office.folder.path().join("audit")).unwrap();
    let files = files.filter(|file| file.as_ref().unwrap().file_name().to_string_lossy().contains(".20"));
    assert_eq!(files.count(), 1);
    assert_eq!(server.metric("plantiles_audit_lost_total"), 0.0);
    // From the beginning again, nothing is there twice; what is published anew into another state is.
    drop(server);
    fs::remove_file(office.folder.path().join("audit/audit.jsonl.table")).unwrap();
    let server = Setup::default().database(&cluster.url).config(&office.toml()).start();
    server.get(FILE).expect(200);
    until("all are there", || count() == (3601 + 2 * layers).to_string());
}
