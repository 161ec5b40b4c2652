//! Keeping the service current: the last published state at once, then the state of the system of record, then
//! every change of it, and whatever anybody else publishes into the state directory.
//!
//! Changes are heard at the moment of their commit. What could be missed, because the connection was broken or
//! because nobody announces it, is found by comparing marks: after each connection, and now and then.

mod ear;
mod pending;
mod publishing;
mod troubles;

use crate::{
    catalog::{Catalog, PublishedLayer},
    extracts::AccessError,
    plan::LayerId,
    postgis::{Change, News},
    publisher::{PublishError, PublishedSet, Publisher, served_grid},
    service::Service,
    snapshot::{CurrentSet, Marks, Snapshot, StoreError},
    tile::PrepareError,
};
use ear::{Ear, Heard};
use pending::Pending;
use std::{
    collections::BTreeSet,
    sync::Arc,
    time::{Duration, Instant},
};
use tokio::task::block_in_place;
use troubles::{Task, Troubles};

/// A comparison of marks may take one part in so many of the time, so that a view that is slow to read is read less often.
const COMPARING: u32 = 20;

pub struct Follower {
    publisher: Arc<Publisher>,
    service: Arc<Service>,
    /// What is served.
    served: Option<CurrentSet>,
    /// What was wrong with revisions when they were looked at.
    unreadable: Vec<String>,
    /// Whether this server has published.
    published: bool,
    pending: Pending,
    troubles: Troubles,
    /// None without a database.
    ear: Option<Ear>,
    /// When the state directory and the bucket are looked at for what others have published: who hears that they have sets
    /// it to now.
    look_at: Instant,
    compare_at: Instant,
    poll: Duration,
    looks: Duration,
}

