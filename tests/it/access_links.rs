//! Links that are handed on: what they open, what they do not, and when they end; and the last use of keys.

use crate::support::{
    keys::Keys,
    patience::{found, until},
    server::{Server, Setup},
};
use std::{
    fs,
    time::{Duration, Instant},
};

const FILE: &str = "/downloads/mining_rights.fgb";
const TILES: &str = "/tiles/mining_rights/{z}/{x}/{y}.mvt";
const TILE: &str = "/tiles/mining_rights/9/416/200.mvt";

/// `/link/{token}` of a link to `path` with a key.
#[track_caller]
fn link(keys: &Keys, key: &str, path: &str, expires: &str) -> String {
    let url = keys.done(&["link", path, "--key", &key[4..12], "--expires", expires]);
    let rest = url.strip_prefix("http://127.0.0.1:8080").unwrap();
    rest.strip_suffix(path).unwrap_or_else(|| panic!("{url}")).to_owned()
}

#[track_caller]
fn answered(server: &Server, path: &str, status: u16) {
    until(&format!("{status} at {path}"), || server.get(path).status == status);
}

/// The secret part of a link.
fn code(link: &str) -> &str {
    // It may have a hyphen in it.
    link.splitn(3, '-').nth(2).unwrap()
}

#[test]
fn a_link_opens_a_file_or_tiles_to_whoever_has_it() {
    let keys = Keys::new();
    let key = keys.create("office");
    let (file, tiles) = (link(&keys, &key, FILE, "7d"), link(&keys, &key, TILES, "36h"));
    let server = keys.start();
    for path in [FILE, TILE] {
        server.get(path).expect_problem(404);
    }
    let answer = server.get(&format!("{file}{FILE}")).expect(200);
    let by_key = server.ask("GET", FILE, &[("x-api-key", &key)]).expect(200);
    assert!(answer.body == by_key.body);
    assert!(answer.expect_header("cache-control").contains("private"));
    assert_eq!(answer.expect_header("referrer-policy"), "same-origin");
    let part = server.ask("GET", &format!("{file}{FILE}"), &[("range", "bytes=0-7")]).expect(206);
    assert_eq!(part.body, by_key.body[..8]);
    server.ask("HEAD", &format!("{file}{FILE}"), &[]).expect(200);
    server.get(&format!("{file}{FILE}?bbox=112,36,113,37")).expect(200);
    for tile in [TILE, "/tiles/mining_rights/10/833/401.mvt", "/tiles/mining_rights/0/0/0.mvt"] {
        let answer = server.get(&format!("{tiles}{tile}"));
        assert_eq!(answer.status, server.ask("GET", tile, &[("x-api-key", &key)]).status, "{tile}");
        assert!([200, 204].contains(&answer.status), "{tile}: {}", answer.status);
    }
    server.get(&format!("{tiles}/tiles/mining_rights/9/999/200.mvt")).expect_problem(404);
    let log = server.log();
    assert!(!log.contains(code(&file)) && !log.contains(code(&tiles)), "a link in the log");
}

