//! TLS of the server's own: its certificate and the next one, both protocols, and what one client may take by HTTP/2.

use crate::support::{
    http2::{self, Http2},
    patience::until,
    server::{Server, Setup, plantiles, shared},
    tls::Certificate,
};
use std::{
    io::{Read, Write},
    net::TcpStream,
    path::Path,
    process::Command,
    time::Duration,
};
use tempfile::TempDir;

/// A server with a certificate, and `[server]` beside it.
fn encrypted(server: &str) -> (TempDir, Certificate, Server) {
    let folder = tempfile::tempdir().unwrap();
    let certificate = Certificate::new(folder.path(), "first");
    let config = format!("[server]\n{server}\n{}", certificate.config());
    let server = Setup::default().config(&config).unready().start();
    certificate.wait_until_ready(&server);
    (folder, certificate, server)
}

/// What curl prints of an address, its certificate checked.
#[track_caller]
fn curl(certificate: &Certificate, server: &Server, path: &str, arguments: &[&str]) -> String {
    let mut command = Command::new("curl");
    command.args(["--silent", "--show-error", "--max-time", "60"]).args(arguments).arg("--cacert");
    let output =
        command.arg(&certificate.certificate).arg(format!("https://{}{path}", server.address)).output();
    let output = output.unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8_lossy(&output.stdout).into_owned()
}

#[test]
fn the_program_asks_whether_it_is_ready_by_tls_too() {
    let (_folder, certificate, server) = encrypted("");
    let mut health = plantiles(&["health", "--listen", &server.address]);
    health.arg("--tls-certificate").arg(&certificate.certificate).arg("--tls-key").arg(&certificate.key);
    let said = health.output().unwrap();
    assert!(said.status.success(), "{}", String::from_utf8_lossy(&said.stderr));
    assert!(String::from_utf8_lossy(&said.stdout).starts_with("https://"));
}

#[test]
fn curl_is_answered_by_both_protocols_with_addresses_in_https() {
    let (_folder, certificate, server) = encrypted("");
    let tilejson = curl(&certificate, &server, "/tiles/plan.json", &["--http1.1"]);
    assert!(tilejson.contains(&format!("https://{}/tiles/plan@", server.address)), "{tilejson}");
    for (protocol, version) in [("--http1.1", "1.1"), ("--http2", "2")] {
        let got =
            curl(&certificate, &server, "/tiles/plan.json", &[protocol, "--write-out", "\n%{http_version}"]);
        assert_eq!(got, format!("{tilejson}\n{version}"), "{protocol}");
        let head = curl(&certificate, &server, "/", &[protocol, "--head"]);
        assert!(head.contains("strict-transport-security: max-age=31536000\r\n"), "{head}");
        // Larger than the windows of HTTP/2: it has to be asked for piece by piece.
        let whole = shared().get(FILE).expect(200).body.len();
        let size = ["--output", "/dev/null", "--write-out", "%{size_download}", protocol];
        assert_eq!(curl(&certificate, &server, FILE, &size), whole.to_string());
        let posted =
            ["--data", "proposal=1", protocol, "--write-out", "%{http_code}", "--output", "/dev/null"];
        assert_eq!(curl(&certificate, &server, "/review", &posted), "400");
    }
    assert_eq!(
        shared().get("/").header("strict-transport-security"),
        None,
        "over plain http it means nothing"
    );
}

#[test]
fn hsts_is_as_long_as_is_said() {
    let folder = tempfile::tempdir().unwrap();
    let certificate = Certificate::new(folder.path(), "first");
    for (seconds, header) in [(300, Some("max-age=300")), (0, None)] {
        let config = format!("{}hsts_seconds = {seconds}\n", certificate.config());
        let server = Setup::default().config(&config).unready().start();
        let head = curl(&certificate, &server, "/healthz", &["--head"]);
        let found = head.lines().find_map(|line| line.strip_prefix("strict-transport-security: "));
        assert_eq!(found, header, "{head}");
    }
}

#[test]
fn plain_http_to_the_encrypted_port_is_closed() {
    let (_folder, certificate, server) = encrypted("");
    let answer = server.raw("GET / HTTP/1.1\nHost: a\n\n");
    assert!(!answer.contains("HTTP/1.1"), "{answer}");
    certificate.get(&server, "/healthz");
}

