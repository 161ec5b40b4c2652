//! The service as callers with one sight of it see it.

use super::Sight;
use crate::{
    cache::ReadyTile,
    catalog::{Catalog, Dated, Tileset, Version},
    difference::Difference,
    editions::{At, Edition, EditionError, Named},
    encoding::Encoding,
    extract::Part,
    features::{Orders, Texts},
    grid::{QuadGrid, TileCoord, TileMatrixSets},
    metrics::Metrics,
    picture::{Drawn, Look},
    plan::LayerId,
    service::{Freshness, Service},
    snapshot::{Bounds, SnapshotId, Store, StoreError},
    statistics::Areas,
    style::{Sheets, Theme},
    view::View,
    workers::WorkError,
};
use std::sync::{Arc, PoisonError, RwLock, Weak};
use tokio::sync::watch;

/// What handlers have of the service: no layer, row or column beyond the sight is in anything that it gives.
pub struct Seen {
    service: Arc<Service>,
    sight: Sight,
    catalogs: Memo<Catalog>,
    named: Memo<Vec<Named>>,
    pub matrix_sets: TileMatrixSets,
    pub sheets: Arc<Sheets>,
    pub orders: Arc<Orders>,
    pub areas: Arc<Areas>,
    pub texts: Arc<Texts>,
    pub metrics: Arc<Metrics>,
}

/// What was made of a thing, for as long as the thing is there.
struct Memo<T>(RwLock<Vec<(Weak<T>, Arc<T>)>>);

impl<T> Memo<T> {
    fn of(&self, whole: &Arc<T>, make: impl FnOnce(&T) -> T) -> Arc<T> {
        let find = |made: &[(Weak<T>, Arc<T>)]| {
            let found = made.iter().find(|(of, _)| std::ptr::eq(of.as_ptr(), Arc::as_ptr(whole)));
            found.map(|(_, made)| Arc::clone(made))
        };
        if let Some(found) = find(&self.0.read().unwrap_or_else(PoisonError::into_inner)) {
            return found;
        }
        let mut all = self.0.write().unwrap_or_else(PoisonError::into_inner);
        if let Some(found) = find(&all) {
            return found;
        }
        let made = Arc::new(make(whole));
        all.retain(|(of, _)| of.strong_count() > 0);
        all.push((Arc::downgrade(whole), Arc::clone(&made)));
        made
    }
}

impl Seen {
    pub fn new(service: Arc<Service>, sight: Sight) -> Self {
        Self {
            sight,
            catalogs: Memo(RwLock::default()),
            named: Memo(RwLock::default()),
            matrix_sets: service.matrix_sets.clone(),
            sheets: Arc::clone(&service.sheets),
            orders: Arc::clone(&service.orders),
            areas: Arc::clone(&service.areas),
            texts: Arc::clone(&service.texts),
            metrics: Arc::clone(&service.metrics),
            service,
        }
    }

    /// The same service, seen otherwise.
    pub fn by(&self, sight: Sight) -> Self {
        Self::new(Arc::clone(&self.service), sight)
    }

    pub fn sight(&self) -> &Sight {
        &self.sight
    }

    /// What of a catalog is seen: always the same value of the same.
    fn of(&self, catalog: Arc<Catalog>) -> Arc<Catalog> {
        if catalog.layers().iter().all(|layer| self.sight.sees_all_of(layer.id())) {
            return catalog;
        }
        self.catalogs.of(&catalog, |catalog| catalog.with(|layer| self.sight.part(layer)))
    }

    /// As [`Service::has_database`].
    pub fn has_database(&self) -> bool {
        self.service.has_database()
    }

    /// As [`Service::catalog`].
    pub fn catalog(&self) -> Option<Arc<Catalog>> {
        self.service.catalog().map(|catalog| self.of(catalog))
    }

    /// As [`Service::catalog_on`].
    pub async fn catalog_on(&self, grid: &QuadGrid) -> Result<Option<Arc<Catalog>>, WorkError> {
        Ok(self.service.catalog_on(grid).await?.map(|catalog| self.of(catalog)))
    }

    /// As [`Service::is_starting`].
    pub fn is_starting(&self) -> bool {
        self.service.is_starting()
    }

