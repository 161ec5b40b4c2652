//! The running service: which catalogs are served, on which grids and in which editions; the tile cache and the bounded
//! workers between them.

mod announced;
mod carry;
mod early;
mod pictures;
mod report;
mod tiles;
mod warm;

pub use report::Freshness;

use crate::{
    cache::TileCache,
    catalog::{Catalog, Dated, Tileset, Version},
    config,
    difference::Difference,
    editions::{Edition, EditionError, Editions, Named},
    extract::Part,
    extracts::Extracts,
    features::{Orders, Texts},
    grid::{QuadGrid, TileMatrixSets},
    heat::Heat,
    metrics::Metrics,
    on_grid::OnGrid,
    picture::{self, Font},
    plan::{LayerId, Rules},
    postgis::Database,
    publisher::served_grid,
    snapshot::{Revision, SnapshotId, Store, StoreError},
    statistics::Areas,
    style::Sheets,
    telemetry::carried,
    workers::{WorkError, Workers},
};
use announced::Looks;
use arc_swap::ArcSwapOption;
use moka::future::Cache;
use std::{
    collections::BTreeMap,
    io,
    num::NonZeroUsize,
    sync::{Arc, Mutex},
};
use tokio::{
    runtime::Handle,
    sync::{Semaphore, watch},
};

/// Catalogs that stay reachable by version after a newer one is served, so that an open map can finish what
/// it began.
const KEPT_VERSIONS: usize = 2;

/// Older snapshots that are held open; opening one means hashing it.
const OLDER_SNAPSHOTS: u64 = 32;

/// What is served, newest first; never empty.
struct Served(Vec<Arc<Catalog>>);

pub struct Service {
    served: ArcSwapOption<Served>,
    /// Marked as changed when another catalog is served.
    news: watch::Sender<()>,
    store: Arc<Store>,
    looks: Looks,
    /// For tiles whose layers are not here yet.
    early: Semaphore,
    database: Option<Database>,
    /// Kept versions that are in no catalog here, such as those from before a restart.
    older: Cache<(LayerId, SnapshotId), Arc<Dated>>,
    editions: Editions,
    cache: TileCache,
    heat: Heat,
    workers: Arc<Workers>,
    pub matrix_sets: TileMatrixSets,
    /// The grids of those beside [`served_grid`].
    grids: Vec<Arc<OnGrid>>,
    rules: BTreeMap<LayerId, Rules>,
    max_tile: usize,
    /// What of the layers some see in their place.
    pub extracts: Arc<Extracts>,
    /// Where work goes on that nobody waits for.
    runtime: Handle,
    /// How layers are drawn.
    pub sheets: Arc<Sheets>,
    font: Arc<Font>,
    pub orders: Arc<Orders>,
    pub areas: Arc<Areas>,
    /// What is searched by words.
    pub texts: Arc<Texts>,
    pub metrics: Arc<Metrics>,
    freshness: Mutex<Freshness>,
}

impl Service {
    /// `database` is asked for its numbers alone; `access` says what of the layers is made for whom.
    ///
    /// # Errors
    /// When the system gives no threads for the work.
    ///
    /// # Panics
    /// Outside a tokio runtime of several threads, which must outlive it.
    pub fn new(
        tiles: &config::Tiles,
        store: Arc<Store>,
        database: Option<Database>,
        sheets: Sheets,
        access: Option<&config::Access>,
    ) -> io::Result<Self> {
        let extracts = Arc::new(Extracts::new(Arc::clone(&store), tiles.rules.clone(), access));
        let grids = tiles.matrix_sets.grids().into_iter().filter(|grid| **grid != served_grid());
        let threads = tiles.threads.map_or_else(config::cores, NonZeroUsize::get);
        let mut metrics = Metrics::default();
        if let Some(bucket) = store.bucket_counts() {
            metrics.register_bucket(bucket);
        }
        let freshness = Freshness { caught_up: !store.is_shared(), ..Freshness::default() };
        Ok(Self {
            served: ArcSwapOption::empty(),
            news: watch::Sender::new(()),
            editions: Editions::new(Arc::clone(&store), tiles.clone(), Arc::clone(&extracts)),
            heat: Heat::new(tiles.warm_tiles, &store, access),
            store,
            looks: Looks::default(),
            early: Semaphore::new(early::AT_A_TIME),
            database,
            older: Cache::new(OLDER_SNAPSHOTS),
            cache: TileCache::new(tiles.cache_mib),
            workers: Arc::new(Workers::new(threads, tiles.queue)?),
            matrix_sets: tiles.matrix_sets.clone(),
            grids: grids.map(|grid| Arc::new(OnGrid::new(grid.clone()))).collect(),
            rules: tiles.rules.clone(),
            max_tile: tiles.max_tile(),
            extracts,
            runtime: Handle::current(),
            sheets: Arc::new(sheets),
            font: Arc::new(Font::new(picture::FONT)),
            orders: Arc::default(),
            areas: Arc::default(),
            texts: Arc::default(),
            metrics: Arc::new(metrics),
            freshness: Mutex::new(freshness),
        })
    }

