//! What somebody may try: each answers as it should, and others are served meanwhile.

use crate::{
    support::server::{Server, Setup, shared},
    tiles::busy_tile,
};
use std::{
    io::{Read, Write},
    net::TcpStream,
    thread,
    time::Duration,
};

/// Longer than anything here takes on a busy machine; a hang fails instead of stopping the run.
const PATIENCE: Duration = Duration::from_secs(60);

fn connect(server: &Server) -> TcpStream {
    let stream = TcpStream::connect(&server.address).unwrap();
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    stream
}

fn tile() -> String {
    format!("/tiles/plan/{}.mvt", busy_tile(9))
}

#[track_caller]
fn others_are_served(server: &Server) {
    server.get(&tile()).expect(200);
}

// Slowness.

#[test]
fn requests_that_come_byte_by_byte_hold_nobody_up() {
    let server = Setup::default().config("[server]\nconnections = 8\npatience_seconds = 3\n").start();
    let mut slow: Vec<TcpStream> = (0..24).map(|_| connect(&server)).collect();
    let mut head = b"GET / HTTP/1.1\r\nHost: a\r\nX-Slow: ".to_vec();
    head.extend([b'a'; 1000]);
    let mut bytes = head.iter();
    // Some wait to be accepted, the others are closed after so long however often they send.
    let mut open = slow.len();
    while open > 0 {
        let byte = *bytes.next().expect("slow connections stay open");
        open = slow.iter_mut().filter_map(|stream| stream.write_all(&[byte]).ok()).count();
        others_are_served(&server);
        thread::sleep(Duration::from_millis(50));
    }
}

#[test]
fn a_body_that_comes_byte_by_byte_is_given_up() {
    let server = Setup::default().config("[server]\npatience_seconds = 2\n").start();
    let mut slow = connect(&server);
    slow.write_all(b"POST /review HTTP/1.1\r\nHost: a\r\nContent-Length: 1000\r\n\r\n").unwrap();
    let mut writer = slow.try_clone().unwrap();
    let dripping = thread::spawn(move || {
        (0..1000).all(|_| {
            thread::sleep(Duration::from_millis(100));
            writer.write_all(b"a").is_ok()
        })
    });
    others_are_served(&server);
    let mut answer = Vec::new();
    let _ = slow.read_to_end(&mut answer);
    assert!(answer.starts_with(b"HTTP/1.1 408 "), "{}", String::from_utf8_lossy(&answer));
    drop(slow);
    assert!(!dripping.join().unwrap(), "the body was taken to its end");
}

// Where one request ends and the next begins.

/// A request inside the body of another; who takes it for one answers twice.
const INNER: &str = "GET /healthz HTTP/1.1\r\nHost: a\r\nX: ";

#[test]
fn no_request_hides_in_another() {
    let server = shared();
    let length = INNER.len();
    for (head, refused) in [
        // RFC 9112 §6.3: the length is not believed, and the connection ends.
        (format!("Content-Length: {length}\r\nTransfer-Encoding: chunked"), false),
        (format!("Transfer-Encoding: chunked\r\nContent-Length: {length}"), false),
        (format!("Content-Length: {length}\r\nContent-Length: 0"), true),
        (format!("Content-Length: {length}, 0"), true),
        (format!("Content-Length: +{length}"), true),
        ("Content-Length: -1".to_owned(), true),
        (format!("Content-Length: 0x{length:x}"), true),
        ("Content-Length: 99999999999999999999".to_owned(), true),
        ("Transfer-Encoding: chunked, identity".to_owned(), true),
        ("Transfer-Encoding: gzip".to_owned(), true),
        ("Transfer-Encoding: xchunked".to_owned(), true),
        ("Transfer-Encoding : chunked".to_owned(), true),
        (format!("Content-Length : {length}"), true),
        // Folded lines (RFC 9112 §5.2), a bare CR, a NUL.
        ("X-Folded: a\r\n Transfer-Encoding: chunked".to_owned(), true),
        ("X-Return: a\rTransfer-Encoding: chunked".to_owned(), true),
        ("X-Nul: a\0b".to_owned(), true),
    ] {
        let body =
            if head.contains("chunked") { format!("0\r\n\r\n{INNER}\r\n\r\n") } else { INNER.to_owned() };
        let mut stream = connect(&server);
        stream
            .write_all(format!("POST /review HTTP/1.1\r\nHost: a\r\n{head}\r\n\r\n{body}").as_bytes())
            .unwrap();
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).unwrap_or_default();
        let answer = String::from_utf8_lossy(&answer);
        assert_eq!(answer.matches("HTTP/1.1 ").count(), 1, "{head:?} is answered with {answer}");
        assert!(answer.starts_with("HTTP/1.1 4"), "{head:?} is answered with {answer}");
        // Refused before anybody reads it, without a word.
        assert_eq!(answer.contains("\r\ncontent-length: 0\r\n"), refused, "{head:?}: {answer}");
        others_are_served(&server);
    }
}

