//! What the server does when something else fails; what it withstands under load is in tests/faults.

use crate::support::database::TestDatabase;
use crate::support::postgis::{Cluster, load_plan};
use crate::support::server::{Setup, plantiles};
use crate::tiles::busy_tile;
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::thread;
use std::time::Duration;

#[test]
fn an_unreachable_database_leaves_the_last_published_state() {
    let cluster = Cluster::start();
    load_plan(&cluster.url);
    let state = tempfile::tempdir().unwrap();
    let path = format!("/tiles/plan/{}.mvt", busy_tile(10));
    let setup = || Setup::default().database(&cluster.url).state(state.path());
    let before = setup().start().get(&path).expect(200);
    cluster.stop_at_once();
    let server = setup().expect_log("database").unready().start();
    server.wait_for_log("database");
    let after = server.get(&path).expect(200);
    assert_eq!(after.header("etag"), before.header("etag"));
    assert!(after.body == before.body);
    let ready = server.get("/readyz").expect(200);
    assert!(ready.text().contains("database"), "{}", ready.text());
    assert!(!ready.text().contains(&cluster.password()), "{}", ready.text());
    server.get("/healthz").expect(200);
}

#[test]
fn a_database_that_comes_back_is_used_again() {
    let cluster = Cluster::start();
    load_plan(&cluster.url);
    cluster.stop_at_once();
    // Nothing was ever published here, so there is nothing to serve yet.
    let mut server = Setup::default().database(&cluster.url).expect_log("database").unready().start();
    server.get("/healthz").expect(200);
    server.get("/readyz").expect(503);
    cluster.start_again();
    server.wait_until_ready();
    server.get(&format!("/tiles/plan/{}.mvt", busy_tile(10))).expect(200);
}

/// All snapshots in a state folder.
fn snapshots(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(snapshots(&path));
        } else if path.extension().is_some_and(|e| e == "fgb") {
            found.push(path);
        }
    }
    found.sort();
    found
}

/// Damages the snapshot of mining blocks in a copy of a published state and returns its id.
fn damage(state: &Path, file_start: &[u8], how: impl Fn(&mut Vec<u8>)) -> PathBuf {
    let is_wanted = |file: &&PathBuf| std::fs::read(file).unwrap() == file_start;
    let file = snapshots(state).iter().find(is_wanted).expect("its snapshot").clone();
    let mut bytes = std::fs::read(&file).unwrap();
    how(&mut bytes);
    // As a failing disk would: in place, whatever the permissions say.
    std::fs::remove_file(&file).unwrap();
    std::fs::write(&file, bytes).unwrap();
    file
}

#[test]
fn check_names_a_damaged_snapshot() {
    let state = tempfile::tempdir().unwrap();
    let server = Setup::default().state(state.path()).start();
    let whole = server.get("/downloads/mining_blocks.fgb").expect(200);
    drop(server);
    let folder = state.path().to_str().unwrap();
    let check = || plantiles(&["check", "--state", folder]).output().unwrap();
    assert!(check().status.success());
    damage(state.path(), &whole.body, |bytes| bytes.truncate(1000));
    let found = check();
    let said = String::from_utf8_lossy(&[found.stdout, found.stderr].concat()).into_owned();
    assert_eq!(found.status.code(), Some(1), "{said}");
    assert!(said.contains("mining_blocks"), "{said}");
}

