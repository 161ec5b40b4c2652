//! The editions of the plan beside the current one: revisions, opened when they are asked for, and what changed from
//! one edition to another.
//!
//! A revision shares what it has in common with the catalogs that are open: layers, and by what tiles hold the tile
//! cache.

mod at;
mod shelf;

pub use at::{At, AtError, Edition};

use crate::{
    catalog::{Catalog, PLAN, PublishedLayer, Tileset, Version},
    config,
    difference::{Difference, DifferenceError},
    extract::{Extract, Part},
    extracts::Extracts,
    plan::{LayerId, Rules},
    publisher::{prepare, served_grid},
    snapshot::{FormerSet, Origin, Revision, RevisionLayer, RevisionName, SnapshotId, Store, StoreError},
    tile::PrepareError,
    workers::aside,
};
use arc_swap::ArcSwap;
use shelf::Shelf;
use std::sync::Arc;

/// Revisions that are held open, and differences. Each takes about 60 bytes of memory a feature beside its mapped files.
const OPEN_REVISIONS: u64 = 8;
const OPEN_DIFFERENCES: u64 = 8;

#[derive(Debug, thiserror::Error)]
pub enum EditionError {
    #[error("nothing is published yet")]
    Nothing,
    #[error("there is no revision `{0}`; /revisions lists them")]
    NoRevision(RevisionName),
    #[error("the version {0} of the plan is not kept")]
    NotKept(Version),
    #[error("revision {name}: {cause}")]
    Damaged { name: RevisionName, cause: LayerError },
    #[error("the version {version} of the plan: {cause}")]
    Unopened { version: Version, cause: LayerError },
    #[error("two editions cannot be compared: {0}")]
    Incomparable(#[from] DifferenceError),
    #[error("the server is going down")]
    Stopped,
}

impl EditionError {
    /// Whether others may know the edition.
    pub fn is_unknown(&self) -> bool {
        matches!(self, Self::NoRevision(_) | Self::NotKept(_))
    }
}

/// Why a layer cannot be opened.
#[derive(Debug, thiserror::Error)]
pub enum LayerError {
    #[error(transparent)]
    Damaged(#[from] StoreError),
    #[error(transparent)]
    Unprepared(#[from] PrepareError),
}

pub struct Editions {
    store: Arc<Store>,
    tiles: Arc<config::Tiles>,
    extracts: Arc<Extracts>,
    /// Newest adopted first.
    named: ArcSwap<Vec<Named>>,
    opened: Shelf<Version, Catalog>,
    differences: Shelf<[Version; 2], Difference>,
    drawn: Shelf<[Version; 2], Catalog>,
}

/// A revision and its version of the whole plan.
pub struct Named {
    pub revision: Revision,
    pub version: Version,
    /// The ids of the extracts of its layers: by them the versions are known that others see, before any is opened.
    extracts: ExtractIds,
}

type ExtractIds = Vec<(LayerId, Vec<(Extract, SnapshotId)>)>;

impl Named {
    /// A layer as somebody sees it.
    fn part(&self, layer: &RevisionLayer, part: &Part) -> Option<RevisionLayer> {
        let snapshot = match part {
            Part::Whole => layer.snapshot,
            Part::Extract(wanted) => {
                let (_, extracts) = self.extracts.iter().find(|(id, _)| *id == layer.id)?;
                extracts.iter().find(|(extract, _)| extract == wanted)?.1
            }
            Part::Nothing => return None,
        };
        Some(RevisionLayer { snapshot, ..layer.clone() })
    }
}

impl Editions {
    pub fn new(store: Arc<Store>, tiles: config::Tiles, extracts: Arc<Extracts>) -> Self {
        Self {
            store,
            tiles: Arc::new(tiles),
            extracts,
            named: ArcSwap::default(),
            opened: Shelf::new(OPEN_REVISIONS),
            differences: Shelf::new(OPEN_DIFFERENCES),
            drawn: Shelf::new(OPEN_DIFFERENCES),
        }
    }

    /// The revisions that there are, newest adopted first.
    pub fn named(&self) -> Arc<Vec<Named>> {
        self.named.load_full()
    }

    /// Takes what is in the state directory now, newest adopted first; tells whether that is something else.
    pub async fn set_named(&self, revisions: Vec<Revision>) -> bool {
        if self.named.load().iter().map(|named| &named.revision).eq(&revisions) {
            return false;
        }
        let named = |(revision, extracts): (Revision, _)| {
            let version = self.version(revision.layers.iter());
            Named { revision, version, extracts }
        };
        let named = self.with_extracts(revisions).await.into_iter().map(named);
        let named: Arc<Vec<_>> = Arc::new(named.collect());
        self.named.store(Arc::clone(&named));
        self.opened.keep(|version| named.iter().any(|named| named.version == *version)).await;
        true
    }

    /// Revisions with the ids of the extracts of their layers; none when the server goes down.
    async fn with_extracts(&self, revisions: Vec<Revision>) -> Vec<(Revision, ExtractIds)> {
        let (known, extracts) = (self.named(), Arc::clone(&self.extracts));
        let of_layer =
            move |layer: &RevisionLayer| (layer.id.clone(), extracts.ids(&layer.id, layer.snapshot));
        let with_extracts = move |revision: Revision| {
            let same = known.iter().find(|named| named.revision == revision);
            let made = || revision.layers.iter().map(&of_layer).collect();
            let ids = same.map_or_else(made, |same| same.extracts.clone());
            (revision, ids)
        };
        aside(move || revisions.into_iter().map(with_extracts).collect()).await.unwrap_or_default()
    }

    /// Revisions with what of their layers `part` says.
    pub fn with<'a>(&self, named: &[Named], part: impl Fn(&LayerId) -> &'a Part) -> Vec<Named> {
        let with = |named: &Named| {
            let layers = named.revision.layers.iter();
            let layers = layers.filter_map(|layer| named.part(layer, part(&layer.id))).collect();
            let revision = Revision { layers, ..named.revision.clone() };
            let version = self.version(revision.layers.iter());
            Named { revision, version, extracts: vec![] }
        };
        named.iter().map(with).collect()
    }

    /// The revisions that are open.
    pub fn open(&self) -> Vec<Arc<Catalog>> {
        self.opened.all()
    }

    /// The version of a tileset of `layers`. Nothing is opened for it.
    fn version<'a>(&self, layers: impl Iterator<Item = &'a RevisionLayer>) -> Version {
        let unruled = Rules::default();
        let layers = layers
            .map(|layer| (&layer.id, layer.snapshot, self.tiles.rules.get(&layer.id).unwrap_or(&unruled)));
        Version::of(layers, &served_grid(), self.tiles.max_tile())
    }