#[test]
fn two_requests_of_one_connection_are_two() {
    let two = shared().raw(
        "POST /review HTTP/1.1\nHost: a\nTransfer-Encoding: chunked\n\n0\n\nGET /healthz HTTP/1.1\nHost: a\nConnection: close\n\n",
    );
    assert_eq!(two.matches("HTTP/1.1 ").count(), 2, "{two}");
}

// Who is asked.

#[test]
fn a_request_names_one_host() {
    let server = shared();
    for (request, status) in [
        ("GET /tiles/plan.json HTTP/1.1\nHost: a\nHost: evil.example", 400),
        ("GET /tiles/plan.json HTTP/1.1\nHost: a\nhost: a", 400),
        ("GET /tiles/plan.json HTTP/1.1", 400),
        ("GET http://evil.example/tiles/plan.json HTTP/1.1\nHost: a", 400),
        ("GET http://a/tiles/plan.json HTTP/1.1\nHost: a", 200),
        ("GET http://a/tiles/plan.json HTTP/1.1\nHost: A", 200),
        ("GET /tiles/plan.json HTTP/1.0", 200),
    ] {
        let answer = server.raw(&format!("{request}\nConnection: close\n\n"));
        assert!(
            answer.starts_with(&format!("HTTP/1.1 {status} "))
                || answer.starts_with(&format!("HTTP/1.0 {status} ")),
            "{request}: {answer}"
        );
        assert!(!answer.contains("evil.example"), "{request}: {answer}");
    }
    others_are_served(&server);
}

/// Headers by which somebody may want to reach something else, or have it written into an answer that others get.
const UNKEYED: [(&str, &str); 12] = [
    ("x-forwarded-host", "evil.example"),
    ("x-forwarded-proto", "https"),
    ("x-forwarded-prefix", "/evil"),
    ("x-forwarded-for", "6.6.6.6"),
    ("x-forwarded-port", "666"),
    ("forwarded", "host=evil.example;proto=https"),
    ("x-host", "evil.example"),
    ("x-original-url", "/evil"),
    ("x-rewrite-url", "/evil"),
    ("x-original-host", "evil.example"),
    ("x-http-method-override", "POST"),
    ("cookie", "lang=evil"),
];

#[test]
fn a_header_that_no_cache_knows_of_changes_nothing() {
    let server = shared();
    for path in [
        "/",
        "/tiles/plan.json",
        "/tiles/plan.png.json",
        "/tiles/plan/9/419/199.mvt",
        "/layers.json",
        "/styles/plan.json",
        "/ogc?f=json",
        "/ogc/collections?f=html",
        "/ogc/collections/roads/items?f=json&limit=2",
        "/connect",
        "/connect/plan.qlr",
        "/wmts/1.0.0/WMTSCapabilities.xml",
        "/arcgis/rest/services/plan/VectorTileServer",
        "/downloads/roads.geojson",
        "/sheets.json",
        "/revisions",
        "/statistics",
        "/nowhere",
    ] {
        let plain = server.get(path);
        for header in UNKEYED {
            let answer = server.ask("GET", path, &[header]);
            assert_eq!(answer.status, plain.status, "{path} with {header:?}");
            assert_eq!(answer.lasting_headers(), plain.lasting_headers(), "{path} with {header:?}");
            assert!(answer.body == plain.body, "{path} with {header:?}");
        }
    }
}

#[test]
fn what_goes_by_the_host_says_so_to_caches() {
    let server = shared();
    for path in
        ["/tiles/plan.json", "/layers.json", "/styles/plan.json", "/ogc?f=json", "/connect", "/sheets.json"]
    {
        let [one, other] =
            ["a.example", "b.example"].map(|host| server.ask("GET", path, &[("host", host)]).expect(200));
        assert!(one.body != other.body && one.lists("vary", "host"), "{path}");
    }
}