#[test]
fn a_link_opens_nothing_else() {
    let keys = Keys::new();
    let key = keys.create("office");
    let (file, tiles) = (link(&keys, &key, FILE, "7d"), link(&keys, &key, TILES, "7d"));
    let server = keys.start();
    let refused = |method: &str, path: &str| {
        let answer = server.raw(&format!("{method} {path} HTTP/1.1\nHost: a\nConnection: close\n\n"));
        assert!(answer.starts_with("HTTP/1.1 401 "), "{method} {path}: {answer}");
        assert!(!answer.contains(code(&file)) && !answer.contains(code(&tiles)), "{answer}");
    };
    for path in [
        "",
        "/",
        "/downloads/mining_rights.csv",
        "/downloads/mining_rights.gpkg",
        "/downloads/plan.zip",
        "/downloads/rivers.fgb",
        "/downloads/mining_rights@2023.fgb",
        "/downloads/mining_rights.fgb/",
        "/downloads//mining_rights.fgb",
        "//downloads/mining_rights.fgb",
        "/./downloads/mining_rights.fgb",
        "/downloads/x/../mining_rights.fgb",
        "/downloads/mining_rights.fgb/../plan.zip",
        "/downloads/..%2fdownloads/mining_rights.fgb",
        "/downloads/mining%5frights.fgb",
        "/downloads/%6dining_rights.fgb",
        "/downloads%2fmining_rights.fgb",
        "/downloads/mining_rights.fgb%00.csv",
        "/downloads/mining_rights.fgb;x",
        "/DOWNLOADS/mining_rights.fgb",
        "/tiles/mining_rights.json",
        "/ogc/collections/mining_rights/items",
        TILE,
        "/layers.json",
        "/healthz",
    ] {
        refused("GET", &format!("{file}{path}"));
    }
    for path in [
        FILE,
        "/tiles/mining_rights/9/416/200.png",
        "/tiles/mining_rights/9/416/200.pbf",
        "/tiles/mining_rights/9/416/200@2x.png",
        "/tiles/mining_rights/9/416/200.mvt/",
        "/tiles/mining_rights/9/416/../416/200.mvt",
        "/tiles/mining_rights/9/416/%32%30%30.mvt",
        "/tiles/mining_rights/+9/416/200.mvt",
        "/tiles/mining_rights//9/416/200.mvt",
        "/tiles/mining_rights,rivers/9/416/200.mvt",
        "/tiles/mining_rights@2023/9/416/200.mvt",
        "/tiles/prohibited_zones/9/416/200.mvt",
        "/tiles/plan/9/416/200.mvt",
        "/tiles/mining_rights.json",
        "/tiles/mining_rights/{z}/{x}/{y}.mvt",
    ] {
        refused("GET", &format!("{tiles}{path}"));
    }
    for method in ["POST", "PUT", "DELETE", "PATCH", "TRACE"] {
        refused(method, &format!("{file}{FILE}"));
    }
    // Not with a key beside it, nor another link.
    refused("GET", &format!("{file}{FILE}?key={key}"));
    refused("GET", &format!("{file}{tiles}{TILE}"));
    refused("GET", &format!("/key/{key}{file}{FILE}"));
    // A link is no key, and a key no link.
    let token = file.strip_prefix("/link/").unwrap();
    refused("GET", &format!("/key/{token}{FILE}"));
    refused("GET", &format!("/link/{key}{FILE}"));
    server.ask("GET", FILE, &[("authorization", &format!("Bearer {token}"))]).expect_problem(401);
}

#[test]
fn no_part_of_a_link_can_be_changed() {
    let keys = Keys::new();
    let (key, partner) = (keys.create("office"), keys.create("partner"));
    let file = link(&keys, &key, FILE, "7d");
    let of_partner = link(&keys, &partner, FILE, "7d");
    let server = keys.start();
    server.get(&format!("{file}{FILE}")).expect(200);
    // The role of the key and no other.
    server.get(&format!("{of_partner}{FILE}")).expect_problem(404);
    let parts: Vec<&str> = file.strip_prefix("/link/").unwrap().splitn(3, '-').collect();
    let [prefix, expires, mac] = parts[..] else { panic!("{file}") };
    let later = expires.parse::<u64>().unwrap() + 1;
    for token in [
        format!("{prefix}-{later}-{mac}"),
        format!("{prefix}-0{expires}-{mac}"),
        format!("{prefix}-+{expires}-{mac}"),
        format!("{prefix}-9999999999999999999-{mac}"),
        format!("{prefix}--{mac}"),
        format!("{}-{expires}-{mac}", &partner[4..12]),
        format!("00000000-{expires}-{mac}"),
        format!("{prefix}-{expires}-{}", code(&of_partner)),
        format!("{prefix}-{expires}-"),
        format!("{prefix}-{expires}"),
        format!("{prefix}-{expires}-{}", "A".repeat(43)),
        format!("{prefix}-{expires}-{}", &mac[..42]),
        format!("{prefix}-{expires}-{mac}A"),
        format!("{prefix}-{expires}-{mac}-{mac}"),
        mac.to_owned(),
        String::new(),
    ] {
        let answer = server.get(&format!("/link/{token}{FILE}"));
        assert_eq!(answer.status, 401, "{token}");
        answer.expect_problem(401);
    }
}

#[test]
fn a_link_ends_with_its_time_and_with_its_key_on_every_server() {
    let keys = Keys::new();
    let key = keys.create("office");
    let (file, tiles) = (link(&keys, &key, FILE, "7d"), link(&keys, &key, TILES, "7d"));
    let servers = [keys.start(), keys.start()];
    let deadline = Instant::now() + Duration::from_secs(2);
    let short = link(&keys, &key, FILE, "2s");
    for server in &servers {
        server.get(&format!("{file}{FILE}")).expect(200);
        let answer = server.get(&format!("{short}{FILE}"));
        assert!(answer.status == 200 || Instant::now() > deadline, "before its time");
        answered(server, &format!("{short}{FILE}"), 401);
        server.get(&format!("{file}{FILE}")).expect(200);
    }
    keys.done(&["key", "revoke", &key[4..12]]);
    for server in &servers {
        answered(server, &format!("{file}{FILE}"), 401);
        answered(server, &format!("{tiles}{TILE}"), 401);
    }
    // A new key does not bring it back.
    let other = keys.create("office");
    for server in &servers {
        until("it is taken", || server.ask("GET", FILE, &[("x-api-key", &other)]).status == 200);
        server.get(&format!("{file}{FILE}")).expect_problem(401);
    }
}

