//! Waiting for what happens by itself.

use std::{
    thread::sleep,
    time::{Duration, Instant},
};

/// A busy machine and a debug build are slow; what matters is that it happens.
pub const PATIENCE: Duration = Duration::from_secs(60);

#[track_caller]
pub fn until(what: &str, mut happened: impl FnMut() -> bool) {
    found(what, || happened().then_some(()));
}

/// What `look` gives once it is there.
#[track_caller]
pub fn found<T>(what: &str, mut look: impl FnMut() -> Option<T>) -> T {
    let deadline = Instant::now() + PATIENCE;
    loop {
        if let Some(found) = look() {
            return found;
        }
        assert!(Instant::now() < deadline, "not within {PATIENCE:?}: {what}");
        sleep(Duration::from_millis(20));
    }
}
