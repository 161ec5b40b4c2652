//! What other replicas have announced and this one may not have heard of yet: a request that names it has the bucket
//! looked at before it is turned away.

use super::{KEPT_VERSIONS, Service};
use crate::{
    catalog::{Catalog, Tileset, Version},
    causes::chain,
    editions::EditionError,
    telemetry::carried,
};
use std::{
    sync::Arc,
    time::{Duration, Instant},
};
use tokio::sync::Mutex;

/// The least time between two such looks, whatever is asked for.
const PAUSE: Duration = Duration::from_millis(250);

/// When the last look began; held by whoever looks.
#[derive(Default)]
pub struct Looks(Mutex<Option<Instant>>);

impl Service {
    /// Has the bucket looked at once after this was called, together with all others who wait for that; tells whether
    /// something may be known now that was not.
    pub async fn look(&self) -> bool {
        let asked = Instant::now();
        // Whoever follows tells when it is back; meanwhile nobody waits for it.
        if !self.store.is_shared() || !self.store.answers() {
            return false;
        }
        let mut last = self.looks.0.lock().await;
        if last.is_some_and(|last| last > asked) {
            return true;
        }
        if let Some(last) = *last {
            tokio::time::sleep_until((last + PAUSE).into()).await;
        }
        *last = Some(Instant::now());
        let store = Arc::clone(&self.store);
        let looked = tokio::task::spawn_blocking(carried(move || {
            store.look()?;
            store.revisions()
        }));
        match looked.await {
            Ok(Ok(revisions)) => {
                self.set_revisions(revisions.named).await;
                true
            }
            Ok(Err(error)) => {
                tracing::debug!(error = chain(&error), "what is unknown here was not found in the bucket");
                false
            }
            // The server goes down.
            Err(_) => false,
        }
    }

    /// Looks as [`Self::look`] does, and opens as many of the announced sets as are kept after a swap, newest first.
    pub async fn announced_last(&self) -> Vec<Arc<Catalog>> {
        match self.look().await {
            true => self.editions.announced_last(1 + KEPT_VERSIONS, &self.kept()).await,
            false => vec![],
        }
    }

    /// The tileset `name` of an announced set whose version `is` the wanted one, opened.
    pub async fn announced(
        &self,
        name: &str,
        is: impl Fn(Version) -> bool,
    ) -> Result<Option<Arc<Tileset>>, Arc<EditionError>> {
        self.editions.announced(name, is, self.kept()).await
    }
}