// Paths.

/// Ways to say `..`, `/`, nothing at all, or what is no text.
const TRICKS: [&str; 22] = [
    "..",
    "../..",
    "..%2f..%2fetc%2fpasswd",
    "..%5c..%5cetc",
    "%2e%2e",
    "%2e%2e%2f%2e%2e%2fetc%2fpasswd",
    "%252e%252e%252f",
    "....//",
    "%00",
    "plan%00.json",
    "plan%00",
    "%c0%ae%c0%ae%c0%af",
    "%e0%80%ae",
    "%f0%80%80%ae",
    "%ff",
    "%ed%a0%80",
    "%",
    "%zz",
    "%0d%0aSet-Cookie:%20a=b",
    "%2f%2fetc%2fpasswd",
    "plan%2f..%2f..",
    "%3cscript%3ealert(1)%3c%2fscript%3e",
];

#[test]
fn no_path_leads_out_of_what_there_is() {
    let server = shared();
    for pattern in plantiles::http::paths() {
        let parameters = pattern.matches('{').count();
        for trick in TRICKS {
            for at in 0..parameters {
                let path = filled(&pattern, at, trick);
                let answer = server.raw(&format!("GET {path} HTTP/1.1\nHost: a\nConnection: close\n\n"));
                let status = answer.split(' ').nth(1).unwrap_or_default();
                // Redirections are to a version that is there; a name that is taken for one of a revision is not found.
                assert!(["400", "404", "405", "410"].contains(&status), "{path}: {answer:.300}");
                let head = answer.split("\r\n\r\n").next().unwrap().to_lowercase();
                assert!(!head.contains("set-cookie"), "{path}: {head}");
                // Text of the path may come back where it is data, which no browser takes for markup.
                let is_data = head.contains("content-type: application/problem+json");
                assert!(is_data || !answer.contains("<script>"), "{path}: {answer:.300}");
                assert!(!answer.contains("root:"), "{path}: {answer:.300}");
            }
        }
    }
    others_are_served(&server);
}

/// The route with `trick` in place of one parameter and something in place of the others.
fn filled(pattern: &str, at: usize, trick: &str) -> String {
    let mut parts = pattern.split('{');
    let mut path = parts.next().unwrap().to_owned();
    for (n, part) in parts.enumerate() {
        path.push_str(if n == at { trick } else { "plan" });
        path.push_str(part.split_once('}').unwrap().1);
    }
    path
}

// Bodies.

#[test]
fn a_body_that_would_unfold_is_refused_unread() {
    let server = shared();
    // 100 MB of zeros in 100 kB.
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    for _ in 0..100 {
        encoder.write_all(&[b' '; 1 << 20]).unwrap();
    }
    let bomb = encoder.finish().unwrap();
    for path in ["/review", "/ogc/processes/review/execution"] {
        for coding in ["gzip", "x-gzip", "deflate", "br", "zstd", "gzip, gzip", "identity"] {
            let headers = [("content-type", "application/json"), ("content-encoding", coding)];
            let answer = server.post(path, &headers, &bomb);
            assert_eq!(answer.expect_header("accept-encoding"), "identity");
            answer.expect_problem(415);
        }
        // Without its coding it is a body like another, and no proposal.
        server.post(path, &[("content-type", "application/json")], &bomb).expect_problem(400);
    }
    others_are_served(&server);
}

#[test]
fn a_body_that_does_not_end_is_cut_off() {
    let server = shared();
    for (length, chunk) in [("Content-Length: 1000000000", ""), ("Transfer-Encoding: chunked", "100000\r\n")]
    {
        let mut stream = connect(&server);
        stream.write_all(format!("POST /review HTTP/1.1\r\nHost: a\r\n{length}\r\n\r\n").as_bytes()).unwrap();
        let mut writer = stream.try_clone().unwrap();
        let flood = thread::spawn(move || {
            let piece =
                [chunk.as_bytes(), &[b' '; 1 << 20], if chunk.is_empty() { b"" } else { b"\r\n" }].concat();
            (0..1000).position(|_| writer.write_all(&piece).is_err())
        });
        others_are_served(&server);
        let mut answer = vec![0; 12];
        stream.read_exact(&mut answer).unwrap();
        assert_eq!(answer, b"HTTP/1.1 413");
        drop(stream);
        assert!(flood.join().unwrap().is_some_and(|pieces| pieces < 100), "it was read on and on");
    }
}