type Damage = (&'static str, fn(&mut Vec<u8>));
const DAMAGES: [Damage; 4] = [
    ("cut short", |bytes| bytes.truncate(bytes.len() / 2)),
    ("emptied", Vec::clear),
    ("one bit in a feature", |bytes| *bytes.last_mut().unwrap() ^= 1),
    ("one bit in the header", |bytes| bytes[40] ^= 0x10),
];

#[test]
fn a_damaged_snapshot_is_found_and_exported_again() {
    for (named, how) in DAMAGES {
        let state = tempfile::tempdir().unwrap();
        let setup = || Setup::default().state(state.path());
        let whole = setup().start().get("/downloads/mining_blocks.fgb").expect(200);
        let file = damage(state.path(), &whole.body, how);
        let server = setup().expect_log("mining_blocks").expect_log(".fgb").start();
        // The sound layers are served meanwhile.
        let again = server.get_when_there("/downloads/mining_blocks.fgb");
        assert!(again.body == whole.body, "{named}");
        assert_eq!(again.header("etag"), whole.header("etag"), "{named}");
        server.get(&format!("/tiles/mining_blocks/{}.mvt", busy_tile(10))).expect(200);
        let id = file.file_stem().unwrap().to_str().unwrap().to_owned();
        assert!(
            server.log().contains("mining_blocks") || server.log().contains(&id),
            "{named} is not named:\n{}",
            server.log()
        );
    }
}

#[test]
fn a_damaged_snapshot_is_refused_when_it_cannot_be_exported_again() {
    let cluster = Cluster::start();
    load_plan(&cluster.url);
    let state = tempfile::tempdir().unwrap();
    let setup = || Setup::default().database(&cluster.url).state(state.path());
    let server = setup().start();
    let whole = server.get("/downloads/mining_blocks.fgb").expect(200);
    let roads = server.get("/downloads/roads.fgb").expect(200);
    drop(server);
    damage(state.path(), &whole.body, |bytes| *bytes.last_mut().unwrap() ^= 1);
    cluster.stop_at_once();
    let server =
        setup().expect_log("database").expect_log("mining_blocks").expect_log(".fgb").unready().start();
    server.wait_for_log("mining_blocks");
    let refused = server.get("/downloads/mining_blocks.fgb").status;
    assert!([404, 503].contains(&refused), "{refused}");
    // One bad file does not take the other layers down.
    assert!(server.get_when_there("/downloads/roads.fgb").body == roads.body);
}

#[test]
fn requests_under_way_are_finished_before_the_server_stops() {
    let mut server = Setup::default().start();
    let path = "/downloads/townships.fgb";
    let whole = server.get(path).expect(200).body;
    let mut stream = TcpStream::connect(&server.address).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(30))).unwrap();
    // More answers than the sockets' buffers hold, so that one is half sent when the signal comes.
    let times = 1 + 20_000_000 / whole.len();
    let request = format!("GET {path} HTTP/1.1\r\nHost: a\r\n\r\n");
    let mut writer = stream.try_clone().unwrap();
    let sender = thread::spawn(move || {
        // Those that the server will not take any more are refused by its closing the connection.
        for _ in 0..times {
            if writer.write_all(request.as_bytes()).is_err() {
                break;
            }
        }
    });
    thread::sleep(Duration::from_millis(500));
    server.signal("TERM");
    thread::sleep(Duration::from_millis(300));
    let refused = TcpStream::connect(&server.address).map(|mut stream| {
        let _ = stream.write_all(b"GET /healthz HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
        let mut answer = String::new();
        stream.read_to_string(&mut answer).is_ok_and(|_| answer.contains(" 200 "))
    });
    assert!(!refused.unwrap_or(false), "a new request was taken after SIGTERM");
    assert!(server.is_running(), "nothing was under way any more");
    let mut received = Vec::new();
    // A reset after the last whole answer is the requests that were never taken.
    let _ = stream.read_to_end(&mut received);
    sender.join().unwrap();
    let answers = count_answers(&received, &whole);
    assert!(0 < answers && answers <= times, "{answers} of {times}");
    assert!(server.wait().success(), "{}", server.log());
}

/// How many whole answers there are; fails if the last one is cut.
fn count_answers(mut received: &[u8], body: &[u8]) -> usize {
    let mut count = 0;
    while !received.is_empty() {
        let head = received.windows(4).position(|w| w == b"\r\n\r\n").expect("a whole head") + 4;
        let rest = &received[head..];
        assert!(
            rest.len() >= body.len(),
            "answer {count} is cut after {} of {} bytes",
            rest.len(),
            body.len()
        );
        assert!(rest[..body.len()] == *body, "answer {count} has other bytes");
        received = &rest[body.len()..];
        count += 1;
    }
    count
}

