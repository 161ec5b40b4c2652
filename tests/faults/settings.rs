//! How long and how often, and by which chance.

use crate::chance::Chance;
use std::{
    env,
    time::{Duration, SystemTime},
};

fn number(name: &str) -> Option<u64> {
    let text = env::var(name).ok()?;
    Some(text.parse().unwrap_or_else(|_| panic!("{name} is no number: {text}")))
}

/// How long an outage lasts.
pub fn outage() -> Duration {
    Duration::from_secs(number("FAULTS_SECONDS").unwrap_or(3))
}

/// How often a process is killed.
pub fn rounds() -> u64 {
    number("FAULTS_ROUNDS").unwrap_or(200)
}

/// Seeded by the clock or by `FAULTS_SEED`; says which.
pub fn chance() -> Chance {
    let clock = || SystemTime::UNIX_EPOCH.elapsed().unwrap().as_nanos() as u64;
    let seed = number("FAULTS_SEED").unwrap_or_else(clock);
    println!("FAULTS_SEED={seed}");
    Chance::of(seed)
}