    /// The version of the tileset `name`; `None` when the revision has no such tileset.
    pub fn version_of(&self, named: &Named, name: &str) -> Option<Version> {
        if name == PLAN { Some(named.version) } else { self.version_among(&named.revision.layers, name) }
    }

    fn version_among(&self, layers: &[RevisionLayer], name: &str) -> Option<Version> {
        if name == PLAN {
            return Some(self.version(layers.iter()));
        }
        let ids: Vec<_> = name.split(',').collect();
        let layers = layers.iter().filter(|layer| ids.contains(&layer.id.as_str()));
        (layers.clone().count() == ids.len()).then(|| self.version(layers))
    }

    /// The catalog of `edition`, opened when it is not among those that are `kept` (newest first, the current one in
    /// front) or open.
    pub async fn catalog(
        &self,
        edition: &Edition,
        kept: Vec<Arc<Catalog>>,
    ) -> Result<Arc<Catalog>, Arc<EditionError>> {
        match edition {
            Edition::Current => kept.into_iter().next().ok_or_else(|| EditionError::Nothing.into()),
            Edition::Named(name) => {
                let named = self.named();
                let named = named.iter().find(|named| named.revision.name == *name);
                let named = named.ok_or_else(|| EditionError::NoRevision(name.clone()))?;
                self.open_revision(named, kept).await
            }
            Edition::Version(version) => {
                if let Some(catalog) = kept.iter().find(|catalog| catalog.version() == *version) {
                    return Ok(Arc::clone(catalog));
                }
                let named = self.named();
                if let Some(named) = named.iter().find(|named| named.version == *version) {
                    return self.open_revision(named, kept).await;
                }
                let announced = self.store.announced();
                let set = announced.into_iter().find(|set| self.version(set.layers.iter()) == *version);
                self.open_announced(set.ok_or(EditionError::NotKept(*version))?, kept).await
            }
        }
    }

    /// The tileset `name` of `version` in a revision; `None` when it is in none.
    pub async fn tileset(
        &self,
        name: &str,
        version: Version,
        kept: Vec<Arc<Catalog>>,
    ) -> Result<Option<Arc<Tileset>>, Arc<EditionError>> {
        let of_version =
            |catalog: &Catalog| catalog.tileset(name).ok().filter(|tileset| tileset.version == version);
        if let Some(tileset) = self.opened.find(of_version).await {
            return Ok(Some(tileset));
        }
        let named = self.named();
        let Some(named) = named.iter().find(|named| self.version_of(named, name) == Some(version)) else {
            return self.announced(name, |found| found == version, kept).await;
        };
        Ok(self.open_revision(named, kept).await?.tileset(name).ok())
    }

    /// The tileset `name` of a set without a name that some replica has announced, whose version `is` the wanted one.
    pub async fn announced(
        &self,
        name: &str,
        is: impl Fn(Version) -> bool,
        kept: Vec<Arc<Catalog>>,
    ) -> Result<Option<Arc<Tileset>>, Arc<EditionError>> {
        let has_it = |set: &FormerSet| self.version_among(&set.layers, name).is_some_and(&is);
        let Some(set) = self.store.announced().into_iter().find(has_it) else { return Ok(None) };
        Ok(self.open_announced(set, kept).await?.tileset(name).ok())
    }

