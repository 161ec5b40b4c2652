//! Load held: mixed traffic and an edit every second for ten minutes, or for `--minutes N`.
//!
//!     cargo test --test soak -- --minutes 10
//!
//! Needs `PLANTILES_TEST_DATABASE_URL`, as tests/it does. After a third of the time, when caches are full, memory must
//! not grow any more and file descriptors must stay as many; no request may fail; the last edit must be on the map.
//! How fast it goes is told and not judged: other checks run beside it.

#[allow(dead_code, reason = "shared with tests/it")]
#[path = "../it/support/mod.rs"]
mod support;

#[allow(dead_code, reason = "shared with tests/faults")]
#[path = "../faults/chance.rs"]
mod chance;
#[allow(dead_code, reason = "shared with tests/faults")]
#[path = "../faults/process.rs"]
mod process;

mod edits;
mod samples;
mod traffic;

use edits::Editor;
use samples::Samples;
use std::{
    env,
    sync::atomic::{AtomicBool, Ordering},
    thread,
    time::{Duration, Instant},
};
use support::{database::TestDatabase, postgis::load_plan, server::Setup};
use traffic::Traffic;

const MINUTES: f64 = 10.0;
/// Small, so that it is full when the warm-up is over: what still fills looks like a leak.
const CONFIG: &str = "[tiles]\ncache_mib = 4\n";
const EDIT_EVERY: Duration = Duration::from_secs(1);
const SAMPLE_EVERY: Duration = Duration::from_secs(2);
/// MB an hour by which memory may seem to grow: in a run of ten minutes, the noise of an allocator.
const MOST_GROWTH: f64 = 60.0;

#[tokio::main]
async fn main() {
    let length = Duration::from_secs_f64(minutes() * 60.0);
    let database = TestDatabase::new().await;
    load_plan(&database.url());
    let server = Setup::default().database(&database.url()).config(CONFIG).start();
    let editor = Editor::new(database.client().await);
    let over = AtomicBool::new(false);
    let (begin, mut samples) = (Instant::now(), Samples::default());
    let (traffic, edits) = thread::scope(|scope| {
        let traffic = Traffic::start(scope, &server, &over);
        let runtime = tokio::runtime::Handle::current();
        let (over, editor) = (&over, &editor);
        let editing = scope.spawn(move || {
            let mut count = 0;
            while !over.load(Ordering::Relaxed) {
                runtime.block_on(editor.edit(count));
                count += 1;
                thread::sleep(EDIT_EVERY);
            }
            count
        });
        while begin.elapsed() < length {
            thread::sleep(SAMPLE_EVERY);
            samples.take(&server, begin.elapsed());
        }
        over.store(true, Ordering::Relaxed);
        (traffic.end(), editing.join().unwrap())
    });
    let last = edits - 1;
    let served =
        || String::from_utf8_lossy(&server.get("/downloads/mining_blocks.fgb").expect(200).body).into_owned();
    let deadline = Instant::now() + Duration::from_secs(60);
    while !served().contains(&Editor::name(last)) {
        assert!(Instant::now() < deadline, "the last edit is not served");
        thread::sleep(Duration::from_millis(50));
    }
    let exports = server.metric("plantiles_exports_total");
    let lag = server.metric("plantiles_change_seconds_sum") / server.metric("plantiles_change_seconds_count");
    println!(
        "{edits} edits, {exports} exports of a layer, served {lag:.3} s after they were heard on average"
    );
    println!("{traffic}");
    let found = samples.settled(length / 3);
    println!("{found}");
    assert!(traffic.failures.is_empty(), "{:#?}", &traffic.failures[..traffic.failures.len().min(5)]);
    assert!(found.growth < MOST_GROWTH, "memory grows by {:.1} MB an hour", found.growth);
    assert!(
        found.files[1] <= found.files[0] + 4,
        "open files went from {} to {}",
        found.files[0],
        found.files[1]
    );
    assert_eq!(server.get("/readyz").expect(200).json()["status"], "ready");
    println!("soak: all is well");
}

fn minutes() -> f64 {
    let arguments: Vec<String> = env::args().skip(1).collect();
    match arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        [] => MINUTES,
        ["--minutes", number] => number.parse().expect("a number of minutes"),
        _ => panic!("usage: soak [--minutes N]"),
    }
}
