//! What one caller may ask for, and who a caller is.

use crate::{
    audit::Office,
    support::{
        http::Response,
        patience::until,
        server::{Server, Setup, shared},
    },
};
use base64::{Engine, engine::general_purpose::STANDARD};
use std::{
    io::{Read, Write},
    net::TcpStream,
    time::{Duration, Instant},
};

/// So slow a rate that a test is over before another request is allowed.
const FEW: &str = "[server.limits]\nrequests_per_second = 1\nburst = 300\n";

fn limited(server: &str, limits: &str) -> Server {
    Setup::default().config(&format!("[server]\n{server}\n{limits}")).start()
}

fn from(server: &Server, path: &str, client: &str) -> Response {
    server.ask("GET", path, &[("x-forwarded-for", client)])
}

/// What is left, of `"requests";r=4;t=1`.
fn left(answer: &Response) -> u32 {
    let value = answer.expect_header("ratelimit");
    let rest = value.strip_prefix("\"requests\";r=").unwrap_or_else(|| panic!("{value}"));
    let (requests, seconds) = rest.split_once(";t=").unwrap();
    seconds.parse::<u32>().unwrap();
    requests.parse().unwrap()
}

/// Asks until it is refused.
#[track_caller]
fn exhausted(server: &Server, client: &str) -> Response {
    let asked = (0..2000).map(|_| from(server, "/tiles/plan.json", client));
    asked.into_iter().find(|answer| answer.status != 200).expect("it is never refused")
}

#[test]
fn nothing_is_limited_unless_it_is_said() {
    let answer = shared().get("/tiles/plan.json").expect(200);
    assert_eq!((answer.header("ratelimit"), answer.header("ratelimit-policy")), (None, None));
}

#[test]
fn who_has_asked_for_too_much_is_told_when_to_come_back() {
    let server = limited("trusted_proxies = [\"127.0.0.1/32\"]", FEW);
    let first = from(&server, "/tiles/plan.json", "192.0.2.1").expect(200);
    assert_eq!(first.expect_header("ratelimit-policy"), "\"requests\";q=300;w=300");
    assert_eq!(left(&first), 299);
    assert!(left(&from(&server, "/nowhere", "192.0.2.1").expect(404)) < 299, "an error counts too");
    let refused = exhausted(&server, "192.0.2.1");
    assert_eq!(left(&refused), 0);
    assert_eq!(refused.expect_header("retry-after"), "1");
    assert!(refused.lists("access-control-expose-headers", "ratelimit"));
    let problem = refused.expect_problem(429);
    assert!(problem["type"].as_str().unwrap().ends_with("#quota-exceeded"), "{problem}");
    // Others are not concerned, nor are those who watch the server.
    from(&server, "/tiles/plan.json", "192.0.2.2").expect(200);
    for path in ["/healthz", "/readyz", "/metrics"] {
        assert_eq!(from(&server, path, "192.0.2.1").expect(200).header("ratelimit"), None);
    }
    // Something is allowed again after a second.
    until("it is allowed again", || from(&server, "/tiles/plan.json", "192.0.2.1").status != 429);
}

#[test]
fn no_client_says_who_it_is() {
    let server = limited("", FEW);
    let refused = exhausted(&server, "192.0.2.1");
    assert_eq!(refused.status, 429);
    for header in
        [("x-forwarded-for", "192.0.2.99"), ("forwarded", "for=192.0.2.99"), ("x-real-ip", "192.0.2.99")]
    {
        server.ask("GET", "/tiles/plan.json", &[header]).expect_problem(429);
    }
}

#[test]
fn what_a_client_writes_before_its_proxy_does_not_count() {
    let server = limited("trusted_proxies = [\"127.0.0.1/32\", \"10.0.0.0/8\"]", FEW);
    exhausted(&server, "6.6.6.6, 192.0.2.1, 10.1.2.3");
    from(&server, "/tiles/plan.json", "7.7.7.7, 192.0.2.1").expect_problem(429);
    from(&server, "/tiles/plan.json", "192.0.2.1:4711").expect_problem(429);
    from(&server, "/tiles/plan.json", "192.0.2.1, 192.0.2.2").expect(200);
}

#[test]
fn addresses_of_one_network_of_ipv6_share_what_they_may() {
    let server = limited("trusted_proxies = [\"127.0.0.1/32\"]", FEW);
    exhausted(&server, "2001:db8:1:2::1");
    from(&server, "/tiles/plan.json", "2001:db8:1:2:ffff::9").expect_problem(429);
    from(&server, "/tiles/plan.json", "2001:db8:1:3::1").expect(200);
}

const FILE: &str = "/downloads/townships.fgb";

/// A download that is under way.
fn download(server: &Server, client: &str) -> TcpStream {
    let mut stream = TcpStream::connect(&server.address).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(60))).unwrap();
    let request = format!("GET {FILE} HTTP/1.1\r\nHost: a\r\nX-Forwarded-For: {client}\r\n\r\n");
    stream.write_all(request.as_bytes()).unwrap();
    let mut status = [0; 12];
    stream.read_exact(&mut status).unwrap();
    assert_eq!(&status, b"HTTP/1.1 200");
    stream
}

