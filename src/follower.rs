//! Keeping the service current: the last published state at once, then the state of the system of record, then
//! whatever anybody publishes into the state directory.

use crate::{
    catalog::{Catalog, PublishedLayer},
    publisher::{PublishError, PublishedSet, Publisher, chain},
    service::Service,
    snapshot::CurrentSet,
    tile::PrepareError,
};
use std::{
    sync::Arc,
    time::{Duration, Instant},
};
use tokio::task::block_in_place;

/// First and longest pause between two tries to publish.
const PAUSES: [Duration; 2] = [Duration::from_millis(500), Duration::from_secs(30)];
/// How often the state directory is looked at for what another process published.
const LOOK: Duration = Duration::from_secs(1);

pub struct Follower {
    publisher: Publisher,
    service: Arc<Service>,
    /// What is served.
    served: Option<CurrentSet>,
}

/// Why the served state may be older than its origin.
#[derive(Debug, thiserror::Error)]
pub enum FollowError {
    #[error(transparent)]
    Publish(#[from] PublishError),
    #[error(transparent)]
    Prepare(#[from] PrepareError),
    #[error("{0}")]
    Incomplete(String),
}

impl PublishedSet {
    fn complete(&self) -> Result<(), FollowError> {
        if self.failures.is_empty() { Ok(()) } else { Err(FollowError::Incomplete(self.failures.join("; "))) }
    }
}

impl Follower {
    pub fn new(publisher: Publisher, service: Arc<Service>) -> Self {
        Self { publisher, service, served: None }
    }

    /// Runs until dropped; ends when the configuration has rules that the first publication cannot follow.
    pub async fn follow(mut self) -> FollowError {
        self.report_error(|follower| follower.resume());
        let mut pause = PAUSES[0];
        while let Err(error) = self.publish().await {
            if let FollowError::Publish(PublishError::Rule(_)) = error {
                return error;
            }
            self.report(&error);
            self.report_error(|follower| follower.look());
            tokio::time::sleep(pause).await;
            pause = (pause * 2).min(PAUSES[1]);
        }
        loop {
            tokio::time::sleep(LOOK).await;
            self.report_error(|follower| follower.look());
        }
    }

    async fn publish(&mut self) -> Result<(), FollowError> {
        let start = Instant::now();
        let set = self.publisher.publish(None, &|_| {}).await?;
        self.service.metrics.export_seconds.set(start.elapsed().as_secs_f64());
        self.serve(set)?;
        self.service.confirm();
        Ok(())
    }

    fn report_error(&mut self, step: impl FnOnce(&mut Self) -> Result<(), FollowError>) {
        if let Err(error) = block_in_place(|| step(self)) {
            self.report(&error);
        }
    }

    /// Serves the last published set if it is whole. A damaged one waits for the export that heals it; should
    /// that fail, [`Self::look`] serves what is left.
    fn resume(&mut self) -> Result<(), FollowError> {
        let Some(set) = self.publisher.current()? else { return Ok(()) };
        let published = self.publisher.open_set(set);
        if published.failures.is_empty() { self.serve(published) } else { published.complete() }
    }

    /// Serves the published set if it is another than the served one.
    fn look(&mut self) -> Result<(), FollowError> {
        match self.publisher.current()? {
            Some(set) if self.served.as_ref() != Some(&set) => self.serve(self.publisher.open_set(set)),
            _ => Ok(()),
        }
    }

    /// Prepares the layers for cutting and swaps the catalog.
    ///
    /// # Errors
    /// [`FollowError::Incomplete`] when layers of the set are missing or old; the others are served.
    fn serve(&mut self, published: PublishedSet) -> Result<(), FollowError> {
        let complete = published.complete();
        let PublishedSet { set, snapshots, .. } = published;
        let served = self.service.catalog();
        let layers = snapshots.into_iter().map(|snapshot| {
            let served = served.as_ref().and_then(|catalog| catalog.layer(&snapshot.layer.id));
            if let Some(unchanged) = served.filter(|served| served.snapshot.id == snapshot.id) {
                return Ok(Arc::clone(unchanged));
            }
            let tiles = self.publisher.tiles(Arc::clone(&snapshot))?;
            let published_at = set.published_at(&snapshot.layer.id, snapshot.id).unwrap_or_default();
            Ok(Arc::new(PublishedLayer { snapshot, tiles, published_at }))
        });
        let layers = block_in_place(|| layers.collect::<Result<Vec<_>, PrepareError>>())?;
        let catalog = Catalog::new(set.origin, layers, self.publisher.max_tile());
        tracing::info!(version = %catalog.version(), layers = catalog.layers().len(), "serving");
        self.service.serve(catalog);
        self.served = Some(set);
        complete
    }

    fn report(&self, error: &FollowError) {
        tracing::warn!(error = chain(error), "what is served may be older than its source");
        self.service.note_failure(error.to_string());
    }
}