/// The status of `/healthz` on a connection that stays open.
fn alive(stream: &mut (impl Read + Write)) -> bool {
    stream.write_all(b"GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n").unwrap();
    let mut answer = Vec::new();
    while !answer.ends_with(b"ok\n") {
        let mut byte = [0];
        if stream.read(&mut byte).unwrap() == 0 {
            return false;
        }
        answer.push(byte[0]);
    }
    answer.starts_with(b"HTTP/1.1 200")
}

const BAD: &str = "the new certificate cannot be used";
const RENEWED: &str = "another certificate is shown from now on";

#[test]
fn a_certificate_is_replaced_under_open_connections_and_a_bad_one_is_not_shown() {
    let folder = tempfile::tempdir().unwrap();
    let shown = Certificate::new(folder.path(), "shown");
    let [first, second, third] =
        ["first", "second", "third"].map(|name| Certificate::new(folder.path(), name));
    first.replace(&shown);
    let server = Setup::default().config(&shown.config()).unready().expect_log(BAD).start();
    let mut open = first.connect(&server, &["http/1.1"]);
    assert!(alive(&mut open));

    second.replace(&shown);
    server.wait_for_log(RENEWED);
    assert!(alive(&mut open), "the connection from before goes on");
    assert!(alive(&mut second.connect(&server, &["http/1.1"])));
    assert!(first.try_connect(&server, &["http/1.1"]).is_err(), "the first is shown no more");

    // A certificate with the key of another.
    std::fs::copy(&third.certificate, &shown.certificate).unwrap();
    let told = server.wait_for_log(BAD);
    assert!(
        told.contains("WARN") && told.contains("the key in") && told.contains("is not that of"),
        "{told}"
    );
    assert!(alive(&mut second.connect(&server, &["http/1.1"])), "the one before is still shown");

    std::fs::copy(&third.key, &shown.key).unwrap();
    until("it is shown", || server.log().matches(RENEWED).count() == 2);
    assert!(alive(&mut third.connect(&server, &["http/1.1"])));
    assert!(alive(&mut open));
    assert_eq!(server.log().matches(BAD).count(), 1, "told once");
}

/// What the program says when it does not start.
fn refusal(arguments: &[&str], certificate: &Path, key: &Path) -> (Option<i32>, String) {
    let state = tempfile::tempdir().unwrap();
    let mut command = plantiles(arguments);
    command.args(["--listen", "127.0.0.1:0", "--state"]).arg(state.path());
    command.arg("--tls-certificate").arg(certificate).arg("--tls-key").arg(key);
    let output = command.output().unwrap();
    (output.status.code(), String::from_utf8_lossy(&output.stderr).into_owned())
}

#[test]
fn what_is_wrong_with_the_certificate_is_told_at_the_start() {
    let folder = tempfile::tempdir().unwrap();
    let [one, other] = ["one", "other"].map(|name| Certificate::new(folder.path(), name));
    let missing = folder.path().join("missing.pem");
    for (certificate, key, said) in [
        (&missing, &one.key, "cannot read"),
        (&one.certificate, &missing, "cannot read"),
        (&one.key, &one.key, "there is no certificate in"),
        (&one.certificate, &one.certificate, "there is no private key in"),
        (&one.certificate, &other.key, "is not that of the certificate in"),
    ] {
        let (code, text) = refusal(&["serve"], certificate, key);
        assert_eq!(code, Some(1), "{text}");
        assert_eq!(text.trim_end().lines().count(), 1, "{text}");
        assert!(text.starts_with("plantiles: server.tls: ") && text.contains(said), "{text}");
    }
    let half = plantiles(&["serve", "--tls-certificate"]).arg(&one.certificate).output().unwrap();
    assert_eq!(half.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&half.stderr).contains("--tls-key"));
}

#[test]
fn a_certificate_that_is_over_is_shown_with_a_warning() {
    let folder = tempfile::tempdir().unwrap();
    for (time, said) in [("2020-01-01", "expired"), ("2090-01-01", "not valid yet")] {
        let certificate = Certificate::made_at(folder.path(), "old", time);
        let warning = "clients will refuse the certificate for its time";
        let server = Setup::default().config(&certificate.config()).unready().expect_log(warning).start();
        let told = server.wait_for_log(warning);
        assert!(told.contains(said), "{told}");
        assert!(certificate.try_connect(&server, &["http/1.1"]).is_err(), "and they do");
    }
}

