//! Publishing what is pending, alone or in turn with others.

use super::{FollowError, Follower, pending::Pending, troubles::Task};
use crate::{
    publisher::{PublishError, TURN_PAUSE, Turned, Wanted},
    snapshot::StoreError,
};
use std::{future::Future, pin::pin, sync::Arc, time::Instant};

impl Follower {
    /// Exports and serves what is pending. Returns an error that the operator has to put right before anything can
    /// be published.
    pub(super) async fn publish(&mut self) -> Option<FollowError> {
        let start = Instant::now();
        let due = self.pending.take();
        let published = match self.publish_lacking(&due).await {
            Ok(Turned::Published(published)) => *published,
            Ok(Turned::Waiting) => {
                self.pending.give_back(due, TURN_PAUSE, Instant::now());
                return None;
            }
            Ok(Turned::Covered) => return self.take_over(&due).await,
            Err(error @ PublishError::Rule(_)) if !self.published => return Some(error.into()),
            Err(error) => {
                self.pending.failed(due.all, due.layers, Instant::now());
                if matches!(error, PublishError::Shared(StoreError::Overtaken)) {
                    tracing::info!("somebody else has published meanwhile: this begins anew from there");
                    self.pending.try_again();
                } else {
                    self.note(Task::Publish, Err(error.into()));
                }
                self.look().await;
                return None;
            }
        };
        if !self.published
            && let Err(wrong) = self.service.extracts.check(published.snapshots.iter().map(Arc::as_ref))
        {
            return Some(wrong.into());
        }
        self.published = true;
        self.service.metrics.export_seconds.set(start.elapsed().as_secs_f64());
        // Before a layer has an error, and what is left is served, the whole is told to be stale.
        if let Err(incomplete) = published.complete() {
            self.note(Task::Publish, Err(incomplete));
        }
        self.service.note_exports(&published.layers, &published.exports);
        let failed = published.exports.iter().filter(|export| export.error.is_some());
        let failed: Vec<_> = failed.map(|export| export.layer.clone()).collect();
        let served = self.serve(published).await;
        if served.is_ok() {
            self.service.confirm();
            self.service.note_caught_up();
        }
        self.note(Task::Publish, served);
        self.count(&due);
        self.hear_all();
        if failed.is_empty() {
            self.pending.succeeded(!self.pending.is_empty(), start.elapsed());
        } else {
            self.pending.failed(false, failed, Instant::now());
        }
        None
    }

    /// Serves what others have exported.
    async fn take_over(&mut self, due: &Pending) -> Option<FollowError> {
        if !self.published
            && let Err(wrong @ PublishError::Rule(_)) = self.publisher.check().await
        {
            return Some(wrong.into());
        }
        self.look().await;
        if !self.published
            && let Err(wrong) = self.service.extracts.check(self.open().iter().map(Arc::as_ref))
        {
            return Some(wrong.into());
        }
        self.published = true;
        self.note(Task::Publish, Ok(()));
        self.count(due);
        self.pending.try_again();
        None
    }

    async fn publish_lacking(&mut self, due: &Pending) -> Result<Turned, PublishError> {
        let wanted = if due.all { Wanted::All } else { Wanted::Changed(&due.layers) };
        let (publisher, catalog) = (Arc::clone(&self.publisher), self.service.catalog());
        let publish = async move {
            let layers = catalog.iter().flat_map(|catalog| catalog.layers());
            let served: Vec<_> = layers.map(|layer| &layer.tiles).collect();
            publisher.publish_lacking(wanted, &served).await
        };
        self.meanwhile(publish).await
    }

    /// Does `work` with the database, which may not answer; what others publish is served meanwhile.
    pub(super) async fn meanwhile<T>(&mut self, work: impl Future<Output = T>) -> T {
        if !self.publisher.takes_turns() {
            return work.await;
        }
        let mut work = pin!(work);
        loop {
            match tokio::time::timeout_at(self.look_at.into(), &mut work).await {
                Ok(done) => return done,
                Err(_) => self.look().await,
            }
        }
    }

    fn count(&self, due: &Pending) {
        self.service.metrics.changes_coalesced.inc_by(due.changes.saturating_sub(due.layers.len() as u64));
        if let Some(since) = due.since() {
            self.service.metrics.change_seconds.observe(since.elapsed().as_secs_f64());
        }
    }
}