#[test]
fn an_idle_connection_does_not_hold_up_the_stop() {
    let mut server = Setup::default().start();
    let mut idle = TcpStream::connect(&server.address).unwrap();
    idle.write_all(b"GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n").unwrap();
    let began = std::time::Instant::now();
    server.signal("TERM");
    assert!(server.wait().success());
    assert!(began.elapsed() < Duration::from_secs(5), "{:?}", began.elapsed());
}

#[track_caller]
fn expect_refusal(arguments: &[&str], code: i32, named: &str) {
    let output = plantiles(arguments).output().unwrap();
    let error = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(code), "{arguments:?}: {error}");
    assert!(error.contains(named), "{arguments:?}: no `{named}` in {error}");
    assert!(!error.contains("panicked") && !error.contains("RUST_BACKTRACE"), "{error}");
}

#[test]
fn a_bad_configuration_is_refused_in_one_line_that_names_the_key() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("plantiles.toml");
    let path = file.to_str().unwrap();
    let cases = [
        ("[server]\npublic_uri = \"https://a.example\"\n", "public_uri"),
        ("[sever]\n", "sever"),
        ("[server]\npublic_url = \"ftp://a\"\n", "public_url"),
        ("[server]\ntrusted_proxies = [\"a.example\"]\n", "trusted_proxies"),
        ("[tiles]\ncache_mib = -1\n", "cache_mib"),
        ("[server\n", path),
    ];
    for (text, named) in cases {
        std::fs::write(&file, text).unwrap();
        let arguments = ["serve", "--listen", "127.0.0.1:0", "--config", path];
        let output = plantiles(&arguments).current_dir(folder.path()).output().unwrap();
        let error = String::from_utf8_lossy(&output.stderr);
        assert!([1, 2].contains(&output.status.code().unwrap()), "{text}: {error}");
        assert!(error.contains(named), "{text}: no `{named}` in {error}");
        assert_eq!(error.trim_end().lines().count(), 1, "{error}");
    }
    expect_refusal(&["serve", "--config", "nowhere.toml"], 1, "nowhere.toml");
}

#[test]
fn bad_usage_exits_2() {
    for (arguments, named) in [
        (&["--nowhere"][..], "--nowhere"),
        (&["serve", "--listen", "everywhere"], "--listen"),
        (&["serve", "--listen", "127.0.0.1:99999"], "--listen"),
        (&["dance"], "dance"),
        (&["import"], "import"),
    ] {
        expect_refusal(arguments, 2, named);
    }
}

#[test]
fn every_command_explains_itself() {
    for command in ["serve", "init", "import", "publish"] {
        let output = plantiles(&[command, "--help"]).output().unwrap();
        let help = String::from_utf8(output.stdout).unwrap();
        assert!(output.status.success(), "{command}");
        assert!(
            help.contains(&format!("plantiles {command}")) && help.to_lowercase().contains("example"),
            "{help}"
        );
    }
}

#[test]
fn a_port_in_use_or_a_folder_without_access_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let state = folder.path().join("state");
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    expect_refusal(&["serve", "--listen", &address, "--state", state.to_str().unwrap()], 1, &address);
    // A file where the folder should be: permissions would not stop root.
    let file = folder.path().join("file");
    std::fs::write(&file, "").unwrap();
    expect_refusal(
        &["serve", "--listen", "127.0.0.1:0", "--state", file.to_str().unwrap()],
        1,
        file.to_str().unwrap(),
    );
}

#[tokio::test]
async fn commands_that_need_a_database_name_what_is_wrong_with_it() {
    expect_refusal(&["init", "--database-url", "nonsense"], 1, "database");
    let database = TestDatabase::new().await;
    let nowhere = database.url().replace("/plantiles_test", "/gone");
    expect_refusal(&["init", "--database-url", &nowhere], 1, "does not exist");
}