#[test]
fn flags_and_the_environment_name_the_files_too() {
    let folder = tempfile::tempdir().unwrap();
    let certificate = Certificate::new(folder.path(), "first");
    let files =
        [("PLANTILES_TLS_CERTIFICATE", &certificate.certificate), ("PLANTILES_TLS_KEY", &certificate.key)];
    let setup =
        files.iter().fold(Setup::default(), |setup, (name, path)| setup.env(name, path.to_str().unwrap()));
    certificate.wait_until_ready(&setup.unready().start());
}

// HTTP/2.

/// A client of HTTP/2 that has said hello.
fn http2(certificate: &Certificate, server: &Server, settings: &[(u16, u32)]) -> Http2 {
    Http2::begin(certificate.connect(server, &["h2"]), settings)
}

#[track_caller]
fn others_are_served(certificate: &Certificate, server: &Server) {
    let answer = certificate.get(server, "/tiles/plan.json");
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
}

#[test]
fn so_many_requests_of_a_connection_are_under_way_and_no_more() {
    let (_folder, certificate, server) = encrypted("");
    let mut client = http2(&certificate, &server, &[]);
    let settings = client.find(|frame| frame.kind == http2::SETTINGS && frame.flags == 0).payload;
    let most = settings.chunks(6).find(|setting| setting[..2] == http2::MAX_CONCURRENT_STREAMS.to_be_bytes());
    assert_eq!(most.unwrap()[2..], 100u32.to_be_bytes());
    // Streams of events stay open.
    for n in 0..101 {
        client.ask(2 * n + 1, "a", "/events", &[]).unwrap();
    }
    let refused = client.find(|frame| frame.kind == http2::RESET);
    assert_eq!((refused.stream, refused.number(0)), (201, http2::REFUSED_STREAM));
    others_are_served(&certificate, &server);
}

#[test]
fn a_request_head_too_large_is_refused() {
    let (_folder, certificate, server) = encrypted("");
    let mut client = http2(&certificate, &server, &[]);
    let large = "a".repeat(8000);
    let headers: Vec<_> = (0..3).map(|_| ("x-large", &large[..])).collect();
    let head = http2::head("a", "/healthz", &headers);
    // In a frame and its continuation, as neither may be larger than 16 KiB.
    let (first, rest) = head.split_at(16_000);
    client.send(http2::HEADERS, http2::END_STREAM, 1, first).unwrap();
    client.send(9, http2::END_HEADERS, 1, rest).unwrap();
    let answer = client.find(|frame| [http2::HEADERS, http2::RESET, http2::GOAWAY].contains(&frame.kind));
    assert!(!answer.is_ok(), "{answer:?}");
    others_are_served(&certificate, &server);
}

#[test]
fn a_host_that_is_not_that_of_the_url_is_refused() {
    let (_folder, certificate, server) = encrypted("");
    let mut client = http2(&certificate, &server, &[]);
    client.ask(1, "a", "/tiles/plan.json", &[("host", "evil.example")]).unwrap();
    let answer = client.find(|frame| frame.stream == 1 && frame.kind == http2::HEADERS);
    assert!(!answer.is_ok(), "{answer:?}");
    client.ask(3, "maps.example.org", "/tiles/plan.json", &[]).unwrap();
    assert!(client.find(|frame| frame.stream == 3).is_ok());
    let body = client.find(|frame| frame.kind == http2::DATA);
    assert!(String::from_utf8_lossy(&body.payload).contains("https://maps.example.org/tiles/plan@"));
}

#[test]
fn requests_that_are_taken_back_at_once_end_the_connection() {
    let (_folder, certificate, server) = encrypted("");
    let mut client = http2(&certificate, &server, &[]);
    let head = http2::head("a", "/tiles/plan/9/419/199.mvt", &[]);
    let mut flood = Vec::new();
    for n in 0..2000 {
        flood.extend(http2::frame(http2::HEADERS, http2::END_HEADERS | http2::END_STREAM, 2 * n + 1, &head));
        flood.extend(http2::frame(http2::RESET, 0, 2 * n + 1, &8u32.to_be_bytes()));
    }
    // The server may have closed before all of it is out.
    let _ = client.0.write_all(&flood);
    others_are_served(&certificate, &server);
    let frames = client.rest();
    let goodbye = frames.iter().find(|frame| frame.kind == http2::GOAWAY);
    assert!(goodbye.is_none_or(|frame| frame.number(4) == http2::ENHANCE_YOUR_CALM), "{goodbye:?}");
    let answered = frames.iter().filter(|frame| frame.kind == http2::HEADERS).count();
    assert!(answered < 2000, "the connection went on");
}

