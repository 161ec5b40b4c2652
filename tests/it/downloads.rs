//! FlatGeobuf over HTTP ranges, to the byte.

use crate::support::http::Response;
use crate::support::plan;
use crate::support::server::{Server, Setup, shared};
use proptest::prelude::*;
use proptest::test_runner::TestRunner;
use std::sync::Arc;

const PATH: &str = "/downloads/mining_blocks.fgb";
/// The eighth byte is the patch level, which readers pass over.
const MAGIC: [u8; 7] = *b"fgb\x03fgb";

/// One download and the server it came from.
struct File {
    server: Arc<Server>,
    whole: Response,
}

impl File {
    fn fetch() -> File {
        let server = shared();
        let whole = server.get(PATH).expect(200);
        File { server, whole }
    }

    fn len(&self) -> usize {
        self.whole.body.len()
    }

    fn range(&self, range: &str) -> Response {
        self.server.ask("GET", PATH, &[("range", range)])
    }

    #[track_caller]
    fn expect_slice(&self, range: &str, first: usize, last: usize) {
        let part = self.range(range).expect(206);
        assert_eq!(
            part.expect_header("content-range"),
            format!("bytes {first}-{last}/{}", self.len()),
            "{range}"
        );
        assert_eq!(part.expect_header("content-length"), (last - first + 1).to_string(), "{range}");
        assert!(part.body == self.whole.body[first..=last], "{range}: other bytes");
        self.expect_described(&part);
    }

    #[track_caller]
    fn expect_whole(&self, range: &str) {
        let answer = self.range(range).expect(200);
        assert_eq!(answer.header("content-range"), None, "{range}");
        assert!(answer.body == self.whole.body, "{range}: not the whole file");
    }

    /// The headers that every answer with bytes of the file has.
    #[track_caller]
    fn expect_described(&self, answer: &Response) {
        assert_eq!(answer.expect_header("accept-ranges"), "bytes");
        assert_eq!(answer.expect_header("content-type"), "application/flatgeobuf");
        assert_eq!(answer.header("content-encoding"), None);
        assert!(answer.lists("cache-control", "no-transform"), "{answer:?}");
        for same in ["etag", "last-modified"] {
            assert_eq!(answer.expect_header(same), self.whole.expect_header(same));
        }
    }
}

#[test]
fn every_layer_is_a_whole_flatgeobuf_file() {
    let server = shared();
    for layer in plan::LAYERS.iter() {
        let path = format!("/downloads/{}.fgb", layer.id);
        let file = server.get(&path).expect(200);
        assert_eq!(file.body[..7], MAGIC, "{path}");
        assert_eq!(file.expect_header("content-length"), file.body.len().to_string());
        let disposition = file.header("content-disposition").unwrap_or(&layer.id).to_owned();
        assert!(disposition.contains(&layer.id), "{disposition}");
    }
}

#[test]
fn head_tells_the_length_and_the_validators() {
    let file = File::fetch();
    let head = file.server.ask("HEAD", PATH, &[]).expect(200);
    assert!(head.body.is_empty());
    assert_eq!(head.lasting_headers(), file.whole.lasting_headers());
    assert_eq!(head.expect_header("content-length"), file.len().to_string());
    file.expect_described(&head);
    let etag = head.expect_header("etag");
    assert!(etag.starts_with('"') && etag.ends_with('"') && etag.len() > 10, "{etag} is not strong");
    let modified = head.expect_header("last-modified");
    let modified = httpdate::parse_http_date(modified).unwrap_or_else(|e| panic!("{modified}: {e}"));
    // A date of 1970 or of the future makes caches keep or refetch for ever.
    let age = modified.elapsed().expect("a time that has passed");
    assert!(age.as_secs() < 50 * 365 * 24 * 3600, "{age:?}");
}

#[test]
fn any_range_is_the_same_slice_of_the_file() {
    let file = File::fetch();
    let len = file.len();
    let ranges = (0..len, 0..2 * len).prop_map(|(first, more)| (first, first + more));
    let mut runner =
        TestRunner::new(ProptestConfig { cases: 150, failure_persistence: None, ..Default::default() });
    let property = |(first, last): (usize, usize)| {
        file.expect_slice(&format!("bytes={first}-{last}"), first, last.min(len - 1));
        Ok(())
    };
    runner.run(&ranges, property).unwrap();
}

