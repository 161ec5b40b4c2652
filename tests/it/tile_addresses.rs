//! Which tile URLs answer what.

use crate::support::http::Response;
use crate::support::server::shared;
use crate::tiles::busy_tile;
use std::time::{Duration, Instant};

const FOREVER: &str = "public, max-age=31536000, immutable";

/// The version in the tile URL of the tileset's TileJSON.
fn current(tileset: &str) -> String {
    let document = shared().get(&format!("/tiles/{tileset}.json")).expect(200).json();
    let url = document["tiles"][0].as_str().unwrap().to_owned();
    let version = url.split('@').nth(1).unwrap_or_else(|| panic!("no version in {url}"));
    version.split('/').next().unwrap().to_owned()
}

fn expect_passing(answer: &Response) {
    let lifetime = answer.expect_header("cache-control");
    assert!(!lifetime.contains("immutable") && !lifetime.contains("max-age=3153"), "{lifetime}");
}

#[test]
fn mvt_and_pbf_are_two_names_of_one_tile() {
    let server = shared();
    let tile = busy_tile(10);
    let mvt = server.get(&format!("/tiles/plan/{tile}.mvt")).expect(200);
    let pbf = server.get(&format!("/tiles/plan/{tile}.pbf")).expect(200);
    assert_eq!(mvt.expect_header("content-type"), "application/vnd.mapbox-vector-tile");
    assert_eq!(mvt.lasting_headers(), pbf.lasting_headers());
    assert_eq!(mvt.body, pbf.body);
    expect_passing(&mvt);
}

#[test]
fn a_versioned_tile_is_for_ever() {
    let server = shared();
    let (tile, version) = (busy_tile(10), current("plan"));
    let fixed = server.get(&format!("/tiles/plan@{version}/{tile}.mvt")).expect(200);
    assert_eq!(fixed.expect_header("cache-control"), FOREVER);
    assert_eq!(fixed.body, server.get(&format!("/tiles/plan/{tile}.mvt")).body);
    let empty = server.get(&format!("/tiles/plan@{version}/10/0/0.mvt")).expect(204);
    assert_eq!(empty.expect_header("cache-control"), FOREVER);
}

#[test]
fn a_version_no_longer_kept_leads_to_the_current_one() {
    let server = shared();
    let tile = busy_tile(10);
    let unknown = "0".repeat(current("plan").len());
    for tileset in ["plan", "mining_blocks", "mining_blocks,roads"] {
        let moved = server.get(&format!("/tiles/{tileset}@{unknown}/{tile}.mvt")).expect(307);
        expect_passing(&moved);
        let location = moved.expect_header("location");
        let path = location.strip_prefix(&server.url("")).unwrap_or(location);
        let followed = server.get(path).expect(200);
        assert_eq!(followed.body, server.get(&format!("/tiles/{tileset}/{tile}.mvt")).body);
    }
    server.get(&format!("/tiles/nowhere@{unknown}/{tile}.mvt")).expect_problem(404);
    server.get(&format!("/tiles/plan@{}/{tile}.mvt", "f".repeat(3000))).expect_problem(404);
}

#[test]
fn an_empty_tile_is_204() {
    let server = shared();
    for path in ["/tiles/plan/10/0/0.mvt", "/tiles/mining_blocks/14/16383/16383.mvt"] {
        let empty = server.get(path).expect(204);
        assert!(empty.body.is_empty());
        assert_eq!(empty.header("content-encoding"), None);
        // RFC 9110, 8.6: no Content-Length in a 204.
        assert_eq!(empty.header("content-length"), None);
        expect_passing(&empty);
        assert!(empty.header("etag").is_none_or(|etag| etag.starts_with('"')));
    }
}

#[test]
fn coordinates_outside_the_matrix_are_404() {
    let server = shared();
    let outside = [
        "99/0/0",
        "31/0/0",
        "30/1073741824/0",
        "0/1/0",
        "0/0/1",
        "10/1024/5",
        "10/5/1024",
        "-1/0/0",
        "5/-1/0",
        "5/0/-1",
        "5/0/abc",
        "abc/0/0",
        "5/1e9/0",
        "1e9/0/0",
        "5/1000000000/0",
        "5/18446744073709551616/0",
        "5/0.5/0",
        "5/+1/0",
        "5//1",
        "5/ 1/1",
        "5/%31%00/1",
        "5/１/1",
        "256/0/0",
        "4294967296/0/0",
    ];
    for coordinate in outside {
        let path = format!("/tiles/plan/{coordinate}.mvt").replace(' ', "%20").replace('１', "%EF%BC%91");
        server.get(&path).expect_problem(404);
    }
    // The deepest zoom is the one TileJSON names: one more is outside.
    let maxzoom = server.get("/tiles/plan.json").json()["maxzoom"].as_u64().unwrap();
    assert!([200, 204].contains(&server.get(&format!("/tiles/plan/{maxzoom}/0/0.mvt")).status));
    server.get(&format!("/tiles/plan/{}/0/0.mvt", maxzoom + 1)).expect_problem(404);
}

