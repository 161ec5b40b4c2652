//! Keys: how they are made, given, taken back and kept secret; and who may be served without any.

use crate::support::{
    http::Response,
    keys::Keys,
    patience::until,
    server::{Server, Setup, plantiles, shared},
};
use serde_json::Value;
use std::{
    fs,
    io::{BufRead, BufReader},
    path::PathBuf,
    process::Stdio,
};

const SECRET: &str = "/tiles/mining_rights.json";

fn with<'a>(server: &Server, path: &str, name: &'a str, value: &'a str) -> Response {
    server.ask("GET", path, &[(name, value)])
}

/// Waits until a key, or what was one, is answered so.
#[track_caller]
fn answered(server: &Server, key: &str, status: u16) {
    until(&format!("{status}"), || with(server, SECRET, "x-api-key", key).status == status);
}

#[test]
fn a_key_opens_by_header_by_query_and_by_path() {
    let keys = Keys::new();
    let (office, partner) = (keys.create("office"), keys.create("partner"));
    let server = keys.start();
    server.get(SECRET).expect_problem(404);
    for (name, value) in [("authorization", format!("Bearer {office}")), ("x-api-key", office.clone())] {
        with(&server, SECRET, name, &value).expect(200);
    }
    server.get(&format!("{SECRET}?key={office}")).expect(200);
    server.get(&format!("/key/{office}{SECRET}")).expect(200);
    with(&server, SECRET, "x-api-key", &partner).expect_problem(404);
    // What others put into this header is not for us.
    with(&server, SECRET, "authorization", "Basic b2ZmaWNlOm9mZmljZQ==").expect_problem(404);
    for wrong in ["", "x", &office[..55], &format!("{office}A")] {
        with(&server, "/healthz", "x-api-key", wrong).expect_problem(401);
        server.get(&format!("/healthz?key={wrong}")).expect_problem(401);
        server.get(&format!("/key/{wrong}/healthz")).expect_problem(401);
    }
    with(&server, &format!("/healthz?key={office}"), "x-api-key", &partner).expect_problem(401);
    let preflight = server.ask("OPTIONS", SECRET, &[]).expect(204);
    assert!(preflight.lists("access-control-allow-headers", "authorization"));
    assert!(preflight.lists("access-control-allow-headers", "x-api-key"));
    assert!(!server.log().contains(&office[13..]), "a key in the log");
    assert!(!server.log().contains(&partner[13..]), "a key in the log");
}

/// Every URL of the server in the answer.
fn urls(server: &Server, text: &str) -> Vec<String> {
    let begin = server.url("/");
    let end = |rest: &str| rest.find(['"', '<', '&', '\'', ')', ' ', '\\']).unwrap_or(rest.len());
    text.match_indices(&begin).map(|(at, _)| text[at..][..end(&text[at..])].to_owned()).collect()
}

#[test]
fn a_key_of_the_url_is_in_the_urls_of_the_answer_and_another_is_not() {
    let keys = Keys::new();
    let office = keys.create("office");
    let server = keys.start();
    let inside = server.url(&format!("/key/{office}/"));
    for path in [
        "/tiles/plan.json",
        "/styles/plan.json",
        "/layers.json",
        "/ogc/collections?f=json",
        "/wmts?service=WMTS&request=GetCapabilities",
        "/connect/plan.qlr",
    ] {
        let mark = if path.contains('?') { '&' } else { '?' };
        for request in [format!("{path}{mark}key={office}"), format!("/key/{office}{path}")] {
            let answer = server.get(&request).expect(200);
            let found = urls(&server, answer.text());
            assert!(!found.is_empty(), "{path}");
            for url in found {
                assert!(url.starts_with(&inside), "{request}: {url}");
            }
            assert_eq!(answer.expect_header("referrer-policy"), "same-origin");
        }
        let answer = with(&server, path, "x-api-key", &office).expect(200);
        assert!(!answer.text().contains(&office), "{path}");
    }
    let document = server.get(&format!("{SECRET}?key={office}")).expect(200).json();
    let tile = document["tiles"][0].as_str().unwrap().replace("{z}/{x}/{y}", "9/416/200");
    let tile = server.get(tile.strip_prefix(&server.url("")).unwrap()).expect(200);
    assert_eq!(tile.expect_header("cache-control"), "private, max-age=31536000, immutable");
    // An old version leads to the current one with the key.
    let old = "/tiles/mining_rights@00000000000000000000000000000000/9/416/200.mvt";
    let there = server.get(&format!("/key/{office}{old}")).expect(307);
    assert!(there.expect_header("location").starts_with(&inside));
}