    /// As [`Service::early_tile`]: for those who see everything, others wait for what is made for them.
    pub async fn early_tile(
        &self,
        name: &str,
        wanted: Option<Version>,
        tile: TileCoord,
        encoding: Encoding,
    ) -> Option<(Version, ReadyTile)> {
        if !self.sight.is_whole() {
            return None;
        }
        self.service.early_tile(name, wanted, tile, encoding).await
    }

    /// As [`Service::kept`].
    pub fn kept(&self) -> Vec<Arc<Catalog>> {
        self.service.kept().into_iter().map(|catalog| self.of(catalog)).collect()
    }

    /// As [`Service::revisions`]: their layers are those that are seen, and so are their versions.
    pub fn revisions(&self) -> Arc<Vec<Named>> {
        let named = self.service.revisions();
        if self.sight.is_whole() {
            return named;
        }
        self.named.of(&named, |named| self.service.revisions_with(named, |layer| self.sight.part(layer)))
    }

    /// As [`Service::edition`].
    pub async fn edition(&self, edition: &Edition) -> Result<Arc<Catalog>, Arc<EditionError>> {
        let Edition::Version(version) = edition else {
            return Ok(self.of(self.service.edition(edition).await?));
        };
        if self.sight.is_whole() {
            return self.service.edition(edition).await;
        }
        let find =
            |catalogs: Vec<Arc<Catalog>>| catalogs.into_iter().find(|catalog| catalog.version() == *version);
        if let Some(catalog) = find(self.kept()) {
            return Ok(catalog);
        }
        // The version of what is seen of it is nobody else's.
        let revisions = self.revisions();
        let Some(named) = revisions.iter().find(|named| named.version == *version) else {
            return find(self.announced().await).ok_or_else(|| EditionError::NotKept(*version).into());
        };
        Ok(self.of(self.service.edition(&Edition::Named(named.revision.name.clone())).await?))
    }

    /// What of the sets is seen that replicas have announced last; this one may not serve all of them yet.
    async fn announced(&self) -> Vec<Arc<Catalog>> {
        self.service.announced_last().await.into_iter().map(|catalog| self.of(catalog)).collect()
    }

    /// As [`Service::tileset_at`].
    pub async fn tileset_at(
        &self,
        name: &str,
        version: Version,
    ) -> Result<Option<Arc<Tileset>>, Arc<EditionError>> {
        if self.sight.is_whole() {
            return self.service.tileset_at(name, version).await;
        }
        let find = |catalogs: Vec<Arc<Catalog>>| {
            let mut open = catalogs.iter().filter_map(|catalog| catalog.tileset(name).ok());
            open.find(|tileset| tileset.version == version)
        };
        if let Some(tileset) = find(self.kept()) {
            return Ok(Some(tileset));
        }
        let revisions = self.revisions();
        let has_it = |named: &&Named| self.service.version_in(named, name) == Some(version);
        let Some(named) = revisions.iter().find(has_it) else {
            return Ok(find(self.announced().await));
        };
        Ok(self.edition(&Edition::Named(named.revision.name.clone())).await?.tileset(name).ok())
    }

    /// The catalog of an edition, or of what changed from one to another.
    pub async fn at(&self, at: &At) -> Result<Arc<Catalog>, Arc<EditionError>> {
        match at {
            At::One(edition) => self.edition(edition).await,
            At::Between([old, new]) => self.drawn(self.difference(old, new).await?).await,
        }
    }

    /// What changed from one edition to another, of what is seen of both.
    pub async fn difference(
        &self,
        old: &Edition,
        new: &Edition,
    ) -> Result<Arc<Difference>, Arc<EditionError>> {
        self.service.difference(self.edition(old).await?, self.edition(new).await?).await
    }

    /// As [`Service::drawn`].
    pub async fn drawn(&self, difference: Arc<Difference>) -> Result<Arc<Catalog>, Arc<EditionError>> {
        self.service.drawn(difference).await
    }

    /// As [`Service::snapshot`].
    pub async fn snapshot(&self, layer: &LayerId, id: SnapshotId) -> Result<Option<Arc<Dated>>, StoreError> {
        match self.sight.part(layer) {
            Part::Whole => self.service.snapshot(layer, id).await,
            Part::Extract(_) => Ok(self.extract(layer, id).await),
            Part::Nothing => Ok(None),
        }
    }