#[test]
fn what_is_no_tile_is_404() {
    let server = shared();
    let tile = busy_tile(10);
    let wrong = [
        format!("/tiles/nowhere/{tile}.mvt"),
        format!("/tiles/Plan/{tile}.mvt"),
        format!("/tiles/plan/{tile}"),
        format!("/tiles/plan/{tile}.jpg"),
        format!("/tiles/plan/{tile}.mvt.gz"),
        format!("/tiles/plan/{tile}.mvt/"),
        format!("/tiles/plan@/{tile}.mvt"),
        format!("/tiles/@/{tile}.mvt"),
        format!("/tiles/,/{tile}.mvt"),
        format!("/tiles/mining_blocks,/{tile}.mvt"),
        format!("/tiles/mining_blocks,nowhere/{tile}.mvt"),
        format!("/tiles/%2e%2e%2fplan/{tile}.mvt"),
        format!("/tiles/plan%00/{tile}.mvt"),
        "/tiles/nowhere.json".to_owned(),
        "/tiles/".to_owned(),
    ];
    for path in wrong {
        server.get(&path).expect_problem(404);
    }
    server.get(&format!("/tiles/%FF%FE/{tile}.mvt")).expect_problem(400);
}

/// A name asked for many times over would multiply the work of one request.
#[test]
fn a_repeated_layer_is_refused() {
    let server = shared();
    let tile = busy_tile(10);
    for times in [2, 4, 500] {
        let path = format!("/tiles/{}/{tile}.mvt", vec!["mining_blocks"; times].join(","));
        let status = server.get(&path).status;
        assert!([400, 404, 414].contains(&status), "{times} times: {status}");
    }
    assert!([400, 404].contains(&server.get(&format!("/tiles/plan,mining_blocks/{tile}.mvt")).status));
    assert!([400, 404].contains(&server.get("/tiles/mining_blocks,mining_blocks.json").status));
}

/// The most that one request can ask for: each layer once, which is the tile of the plan.
#[test]
fn all_layers_by_name_are_the_plan() {
    let server = shared();
    let tile = busy_tile(10);
    let catalog = server.get("/layers.json").expect(200).json();
    let ids: Vec<&str> = catalog["layers"]
        .as_array()
        .unwrap()
        .iter()
        .rev()
        .map(|layer| layer["id"].as_str().unwrap())
        .collect();
    assert!(ids.len() >= 20, "{ids:?}");
    let plan = server.get(&format!("/tiles/plan/{tile}.mvt")).expect(200);
    let named = server.get(&format!("/tiles/{}/{tile}.mvt", ids.join(","))).expect(200);
    assert_eq!(named.body, plan.body);
    let one_more = format!("/tiles/{},{}/{tile}.mvt", ids.join(","), ids[0]);
    server.get(&one_more).expect_problem(400);
}

#[test]
fn a_very_long_path_is_refused_at_once() {
    let server = shared();
    let began = Instant::now();
    for length in [2_000, 20_000, 60_000] {
        let path = "a".repeat(length);
        for request in [
            format!("/tiles/{path}/1/1/1.mvt"),
            format!("/{path}"),
            format!("/tiles/plan/1/1/1.mvt?q={path}"),
        ] {
            let answer = server.raw(&format!("GET {request} HTTP/1.1\nHost: a\nConnection: close\n\n"));
            let status = answer.split(' ').nth(1).unwrap_or_default().to_owned();
            let ignored = request.contains('?') && ["200", "204"].contains(&status.as_str());
            assert!(ignored || ["404", "414", "431"].contains(&status.as_str()), "{length}: {answer:.200}");
            assert!(answer.len() < 2_000 || ignored, "the path is echoed");
        }
    }
    assert!(began.elapsed() < Duration::from_secs(5), "{:?}", began.elapsed());
}

#[test]
fn what_is_not_http_is_refused_and_harms_no_one() {
    let server = shared();
    for nonsense in
        ["GET\n\n", "\u{16}\u{3}\u{1}\n\n", "GET / HTTP/9.9\n\n", "GET /\u{0} HTTP/1.1\nHost: a\n\n"]
    {
        let answer = server.raw(nonsense);
        assert!(
            answer.is_empty() || answer.starts_with("HTTP/1.1 4") || answer.starts_with("HTTP/1.0 4"),
            "{answer:.200}"
        );
    }
    server.get("/healthz").expect(200);
}

#[test]
fn only_reading_is_allowed() {
    let server = shared();
    for path in [
        format!("/tiles/plan/{}.mvt", busy_tile(10)),
        "/tiles/plan.json".into(),
        "/downloads/roads.fgb".into(),
    ] {
        for method in ["POST", "PUT", "DELETE", "PATCH"] {
            let refused = server.ask(method, &path, &[]).expect(405);
            assert!(refused.lists("allow", "GET") && refused.lists("allow", "HEAD"), "{refused:?}");
        }
    }
}

#[test]
fn only_a_real_tile_is_redirected() {
    let server = shared();
    let unknown = "0".repeat(32);
    for place in
        ["%0d%0aSet-Cookie:%20a=b/1/1.mvt", "1/..%2f..%2f/1.mvt", "1/2/1.mvt", "x/1/1.mvt", "1/1/1.json"]
    {
        server.get(&format!("/tiles/plan@{unknown}/{place}")).expect_problem(404);
    }
    let moved = server.get(&format!("/tiles/plan@{unknown}/1/1/0.pbf")).expect(307);
    assert!(moved.expect_header("location").ends_with("/1/1/0.mvt"));
}