const IMPATIENT: &str = "patience_seconds = 2";

#[test]
fn a_client_that_says_nothing_is_closed() {
    let (_folder, certificate, server) = encrypted(IMPATIENT);
    // Before TLS is agreed on, and in the middle of it.
    for beginning in [&b""[..], b"\x16\x03\x01\x02\x00\x01"] {
        let mut socket = TcpStream::connect(&server.address).unwrap();
        socket.write_all(beginning).unwrap();
        assert_eq!(socket.read_to_end(&mut Vec::new()).unwrap(), 0);
    }
    // Afterwards, before a request, and in the middle of a frame.
    let mut silent = certificate.connect(&server, &["h2"]);
    let _ = silent.read_to_end(&mut Vec::new());
    let mut client = http2(&certificate, &server, &[]);
    client.0.write_all(&http2::frame(http2::HEADERS, http2::END_HEADERS, 1, &[0; 100])[..20]).unwrap();
    client.rest();
    // After an answer.
    let mut client = http2(&certificate, &server, &[]);
    client.ask(1, "a", "/healthz", &[]).unwrap();
    assert!(client.find(|frame| frame.stream == 1).is_ok());
    client.rest();
}

/// More than the windows of HTTP/2 and the buffers between hold.
const FILE: &str = "/assets/maplibre-gl.js";

#[test]
fn a_client_that_takes_nothing_is_closed_though_it_answers() {
    let (_folder, certificate, server) = encrypted(IMPATIENT);
    let mut client = http2(&certificate, &server, &[(http2::INITIAL_WINDOW_SIZE, 0)]);
    client.ask(1, "a", FILE, &[]).unwrap();
    // Alive in every other way: it has the server answer pings and asks for more.
    let mut stream = 3;
    while client.send(http2::PING, 0, 0, &[0; 8]).is_ok() && client.ask(stream, "a", "/healthz", &[]).is_ok()
    {
        stream += 2;
        others_are_served(&certificate, &server);
        std::thread::sleep(Duration::from_millis(200));
        assert!(stream < 1000, "it is not closed");
    }
    assert!(client.rest().iter().all(|frame| frame.kind != http2::DATA));
}

#[test]
fn a_slow_client_that_moves_is_not_closed() {
    let (_folder, certificate, server) = encrypted(IMPATIENT);
    let whole = shared().get(FILE).expect(200).body.len();
    let mut client = http2(&certificate, &server, &[(http2::INITIAL_WINDOW_SIZE, 16_384)]);
    client.ask(1, "a", FILE, &[]).unwrap();
    let mut got = 0;
    // Longer than twice the patience, then as fast as it goes.
    for n in 0.. {
        let Some(frame) = client.next() else { break };
        got += if frame.kind == http2::DATA { frame.payload.len() } else { 0 };
        if frame.kind == http2::DATA && frame.flags & http2::END_STREAM != 0 {
            break;
        }
        if frame.kind == http2::DATA {
            if n < 16 {
                std::thread::sleep(Duration::from_millis(400));
            }
            let more = (frame.payload.len() as u32).to_be_bytes();
            client.send(http2::WINDOW_UPDATE, 0, 1, &more).unwrap();
            client.send(http2::WINDOW_UPDATE, 0, 0, &more).unwrap();
        }
    }
    assert_eq!(got, whole);
}

#[test]
fn who_holds_encrypted_connections_makes_room() {
    let (_folder, certificate, server) = encrypted("connections = 3");
    let mut held: Vec<_> = (0..3).map(|_| http2(&certificate, &server, &[])).collect();
    for client in &mut held {
        client.find(|frame| frame.kind == http2::SETTINGS);
    }
    // The next waits until one of them has kept the server waiting for a second.
    others_are_served(&certificate, &server);
    let mut stalled: Vec<_> =
        (0..3).map(|_| http2(&certificate, &server, &[(http2::INITIAL_WINDOW_SIZE, 0)])).collect();
    for client in &mut stalled {
        client.ask(1, "a", FILE, &[]).unwrap();
        assert!(client.find(|frame| frame.stream == 1).is_ok());
    }
    others_are_served(&certificate, &server);
}
