//! What the server takes of memory and files, over time.

use crate::{process, support::server::Server};
use std::{fmt, time::Duration};

#[derive(Default)]
pub struct Samples(Vec<Sample>);

struct Sample {
    hours: f64,
    megabytes: f64,
    cache: f64,
    files: usize,
}

/// How it is after the warm-up.
pub struct Settled {
    /// MB an hour, by least squares.
    pub growth: f64,
    /// Standard error of it.
    error: f64,
    megabytes: [f64; 2],
    /// MB of ready tiles, first and last.
    cache: [f64; 2],
    /// Medians of the first and of the last third.
    pub files: [usize; 2],
    count: usize,
}

impl Samples {
    pub fn take(&mut self, server: &Server, at: Duration) {
        let process = server.id();
        let megabytes = process::anonymous_kb(process).expect("it runs") as f64 / 1024.0;
        self.0.push(Sample {
            hours: at.as_secs_f64() / 3600.0,
            megabytes,
            cache: server.metric("plantiles_tile_cache_bytes") / f64::from(1 << 20),
            files: process::open_files(process),
        });
    }

    pub fn settled(&self, warm_up: Duration) -> Settled {
        let hours = warm_up.as_secs_f64() / 3600.0;
        let settled: Vec<&Sample> = self.0.iter().filter(|sample| sample.hours > hours).collect();
        assert!(settled.len() >= 6, "too short to tell anything");
        let (growth, error) = slope(&settled);
        let third = settled.len() / 3;
        let median = |samples: &[&Sample]| {
            let mut files: Vec<usize> = samples.iter().map(|sample| sample.files).collect();
            files.sort_unstable();
            files[files.len() / 2]
        };
        let files = [median(&settled[..third]), median(&settled[settled.len() - third..])];
        let least = settled.iter().map(|sample| sample.megabytes).fold(f64::INFINITY, f64::min);
        let most = settled.iter().map(|sample| sample.megabytes).fold(0.0, f64::max);
        let cache = [settled[0].cache, settled[settled.len() - 1].cache];
        Settled { growth, error, megabytes: [least, most], cache, files, count: settled.len() }
    }
}

/// The slope of memory over time, and its standard error.
fn slope(samples: &[&Sample]) -> (f64, f64) {
    let count = samples.len() as f64;
    let mean =
        |value: &dyn Fn(&Sample) -> f64| samples.iter().map(|sample| value(sample)).sum::<f64>() / count;
    let (hours, megabytes) = (mean(&|sample| sample.hours), mean(&|sample| sample.megabytes));
    let square = |number: f64| number * number;
    let spread: f64 = samples.iter().map(|sample| square(sample.hours - hours)).sum();
    let common: f64 =
        samples.iter().map(|sample| (sample.hours - hours) * (sample.megabytes - megabytes)).sum();
    let slope = common / spread;
    let rest: f64 = samples
        .iter()
        .map(|sample| square(sample.megabytes - megabytes - slope * (sample.hours - hours)))
        .sum();
    (slope, (rest / (count - 2.0) / spread).sqrt())
}

impl fmt::Display for Settled {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { growth, error, megabytes: [least, most], cache, files: [first, last], count } = self;
        let [full, still] = cache;
        write!(
            f,
            "memory beside mapped files: {least:.1} to {most:.1} MB, growing by {growth:.1} ± {error:.1} MB an hour; \
             ready tiles: {full:.1} MB, then {still:.1} MB; open files: {first}, then {last}; {count} samples after the warm-up"
        )
    }
}