    /// The extract `id` of a layer in a catalog that is served, or in a revision. None is made of any other version:
    /// which one it would be of is not known beforehand.
    async fn extract(&self, layer: &LayerId, id: SnapshotId) -> Option<Arc<Dated>> {
        let find = |catalog: &Catalog| {
            catalog.layer(layer).filter(|found| found.snapshot.id == id).map(|found| Arc::new(found.dated()))
        };
        if let Some(found) = self.kept().iter().find_map(|catalog| find(catalog)) {
            return Some(found);
        }
        let revisions = self.revisions();
        let has_it = |named: &&Named| named.revision.published_at(layer, id).is_some();
        let Some(named) = revisions.iter().find(has_it) else {
            return self.announced().await.iter().find_map(|catalog| find(catalog));
        };
        let edition = self.edition(&Edition::Named(named.revision.name.clone())).await;
        edition.ok().and_then(|catalog| find(&catalog))
    }

    /// As [`Service::tile`], of a tileset that came from here.
    pub async fn tile(
        &self,
        tileset: &Arc<Tileset>,
        tile: TileCoord,
        encoding: Encoding,
        view: &View,
    ) -> Result<ReadyTile, WorkError> {
        self.service.tile(tileset, tile, encoding, view).await
    }

    /// As [`Service::picture`], of a tileset that came from here.
    pub async fn picture(
        &self,
        tileset: &Arc<Tileset>,
        tile: TileCoord,
        look: Look,
        view: &View,
    ) -> Result<ReadyTile, WorkError> {
        self.service.picture(tileset, tile, look, view).await
    }

    /// As [`Service::print_map`], of a tileset that came from here.
    pub async fn print_map(
        &self,
        tileset: &Arc<Tileset>,
        bounds: &Bounds,
        size: [u32; 2],
        drawn: Vec<Drawn>,
    ) -> Result<Vec<u8>, WorkError> {
        self.service.print_map(tileset, bounds, size, drawn).await
    }

    /// As [`Service::picture_version`].
    pub fn picture_version(&self, tileset: &Tileset, theme: Theme) -> Version {
        self.service.picture_version(tileset, theme)
    }

    /// The tileset `name` whose pictures in `theme` have `version`, as long as it is kept.
    pub async fn pictured_at(
        &self,
        name: &str,
        version: Version,
        theme: Theme,
    ) -> Result<Option<Arc<Tileset>>, Arc<EditionError>> {
        let find = || {
            let kept = self.kept();
            let mut open = kept.iter().filter_map(|catalog| catalog.tileset(name).ok());
            open.find(|tileset| self.picture_version(tileset, theme) == version)
        };
        if let Some(tileset) = find() {
            return Ok(Some(tileset));
        }
        if !self.service.look().await || !self.sight.is_whole() {
            return Ok(find());
        }
        let is = |tiles: Version| self.service.version_of_pictures(tiles, theme) == version;
        self.service.announced(name, is).await
    }

    /// As [`Service::work`].
    pub async fn work<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, WorkError> {
        self.service.work(work).await
    }

    pub fn store(&self) -> &Arc<Store> {
        self.service.store()
    }

    /// As [`Service::news`]; of what is not seen too.
    pub fn news(&self) -> watch::Receiver<()> {
        self.service.news()
    }

    /// As [`Service::freshness`]. An error may name any layer or table, so it is told in full to those who see everything.
    pub fn freshness(&self) -> Freshness {
        let mut freshness = self.service.freshness();
        if !self.sight.is_whole() {
            freshness.exports.retain(|layer, _| self.sight.sees_all_of(layer));
            freshness.error = freshness.error.map(|_| "publishing fails; the log says why".to_owned());
        }
        freshness
    }

    /// As [`Service::metrics_text`], without the series of layers that are not seen as a whole: they count all rows.
    pub fn metrics_text(&self) -> String {
        let text = self.service.metrics_text();
        if self.sight.is_whole() {
            return text;
        }
        text.split_inclusive('\n').filter(|line| self.is_seen(line)).collect()
    }

    fn is_seen(&self, series: &str) -> bool {
        let layer = series.split_once("{layer=\"").and_then(|(_, rest)| rest.split_once('"'));
        layer.is_none_or(|(id, _)| LayerId::new(id).is_ok_and(|id| self.sight.sees_all_of(&id)))
    }
}