    pub fn store(&self) -> &Arc<Store> {
        &self.store
    }

    /// Whether it has a system of record of its own, and is no follower of others alone.
    pub fn has_database(&self) -> bool {
        self.database.is_some()
    }

    /// Whether nothing is served yet.
    pub fn is_starting(&self) -> bool {
        self.served.load().is_none()
    }

    /// The current catalog; `None` before the first publication.
    pub fn catalog(&self) -> Option<Arc<Catalog>> {
        self.served.load().as_ref().map(|served| Arc::clone(&served.0[0]))
    }

    /// The current catalog and those kept beside it, newest first.
    pub fn kept(&self) -> Vec<Arc<Catalog>> {
        self.served.load().as_ref().map(|served| served.0.clone()).unwrap_or_default()
    }

    /// Serves `catalog` from now on; requests under way finish with the one they began with.
    ///
    /// Tiles in the cache that it changes are cut anew first, lowest zooms first, as far as that goes quickly:
    /// what many look at, nobody waits for. The others are cut when they are asked for, each once.
    pub async fn serve(self: &Arc<Self>, catalog: Catalog) {
        let catalog = Arc::new(catalog);
        if let Some(before) = self.catalog() {
            self.replace(&before, &catalog).await;
        }
        let mut all = self.kept();
        all.insert(0, catalog);
        all.truncate(1 + KEPT_VERSIONS);
        self.served.store(Some(Arc::new(Served(all))));
        self.news.send_replace(());
        for on_grid in self.grids.iter().filter(|on_grid| on_grid.latest().is_some()) {
            self.runtime.spawn(Arc::clone(self).follow_on(Arc::clone(on_grid)));
        }
    }

    /// The current catalog on `grid`, made now if it is not there yet; `None` before the first publication.
    ///
    /// # Errors
    /// [`WorkError::Aborted`] when it cannot be made.
    pub async fn catalog_on(self: &Arc<Self>, grid: &QuadGrid) -> Result<Option<Arc<Catalog>>, WorkError> {
        let Some(current) = self.catalog().filter(|current| current.grid() != grid) else {
            return Ok(self.catalog());
        };
        let on_grid = self.grids.iter().find(|on_grid| on_grid.grid == *grid).ok_or(WorkError::Aborted)?;
        if let Some(made) = on_grid.of(&current) {
            return Ok(Some(made));
        }
        // It is made even if the client goes meanwhile.
        let made = self.runtime.spawn(Arc::clone(self).follow_on(Arc::clone(on_grid)));
        made.await.unwrap_or(Err(WorkError::Aborted))
    }

    /// Makes and serves the current catalog on a grid, unless somebody has done so.
    async fn follow_on(self: Arc<Self>, on_grid: Arc<OnGrid>) -> Result<Option<Arc<Catalog>>, WorkError> {
        let _turn = on_grid.turn().await;
        let Some(current) = self.catalog() else { return Ok(None) };
        if let Some(made) = on_grid.of(&current) {
            return Ok(Some(made));
        }
        let (store, extracts) = (Arc::clone(&self.store), Arc::clone(&self.extracts));
        let made = on_grid.derive(Arc::clone(&current), store, self.rules.clone(), extracts).await?;
        if let Some(before) = on_grid.latest() {
            self.replace(&before, &made).await;
        }
        on_grid.serve(&current, Arc::clone(&made));
        Ok(Some(made))
    }

