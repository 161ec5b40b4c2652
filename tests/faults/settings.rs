//! How long and how often, and by which chance.

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
    Duration::from_secs(number("PLANTILES_FAULT_SECONDS").unwrap_or(3))
}

/// How often a process is killed.
pub fn rounds() -> u64 {
    number("PLANTILES_FAULT_ROUNDS").unwrap_or(200)
}

/// Numbers by chance (SplitMix64), the same for the same seed.
pub struct Chance(u64);

impl Chance {
    /// Seeded by the clock or by `PLANTILES_FAULT_SEED`; says which.
    pub fn new() -> Self {
        let clock = || SystemTime::UNIX_EPOCH.elapsed().unwrap().as_nanos() as u64;
        let seed = number("PLANTILES_FAULT_SEED").unwrap_or_else(clock);
        println!("PLANTILES_FAULT_SEED={seed}");
        Self::of(seed)
    }

    pub fn of(seed: u64) -> Self {
        Self(seed)
    }

    /// Below `end`.
    pub fn below(&mut self, end: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        (mixed ^ (mixed >> 31)) % end
    }

    pub fn of_all<'a, T>(&mut self, all: &'a [T]) -> &'a T {
        &all[self.below(all.len() as u64) as usize]
    }

    /// Shorter than `end`.
    pub fn time(&mut self, end: Duration) -> Duration {
        Duration::from_micros(self.below(end.as_micros() as u64))
    }
}