/// Why the served state may be older than its origin.
#[derive(Debug, thiserror::Error)]
pub enum FollowError {
    #[error(transparent)]
    Publish(#[from] PublishError),
    #[error(transparent)]
    Prepare(#[from] PrepareError),
    #[error(transparent)]
    Access(#[from] AccessError),
    #[error(transparent)]
    Bucket(#[from] StoreError),
    #[error("{0}")]
    Incomplete(String),
    #[error("the database is not heard: what changes now is served later")]
    Unheard,
}

impl PublishedSet {
    fn complete(&self) -> Result<(), FollowError> {
        if self.failures.is_empty() { Ok(()) } else { Err(FollowError::Incomplete(self.failures.join("; "))) }
    }
}

impl Follower {
    /// Compares marks every `poll`, and looks for what others have published every `looks`.
    pub fn new(publisher: Publisher, service: Arc<Service>, poll: Duration, looks: Duration) -> Self {
        let now = Instant::now();
        Self {
            service,
            served: None,
            unreadable: vec![],
            published: false,
            pending: if publisher.publishes() { Pending::all() } else { Pending::none() },
            troubles: Troubles::default(),
            ear: None,
            look_at: now,
            compare_at: now,
            poll,
            looks,
            publisher: Arc::new(publisher),
        }
    }

    /// Runs until dropped; ends when the configuration has rules that the first publication cannot follow.
    pub async fn follow(mut self) -> FollowError {
        self.look_for_revisions().await;
        let resumed = self.resume().await;
        self.note(Task::Look, resumed);
        if !self.publisher.publishes() {
            self.look().await;
        } else if let Some(wrong) = self.publish().await {
            return wrong;
        }
        self.ear = self.publisher.database().cloned().map(Ear::new);
        self.compare_at = Instant::now() + self.poll;
        loop {
            self.wait().await;
            let now = Instant::now();
            if self.pending.due(now).is_some_and(|due| due <= now)
                && let Some(wrong) = self.publish().await
            {
                return wrong;
            }
            if self.look_at <= now {
                self.look().await;
            }
            if self.ear.is_some() && self.compare_at <= now {
                self.compare().await;
            }
        }
    }

    /// Waits until there is something to do, and hears what is to be heard.
    async fn wait(&mut self) {
        let now = Instant::now();
        let wake = [Some(self.look_at), self.ear.as_ref().map(|_| self.compare_at), self.pending.due(now)];
        let wake = wake.into_iter().flatten().min().unwrap_or(now);
        let Some(ear) = &mut self.ear else { return tokio::time::sleep_until(wake.into()).await };
        let heard = tokio::time::timeout_at(wake.into(), ear.next()).await;
        if let Ok(Some(heard)) = heard {
            self.hear(heard);
        }
        self.hear_all();
    }

    fn hear_all(&mut self) {
        while let Some(heard) = self.ear.as_mut().and_then(Ear::take) {
            self.hear(heard);
        }
    }

    fn hear(&mut self, heard: Heard) {
        let now = Instant::now();
        match heard {
            Heard::Connected => {
                self.service.metrics.listening.set(1);
                self.compare_at = now;
                self.pending.try_again();
            }
            Heard::Lost => {
                self.service.metrics.listening.set(0);
                self.note(Task::Compare, Err(FollowError::Unheard));
            }
            Heard::News(News::Change(change)) => self.hear_change(change),
            Heard::News(News::Published(set)) => {
                if self.served.as_ref().is_none_or(|served| served.digest() != set) {
                    self.look_at = now;
                }
            }
        }
    }

    fn hear_change(&mut self, change: Change) {
        let Change { layer, change: count, lag, heard_at, old, new } = change;
        tracing::debug!(%layer, count, ?old, ?new, "changed");
        self.service.metrics.changes.inc();
        self.service.metrics.change_lag.observe(lag);
        let exported = self.marks().and_then(|marks| marks.get(&layer)?.changes);
        if exported.is_some_and(|exported| exported >= count) {
            // The export of an earlier change has seen it.
            self.service.metrics.changes_coalesced.inc();
        } else {
            self.pending.add(layer, heard_at);
        }
    }

    /// What the database had of the served layers when they were exported.
    fn marks(&self) -> Option<&Marks> {
        self.served.as_ref().map(|set| &set.marks)
    }

    /// Finds what has changed without having been heard.
    async fn compare(&mut self) {
        let start = Instant::now();
        let publisher = Arc::clone(&self.publisher);
        let compared = self.meanwhile(async move { publisher.marks().await }).await.map(|marks| {
            let changed = different(self.marks().unwrap_or(&Marks::new()), &marks);
            if changed.is_empty() && self.pending.is_empty() {
                self.service.confirm();
            }
            self.pending.layers.extend(changed);
        });
        // How long one waited that failed says nothing of the next: the database may have hung.
        let rest = if compared.is_ok() { COMPARING } else { 1 };
        self.note(Task::Compare, compared.map_err(FollowError::from));
        self.compare_at = Instant::now() + self.poll.max(start.elapsed() * rest);
    }

    /// Serves the last published set if it is whole. A damaged one waits for the export that heals it; should
    /// that fail, [`Self::look`] serves what is left.
    async fn resume(&mut self) -> Result<(), FollowError> {
        let Some(set) = self.publisher.current()? else { return Ok(()) };
        let published = block_in_place(|| self.publisher.open_set(set, &[]));
        if published.failures.is_empty() { self.serve(published).await } else { published.complete() }
    }

    /// Serves the published set if it is another than the served one, and the revisions that there are.
    async fn look(&mut self) {
        let looked = self.look_at_published().await;
        self.look_at = Instant::now() + self.looks;
        if looked.is_ok() {
            self.service.note_caught_up();
            if self.troubles.has(Task::Look) {
                // The bucket was away: what could not be published can be now.
                self.pending.try_again();
            }
        }
        self.note(Task::Look, looked);
    }

    async fn look_at_published(&mut self) -> Result<(), FollowError> {
        // What is in the state directory is served whether the bucket answers or not.
        let pulled = self.pull().await;
        self.look_for_revisions().await;
        let open = self.open().into_iter().chain(pulled.iter().flatten().cloned()).collect::<Vec<_>>();
        match self.publisher.current()? {
            Some(set) if self.served.as_ref() != Some(&set) => {
                let published = block_in_place(|| self.publisher.open_set(set, &open));
                // The whole of before is better than a part.
                if self.service.store().is_shared() && self.service.catalog().is_some() {
                    published.complete()?;
                }
                self.serve(published).await?;
            }
            _ => {}
        }
        pulled.map(|_| ())
    }

    /// Brings the state directory to the state of the bucket, if there is one.
    async fn pull(&self) -> Result<Vec<Arc<Snapshot>>, FollowError> {
        let store = Arc::clone(self.service.store());
        if !store.is_shared() {
            return Ok(vec![]);
        }
        // It ends early only when the server goes down.
        match tokio::task::spawn_blocking(move || store.pull()).await.unwrap_or(Ok(vec![])) {
            // Somebody is about to publish: this server, or the one that has the turn.
            Err(StoreError::Empty) if self.publisher.publishes() => Ok(vec![]),
            pulled => Ok(pulled?),
        }
    }

    async fn look_for_revisions(&mut self) {
        let unreadable = match self.publisher.revisions() {
            Ok(revisions) => {
                self.service.set_revisions(revisions.named).await;
                revisions.unreadable.iter().map(ToString::to_string).collect()
            }
            Err(error) => vec![error.to_string()],
        };
        if self.unreadable != unreadable {
            for error in &unreadable {
                tracing::warn!(error, "a revision cannot be served");
            }
            self.unreadable = unreadable;
        }
    }

    /// The snapshots that are served, which are open.
    fn open(&self) -> Vec<Arc<Snapshot>> {
        let catalog = self.service.catalog();
        catalog.iter().flat_map(|catalog| catalog.layers()).map(|layer| Arc::clone(&layer.snapshot)).collect()
    }

    /// Prepares the layers for cutting and swaps the catalog.
    ///
    /// # Errors
    /// [`FollowError::Incomplete`] when layers of the set are missing or old; the others are served.
    async fn serve(&mut self, published: PublishedSet) -> Result<(), FollowError> {
        let complete = published.complete();
        let PublishedSet { set, snapshots, mut prepared, .. } = published;
        let before = self.service.catalog();
        let layers = snapshots.into_iter().map(|snapshot| {
            let served = before.as_ref().and_then(|catalog| catalog.layer(&snapshot.layer.id));
            if let Some(unchanged) = served.filter(|served| served.snapshot.id == snapshot.id) {
                return Ok(Arc::clone(unchanged));
            }
            let tiles = match prepared.iter().position(|tiles| tiles.snapshot().id == snapshot.id) {
                Some(ready) => prepared.swap_remove(ready),
                None => self.publisher.tiles(Arc::clone(&snapshot), served.map(|layer| &layer.tiles))?,
            };
            let published_at = set.published_at(&snapshot.layer.id, snapshot.id).unwrap_or_default();
            let served = served.map(Arc::as_ref);
            let layer = PublishedLayer::after(served, tiles, published_at);
            Ok(self.service.extracts.of(layer, &served_grid(), served))
        });
        let layers = block_in_place(|| layers.collect::<Result<Vec<_>, PrepareError>>())?;
        let catalog = Catalog::new(set.origin, &served_grid(), layers, self.publisher.max_tile());
        if before.as_ref().is_none_or(|before| before.version() != catalog.version()) {
            let (version, layers, changed) =
                (catalog.version(), catalog.layers().len(), changed(before.as_deref(), &catalog));
            self.service.serve(catalog).await;
            tracing::info!(%version, layers, changed, "serving");
        }
        self.service.note_exported(set.exported.clone());
        self.served = Some(set);
        complete
    }

    fn note(&mut self, task: Task, done: Result<(), FollowError>) {
        self.troubles.note(task, done);
        self.service.note_error(self.troubles.text());
    }
}

/// The layers that are new or changed, for the log.
fn changed(before: Option<&Catalog>, catalog: &Catalog) -> String {
    let layers = catalog.layers().iter().filter(|layer| {
        let served = before.and_then(|before| before.layer(layer.id()));
        served.is_none_or(|served| served.snapshot.id != layer.snapshot.id)
    });
    layers.map(|layer| layer.id().as_str()).collect::<Vec<_>>().join(",")
}

/// The layers that may be others than they were when they were exported.
fn different(known: &Marks, found: &Marks) -> BTreeSet<LayerId> {
    let covers = |layer: &LayerId| known.get(layer).zip(found.get(layer)).is_some_and(|(k, f)| k.covers(f));
    known.keys().chain(found.keys()).filter(|layer| !covers(layer)).cloned().collect()
}