#[test]
fn ranges_at_the_edges() {
    let file = File::fetch();
    let len = file.len();
    file.expect_slice("bytes=0-0", 0, 0);
    file.expect_slice("bytes=0-", 0, len - 1);
    file.expect_slice(&format!("bytes={}-", len - 1), len - 1, len - 1);
    file.expect_slice(&format!("bytes=0-{}", len - 1), 0, len - 1);
    // What FlatGeobuf readers ask for first is longer than a small file: it is clamped, not refused.
    file.expect_slice(&format!("bytes=0-{len}"), 0, len - 1);
    file.expect_slice("bytes=0-99999999", 0, len - 1);
    file.expect_slice("bytes=0-18446744073709551615", 0, len - 1);
    file.expect_slice("bytes=7-99999999999999999999999999", 7, len - 1);
    file.expect_slice("bytes=-1", len - 1, len - 1);
    file.expect_slice("bytes=-100", len - 100, len - 1);
    file.expect_slice(&format!("bytes=-{}", len + 5), 0, len - 1);
    file.expect_slice("bytes=-99999999999999999999999999", 0, len - 1);
    file.expect_slice("Bytes=3-4", 3, 4);
    file.expect_slice("bytes=3-4,", 3, 4);
}

#[test]
fn a_range_that_starts_past_the_end_is_416() {
    let file = File::fetch();
    let len = file.len();
    for range in [
        format!("bytes={len}-"),
        format!("bytes={}-{}", len + 1, len + 9),
        "bytes=99999999999999999999-".into(),
        "bytes=-0".into(),
    ] {
        let refused = file.range(&range).expect(416);
        assert_eq!(refused.expect_header("content-range"), format!("bytes */{len}"), "{range}");
        assert_eq!(refused.header("content-encoding"), None);
        assert_eq!(refused.expect_header("cache-control"), "no-store");
    }
}

#[test]
fn what_is_no_range_is_ignored() {
    let file = File::fetch();
    for range in [
        "",
        "bytes",
        "bytes=",
        "bytes=-",
        "bytes=5-2",
        "bytes=a-b",
        "bytes=1-2-3",
        "bytes=0x1-2",
        "bytes= ",
        "items=0-5",
        "bytes:0-5",
        "0-5",
        "bytes=--5",
        "bytes=+1-2",
        "bytes=1.0-2",
    ] {
        file.expect_whole(range);
    }
}

/// Several ranges may be answered with the whole file (RFC 9110, 14.2); never with part of what was asked.
#[test]
fn several_ranges_are_answered_in_full() {
    let file = File::fetch();
    for ranges in
        ["bytes=0-9,20-29".to_owned(), "bytes=0-0,-1".into(), format!("bytes={}", "0-,".repeat(500) + "0-")]
    {
        let answer = file.range(&ranges);
        match answer.status {
            200 => assert!(answer.body == file.whole.body, "{ranges:.40}"),
            206 => assert!(
                answer.expect_header("content-type").starts_with("multipart/byteranges"),
                "{ranges:.40}"
            ),
            other => panic!("{ranges:.40}: {other}"),
        }
        assert!(answer.body.len() <= 2 * file.len(), "{ranges:.40} multiplies the answer");
    }
}

#[test]
fn if_range_sends_the_part_only_of_the_same_file() {
    let file = File::fetch();
    let ask =
        |validator: &str| file.server.ask("GET", PATH, &[("range", "bytes=8-15"), ("if-range", validator)]);
    let etag = file.whole.expect_header("etag");
    let modified = file.whole.expect_header("last-modified");
    let part = ask(etag).expect(206);
    assert_eq!(part.body, file.whole.body[8..16]);
    for other in [
        "\"another\"",
        &format!("W/{etag}"),
        "garbage",
        "",
        "Thu, 01 Jan 1970 00:00:00 GMT",
        "Fri, 31 Dec 9999 23:59:59 GMT",
    ] {
        assert!(ask(other).expect(200).body == file.whole.body, "{other}");
    }
    // A date is a strong validator only if a second has long passed (RFC 9110, 8.8.2.2): either is right.
    assert!([200, 206].contains(&ask(modified).status));
}

