//! Content codings, conditional requests, HEAD and CORS, on tiles; the other answers share the code.

use crate::support::http::Response;
use crate::support::server::{Server, shared};
use crate::tiles::busy_tile;
use std::collections::BTreeSet;
use std::io::Read;

/// A tile large enough to be worth compressing.
fn tile() -> String {
    format!("/tiles/plan/{}.mvt", busy_tile(9))
}

fn accepting(server: &Server, codings: &str) -> Response {
    server.ask("GET", &tile(), &[("accept-encoding", codings)])
}

fn coding(answer: &Response) -> &str {
    answer.header("content-encoding").unwrap_or("identity")
}

fn decoded(answer: &Response) -> Vec<u8> {
    let mut plain = Vec::new();
    match coding(answer) {
        "identity" => plain.extend(&answer.body),
        "gzip" => drop(flate2::read::GzDecoder::new(&answer.body[..]).read_to_end(&mut plain).unwrap()),
        "br" => drop(brotli::Decompressor::new(&answer.body[..], 4096).read_to_end(&mut plain).unwrap()),
        "zstd" => zstd::stream::copy_decode(&answer.body[..], &mut plain).unwrap(),
        other => panic!("{other} was not asked for"),
    }
    plain
}

#[test]
fn the_best_accepted_coding_is_sent() {
    let server = shared();
    let plain = server.get(&tile()).expect(200);
    assert_eq!(coding(&plain), "identity", "a client that names no coding may know none");
    let wishes = [
        ("", &["identity"][..]),
        ("identity", &["identity"]),
        ("gzip", &["gzip"]),
        ("GZip", &["gzip"]),
        ("br", &["br"]),
        ("zstd", &["zstd"]),
        ("gzip;q=0.5, br;q=0.1", &["gzip"]),
        ("gzip;q=0.1,br;q=0.5", &["br"]),
        ("gzip ; q=0.2 , zstd ; q=0.9", &["zstd"]),
        ("gzip;q=0", &["identity"]),
        ("gzip;q=0.000, br;q=1.000", &["br"]),
        ("gzip, deflate, br, zstd", &["br", "zstd", "gzip"]),
        ("deflate, compress", &["identity"]),
        ("deflate, gzip;q=0.001", &["gzip"]),
        ("gzip;q=0, *", &["br", "zstd", "identity"]),
        ("identity;q=0, gzip", &["gzip"]),
        ("*;q=0, br", &["br"]),
        ("identity;q=1, gzip;q=0.5", &["identity"]),
    ];
    for (wish, fitting) in wishes {
        let answer = accepting(&server, wish).expect(200);
        assert!(fitting.contains(&coding(&answer)), "`{wish}` was answered with {}", coding(&answer));
        assert!(answer.lists("vary", "accept-encoding"), "`{wish}`: no Vary");
        assert!(decoded(&answer) == plain.body, "`{wish}`: another tile");
        assert_eq!(answer.expect_header("content-length"), answer.body.len().to_string());
    }
    for compressed in ["gzip", "br", "zstd"] {
        assert!(
            accepting(&server, compressed).body.len() * 10 < plain.body.len() * 9,
            "{compressed} saves nothing"
        );
    }
}

#[test]
fn bad_accept_encoding_is_no_reason_to_fail() {
    let server = shared();
    let long = "gzip, ".repeat(700);
    for wish in [",,,", ";", "gzip;q=banana", "gzip;q=-1", "gzip;q=2", "gzip;q=", "q=1", "\"", &long] {
        let answer = accepting(&server, wish);
        assert!([200, 400].contains(&answer.status), "`{wish:.40}`: {}", answer.status);
    }
    // RFC 9110, 12.5.3 leaves the choice when nothing is acceptable, but it has to be made on purpose.
    for nothing in ["*;q=0", "identity;q=0"] {
        let answer = accepting(&server, nothing);
        assert!([200, 406].contains(&answer.status), "`{nothing}`: {}", answer.status);
    }
    // Two header lines are one list.
    let two = server.ask("GET", &tile(), &[("accept-encoding", "deflate"), ("accept-encoding", "gzip")]);
    assert_eq!(coding(&two), "gzip");
}

