//! Waiting for what happens by itself.

use std::{
    thread::sleep,
    time::{Duration, Instant},
};

/// A busy machine and a debug build are slow; what matters is that it happens.
pub const PATIENCE: Duration = Duration::from_secs(60);

#[track_caller]
pub fn until(what: &str, mut happened: impl FnMut() -> bool) {
    let deadline = Instant::now() + PATIENCE;
    while !happened() {
        assert!(Instant::now() < deadline, "not within {PATIENCE:?}: {what}");
        sleep(Duration::from_millis(20));
    }
}