#[test]
fn conditions_come_before_ranges() {
    let file = File::fetch();
    let etag = file.whole.expect_header("etag");
    let ask = |method: &str, headers: &[(&str, &str)]| file.server.ask(method, PATH, headers);
    for known in [etag, &format!("W/{etag}"), "*", &format!("\"x\", {etag}")] {
        let same = ask("GET", &[("if-none-match", known), ("range", "bytes=0-9")]).expect(304);
        assert!(same.body.is_empty());
        assert_eq!(same.expect_header("etag"), etag);
    }
    ask("GET", &[("if-none-match", "\"x\""), ("range", "bytes=0-9")]).expect(206);
    ask("GET", &[("if-match", etag), ("range", "bytes=0-9")]).expect(206);
    ask("GET", &[("if-match", "*")]).expect(200);
    for stale in ["\"x\"", &format!("W/{etag}")] {
        ask("GET", &[("if-match", stale), ("range", "bytes=0-9")]).expect(412);
    }
    let modified = file.whole.expect_header("last-modified");
    ask("GET", &[("if-modified-since", modified)]).expect(304);
    ask("GET", &[("if-modified-since", "Thu, 01 Jan 1970 00:00:00 GMT")]).expect(200);
    ask("GET", &[("if-modified-since", modified), ("if-none-match", "\"x\"")]).expect(200);
    ask("GET", &[("if-unmodified-since", "Thu, 01 Jan 1970 00:00:00 GMT")]).expect(412);
    // Range means something for GET alone (RFC 9110, 14.2).
    let head = ask("HEAD", &[("range", "bytes=0-9")]);
    assert_eq!((head.status, head.expect_header("content-length")), (200, file.len().to_string().as_str()));
}

#[test]
fn a_file_is_never_compressed() {
    let file = File::fetch();
    for coding in ["gzip", "br", "zstd", "gzip, deflate, br, zstd", "*", "identity"] {
        for (range, len) in [(None, file.len()), (Some("bytes=0-99"), 100)] {
            let mut headers = vec![("accept-encoding", coding)];
            headers.extend(range.map(|range| ("range", range)));
            let answer = file.server.ask("GET", PATH, &headers);
            file.expect_described(&answer);
            assert_eq!(answer.body.len(), len, "{coding}");
        }
    }
}

#[test]
fn one_snapshot_has_a_url_for_ever() {
    let file = File::fetch();
    let snapshot = file.whole.expect_header("etag").trim_matches('"').to_owned();
    // The id is the start of the file's SHA-256, so that anyone can check a download.
    assert_eq!(snapshot, sha256_start(&file.whole.body));
    let path = format!("/downloads/mining_blocks@{snapshot}.fgb");
    let fixed = file.server.get(&path).expect(200);
    assert!(fixed.body == file.whole.body);
    file.expect_described(&fixed);
    for directive in ["public", "max-age=31536000", "immutable"] {
        assert!(fixed.lists("cache-control", directive), "{fixed:?}");
        assert!(directive == "public" || !file.whole.lists("cache-control", directive), "{:?}", file.whole);
    }
    let part = file.server.ask("GET", &path, &[("range", "bytes=0-6")]).expect(206);
    assert_eq!(part.body, MAGIC);
    let other = file.server.get("/downloads/roads.fgb").expect_header("etag").trim_matches('"').to_owned();
    for unknown in
        ["0".repeat(32), other, "abc".into(), snapshot.to_uppercase(), "..%2f..".into(), String::new()]
    {
        file.server.get(&format!("/downloads/mining_blocks@{unknown}.fgb")).expect_problem(404);
    }
}

fn sha256_start(bytes: &[u8]) -> String {
    use sha2::{Digest, Sha256};
    Sha256::digest(bytes)[..16].iter().map(|byte| format!("{byte:02x}")).collect()
}

#[test]
fn what_is_no_download_is_404() {
    let server = shared();
    for path in [
        "/downloads/nowhere.fgb",
        "/downloads/mining_blocks",
        "/downloads/mining_blocks.fgb/",
        "/downloads/mining_blocks.exe",
        "/downloads/",
        "/downloads/..%2fmining_blocks.fgb",
        "/downloads/%2e%2e/%2e%2e/etc/passwd",
    ] {
        server.get(path).expect_problem(404);
    }
}

#[test]
fn two_servers_publish_the_same_bytes() {
    let (one, other) = (shared(), Setup::default().start());
    for layer in plan::LAYERS.iter() {
        let path = format!("/downloads/{}.fgb", layer.id);
        let (a, b) = (one.get(&path).expect(200), other.get(&path).expect(200));
        assert_eq!(a.header("etag"), b.header("etag"), "{path}");
        assert!(a.body == b.body, "{path}");
    }
}