#[test]
fn so_many_downloads_of_a_caller_go_out_at_a_time() {
    let limits = "[server.limits]\ndownloads = 2\ndownload_kb_per_second = 1\n";
    let server = limited("trusted_proxies = [\"127.0.0.1/32\"]", limits);
    let under_way = [download(&server, "192.0.2.1"), download(&server, "192.0.2.1")];
    let refused = from(&server, FILE, "192.0.2.1");
    assert_eq!(refused.expect_header("retry-after"), "1");
    refused.expect_problem(429);
    download(&server, "192.0.2.2");
    // Whatever is no download goes on, and so does asking how long one is.
    from(&server, "/tiles/plan.json", "192.0.2.1").expect(200);
    server.ask("HEAD", FILE, &[("x-forwarded-for", "192.0.2.1")]).expect(200);
    drop(under_way);
    until("a download that has ended leaves its place", || {
        from(&server, "/downloads/nowhere.fgb", "192.0.2.1").status != 429
    });
}

#[test]
fn a_download_goes_out_at_its_pace_and_whole() {
    let whole = shared().get(FILE).expect(200);
    let server = limited("", "[server.limits]\ndownload_kb_per_second = 40\n");
    let asked = Instant::now();
    let paced = server.get(FILE).expect(200);
    // A tenth of a second's worth goes out before it counts.
    let least = (whole.body.len() - 4000) as f64 / 40_000.0;
    assert!(asked.elapsed().as_secs_f64() >= least, "{} bytes in {:?}", whole.body.len(), asked.elapsed());
    assert!(paced.body == whole.body);
    for header in ["content-length", "etag", "accept-ranges"] {
        assert_eq!(paced.header(header), whole.header(header));
    }
    let part = server.ask("GET", FILE, &[("range", "bytes=100-299")]).expect(206);
    assert!(part.body == whole.body[100..300]);
    let text = server.get("/downloads/roads.geojson").expect(200);
    assert!(text.body == shared().get("/downloads/roads.geojson").body);
}

fn with(server: &Server, path: &str, client: &str, key: &str) -> Response {
    server.ask("GET", path, &[("x-forwarded-for", client), ("x-api-key", key)])
}

#[test]
fn a_key_has_its_own_wherever_it_comes_from_and_takes_nothing_from_its_address() {
    let office = Office::new(&format!("[server]\ntrusted_proxies = [\"127.0.0.1/32\"]\n{FEW}"));
    let keys = [office.key(), office.key()];
    let server = office.start();
    exhausted(&server, "192.0.2.1");
    let path = "/tiles/plan.json";
    for key in &keys {
        // Both are behind the address that has asked for too much, and somewhere else.
        let first = with(&server, path, "192.0.2.1", key).expect(200);
        let partition = format!(";pk=:{}:", STANDARD.encode(format!("key {}", &key[4..12])));
        assert_eq!(first.expect_header("ratelimit-policy"), format!("\"requests\";q=300;w=300{partition}"));
        assert_eq!(first.expect_header("ratelimit"), format!("\"requests\";r=299;t=1{partition}"));
        let next = with(&server, path, "192.0.2.2", key).expect(200);
        assert!(next.expect_header("ratelimit").starts_with("\"requests\";r=298;"));
    }
    let clients = ["192.0.2.3", "192.0.2.4", "192.0.2.5"].into_iter().cycle().take(2000);
    let mut answers = clients.map(|client| with(&server, path, client, &keys[0]));
    let refused = answers.find(|answer| answer.status != 200).expect("it is never refused");
    let problem = refused.expect_problem(429);
    assert!(
        problem["detail"].as_str().unwrap().ends_with(&format!("from key {}", &keys[0][4..12])),
        "{problem}"
    );
    // Neither the other key nor anybody at these addresses is concerned.
    with(&server, path, "192.0.2.3", &keys[1]).expect(200);
    assert_eq!(left(&from(&server, path, "192.0.2.3").expect(200)), 299);
}

#[test]
fn nobody_tries_more_keys_than_they_may_ask_for_other_things() {
    let office = Office::new(&format!("[server]\ntrusted_proxies = [\"127.0.0.1/32\"]\n{FEW}"));
    let key = office.key();
    let server = office.start();
    let forged = format!("{}{}", &key[..13], "A".repeat(43));
    // Also where requests are not counted otherwise.
    let mut tried =
        (0..2000).map(|n| with(&server, ["/healthz", "/tiles/plan.json"][n % 2], "192.0.2.1", &forged));
    assert!(tried.by_ref().take(300).all(|answer| answer.status == 401));
    let refused = tried.find(|answer| answer.status != 401).expect("all are looked at");
    assert_eq!(refused.expect_header("retry-after"), "1");
    refused.expect_problem(429);
    // They were requests of that address too.
    from(&server, "/tiles/plan.json", "192.0.2.1").expect_problem(429);
    // Elsewhere nobody is concerned.
    with(&server, "/tiles/plan.json", "192.0.2.2", &key).expect(200);
}

#[test]
fn a_role_may_have_more_and_a_key_its_own_downloads() {
    let limits = "[server.limits]\ndownloads = 1\ndownload_kb_per_second = 1\n[server.limits.role.office]\ndownloads = 2\n\
                  download_kb_per_second = 1\n";
    let office = Office::new(limits);
    let keys = [office.key(), office.key()];
    let server = office.start();
    let download = |key: &str| {
        let mut stream = TcpStream::connect(&server.address).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(60))).unwrap();
        write!(stream, "GET {FILE} HTTP/1.1\r\nHost: a\r\nX-API-Key: {key}\r\n\r\n").unwrap();
        let mut status = [0; 12];
        stream.read_exact(&mut status).unwrap();
        assert_eq!(&status, b"HTTP/1.1 200");
        stream
    };
    let _under_way = [download(&keys[0]), download(&keys[0]), download(&keys[1])];
    server.ask("GET", FILE, &[("x-api-key", &keys[0])]).expect_problem(429);
    let _under_way = download(&keys[1]);
    server.ask("GET", FILE, &[("x-api-key", &keys[1])]).expect_problem(429);
}