#[test]
fn a_page_is_where_its_links_lead_on() {
    let keys = Keys::new();
    let office = keys.create("office");
    let server = keys.start();
    let browser = ("accept", "text/html,application/xhtml+xml");
    for (path, there) in [
        (format!("/?key={office}"), format!("/key/{office}/")),
        (format!("/key/{office}"), format!("/key/{office}/")),
        (format!("/connect?lang=en&key={office}"), format!("/key/{office}/connect?lang=en")),
    ] {
        let answer = with(&server, &path, browser.0, browser.1).expect(307);
        assert_eq!(answer.expect_header("location"), server.url(&there));
        assert_eq!(answer.expect_header("cache-control"), "no-store");
        with(&server, &there, browser.0, browser.1).expect(200);
    }
    with(&server, "/?key=wrong", browser.0, browser.1).expect_problem(401);
}

#[test]
fn keys_come_and_go_while_it_runs() {
    let keys = Keys::new();
    let server = keys.start();
    let key = keys.create("office");
    answered(&server, &key, 200);
    let list = keys.done(&["key", "list"]);
    assert!(
        list.starts_with(&format!("{}: office, made ", &key[4..12])) && list.ends_with("does not expire"),
        "{list}"
    );
    assert!(!list.contains(&key[13..]));
    // What the file would be at the end of the key's days.
    let mut file: Value = serde_json::from_slice(&fs::read(keys.file()).unwrap()).unwrap();
    file["keys"][0]["expires"] = "2026-01-01T00:00:00Z".into();
    fs::write(keys.file(), file.to_string()).unwrap();
    answered(&server, &key, 401);
    assert!(keys.done(&["key", "list"]).ends_with("expired 2026-01-01T00:00:00Z"));
    let other = keys.done(&["key", "create", "--role", "office", "--days", "30", "--note", "规划科"]);
    answered(&server, &other, 200);
    assert!(
        keys.done(&["key", "list"])
            .lines()
            .nth(1)
            .is_some_and(|line| line.contains("expires") && line.ends_with("规划科"))
    );
    keys.done(&["key", "revoke", &other[4..12]]);
    answered(&server, &other, 401);
    let refused = keys.run(&["key", "revoke", &other[4..12]]);
    assert_eq!((refused.status.code(), refused.stdout.len()), (Some(1), 0));
    assert!(!server.log().contains(&other[13..]));
}

#[test]
fn a_damaged_file_of_keys_shuts_nobody_out() {
    let keys = Keys::new();
    let key = keys.create("office");
    let told = ["keys stay as they were", "the last use of keys cannot be written"];
    let server = told.into_iter().fold(Setup::default().config(&keys.toml()), Setup::expect_log).start();
    fs::write(keys.file(), "{").unwrap();
    server.wait_for_log("keys stay as they were");
    with(&server, SECRET, "x-api-key", &key).expect(200);
    let output = plantiles(&["serve", "--listen", "127.0.0.1:0", "--state"])
        .arg(keys.folder.path().join("state"))
        .arg("--config")
        .arg(keys.config())
        .output()
        .unwrap();
    let error = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert!(error.contains("line 1 is not as `plantiles key` writes it"), "{error}");
}

#[test]
fn keys_need_a_role_that_there_is() {
    let keys = Keys::new();
    let none =
        plantiles(&["key", "create", "--role", "office"]).current_dir(keys.folder.path()).output().unwrap();
    let unknown = keys.run(&["key", "create", "--role", "offices"]);
    for (output, named) in
        [(none, "`access.roles` in the configuration"), (unknown, "there is no role `offices`")]
    {
        let error = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(2), "{error}");
        assert!(error.contains(named) && error.trim_end().lines().count() == 1, "{error}");
    }
    assert!(!keys.file().exists());
}

