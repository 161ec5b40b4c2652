//! Tiles of a server whose layers are still on their way from the bucket.

use crate::{
    support::{objects::Objects, patience::until, server::Server},
    tiles::busy_tile,
};
use std::{
    io::{self, Read, Write},
    net::{Shutdown, TcpListener, TcpStream},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    thread,
    time::Duration,
};

/// What is asked for first of a file that is fetched whole.
const WHOLE: &[u8] = b"bytes=0-8388607";

/// Stands in front of a server and holds back whoever asks for a whole file, until it is open.
struct Gate {
    port: u16,
    open: Arc<AtomicBool>,
}

impl Gate {
    fn before(server: &str) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let (port, open) = (listener.local_addr().unwrap().port(), Arc::new(AtomicBool::new(false)));
        let (server, gate) = (server.to_owned(), Arc::clone(&open));
        thread::spawn(move || {
            for client in listener.incoming().flatten() {
                let Ok(server) = TcpStream::connect(&server) else { continue };
                let (answers, to) = (server.try_clone().unwrap(), client.try_clone().unwrap());
                thread::spawn(move || pass(answers, to, |_| {}));
                let gate = Arc::clone(&gate);
                thread::spawn(move || pass(client, server, |asked| hold(asked, &gate)));
            }
        });
        Self { port, open }
    }
}

fn hold(asked: &[u8], open: &AtomicBool) {
    let is_whole = asked.windows(WHOLE.len()).any(|part| part == WHOLE);
    while is_whole && !open.load(Ordering::Relaxed) {
        thread::sleep(Duration::from_millis(10));
    }
}

/// Passes on what comes, each piece after `before`.
fn pass(mut from: TcpStream, mut to: TcpStream, before: impl Fn(&[u8])) {
    let mut piece = [0; 64 << 10];
    let mut one = || -> io::Result<usize> {
        let read = from.read(&mut piece)?;
        before(&piece[..read]);
        to.write_all(&piece[..read])?;
        Ok(read)
    };
    while one().is_ok_and(|read| read > 0) {}
    let _gone = to.shutdown(Shutdown::Both);
}

fn version(server: &Server) -> String {
    server.get("/readyz").json()["version"].as_str().unwrap().to_owned()
}

#[test]
fn tiles_are_there_before_the_files_and_are_the_same() {
    let objects = Objects::start();
    let state = tempfile::tempdir().unwrap();
    assert!(objects.command("plan", state.path(), &["publish"]).status().unwrap().success());
    let whole = objects.server("plan").start();
    let gate = Gate::before(&objects.address());
    let address = format!("http://127.0.0.1:{}", gate.port);
    let mut early = objects.server("plan").env("AWS_ENDPOINT_URL", &address).unready().start();
    let middle = busy_tile;
    until("the first tile", || early.get(&format!("/tiles/plan/{}.mvt", middle(8))).status == 200);
    let version = version(&whole);
    // From the first zoom to that after the last one for which tiles are prepared: the gate cannot be closed for long.
    for z in [0, 6, 9, 12, 13] {
        for tileset in ["plan", "mining_blocks", "rivers,mining_rights", &format!("plan@{version}")] {
            let path = format!("/tiles/{tileset}/{}.mvt", middle(z));
            let [found, expected] = [&early, &whole].map(|server| server.get(&path));
            let same = found.status == expected.status && found.body == expected.body;
            assert!(same && found.header("etag") == expected.header("etag"), "{path}: {}", found.status);
            assert!(!found.expect_header("cache-control").contains("immutable"), "{path}");
        }
    }
    for waits in ["/readyz", "/tiles/plan.json", "/tiles/plan/8/0/0.mvt?filter=id=1"] {
        assert_eq!(early.get(waits).status, 503, "{waits}");
    }
    gate.open.store(true, Ordering::Relaxed);
    early.wait_until_ready();
    let path = format!("/tiles/plan@{version}/{}.mvt", middle(8));
    let [found, expected] = [&early, &whole].map(|server| server.get(&path).expect(200));
    assert_eq!((found.header("etag"), &found.body), (expected.header("etag"), &expected.body));
    assert!(found.expect_header("cache-control").contains("immutable"));
}
