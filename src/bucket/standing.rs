//! Whether the bucket answers: told when it ceases to and when it does again, not each time.

use super::BucketError;
use crate::causes::chain;
use prometheus_client::metrics::{counter::Counter, gauge::Gauge};
use std::{
    sync::{Mutex, PoisonError},
    time::Instant,
};

/// What an operator watches.
#[derive(Debug, Clone)]
pub struct Counts {
    /// Whether it answered the last time.
    pub answers: Gauge,
    pub requests: Counter,
    pub failures: Counter,
    pub fetched_bytes: Counter,
    pub sent_bytes: Counter,
    /// In the state directory.
    pub cached_bytes: Gauge,
}

pub struct Standing {
    pub counts: Counts,
    /// Since when it does not answer.
    away: Mutex<Option<Instant>>,
}

impl Default for Standing {
    fn default() -> Self {
        let counts = Counts {
            answers: Gauge::default(),
            requests: Counter::default(),
            failures: Counter::default(),
            fetched_bytes: Counter::default(),
            sent_bytes: Counter::default(),
            cached_bytes: Gauge::default(),
        };
        counts.answers.set(1);
        Self { counts, away: Mutex::default() }
    }
}

impl Standing {
    pub fn answers(&self) -> bool {
        self.away.lock().unwrap_or_else(PoisonError::into_inner).is_none()
    }

    /// Notes how a request went.
    pub fn note(&self, error: Option<&BucketError>) {
        self.counts.requests.inc();
        let mut away = self.away.lock().unwrap_or_else(PoisonError::into_inner);
        match error.filter(|error| error.is_absence()) {
            None => {
                if let Some(since) = away.take() {
                    self.counts.answers.set(1);
                    tracing::info!(seconds = since.elapsed().as_secs(), "the bucket answers again");
                }
            }
            Some(error) => {
                self.counts.failures.inc();
                if away.is_none() {
                    *away = Some(Instant::now());
                    self.counts.answers.set(0);
                    tracing::warn!(
                        error = chain(error),
                        "the bucket does not answer: what is in the state directory is served, nothing is published"
                    );
                }
            }
        }
    }
}
