//! The server behind nginx, with the configuration of `docs/operations/`.

use crate::{
    events::Stream,
    support::{
        database::TestDatabase,
        http::Response,
        nginx::Nginx,
        patience::found,
        postgis::{load_plan, query},
        server::{Server, Setup},
    },
    tiles::busy_tile,
};
use std::process::Command;

/// The documented configuration, but for the state directory and the database, which flags override.
fn setup() -> Setup {
    Setup::default().config(include_str!("../../docs/operations/plantiles.toml"))
}

/// A server of the plan in a database, with its proxy in front.
async fn proxied() -> (TestDatabase, Server, Nginx) {
    let database = TestDatabase::new().await;
    load_plan(&database.url());
    let server = setup().database(&database.url()).start();
    let nginx = Nginx::start(&[&server]);
    (database, server, nginx)
}

/// The path of the tile under the current version, as TileJSON gives it through the proxy.
#[track_caller]
fn versioned(nginx: &Nginx, tile: &str) -> String {
    let tilejson = nginx.get("/tiles/plan.json").expect(200).json();
    let template = tilejson["tiles"][0].as_str().unwrap();
    let path =
        template.strip_prefix(&nginx.url("")).unwrap_or_else(|| panic!("{template} is not of the proxy"));
    path.replace("{z}/{x}/{y}", tile)
}

/// What the answer has that is not the proxy's own.
fn content(answer: &Response) -> (u16, Vec<(String, String)>, &[u8]) {
    let mut headers = answer.lasting_headers();
    headers.retain(|(name, _)| !["server", "x-cache-status"].contains(&name.as_str()));
    (answer.status, headers, &answer.body)
}

fn kept(answer: &Response) -> &str {
    answer.expect_header("x-cache-status")
}

/// The answer that is kept. Of two workers, one may look for an answer just before the other has put it away, and then ask
/// the server once more.
#[track_caller]
fn when_kept(ask: impl Fn() -> Response) -> Response {
    found("a kept answer", || {
        let answer = ask();
        assert!(["HIT", "MISS"].contains(&kept(&answer)), "{}", kept(&answer));
        Some(answer).filter(|answer| kept(answer) == "HIT")
    })
}

