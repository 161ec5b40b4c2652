//! The clock is set back and forth under a running server: times that it tells stay in order, and nothing else depends
//! on it.

use crate::{
    load::Load,
    process,
    support::{
        database::TestDatabase,
        postgis::{load_plan, query},
        server::{Server, Setup},
    },
    until,
};
use std::{fs, path::PathBuf, thread::sleep, time::Duration};

/// Debian's libfaketime, wherever this architecture has it.
fn library() -> PathBuf {
    let folders = fs::read_dir("/usr/lib").unwrap().map(|folder| folder.unwrap().path());
    let mut found =
        folders.map(|folder| folder.join("faketime/libfaketimeMT.so.1")).filter(|file| file.exists());
    found.next().expect("this test needs libfaketime, of the package faketime")
}

struct Download {
    body: String,
    date: String,
    modified: String,
    etag: String,
}

fn download(server: &Server, headers: &[(&str, &str)]) -> Option<Download> {
    let answer = server.ask("GET", "/downloads/mining_blocks.fgb", headers);
    let header = |name| answer.expect_header(name).to_owned();
    (answer.status == 200).then(|| Download {
        body: String::from_utf8_lossy(&answer.body).into_owned(),
        date: header("date"),
        modified: header("last-modified"),
        etag: header("etag"),
    })
}

fn time(http_date: &str) -> std::time::SystemTime {
    httpdate::parse_http_date(http_date).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_clock_that_jumps_changes_nothing_but_the_time() {
    let database = TestDatabase::new().await;
    load_plan(&database.url());
    let folder = tempfile::tempdir().unwrap();
    let clock = folder.path().join("clock");
    let set = |offset: &str| fs::write(&clock, offset).unwrap();
    set("+0");
    let server = Setup::default()
        .database(&database.url())
        .env("LD_PRELOAD", library().to_str().unwrap())
        .env("FAKETIME_TIMESTAMP_FILE", clock.to_str().unwrap())
        .env("FAKETIME_NO_CACHE", "1")
        .env("FAKETIME_DONT_FAKE_MONOTONIC", "1")
        .env("DONT_FAKE_MONOTONIC", "1")
        .start();
    let load = Load::on(&server);
    let mut before = download(&server, &[]).unwrap();
    for offset in ["-2d", "+3d", "-400d", "+0"] {
        set(offset);
        query(&database.url(), &format!("update plan.mining_blocks set name = 'at {offset}' where id = 1"));
        until("the edit is served", || {
            download(&server, &[]).unwrap().body.contains(&format!("at {offset}"))
        });
        let after = download(&server, &[]).unwrap();
        assert!(
            time(&after.modified) <= time(&after.date),
            "{offset}: {} after {}",
            after.modified,
            after.date
        );
        assert_ne!(after.etag, before.etag);
        // Who has the old version is not told that it is the new one.
        assert!(download(&server, &[("if-modified-since", &before.modified)]).is_some(), "{offset}");
        for layer in server.get("/readyz").expect(200).json()["layers"].as_array().unwrap() {
            assert!(layer["age_seconds"].as_i64().unwrap() >= 0, "{offset}: {layer}");
        }
        load.more(50);
        before = after;
    }
    load.end();
    let ticks = process::ticks(server.id());
    sleep(Duration::from_secs(2));
    let ran = process::ticks(server.id()) - ticks;
    assert!(ran < 100, "it ran for {ran} of 200 hundredths of a second with nothing to do");
}
