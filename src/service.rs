//! The running service: the served catalogs, the tile cache and the bounded workers between them.

use crate::{
    cache::{ReadyTile, TileCache, TileKey},
    catalog::{Catalog, Dated, TileContent, Tileset, Version},
    config,
    difference::Difference,
    editions::{At, Edition, EditionError, Editions, Named},
    encoding::{self, Encoding},
    features::{Evaluator, Orders},
    grid::{QuadGrid, TileCoord, TileMatrixSets},
    metrics::{LayerLabel, Metrics},
    on_grid::OnGrid,
    picture::{self, Font, Frame, Layers, Look, Scene},
    plan::{LayerId, Rules},
    postgis::Database,
    publisher::{Export, served_grid},
    snapshot::{Revision, SnapshotId, Store, StoreError},
    style::{Sheets, Theme},
    tile::{self, Keep, Tile, TileLayer},
    view::{View, ViewId},
    workers::{WorkError, Workers},
};
use arc_swap::ArcSwapOption;
use futures_util::{StreamExt, future::try_join_all, stream};
use jiff::Timestamp;
use moka::future::Cache;
use std::{
    collections::{BTreeMap, HashMap},
    future::Future,
    io,
    num::NonZeroUsize,
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};
use tokio::{runtime::Handle, sync::watch, task::block_in_place};

/// Catalogs that stay reachable by version after a newer one is served, so that an open map can finish what
/// it began.
const KEPT_VERSIONS: usize = 2;

/// Older snapshots that are held open; opening one means hashing it.
const OLDER_SNAPSHOTS: u64 = 32;

/// How long a new catalog may wait for tiles to be cut anew, and how many are cut at a time, so that requests
/// find room in the queue.
const RECUT_TIME: Duration = Duration::from_millis(150);
const RECUT_AT_ONCE: usize = 4;

/// What is served, newest first; never empty.
struct Served(Vec<Arc<Catalog>>);

pub struct Service {
    served: ArcSwapOption<Served>,
    /// Marked as changed when another catalog is served.
    news: watch::Sender<()>,
    store: Arc<Store>,
    database: Option<Database>,
    /// Kept versions that are in no catalog here, such as those from before a restart.
    older: Cache<(LayerId, SnapshotId), Arc<Dated>>,
    editions: Editions,
    cache: TileCache,
    workers: Arc<Workers>,
    pub matrix_sets: TileMatrixSets,
    /// The grids of those beside [`served_grid`].
    grids: Vec<Arc<OnGrid>>,
    rules: BTreeMap<LayerId, Rules>,
    /// Where work goes on that nobody waits for.
    runtime: Handle,
    /// How layers are drawn.
    pub sheets: Arc<Sheets>,
    font: Arc<Font>,
    pub orders: Arc<Orders>,
    pub metrics: Arc<Metrics>,
    freshness: Mutex<Freshness>,
}

/// How publishing goes, for `/readyz`.
#[derive(Debug, Clone, Default)]
pub struct Freshness {
    /// When the served state was last found equal to its origin.
    pub confirmed_at: Option<Timestamp>,
    /// Why the served state may be older than its origin.
    pub error: Option<String>,
    /// The last export of each layer.
    pub exports: BTreeMap<LayerId, Export>,
}

/// What a new catalog makes of the tiles in the cache, those of joined layers left aside.
struct Kept {
    carried: usize,
    /// Lowest zooms first.
    touched: Vec<Touched>,
}

/// A tile that has to be cut anew.
struct Touched {
    tileset: Arc<Tileset>,
    /// The old key.
    key: TileKey,
}

impl Kept {
    fn of(cache: &TileCache, before: &Catalog, after: &Catalog) -> Self {
        let after: HashMap<_, _> = after.tilesets().map(|tileset| (&tileset.name, tileset)).collect();
        let replaced = before.tilesets().filter_map(|old| Some((old, *after.get(&old.name)?)));
        let replaced: Vec<_> = replaced.filter(|(old, new)| old.version != new.version).collect();
        let mut kept = Self { carried: 0, touched: vec![] };
        // Of a filtered tile only the hash of the filter is known here; it is cut when it is asked for.
        for key in cache.keys().filter(|key| key.view == ViewId::OPEN) {
            let held = replaced.iter().find(|(old, _)| old.content(key.tile) == key.content);
            match held {
                Some((_, new)) if new.content(key.tile) != key.content => {
                    kept.touched.push(Touched { tileset: Arc::clone(new), key });
                }
                Some(_) => kept.carried += 1,
                None => {}
            }
        }
        kept.touched.sort_by_key(|touched| touched.key.tile);
        kept
    }
}

