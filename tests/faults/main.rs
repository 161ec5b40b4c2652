//! What the server withstands: one file for each kind of fault, each with real processes, most of them under a
//! [`load`] of tile and range requests whose answers are checked to the last byte.
//!
//! Needs what tests/it needs, root to mount small file systems, and libfaketime. `FAULTS_SECONDS` is how long
//! an outage lasts (default 3), `FAULTS_ROUNDS` how often a process is killed (default 200),
//! `FAULTS_SEED` repeats the instants of a run, which prints it.

#[allow(dead_code, reason = "shared with tests/it")]
#[path = "../it/support/mod.rs"]
mod support;

mod chance;
mod load;
mod process;
mod proxy;
mod settings;
mod truth;
mod volume;

mod clients;
mod clock;
mod crash;
mod damage;
mod database;
mod disk;
mod memory;
mod together;

use std::{
    thread::sleep,
    time::{Duration, Instant},
};

/// A busy machine and a debug build are slow; what matters here is that it happens.
const PATIENCE: Duration = Duration::from_secs(60);

#[track_caller]
fn until(what: &str, mut happened: impl FnMut() -> bool) {
    let deadline = Instant::now() + PATIENCE;
    while !happened() {
        assert!(Instant::now() < deadline, "not within {PATIENCE:?}: {what}");
        sleep(Duration::from_millis(20));
    }
}
