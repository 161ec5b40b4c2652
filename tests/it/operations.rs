//! What `docs/operations.md` tells an operator: the unit, backup and restore, and what the server says of itself.

use crate::{
    events::Stream,
    support::{
        database::TestDatabase,
        patience::found,
        postgis::{Cluster, load_plan, query},
        server::{Server, Setup, plantiles, shared},
    },
    tiles::busy_tile,
};
use std::{
    collections::BTreeSet,
    fs,
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
    process::Command,
    thread::sleep,
    time::Duration,
};

const OPERATIONS: &str = include_str!("../../docs/operations.md");

fn operations(file: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/operations").join(file)
}

/// What a command prints when it goes well.
#[track_caller]
fn output(command: &mut Command) -> String {
    let output = command.output().unwrap_or_else(|error| panic!("{command:?}: {error}"));
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{command:?}: {said}{}", String::from_utf8_lossy(&output.stdout));
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn the_unit_is_valid_and_shuts_the_program_in() {
    // A machine with the unit, the units of systemd and something where the program is.
    let root = tempfile::tempdir().unwrap();
    let at = |path: &str| root.path().join(path);
    for folder in ["etc/systemd/system", "usr/local/bin", "usr/lib/systemd"] {
        fs::create_dir_all(at(folder)).unwrap();
    }
    let units = [Path::new("/usr/lib/systemd/system"), Path::new("/lib/systemd/system")];
    let units = units.into_iter().find(|dir| dir.is_dir()).expect("the units of systemd");
    output(Command::new("cp").arg("-r").arg(units).arg(at("usr/lib/systemd/")));
    fs::copy(operations("plantiles.service"), at("etc/systemd/system/plantiles.service")).unwrap();
    fs::write(at("usr/local/bin/plantiles"), "#!/bin/sh\n").unwrap();
    fs::set_permissions(at("usr/local/bin/plantiles"), fs::Permissions::from_mode(0o755)).unwrap();
    let analyze = |arguments: &[&str]| {
        let mut command = Command::new("systemd-analyze");
        command.args(arguments).arg("--root").arg(root.path()).arg("plantiles.service");
        command
    };
    output(&mut analyze(&["verify", "--man=no", "--recursive-errors=no"]));
    // From 0, shut in, to 10; what is left is the network and files of the system that it reads.
    output(&mut analyze(&["security", "--no-pager", "--offline=true", "--threshold=15"]));
}

/// The system calls in a set of systemd's, those of the sets in it included.
fn calls(set: &str) -> BTreeSet<String> {
    let listed = output(Command::new("systemd-analyze").args(["--no-pager", "syscall-filter", set]));
    let members = listed.lines().skip(1).map(str::trim).filter(|line| !line.starts_with('#'));
    members
        .flat_map(|member| match member.starts_with('@') {
            true => calls(member),
            false => BTreeSet::from([member.to_owned()]),
        })
        .collect()
}

/// No unit can be started under a test; but what the filter refuses, the program must not need.
#[tokio::test(flavor = "multi_thread")]
async fn the_unit_allows_every_system_call_of_the_server() {
    let unit = fs::read_to_string(operations("plantiles.service")).unwrap();
    let mut allowed = BTreeSet::new();
    for filter in unit.lines().filter_map(|line| line.strip_prefix("SystemCallFilter=")) {
        match filter.strip_prefix('~') {
            None => allowed.extend(calls(filter)),
            Some(refused) => {
                let refused = calls(refused);
                allowed.retain(|call| !refused.contains(call));
            }
        }
    }
    let folder = tempfile::tempdir().unwrap();
    let made = folder.path().join("calls");
    let database = TestDatabase::new().await;
    load_plan(&database.url());
    let mut server = Setup::default().database(&database.url()).traced(&made).start();
    let mut stream = Stream::open(&server.address, "");
    stream.event();
    query(&database.url(), "update plan.mining_blocks set name = 'renamed' where id = 1");
    stream.event();
    server.get(&format!("/tiles/plan/{}.mvt", busy_tile(10))).expect(200);
    server.get("/downloads/mining_blocks.fgb").expect(200);
    server.signal("TERM");
    assert!(server.wait().success());
    let made = found("what was traced", || {
        // A table of one column with a head and a foot.
        let table = fs::read_to_string(&made).unwrap_or_default();
        let names = table.lines().map(str::trim).filter(|name| !name.starts_with('-'));
        let names = names.filter(|name| !["syscall", "total"].contains(name));
        let made: BTreeSet<String> = names.map(str::to_owned).collect();
        Some(made).filter(|made| !made.is_empty())
    });
    // The first is what starts the program.
    let refused: Vec<_> = made.iter().filter(|call| *call != "execve" && !allowed.contains(*call)).collect();
    assert!(made.contains("listen") && refused.is_empty(), "{refused:?} of {made:?}");
}

/// What clients see of a plan: names of versions, entity tags and bytes.
fn face(server: &Server) -> Vec<(String, Vec<u8>)> {
    let catalog = server.get("/layers.json").expect(200).json();
    let layers = catalog["layers"].as_array().unwrap();
    let downloads = layers.iter().map(|layer| format!("/downloads/{}.fgb", layer["id"].as_str().unwrap()));
    let tiles = [8, 10, 12].map(|z| format!("/tiles/plan/{}.mvt", busy_tile(z)));
    let adopted =
        ["/downloads/mining_blocks@2023.fgb".into(), format!("/tiles/plan@2023/{}.mvt", busy_tile(10))];
    let answers = downloads.chain(tiles).chain(adopted).map(|path| {
        let answer = server.get(&path).expect(200);
        (format!("{path} {}", answer.expect_header("etag")), answer.body)
    });
    answers.chain([(catalog["version"].to_string(), vec![])]).collect()
}

/// A cluster with the database `plan` of the user `plantiles`, made by an administrator.
fn cluster_of_an_operator() -> (Cluster, String) {
    let cluster = Cluster::start();
    query(&cluster.url, "create role plantiles login password 'plantiles'");
    let (_, place) = cluster.url.split_once('@').unwrap();
    let url = format!("postgresql://plantiles:plantiles@{}/plan", place.rsplit_once('/').unwrap().0);
    (cluster, url)
}

#[test]
fn what_is_backed_up_comes_back_as_it_was() {
    let (cluster, url) = cluster_of_an_operator();
    query(&cluster.url, "create database plan owner plantiles");
    let administrator = |cluster: &Cluster| format!("{}/plan", cluster.url.rsplit_once('/').unwrap().0);
    query(&administrator(&cluster), "create extension postgis");
    load_plan(&url);
    let (state, backups) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let server = Setup::default().database(&url).state(state.path()).start();
    let backup = || {
        let mut command = Command::new(operations("backup"));
        PathBuf::from(output(command.arg(state.path()).arg(backups.path()).env("DATABASE_URL", &url)).trim())
    };
    let original = server.get("/downloads/mining_blocks.fgb").expect(200);
    let mut adopt = plantiles(&["publish", "--revision", "2023", "--adopted", "2023-12-31"]);
    output(adopt.args(["--database-url", &url, "--state"]).arg(state.path()));
    let first = backup();
    let mut stream = Stream::open(&server.address, "");
    stream.event();
    query(&url, "update plan.mining_blocks set name = 'renamed' where id = 1");
    stream.event();
    // A name is of a second.
    sleep(Duration::from_millis(1100));
    let second = backup();
    assert!(first < second);
    let taken = face(&server);
    let same = |layer: &str| {
        let of = |backup: &Path| fs::read_dir(backup.join("state/snapshots").join(layer)).unwrap().next();
        [first.as_path(), second.as_path()].map(|backup| of(backup).unwrap().unwrap().path())
    };
    let links = same("roads").map(|path| std::os::unix::fs::MetadataExt::ino(&fs::metadata(path).unwrap()));
    assert_eq!(links[0], links[1], "what did not change takes no room twice");
    drop((server, state, cluster));

    // Another machine.
    let (cluster, url) = cluster_of_an_operator();
    let restore = |command: &mut Command| output(command);
    restore(
        Command::new("pg_restore")
            .args(["--exit-on-error", "--create", "--dbname", &cluster.url])
            .arg(second.join("plan.dump")),
    );
    let state = tempfile::tempdir().unwrap();
    restore(Command::new("rsync").arg("--archive").arg(second.join("state/")).arg(state.path()));
    let checked = output(
        plantiles(&["check", "--database-url", &url, "--state"]).arg(state.path()).env_remove("DATABASE_URL"),
    );
    assert!(checked.contains("layers verified"), "{checked}");
    let server = Setup::default().database(&url).state(state.path()).start();
    // As it was published, and so it stays when the restored tables are exported again.
    assert!(face(&server) == taken);
    server.wait_for_log("hearing of changes");
    let ready = server.get("/readyz").expect(200).json();
    assert!(ready["layers"].as_array().unwrap().iter().all(|layer| layer["error"].is_null()), "{ready}");
    assert!(face(&server) == taken);
    // The version before, and changes.
    let before = original.expect_header("etag").trim_matches('"').to_owned();
    let before = server.get(&format!("/downloads/mining_blocks@{before}.fgb")).expect(200);
    assert!(before.body == original.body);
    let mut stream = Stream::open(&server.address, "");
    stream.event();
    query(&url, "update plan.mining_blocks set name = 'restored' where id = 1");
    assert_eq!(stream.event().2["changed"], serde_json::json!(["mining_blocks"]));
}

#[test]
fn a_backup_that_fails_leaves_nothing_behind() {
    let (state, backups) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let backup = || {
        let mut command = Command::new(operations("backup"));
        command.arg(state.path()).arg(backups.path()).env("DATABASE_URL", "postgresql://127.0.0.1:1/none");
        command.output().unwrap()
    };
    let nothing = backup();
    assert!(!nothing.status.success());
    assert!(String::from_utf8_lossy(&nothing.stderr).contains("nothing is published"), "{nothing:?}");
    drop(Setup::default().state(state.path()).start());
    assert!(!backup().status.success());
    assert_eq!(fs::read_dir(backups.path()).unwrap().count(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_layer_that_was_never_exported_is_seen() {
    let database = TestDatabase::new().await;
    load_plan(&database.url());
    query(&database.url(), "create table public.parks (gid text, geom geometry(Polygon, 4490))");
    let config = "[[layer]]\nid = \"parks\"\nschema = \"public\"\ntable = \"parks\"\nid_column = \"gid\"\n\
                  geometry_column = \"geom\"\n";
    let server = Setup::default().database(&database.url()).config(config).expect_log("parks").start();
    let parks = || {
        let ready = server.get("/readyz").expect(200).json();
        let layers = ready["layers"].as_array().unwrap().clone();
        (ready["status"].clone(), layers.into_iter().find(|layer| layer["id"] == "parks"))
    };
    let (status, layer) = parks();
    let layer = layer.expect("the layer");
    assert_eq!(status, "stale");
    assert!(layer["error"].as_str().unwrap().contains("parks"), "{layer}");
    assert!(layer["snapshot"].is_null() && layer["age_seconds"].is_null() && !layer["exported"].is_null());
}

#[test]
fn a_container_asks_the_program_whether_it_is_ready() {
    let server = shared();
    let said = output(&mut plantiles(&["health", "--listen", &server.address]));
    assert_eq!(said, format!("http://{}/readyz: ready\n", server.address));
    let by_environment = plantiles(&["health"]).env("PLANTILES_LISTEN", &server.address).status().unwrap();
    assert!(by_environment.success());
    let starting = Setup::default()
        .database("postgresql://nobody@127.0.0.1:9/plan")
        .expect_log("database")
        .unready()
        .start();
    for (address, told) in [(&*starting.address, "503"), ("127.0.0.1:9", "readyz")] {
        let asked = plantiles(&["health", "--listen", address]).output().unwrap();
        let said = String::from_utf8(asked.stderr).unwrap();
        assert!(asked.status.code() == Some(1) && said.contains(told) && said.lines().count() == 1, "{said}");
    }
}

#[test]
fn every_metric_is_explained() {
    let text = shared().get("/metrics").expect(200).text().to_owned();
    let names = text.lines().filter_map(|line| line.strip_prefix("# TYPE ")?.split(' ').next());
    let missing: Vec<_> = names.filter(|name| !OPERATIONS.contains(&format!("`{name}"))).collect();
    assert!(missing.is_empty(), "{missing:?}");
}

#[test]
fn every_warning_is_explained() {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let files = output(Command::new("find").arg(source).args(["-name", "*.rs"]));
    let mut seen = 0;
    for file in files.lines() {
        let text = fs::read_to_string(file).unwrap();
        let calls =
            text.split("tracing::").filter(|call| call.starts_with("warn!") || call.starts_with("error!"));
        for call in calls {
            // The message is its only string.
            let message = call.split('"').nth(1).unwrap_or_else(|| panic!("{file}: {call}"));
            assert!(OPERATIONS.contains(message), "{file}: {message}");
            seen += 1;
        }
    }
    assert!(seen > 5);
}
