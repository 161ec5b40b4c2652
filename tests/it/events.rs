//! `/events`: what a client that follows the server is told.

use crate::support::{
    database::TestDatabase,
    postgis::{load_plan, query},
    server::{Setup, shared},
};
use serde_json::Value;
use std::{
    io::{BufRead, BufReader, Write},
    net::TcpStream,
    time::Duration,
};

/// An open stream of events.
pub struct Stream(BufReader<TcpStream>);

/// One event: name, id, data.
pub type Event = (String, String, Value);

impl Stream {
    /// A stream from the server, or the proxy, that listens there.
    pub fn open(address: &str, headers: &str) -> Self {
        let mut stream = TcpStream::connect(address).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(30))).unwrap();
        stream.write_all(format!("GET /events HTTP/1.1\r\nHost: a\r\n{headers}\r\n").as_bytes()).unwrap();
        let mut stream = Self(BufReader::new(stream));
        let head: String = std::iter::from_fn(|| stream.line()).take_while(|line| !line.is_empty()).collect();
        let head = head.to_lowercase();
        for part in ["http/1.1 200", "content-type: text/event-stream", "cache-control: no-store"] {
            assert!(head.contains(part), "{part} in {head}");
        }
        stream
    }

    /// The next line without its end; `None` when the server has ended the stream.
    fn line(&mut self) -> Option<String> {
        let mut line = String::new();
        self.0.read_line(&mut line).unwrap();
        line.strip_suffix("\r\n").or(line.strip_suffix('\n')).map(str::to_owned)
    }

    pub fn event(&mut self) -> Event {
        let mut field = |name: &str| loop {
            let line = self.line().expect("an event");
            if let Some(value) = line.strip_prefix(name) {
                return value.trim().to_owned();
            }
        };
        let (name, id, data) = (field("event:"), field("id:"), field("data:"));
        (name, id, serde_json::from_str(&data).unwrap())
    }
}

#[test]
fn a_client_is_told_the_state_at_once() {
    let server = shared();
    let (name, id, data) = Stream::open(&server.address, "").event();
    let catalog = server.get("/layers.json").json();
    assert_eq!((name.as_str(), id.as_str()), ("state", catalog["version"].as_str().unwrap()));
    assert_eq!(data["version"], catalog["version"]);
    for layer in catalog["layers"].as_array().unwrap() {
        assert_eq!(data["layers"][layer["id"].as_str().unwrap()], layer["snapshot"]);
    }
    assert_eq!(data["changed"].as_array().unwrap().len(), catalog["layers"].as_array().unwrap().len());
}

#[test]
fn a_stop_ends_the_streams() {
    let mut server = Setup::default().start();
    let mut stream = Stream::open(&server.address, "");
    stream.event();
    server.signal("TERM");
    while stream.line().is_some() {}
    assert!(server.wait().success(), "{}", server.log());
}

#[test]
fn past_their_number_a_stream_is_refused() {
    let server = Setup::default().start();
    // A small part of what a server may open; the limit itself is for the server.
    let streams: Vec<_> = (0..1024).map(|_| Stream::open(&server.address, "")).collect();
    let refused = server.get("/events").expect_problem(503);
    assert!(refused["detail"].as_str().unwrap().contains("streams"));
    drop(streams);
    server.get("/healthz").expect(200);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_edit_is_told_to_those_who_are_there_and_to_those_who_come_back() {
    let database = TestDatabase::new().await;
    load_plan(&database.url());
    let server = Setup::default().database(&database.url()).start();
    let mut stream = Stream::open(&server.address, "");
    let (_, first, _) = stream.event();
    query(&database.url(), "update plan.mining_blocks set name = 'renamed' where id = 1");
    let (_, second, data) = stream.event();
    assert_ne!(first, second);
    assert_eq!(data["changed"], serde_json::json!(["mining_blocks"]));
    let (_, id, data) = Stream::open(&server.address, &format!("Last-Event-ID: {first}\r\n")).event();
    assert_eq!((id, &data["changed"]), (second.clone(), &serde_json::json!(["mining_blocks"])));
    let (_, _, data) = Stream::open(&server.address, &format!("Last-Event-ID: {second}\r\n")).event();
    assert_eq!(data["changed"], serde_json::json!([]));
}