#[tokio::test(flavor = "multi_thread")]
async fn a_tile_of_a_version_is_kept_once_for_each_coding() {
    let (database, server, nginx) = proxied().await;
    let path = versioned(&nginx, &busy_tile(10).to_string());
    let chrome = [("accept-encoding", "gzip, deflate, br, zstd")];
    for (asked, first) in [
        (&[][..], "MISS"),
        (&[("accept-encoding", "gzip")], "MISS"),
        (&[("accept-encoding", "deflate, br, x, gzip;q=1.0")], "HIT"),
        (&chrome, "MISS"),
        (&[("accept-encoding", "br;q=1, zstd;q=0, gzip;q=0.0")], "MISS"),
    ] {
        let direct = server.ask("GET", &path, asked).expect(200);
        let answer = nginx.ask("GET", &path, asked);
        assert_eq!(kept(&answer), first, "{asked:?}");
        let again = when_kept(|| nginx.ask("GET", &path, asked));
        for answer in [answer, again] {
            assert_eq!(content(&answer), content(&direct), "{asked:?}");
        }
    }
    let tag = nginx.ask("GET", &path, &chrome).expect_header("etag").to_owned();
    let again = nginx.ask("GET", &path, &[chrome[0], ("if-none-match", &tag)]).expect(304);
    assert_eq!((kept(&again), again.body.len()), ("HIT", 0));

    let empty = versioned(&nginx, "10/0/0");
    assert_eq!(kept(&nginx.get(&empty).expect(204)), "MISS");
    when_kept(|| nginx.get(&empty).expect(204));

    // A version that nobody knows leads to the current one today, and maybe to another tomorrow.
    let unknown = path.split_once('@').unwrap().1.split_once('/').unwrap().1;
    let unknown = format!("/tiles/plan@{}/{unknown}", "0".repeat(32));
    for _ in 0..2 {
        let answer = nginx.get(&unknown).expect(307);
        assert_eq!((kept(&answer), answer.header("location")), ("MISS", Some(&nginx.url(&path)[..])));
    }

    // The tile is there for as long as nginx is.
    drop(server);
    assert_eq!(kept(&nginx.ask("GET", &path, &chrome).expect(200)), "HIT");
    assert_eq!(nginx.get("/tiles/plan.json").status, 502);
    drop(database);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_has_no_version_is_asked_for_each_time() {
    let (_database, server, nginx) = proxied().await;
    for path in [&format!("/tiles/plan/{}.mvt", busy_tile(10))[..], "/", "/downloads/mining_blocks.fgb"] {
        let direct = server.get(path).expect(200);
        let answer = nginx.get(path).expect(200);
        assert_eq!(content(&answer), content(&direct), "{path}");
        assert_eq!(answer.header("x-cache-status"), None, "{path}");
        let again = nginx.ask("GET", path, &[("if-none-match", answer.expect_header("etag"))]);
        assert_eq!((again.status, again.body.len()), (304, 0), "{path}");
    }
    nginx.get("/readyz").expect(200);
}

#[tokio::test(flavor = "multi_thread")]
async fn no_client_says_where_the_server_is() {
    let (_database, _server, nginx) = proxied().await;
    let forged = [
        ("x-forwarded-host", "evil.example"),
        ("x-forwarded-proto", "https"),
        ("x-forwarded-prefix", "/evil"),
        ("forwarded", "host=evil.example;proto=https"),
    ];
    let tilejson = nginx.ask("GET", "/tiles/plan.json", &forged).expect(200);
    assert!(!tilejson.text().contains("evil"), "{}", tilejson.text());
    assert_eq!(tilejson.body, nginx.get("/tiles/plan.json").body);
}

#[tokio::test(flavor = "multi_thread")]
async fn ranges_of_a_snapshot_are_kept_in_slices() {
    let (_database, server, nginx) = proxied().await;
    let current = "/downloads/townships.fgb";
    let whole = server.get(current).expect(200);
    let snapshot = whole.expect_header("etag").trim_matches('"').to_owned();
    let path = format!("/downloads/townships@{snapshot}.fgb");
    let length = whole.body.len();
    let range = |range: &str| nginx.ask("GET", &path, &[("range", range)]);
    assert_eq!(kept(&range("bytes=0-99").expect(206)), "MISS");
    for (asked, start, end) in [
        ("bytes=0-99", 0, 100),
        ("bytes=100-299", 100, 300),
        ("bytes=-50", length - 50, length),
        // As the FlatGeobuf client for browsers asks of any file, however small.
        ("bytes=0-99999999", 0, length),
    ] {
        let answer = when_kept(|| range(asked).expect(206));
        assert_eq!(answer.header("content-range"), Some(&format!("bytes {start}-{}/{length}", end - 1)[..]));
        assert!(answer.body == whole.body[start..end], "{asked}");
        assert_eq!(answer.header("etag"), whole.header("etag"));
        assert_eq!(answer.header("content-encoding"), None);
    }
    range(&format!("bytes={length}-")).expect(416);
    let other = [("range", "bytes=0-99"), ("if-range", "\"other\"")];
    assert!(nginx.ask("GET", &path, &other).expect(200).body == whole.body);
    let head = nginx.ask("HEAD", &path, &[("accept-encoding", "gzip")]).expect(200);
    assert_eq!(head.header("content-length"), Some(&length.to_string()[..]));
    for path in [current, &path] {
        let source = format!("/vsicurl/{}", nginx.url(path));
        let read = Command::new("ogrinfo").args(["-ro", "-so", "-al", &source]).output().unwrap();
        let said = String::from_utf8_lossy(&read.stdout);
        assert!(read.status.success() && said.contains("Layer name: townships"), "{source}: {said}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn events_go_through_at_once() {
    let (database, _server, nginx) = proxied().await;
    let mut stream = Stream::open(&nginx.address, "");
    let (_, first, _) = stream.event();
    query(&database.url(), "update plan.mining_blocks set name = 'renamed' where id = 1");
    // The stream has not ended: had nginx waited for more of it, this would wait for ever.
    let (_, second, data) = stream.event();
    assert_ne!(first, second);
    assert_eq!(data["changed"], serde_json::json!(["mining_blocks"]));
}

#[tokio::test(flavor = "multi_thread")]
async fn no_request_fails_while_one_of_two_servers_is_away() {
    let (database, first, _) = proxied().await;
    let second = setup().database(&database.url()).start();
    let nginx = Nginx::start(&[&first, &second]);
    let path = format!("/tiles/plan/{}.mvt", busy_tile(10));
    // Either answers with the same version and the same bytes.
    let answers = [(); 4].map(|()| nginx.get(&path).expect(200));
    drop(first);
    for answer in answers.into_iter().chain([(); 10].map(|()| nginx.get(&path).expect(200))) {
        assert_eq!(content(&answer), content(&second.get(&path)));
    }
}
