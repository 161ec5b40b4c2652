//! What one client may take: time, connections, request heads.

use crate::support::patience::{PATIENCE, until};
use crate::support::server::{Server, Setup, shared};
use crate::tiles::busy_tile;
use std::io::{ErrorKind, Read, Write};
use std::net::TcpStream;
use std::thread;
use std::time::Duration;

fn impatient() -> Server {
    Setup::default().config("[server]\npatience_seconds = 2\n").start()
}

fn connect(server: &Server) -> TcpStream {
    let stream = TcpStream::connect(&server.address).unwrap();
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    stream
}

/// Answers of this many downloads fit no socket's buffers.
const DOWNLOADS: usize = 400;
const FILE: &str = "/downloads/townships.fgb";

/// Asks for more than the buffers between client and server hold, and reads none of it.
fn ask_for_much(server: &Server) -> TcpStream {
    let mut stream = connect(server);
    let one = format!("GET {FILE} HTTP/1.1\r\nHost: a\r\n\r\n");
    stream.write_all(one.repeat(DOWNLOADS - 1).as_bytes()).unwrap();
    stream.write_all(one.replace("\r\n\r\n", "\r\nConnection: close\r\n\r\n").as_bytes()).unwrap();
    stream
}

/// Bytes until the end of the connection, however it ends.
fn read_all(stream: &mut TcpStream) -> usize {
    let mut buffer = vec![0; 1 << 16];
    let mut total = 0;
    loop {
        match stream.read(&mut buffer) {
            Ok(0) => return total,
            Ok(n) => total += n,
            Err(error) if error.kind() == ErrorKind::ConnectionReset => return total,
            Err(error) => panic!("after {total} bytes: {error}"),
        }
    }
}

/// Waits until no connection is open but the one that asks.
fn wait_until_alone(server: &Server) {
    until("all others are closed", || {
        server.get("/metrics").text().contains("\nplantiles_http_connections 1\n")
    });
}

#[test]
fn a_client_that_stops_reading_is_cut_off() {
    let server = impatient();
    let whole = server.get(FILE).expect(200).body.len() * DOWNLOADS;
    let mut stalled = ask_for_much(&server);
    wait_until_alone(&server);
    assert!(read_all(&mut stalled) < whole, "all was sent: nothing was cut off");
}

#[test]
fn a_slow_client_that_moves_is_not_cut_off() {
    let server = impatient();
    let whole = server.get(FILE).expect(200).body.len() * DOWNLOADS;
    let mut slow = ask_for_much(&server);
    let mut buffer = vec![0; 1 << 18];
    let mut read = 0;
    // Twice as long as the patience.
    for _ in 0..20 {
        thread::sleep(Duration::from_millis(200));
        read += slow.read(&mut buffer).unwrap();
    }
    read += read_all(&mut slow);
    assert!(read > whole, "{read} bytes of {whole} and their heads");
}

#[test]
fn a_client_that_does_not_finish_its_request_is_cut_off() {
    let server = impatient();
    for beginning in ["", "GET / HTTP/1.1\r\nHost: a\r\nAccept:"] {
        let mut stream = connect(&server);
        stream.write_all(beginning.as_bytes()).unwrap();
        assert_eq!(read_all(&mut stream), 0, "after {beginning:?}");
    }
}

#[test]
fn a_connection_that_idles_is_closed() {
    let server = impatient();
    let mut stream = connect(&server);
    stream.write_all(b"GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n").unwrap();
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).unwrap();
    assert!(answer.starts_with(b"HTTP/1.1 200") && answer.ends_with(b"ok\n"));
}

#[test]
fn connections_past_the_limit_wait_for_their_turn() {
    let server = Setup::default().config("[server]\nconnections = 2\n").start();
    let ask = |stream: &mut TcpStream| {
        stream.write_all(b"GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n").unwrap();
        stream.read(&mut [0; 1024]).map(|n| n > 0)
    };
    let mut kept = [connect(&server), connect(&server)];
    for stream in &mut kept {
        assert!(ask(stream).unwrap());
    }
    let mut third = connect(&server);
    third.set_read_timeout(Some(Duration::from_millis(300))).unwrap();
    assert_eq!(ask(&mut third).unwrap_err().kind(), ErrorKind::WouldBlock);
    drop(kept);
    third.set_read_timeout(Some(PATIENCE)).unwrap();
    assert!(third.read(&mut [0; 1024]).unwrap() > 0);
}

#[test]
fn a_request_head_too_large_is_refused() {
    let server = shared();
    let tile = format!("/tiles/plan/{}.mvt", busy_tile(10));
    for headers in [format!("X-Large: {}\n", "a".repeat(70_000)), "X-Many: a\n".repeat(200)] {
        let answer = server.raw(&format!("GET {tile} HTTP/1.1\nHost: a\n{headers}\n"));
        assert!(answer.starts_with("HTTP/1.1 431 "), "{answer:.200}");
    }
    server.get(&tile).expect(200);
}