#[test]
fn the_check_looks_at_roles_keys_and_layers() {
    let keys = Keys::new();
    keys.create("office");
    let state = keys.folder.path().join("state");
    let check = |config: PathBuf| {
        let mut command = plantiles(&["check", "--config"]);
        let output = command.arg(config).arg("--state").arg(&state).output().unwrap();
        (output.status.code(), String::from_utf8(output.stdout).unwrap())
    };
    let (code, text) = check(keys.config());
    assert_eq!(code, Some(0), "{text}");
    assert!(text.contains("access: 2 roles, 1 keys, rules for 1 layers\n"), "{text}");
    let slip = keys.folder.path().join("slip.toml");
    fs::write(&slip, keys.toml().replace("mining_rights", "mining_right")).unwrap();
    fs::write(keys.file(), "{").unwrap();
    let (code, text) = check(slip);
    assert_eq!(code, Some(1), "{text}");
    assert!(text.contains("access: there is no layer `mining_right`\n"), "{text}");
    assert!(
        text.contains("access: file of keys ") && text.contains(" is not as `plantiles key` writes it"),
        "{text}"
    );
}

#[test]
fn a_rule_for_no_layer_is_told() {
    let config = "[access.layer]\nmining_right = \"hidden\"\n";
    let server = Setup::default().config(config).expect_log("names layers that are not served").start();
    assert!(server.wait_for_log("names layers that are not served").contains("mining_right"));
}

#[test]
fn without_rules_nothing_asks_for_a_key() {
    let server = shared();
    let answer = with(&server, "/tiles/plan.json", "authorization", "Bearer x").expect(200);
    assert_eq!(answer.expect_header("cache-control"), "public, no-cache");
    assert!(!answer.lists("vary", "authorization"));
    server.get("/search?q=a&key=x").expect_problem(400);
    server.get("/key/x/tiles/plan.json").expect_problem(404);
}

/// The first line of the log of a server with these arguments, which then goes.
fn first_line(arguments: &[&str], environment: Option<(&str, &str)>) -> (Option<i32>, String) {
    let folder = tempfile::tempdir().unwrap();
    let mut command = plantiles(arguments);
    command.current_dir(folder.path()).envs(environment).stdout(Stdio::null()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    let mut lines = BufReader::new(child.stderr.take().unwrap()).lines().map(Result::unwrap);
    let line = lines.next().unwrap_or_default();
    if line.contains("listening on") {
        child.kill().unwrap();
        child.wait().unwrap();
        return (None, line);
    }
    (child.wait().unwrap().code(), line + &lines.collect::<String>())
}

#[test]
fn others_are_served_when_somebody_has_said_what_they_may_see() {
    for address in ["0.0.0.0:0", "[::]:0"] {
        let (code, line) = first_line(&["serve", "--listen", address], None);
        assert_eq!(code, Some(2), "{line}");
        assert!(line.contains("--open") && line.contains("access.layer"), "{line}");
    }
    let folder = tempfile::tempdir().unwrap();
    let file = |name: &str, text: &str| {
        let path = folder.path().join(name);
        fs::write(&path, text).unwrap();
        path.to_str().unwrap().to_owned()
    };
    let open = file("open.toml", "[server]\nopen = true\n");
    let closed = file("closed.toml", "[access.layer]\nmining_rights = \"hidden\"\n");
    let all_public = file("public.toml", "[access.layer]\nmining_rights = \"public\"\n");
    let here = |rest: &[&str]| [&["serve", "--listen", "0.0.0.0:0"], rest].concat().join(" ");
    for (arguments, environment, allowed) in [
        (here(&["--open"]), None, true),
        (here(&["--config", &open]), None, true),
        (here(&["--config", &closed]), None, true),
        (here(&["--config", &all_public]), None, false),
        (here(&[]), Some(("PLANTILES_OPEN", "true")), true),
        (here(&[]), Some(("PLANTILES_OPEN", "0")), false),
        ("--listen [::1]:0".to_owned(), None, true),
        ("--listen 0.0.0.0:0".to_owned(), None, false),
    ] {
        let arguments: Vec<_> = arguments.split(' ').collect();
        let (code, line) = first_line(&arguments, environment);
        assert_eq!(code.is_none(), allowed, "{arguments:?}: {line}");
        assert!(allowed || code == Some(2), "{arguments:?}: {line}");
    }
}
