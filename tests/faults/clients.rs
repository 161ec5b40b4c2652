//! Clients that take all they can get, and clients that go away.

use crate::{
    load::Load,
    process,
    support::{
        http::try_request,
        plan,
        server::{Server, Setup},
    },
    until,
};
use rustix::process::{Resource, getrlimit, setrlimit};
use std::{
    io::{Read, Write},
    net::TcpStream,
    process::Command,
    sync::atomic::{AtomicBool, Ordering},
    thread::{scope, sleep},
    time::Duration,
};

/// More than the server has places for.
const MANY: usize = 5000;

fn allow_files(count: u64) {
    let mut limit = getrlimit(Resource::Nofile);
    if limit.current.is_some_and(|current| current < count) {
        limit.current = Some(count);
        setrlimit(Resource::Nofile, limit).expect("so many open files are allowed");
    }
}

/// Whether connections made now are answered, each time.
#[track_caller]
fn serves_others(server: &Server) {
    for _ in 0..20 {
        server.get("/tiles/plan.json").expect(200);
    }
}

#[test]
fn silent_connections_leave_room_for_others() {
    allow_files(MANY as u64 + 1000);
    let server = Setup::default().start();
    let load = Load::on(&server);
    let silent: Vec<_> = (0..MANY).map(|_| TcpStream::connect(&server.address).unwrap()).collect();
    serves_others(&server);
    load.more(200);
    // And those that begin and do not go on.
    for mut stream in silent.iter().skip(MANY / 2) {
        // Some were closed to make room.
        let _ = stream.write_all(b"GET /healthz HTTP/1.1\r\nHo");
    }
    serves_others(&server);
    load.end();
    assert!(server.metric("plantiles_http_connections_dismissed_total") > 0.0, "nobody had to make room");
    drop(silent);
    until("all is quiet", || server.metric("plantiles_http_connections") < 10.0);
}

#[test]
fn clients_that_hardly_read_leave_room_for_others() {
    let server = Setup::default().config("[server]\nconnections = 32\n").start();
    let load = Load::on(&server);
    let request = "GET /downloads/townships.fgb HTTP/1.1\r\nHost: a\r\n\r\n".repeat(400);
    let over = AtomicBool::new(false);
    let connect = |_| {
        let mut stream = TcpStream::connect(&server.address).unwrap();
        // What the server does not take of it makes no difference.
        let _ = stream.set_write_timeout(Some(Duration::from_millis(100)));
        let _ = stream.write_all(request.as_bytes());
        stream
    };
    let mut slow: Vec<_> = (0..64).map(connect).collect();
    scope(|scope| {
        let reader = scope.spawn(|| {
            while !over.load(Ordering::Relaxed) {
                for stream in &mut slow {
                    let _ = stream.read(&mut [0]);
                }
                sleep(Duration::from_secs(1));
            }
        });
        serves_others(&server);
        load.more(100);
        sleep(Duration::from_secs(3));
        serves_others(&server);
        over.store(true, Ordering::Relaxed);
        reader.join().unwrap();
    });
    load.end();
}

/// Sets how many files the running server may have open.
fn limit_files(server: &Server, count: usize) {
    let id = server.id().to_string();
    let limit = format!("--nofile={count}:4096");
    assert!(Command::new("prlimit").args(["--pid", &id, &limit]).status().unwrap().success());
}

#[test]
fn without_a_file_to_open_it_serves_on_and_recovers() {
    let server = Setup::default()
        .expect_log("cannot accept connections")
        .expect_log("task=")
        .expect_log("state directory")
        .start();
    let load = Load::on(&server);
    limit_files(&server, process::open_files(server.id()));
    let waiting: Vec<_> = (0..50).map(|_| TcpStream::connect(&server.address).unwrap()).collect();
    server.wait_for_log("cannot accept connections");
    load.more(200);
    load.end();
    let ticks = process::ticks(server.id());
    sleep(Duration::from_secs(2));
    let ran = process::ticks(server.id()) - ticks;
    assert!(ran < 100, "it ran for {ran} of 200 hundredths of a second with nothing to do");
    limit_files(&server, 4096);
    drop(waiting);
    until("it serves again", || {
        try_request("GET", &server.url("/healthz"), &[]).is_ok_and(|a| a.status == 200)
    });
    until("all is well again", || server.get("/readyz").expect(200).json()["status"] == "ready");
    serves_others(&server);
}

#[test]
fn few_files_mean_few_connections() {
    let setup = Setup::default().after("ulimit -n 128").expect_log("fewer open files");
    let server = setup.start();
    let load = Load::on(&server);
    let silent: Vec<_> = (0..300).map(|_| TcpStream::connect(&server.address).unwrap()).collect();
    serves_others(&server);
    load.end();
    assert!(process::open_files(server.id()) < 128);
    drop(silent);
}

const CUTS: &str = "plantiles_tile_cut_seconds_count";

fn ask(server: &Server, tile: &str) -> TcpStream {
    let mut stream = TcpStream::connect(&server.address).unwrap();
    let request = format!("GET /tiles/plan/{tile}.mvt HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).unwrap();
    stream
}

fn tiles(count: usize) -> Vec<String> {
    let tiles = (9..=14).flat_map(|z| crate::support::grid::tiles_over(plan::bounds(), z));
    tiles.map(|tile| tile.to_string()).take(count).collect()
}

#[test]
fn what_nobody_waits_for_any_more_is_not_cut() {
    let server = Setup::default().config("[tiles]\nthreads = 1\n").start();
    let tiles = tiles(400);
    let (shared, others) = tiles.split_last().unwrap();
    // It finds all requests at once, and most of those who asked gone.
    server.signal("STOP");
    let gone: Vec<_> = others.iter().map(|tile| ask(&server, tile)).collect();
    let (leaves, mut stays) = (ask(&server, shared), ask(&server, shared));
    drop((gone, leaves));
    server.signal("CONT");
    until("nobody else is there", || server.metric("plantiles_http_connections") <= 2.0);
    let mut answer = Vec::new();
    stays.read_to_end(&mut answer).unwrap();
    assert!(
        answer.starts_with(b"HTTP/1.1 20"),
        "{}",
        String::from_utf8_lossy(&answer[..answer.len().min(200)])
    );
    let cuts = server.metric(CUTS) as usize;
    println!("{cuts} of {} tiles were cut", tiles.len());
    assert!(cuts + 100 <= tiles.len(), "{cuts} of {} tiles were cut", tiles.len());
}