#[test]
fn links_are_for_files_and_tiles_and_no_longer_than_their_key() {
    let keys = Keys::new();
    let key = keys.done(&["key", "create", "--role", "office", "--days", "2"]);
    let prefix = &key[4..12];
    let run = |path: &str, key: &str, expires: &str| {
        let output = keys.run(&["link", path, "--key", key, "--expires", expires]);
        assert!(output.stdout.is_empty());
        (output.status.code(), String::from_utf8(output.stderr).unwrap())
    };
    for path in [
        "downloads/mining_rights.fgb",
        "/downloads/mining_rights.fgb?bbox=1,2,3,4",
        "/downloads/../metrics",
        "/downloads/",
        "/tiles/mining_rights/9/416/200.mvt",
        "/tiles/mining_rights/{z}/{y}/{x}.mvt",
        "/tiles/mining_rights.json",
        "/ogc/collections/mining_rights/items",
        "/",
    ] {
        let (code, error) = run(path, prefix, "7d");
        assert_eq!(code, Some(2), "{path}: {error}");
        assert!(error.contains("/downloads/{file}"), "{error}");
    }
    for (key, expires, status, told) in [
        ("00000000", "1d", 1, "there is no key `00000000`"),
        (prefix, "3d", 1, "before the link"),
        (prefix, "-1d", 2, "unexpected argument"),
        (prefix, "0s", 2, "a link cannot last"),
        (prefix, "soon", 2, "invalid value 'soon'"),
        (prefix, "19000y", 2, "a link cannot last"),
    ] {
        let (code, error) = run(FILE, key, expires);
        assert_eq!(code, Some(status), "{expires}: {error}");
        assert!(error.contains(told), "{expires}: {error}");
    }
    let toml = format!("{}[server]\npublic_url = \"https://maps.example.org/plan\"\n", keys.toml());
    fs::write(keys.config(), toml).unwrap();
    let url = keys.done(&["link", TILES, "--key", prefix, "--expires", "1d"]);
    assert!(url.starts_with(&format!("https://maps.example.org/plan/link/{prefix}-")), "{url}");
    assert!(url.ends_with(TILES), "{url}");
}

/// The line of `key list` for a key.
fn listed(keys: &Keys, key: &str) -> String {
    let list = keys.done(&["key", "list"]);
    list.lines().find(|line| line.starts_with(&key[4..12])).unwrap().to_owned()
}

/// When a key was last used, as soon as that is known.
#[track_caller]
fn last_use(keys: &Keys, key: &str) -> String {
    found("its last use", || {
        let line = listed(keys, key);
        let used = line.split_once("last used ").map(|(_, used)| used.split(',').next().unwrap().to_owned());
        assert!(used.is_some() || line.contains("not used yet"), "{line}");
        used
    })
}

#[test]
fn the_last_use_of_each_key_is_listed_whoever_served_it() {
    let keys = Keys::new();
    let [one, other, linked, unused] = [0; 4].map(|_| keys.create("office"));
    let written = fs::read(keys.file()).unwrap();
    let servers = [keys.start(), keys.start()];
    let start = jiff::Timestamp::now();
    servers[0].ask("GET", FILE, &[("x-api-key", &one)]).expect(200);
    servers[1].ask("GET", FILE, &[("x-api-key", &other)]).expect(200);
    servers[1].get(&format!("{}{FILE}", link(&keys, &linked, FILE, "1d"))).expect(200);
    // The right prefix alone is no use of a key.
    let forged = format!("{}{}", &unused[..13], "A".repeat(43));
    servers[0].ask("GET", FILE, &[("x-api-key", &forged)]).expect_problem(401);
    for key in [&one, &other, &linked] {
        let used: jiff::Timestamp = last_use(&keys, key).parse().unwrap();
        assert!((used - start).get_seconds().abs() < 60, "{used}");
    }
    assert!(listed(&keys, &unused).contains("not used yet"));
    assert_eq!(fs::read(keys.file()).unwrap(), written, "the keys themselves are left alone");
}

#[test]
fn where_the_last_use_cannot_be_written_requests_are_answered() {
    let keys = Keys::new();
    let key = keys.create("office");
    let told = "the last use of keys cannot be written";
    fs::create_dir(keys.folder.path().join("keys.used.json")).unwrap();
    let server = Setup::default().config(&keys.toml()).expect_log(told).start();
    server.ask("GET", FILE, &[("x-api-key", &key)]).expect(200);
    server.wait_for_log(told);
    server.ask("GET", FILE, &[("x-api-key", &key)]).expect(200);
    assert!(listed(&keys, &key).contains("not used yet"));
}