impl Service {
    /// `database` is asked for its numbers alone.
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
    ) -> io::Result<Self> {
        let grids = tiles.matrix_sets.grids().into_iter().filter(|grid| **grid != served_grid());
        let threads = tiles.threads.map_or_else(config::cores, NonZeroUsize::get);
        Ok(Self {
            served: ArcSwapOption::empty(),
            news: watch::Sender::new(()),
            editions: Editions::new(Arc::clone(&store), tiles.clone()),
            store,
            database,
            older: Cache::new(OLDER_SNAPSHOTS),
            cache: TileCache::new(tiles.cache_mib),
            workers: Arc::new(Workers::new(threads, tiles.queue)?),
            matrix_sets: tiles.matrix_sets.clone(),
            grids: grids.map(|grid| Arc::new(OnGrid::new(grid.clone()))).collect(),
            rules: tiles.rules.clone(),
            runtime: Handle::current(),
            sheets: Arc::new(sheets),
            font: Arc::new(Font::new(picture::FONT)),
            orders: Arc::default(),
            metrics: Arc::default(),
            freshness: Mutex::default(),
        })
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

    /// Makes the tiles in the cache those of `after`.
    async fn replace(&self, before: &Catalog, after: &Catalog) {
        let kept = block_in_place(|| Kept::of(&self.cache, before, after));
        self.metrics.cache_carried.set(kept.carried as i64);
        self.metrics.cache_touched.set(kept.touched.len() as i64);
        // Out of time is no fault.
        drop(tokio::time::timeout(RECUT_TIME, self.cut_anew(kept.touched)).await);
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
        let made = on_grid.derive(Arc::clone(&current), Arc::clone(&self.store), self.rules.clone()).await?;
        if let Some(before) = on_grid.latest() {
            self.replace(&before, &made).await;
        }
        on_grid.serve(&current, Arc::clone(&made));
        Ok(Some(made))
    }

    async fn cut_anew(&self, touched: Vec<Touched>) {
        let cuts = touched.into_iter().map(|Touched { tileset, key }| async move {
            // Whoever asks for the tile is told what is wrong.
            if self.tile(&tileset, key.tile, key.encoding, &View::OPEN).await.is_ok() {
                self.metrics.cache_recut.inc();
            }
        });
        stream::iter(cuts).buffer_unordered(RECUT_AT_ONCE).collect::<()>().await;
    }

    /// Tells when another catalog is served, or other revisions.
    pub fn news(&self) -> watch::Receiver<()> {
        self.news.subscribe()
    }

    /// The snapshot `id` of `layer`, as long as it is kept.
    pub async fn snapshot(&self, layer: &LayerId, id: SnapshotId) -> Result<Option<Arc<Dated>>, StoreError> {
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
        let opened = tokio::task::spawn_blocking(move || store.version(&layer, id)).await;
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

    /// Takes the revisions that are in the state directory now, newest adopted first.
    pub async fn set_revisions(&self, revisions: Vec<Revision>) {
        if self.editions.set_named(revisions).await {
            self.news.send_replace(());
        }
    }

    /// The catalog of an edition.
    pub async fn edition(&self, edition: &Edition) -> Result<Arc<Catalog>, Arc<EditionError>> {
        self.editions.catalog(edition, self.kept()).await
    }

    /// The catalog of an edition, or of what changed from one to another.
    pub async fn at(&self, at: &At) -> Result<Arc<Catalog>, Arc<EditionError>> {
        match at {
            At::One(edition) => self.edition(edition).await,
            At::Between([old, new]) => self.drawn(self.difference(old, new).await?).await,
        }
    }

    /// What changed, as layers for tiles.
    pub async fn drawn(&self, difference: Arc<Difference>) -> Result<Arc<Catalog>, Arc<EditionError>> {
        self.editions.drawn(difference).await
    }

    /// What changed from one edition to another.
    pub async fn difference(
        &self,
        old: &Edition,
        new: &Edition,
    ) -> Result<Arc<Difference>, Arc<EditionError>> {
        self.editions.difference(self.edition(old).await?, self.edition(new).await?).await
    }

    pub fn freshness(&self) -> Freshness {
        self.freshness.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Notes that the served state equals its origin now.
    pub fn confirm(&self) {
        self.freshness.lock().unwrap_or_else(PoisonError::into_inner).confirmed_at = Some(Timestamp::now());
    }

    /// Notes why the served state may be old, if anything keeps it so.
    pub fn note_error(&self, error: Option<String>) {
        self.freshness.lock().unwrap_or_else(PoisonError::into_inner).error = error;
    }

    /// Notes how some of the `layers` that there are were exported.
    pub fn note_exports(&self, layers: &[LayerId], exports: &[Export]) {
        let mut freshness = self.freshness.lock().unwrap_or_else(PoisonError::into_inner);
        freshness.exports.retain(|layer, _| layers.contains(layer));
        for export in exports {
            let label = LayerLabel { layer: export.layer.to_string() };
            self.metrics.layer_export_seconds.get_or_create(&label).set(export.seconds);
            self.metrics.exports.inc();
            if export.error.is_some() {
                self.metrics.export_failures.inc();
            }
            freshness.exports.insert(export.layer.clone(), export.clone());
        }
    }

    /// The tile from the cache, or cut now.
    ///
    /// # Errors
    /// [`WorkError::Overloaded`] when too many cuts are waiting already.
    pub async fn tile(
        &self,
        tileset: &Arc<Tileset>,
        tile: TileCoord,
        encoding: Encoding,
        view: &View,
    ) -> Result<ReadyTile, WorkError> {
        let key = TileKey { content: tileset.content(tile), view: view.id(), tile, encoding };
        if let Some(ready) = self.cache.get(&key).await {
            self.metrics.cache_hits.inc();
            return Ok(ready);
        }
        let made =
            self.cache.get_or_make(key, self.make(Arc::clone(tileset), tile, encoding, view.clone())).await;
        if matches!(made, Err(WorkError::Overloaded)) {
            self.metrics.shed.inc();
        }
        made
    }

    fn make(
        &self,
        tileset: Arc<Tileset>,
        tile: TileCoord,
        encoding: Encoding,
        view: View,
    ) -> impl Future<Output = Result<ReadyTile, WorkError>> + Send + 'static {
        let (workers, metrics) = (Arc::clone(&self.workers), Arc::clone(&self.metrics));
        let cut = move || {
            let start = Instant::now();
            let layers: Vec<&TileLayer> = tileset.layers.iter().map(|layer| &layer.tiles).collect();
            let cut = cut(&layers, &tileset, tile, &view);
            let (bytes, encoding) = encoding::encode(cut.bytes.into(), encoding);
            (ReadyTile { bytes, encoding, dropped: cut.dropped }, start.elapsed().as_secs_f64())
        };
        async move {
            metrics.cache_misses.inc();
            let (ready, seconds) = workers.run(cut).await?;
            metrics.cut_seconds.observe(seconds);
            metrics.dropped_features.inc_by(ready.dropped as u64);
            Ok(ready)
        }
    }

    /// Runs `work` on one of the bounded threads.
    ///
    /// # Errors
    /// As [`Workers::run`].
    pub async fn work<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, WorkError> {
        let done = self.workers.run(work).await;
        if matches!(done, Err(WorkError::Overloaded)) {
            self.metrics.shed.inc();
        }
        done
    }

    /// The picture of `tile`, which is one of the tileset's grid, as PNG: from the cache, or drawn now from the vector tiles
    /// at that place. Its grid may be any: ask [`Self::catalog_on`] for the tileset of another than the published one, and
    /// [`TileMatrixSet::tile`](crate::grid::TileMatrixSet::tile) for the coordinate of a level, row and column.
    ///
    /// 256 CSS pixels a side, once or twice as many pixels; transparent where nothing is drawn.
    ///
    /// # Errors
    /// As [`Self::tile`].
    pub async fn picture(
        self: &Arc<Self>,
        tileset: &Arc<Tileset>,
        tile: TileCoord,
        look: Look,
        view: &View,
    ) -> Result<ReadyTile, WorkError> {
        let (frame, above) = Frame::of(&tileset.grid, tile, look.scale);
        let around = picture::around(&tileset.grid, above);
        let contents = around.iter().map(|(_, tile)| tileset.content(*tile));
        let content =
            TileContent::of(contents, &format!("{} {}", self.brush(look.theme), look.scale.pixels()));
        let key = TileKey { content, view: view.id(), tile, encoding: Encoding::Identity };
        if let Some(ready) = self.cache.get(&key).await {
            self.metrics.cache_hits.inc();
            return Ok(ready);
        }
        let paint = Arc::clone(self).paint(Arc::clone(tileset), frame, around, look.theme, view.clone());
        self.cache.get_or_make(key, paint).await
    }

    /// The version of the pictures of `tileset` in `theme`.
    pub fn picture_version(&self, tileset: &Tileset, theme: Theme) -> Version {
        tileset.version.drawn(&self.brush(theme))
    }

    /// The tileset `name` whose pictures in `theme` have `version`, as long as it is kept.
    pub fn pictured_at(&self, name: &str, version: Version, theme: Theme) -> Option<Arc<Tileset>> {
        let kept = self.kept();
        kept.iter()
            .filter_map(|catalog| catalog.tileset(name).ok())
            .find(|tileset| self.picture_version(tileset, theme) == version)
    }

    /// All that pictures in `theme` are made with beside tiles.
    fn brush(&self, theme: Theme) -> String {
        format!("{} {}", picture::PAINTER_VERSION, self.sheets.of(theme).version)
    }

    async fn paint(
        self: Arc<Self>,
        tileset: Arc<Tileset>,
        frame: Frame,
        around: Vec<([i8; 2], TileCoord)>,
        theme: Theme,
        view: View,
    ) -> Result<ReadyTile, WorkError> {
        self.metrics.cache_misses.inc();
        let tiles = around.into_iter().map(|(place, tile)| {
            let (service, tileset, view) = (&self, &tileset, &view);
            async move { Ok((place, service.tile(tileset, tile, Encoding::Zstd, view).await?)) }
        });
        let tiles = try_join_all(tiles).await?;
        let (sheets, font) = (Arc::clone(&self.sheets), Arc::clone(&self.font));
        let dropped = tiles.iter().map(|(_, tile)| tile.dropped).sum();
        let drawn = self.work(move || {
            let sheet = sheets.of(theme);
            let parts = sheet.parts(&tileset.layers);
            let read = |tile: &ReadyTile| {
                let bytes = encoding::decode(&tile.bytes, tile.encoding);
                Layers::read(&bytes, |name| parts.iter().any(|part| part.source_layer == name))
            };
            let tiles = tiles.iter().map(|(place, tile)| (*place, read(tile))).collect();
            picture::draw(&Scene { parts: &parts, sprite: &sheet.sprite, font: &font, frame, tiles })
        });
        let bytes = drawn.await?.ok_or(WorkError::Aborted)?;
        Ok(ReadyTile { bytes: bytes.into(), encoding: Encoding::Identity, dropped })
    }

    /// The metrics text, with the gauges read now.
    pub fn metrics_text(&self) -> String {
        self.metrics.cache_entries.set(self.cache.entries() as i64);
        self.metrics.cache_bytes.set(self.cache.weight() as i64);
        self.metrics.queue_length.set(self.workers.waiting() as i64);
        if let Some(pool) = self.database.as_ref().map(Database::status) {
            self.metrics.database_connections.set(pool.size as i64);
            self.metrics.database_idle.set(pool.available as i64);
        }
        for layer in self.catalog().iter().flat_map(|catalog| catalog.layers().to_vec()) {
            let label = LayerLabel { layer: layer.id().to_string() };
            self.metrics.layer_age.get_or_create(&label).set(layer.age_seconds());
            self.metrics.layer_features.get_or_create(&label).set(layer.snapshot.feature_count() as i64);
        }
        self.metrics.encode()
    }
}

/// The tile of `view`.
fn cut(layers: &[&TileLayer], tileset: &Tileset, tile: TileCoord, view: &View) -> Tile {
    let Some(conditions) = view.conditions() else {
        return tile::cut(layers, &tileset.grid, tile, tileset.max_tile);
    };
    let evaluators: Vec<_> = layers
        .iter()
        .zip(conditions)
        .map(|(layer, condition)| (layer.snapshot(), Evaluator::new(condition)))
        .collect();
    let keep: Vec<_> = evaluators
        .iter()
        .map(|(snapshot, evaluator)| {
            |position: u32| {
                let position = position as usize;
                evaluator.matches(&snapshot.row(position), &snapshot.feature_bounds(position))
            }
        })
        .collect();
    let keep: Vec<Keep> = keep.iter().map(|keep| keep as Keep).collect();
    tile::cut_kept(layers, &keep, &tileset.grid, tile, tileset.max_tile)
}