    /// Catalogs of the sets that were announced last, newest first, as far as they can be opened.
    pub async fn announced_last(&self, count: usize, kept: &[Arc<Catalog>]) -> Vec<Arc<Catalog>> {
        let mut catalogs = vec![];
        for set in self.store.announced().into_iter().take(count) {
            match self.open_announced(set, kept.to_vec()).await {
                Ok(catalog) => catalogs.push(catalog),
                Err(error) => tracing::debug!(%error, "an announced version cannot be opened"),
            }
        }
        catalogs
    }

    async fn open_announced(
        &self,
        set: FormerSet,
        kept: Vec<Arc<Catalog>>,
    ) -> Result<Arc<Catalog>, Arc<EditionError>> {
        let version = self.version(set.layers.iter());
        if let Some(catalog) = kept.iter().find(|catalog| catalog.version() == version) {
            return Ok(Arc::clone(catalog));
        }
        let opening = self.opening(kept);
        let open = move || {
            let opened = opening.open(set.origin, &set.layers);
            opened.map_err(|cause| EditionError::Unopened { version, cause })
        };
        self.opened.get_or_make(version, || EditionError::Stopped, open).await
    }

    fn opening(&self, kept: Vec<Arc<Catalog>>) -> Opening {
        let open = kept.into_iter().chain(self.open()).collect();
        let (store, tiles) = (Arc::clone(&self.store), Arc::clone(&self.tiles));
        Opening { store, tiles, extracts: Arc::clone(&self.extracts), open }
    }

    async fn open_revision(
        &self,
        Named { revision, version, .. }: &Named,
        kept: Vec<Arc<Catalog>>,
    ) -> Result<Arc<Catalog>, Arc<EditionError>> {
        if let Some(catalog) = kept.iter().find(|catalog| catalog.version() == *version) {
            return Ok(Arc::clone(catalog));
        }
        let (opening, revision) = (self.opening(kept), revision.clone());
        let open = move || opening.open_revision(&revision);
        self.opened.get_or_make(*version, || EditionError::Stopped, open).await
    }

    /// What changed from `old` to `new`.
    pub async fn difference(
        &self,
        old: Arc<Catalog>,
        new: Arc<Catalog>,
    ) -> Result<Arc<Difference>, Arc<EditionError>> {
        let store = Arc::clone(&self.store);
        let versions = [old.version(), new.version()];
        let compare = move || Ok(Difference::between(&old, &new, store.aside())?);
        self.differences.get_or_make(versions, || EditionError::Stopped, compare).await
    }

    /// What changed, as layers for tiles.
    pub async fn drawn(&self, difference: Arc<Difference>) -> Result<Arc<Catalog>, Arc<EditionError>> {
        let (store, tiles) = (Arc::clone(&self.store), Arc::clone(&self.tiles));
        let versions = difference.versions;
        let draw = move || Ok(difference.drawn(&tiles, store.aside())?);
        self.drawn.get_or_make(versions, || EditionError::Stopped, draw).await
    }
}

/// Opening a revision.
struct Opening {
    store: Arc<Store>,
    tiles: Arc<config::Tiles>,
    extracts: Arc<Extracts>,
    /// What is open already.
    open: Vec<Arc<Catalog>>,
}

impl Opening {
    fn open_revision(&self, revision: &Revision) -> Result<Catalog, EditionError> {
        self.open(revision.origin, &revision.layers).map_err(|cause| {
            let name = revision.name.clone();
            if self.is_removed(revision) {
                tracing::debug!(error = %cause, "removed while it was being opened");
                return EditionError::NoRevision(name);
            }
            EditionError::Damaged { name, cause }
        })
    }

    fn open(&self, origin: Origin, layers: &[RevisionLayer]) -> Result<Catalog, LayerError> {
        let layers = layers.iter().map(|layer| self.layer(layer)).collect::<Result<_, _>>()?;
        Ok(Catalog::new(origin, &served_grid(), layers, self.tiles.max_tile()))
    }

    fn layer(&self, layer: &RevisionLayer) -> Result<Arc<PublishedLayer>, LayerError> {
        let mut open = self.open.iter().filter_map(|catalog| catalog.layer(&layer.id));
        if let Some(open) = open.find(|open| open.snapshot.id == layer.snapshot) {
            return Ok(Arc::clone(open));
        }
        let snapshot = self.store.open_snapshot(&layer.id, layer.snapshot)?;
        let grid = served_grid();
        let tiles = prepare(&self.store, &self.tiles.rules, &grid, snapshot, None)?;
        Ok(self.extracts.of(PublishedLayer::after(None, tiles, layer.published_at), &grid, None))
    }

    fn is_removed(&self, revision: &Revision) -> bool {
        self.store.revisions().is_ok_and(|revisions| revisions.get(&revision.name).is_none())
    }
}