#[test]
fn each_coding_has_an_etag_of_its_own_that_is_matched() {
    let server = shared();
    let codings = ["identity", "gzip", "br", "zstd"];
    let etags: Vec<_> = codings.map(|c| accepting(&server, c).expect_header("etag").to_owned()).into();
    assert_eq!(etags.iter().collect::<BTreeSet<_>>().len(), 4, "{etags:?}");
    for (coding, etag) in codings.iter().zip(&etags) {
        assert!(etag.starts_with('"') && etag.ends_with('"'), "{etag} is not strong");
        let ask = |value: &str| {
            server.ask("GET", &tile(), &[("accept-encoding", coding), ("if-none-match", value)])
        };
        let full = accepting(&server, coding);
        for known in [
            etag.clone(),
            format!("W/{etag}"),
            format!("\"other\", {etag}"),
            format!("\"a,b\",{etag}"),
            "*".into(),
        ] {
            let same = ask(&known).expect(304);
            assert!(same.body.is_empty());
            for kept in ["etag", "cache-control"] {
                assert_eq!(same.header(kept), full.header(kept), "{kept} in a 304");
            }
            assert!(same.lists("vary", "accept-encoding"));
        }
        for other in ["\"\"", "\"other\"", "W/\"other\"", etag.trim_matches('"'), "garbage", ""] {
            assert!(ask(other).expect(200).body == full.body, "{coding} {other}");
        }
        for foreign in etags.iter().filter(|e| *e != etag) {
            ask(foreign).expect(200);
        }
    }
}

#[test]
fn head_says_what_get_would() {
    let server = shared();
    let version = server.get("/tiles/plan.json").json()["tiles"][0].as_str().unwrap().to_owned();
    let versioned = version.replace("{z}/{x}/{y}", &busy_tile(9).to_string());
    let versioned = versioned.strip_prefix(&server.url("")).unwrap().to_owned();
    for path in [
        tile(),
        versioned,
        "/tiles/plan.json".into(),
        "/tiles/plan/10/0/0.mvt".into(),
        "/nowhere".into(),
        "/".into(),
    ] {
        for coding in ["identity", "gzip"] {
            let ask = |method| server.ask(method, &path, &[("accept-encoding", coding)]);
            let (head, get) = (ask("HEAD"), ask("GET"));
            assert_eq!(head.status, get.status, "{path}");
            assert_eq!(head.lasting_headers(), get.lasting_headers(), "{path}");
            assert!(head.body.is_empty());
        }
    }
}

#[test]
fn pages_of_any_origin_may_read() {
    let server = shared();
    for path in [tile(), "/tiles/plan.json".into(), "/downloads/roads.fgb".into(), "/nowhere".into()] {
        let answer = server.ask("GET", &path, &[("origin", "https://maps.example.org")]);
        assert_eq!(answer.expect_header("access-control-allow-origin"), "*", "{path}");
        for header in ["etag", "content-range", "content-length", "accept-ranges", "last-modified"] {
            assert!(answer.lists("access-control-expose-headers", header), "{path}: {header} is not exposed");
        }
    }
}

#[test]
fn a_preflight_allows_reading_with_ranges() {
    let server = shared();
    for path in [tile(), "/downloads/roads.fgb".into(), "/tiles/plan.json".into()] {
        for asked in ["range", "range, if-range, x-unknown", ""] {
            let headers = [
                ("origin", "https://maps.example.org"),
                ("access-control-request-method", "GET"),
                ("access-control-request-headers", asked),
            ];
            let answer = server.ask("OPTIONS", &path, &headers);
            assert!([200, 204].contains(&answer.status), "{path}: {}", answer.status);
            assert_eq!(answer.expect_header("access-control-allow-origin"), "*");
            for method in ["GET", "HEAD", "OPTIONS"] {
                assert!(answer.lists("access-control-allow-methods", method), "{path}: {method}");
            }
            for header in ["range", "if-range", "if-none-match", "if-match", "cache-control"] {
                assert!(answer.lists("access-control-allow-headers", header), "{path}: {header}");
            }
            assert!(answer.expect_header("access-control-max-age").parse::<u32>().unwrap() >= 600);
        }
    }
}