    /// Tells when another catalog is served, or other revisions.
    pub fn news(&self) -> watch::Receiver<()> {
        self.news.subscribe()
    }

    /// The snapshot `id` of `layer`, as long as it is kept.
    pub async fn snapshot(&self, layer: &LayerId, id: SnapshotId) -> Result<Option<Arc<Dated>>, StoreError> {
        match self.known_snapshot(layer, id).await? {
            None if self.look().await => self.known_snapshot(layer, id).await,
            found => Ok(found),
        }
    }

    async fn known_snapshot(
        &self,
        layer: &LayerId,
        id: SnapshotId,
    ) -> Result<Option<Arc<Dated>>, StoreError> {
        for catalog in self.kept().into_iter().chain(self.editions.open()) {
            if let Some(found) = catalog.layer(layer).filter(|found| found.snapshot.id == id) {
                return Ok(Some(Arc::new(found.dated())));
            }
        }
        let key = (layer.clone(), id);
        if let Some(dated) = self.older.get(&key).await {
            return Ok(Some(dated));
        }
        let (store, layer) = (Arc::clone(&self.store), layer.clone());
        let opened = tokio::task::spawn_blocking(carried(move || store.version(&layer, id))).await;
        // Opening is aborted when the server goes down.
        let Some((snapshot, published_at)) = opened.unwrap_or(Ok(None))? else { return Ok(None) };
        let dated = Arc::new(Dated { snapshot, published_at });
        self.older.insert(key, Arc::clone(&dated)).await;
        Ok(Some(dated))
    }

    /// The tileset `name` of `version`, as long as it is kept.
    pub async fn tileset_at(
        &self,
        name: &str,
        version: Version,
    ) -> Result<Option<Arc<Tileset>>, Arc<EditionError>> {
        match self.known_tileset(name, version).await? {
            None if self.look().await => self.known_tileset(name, version).await,
            found => Ok(found),
        }
    }

    async fn known_tileset(
        &self,
        name: &str,
        version: Version,
    ) -> Result<Option<Arc<Tileset>>, Arc<EditionError>> {
        let kept = self.kept();
        // A kept catalog may know other layers than the current one.
        let mut open = kept.iter().filter_map(|catalog| catalog.tileset(name).ok());
        if let Some(tileset) = open.find(|tileset| tileset.version == version) {
            return Ok(Some(tileset));
        }
        self.editions.tileset(name, version, kept).await
    }

    /// The revisions that there are, newest adopted first.
    pub fn revisions(&self) -> Arc<Vec<Named>> {
        self.editions.named()
    }

    /// Revisions with what of their layers `part` says.
    pub fn revisions_with<'a>(&self, named: &[Named], part: impl Fn(&LayerId) -> &'a Part) -> Vec<Named> {
        self.editions.with(named, part)
    }

    /// The version of the tileset `name` in a revision; `None` when it has no such tileset.
    pub fn version_in(&self, named: &Named, name: &str) -> Option<Version> {
        self.editions.version_of(named, name)
    }

    /// Takes the revisions that are in the state directory now, newest adopted first.
    pub async fn set_revisions(&self, revisions: Vec<Revision>) {
        if self.editions.set_named(revisions).await {
            self.news.send_replace(());
        }
    }

    /// The catalog of an edition.
    pub async fn edition(&self, edition: &Edition) -> Result<Arc<Catalog>, Arc<EditionError>> {
        match self.editions.catalog(edition, self.kept()).await {
            Err(error) if error.is_unknown() && self.look().await => {
                self.editions.catalog(edition, self.kept()).await
            }
            found => found,
        }
    }

    /// What changed, as layers for tiles.
    pub async fn drawn(&self, difference: Arc<Difference>) -> Result<Arc<Catalog>, Arc<EditionError>> {
        self.editions.drawn(difference).await
    }

    /// What changed from one catalog to another.
    pub async fn difference(
        &self,
        old: Arc<Catalog>,
        new: Arc<Catalog>,
    ) -> Result<Arc<Difference>, Arc<EditionError>> {
        self.editions.difference(old, new).await
    }
}
