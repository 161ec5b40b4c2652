//! What is served right now: an immutable value behind one atomic pointer.

use crate::{
    extract::{Extract, Part},
    grid::{MAX_ZOOM, QuadGrid, TileCoord},
    lineage::Lineage,
    plan::{LayerId, Rules},
    snapshot::{Bounds, Origin, Snapshot, SnapshotId},
    tile::{self, TileLayer},
};
use jiff::Timestamp;
use std::{
    collections::{BTreeSet, HashMap},
    fmt,
    str::FromStr,
    sync::Arc,
};

/// The tileset of all layers.
pub const PLAN: &str = "plan";

/// A snapshot and when it was published.
pub struct Dated {
    pub snapshot: Arc<Snapshot>,
    pub published_at: Timestamp,
}

/// One layer as it is served: its snapshot and what tiles are cut from.
pub struct PublishedLayer {
    pub snapshot: Arc<Snapshot>,
    pub tiles: TileLayer,
    pub published_at: Timestamp,
    pub lineage: Lineage,
    /// The same for those who see a part of it, as far as it could be made.
    pub extracts: Vec<(Extract, Arc<PublishedLayer>)>,
}

impl PublishedLayer {
    /// The layer that replaces the one that is `served`, on the same grid.
    pub fn after(served: Option<&Self>, tiles: TileLayer, published_at: Timestamp) -> Self {
        let snapshot = Arc::clone(tiles.snapshot());
        let lineage = match served {
            Some(served) => served.lineage.after(&served.tiles, &tiles),
            None => Lineage::new(snapshot.id),
        };
        Self { snapshot, tiles, published_at, lineage, extracts: vec![] }
    }

    pub fn extract(&self, wanted: &Extract) -> Option<&Arc<Self>> {
        self.extracts.iter().find(|(extract, _)| extract == wanted).map(|(_, layer)| layer)
    }

    /// What of it somebody sees: nothing where what they may see could not be made.
    pub fn part(self: &Arc<Self>, part: &Part) -> Option<Arc<Self>> {
        match part {
            Part::Whole => Some(Arc::clone(self)),
            Part::Extract(extract) => self.extract(extract).map(Arc::clone),
            Part::Nothing => None,
        }
    }

    pub fn id(&self) -> &LayerId {
        &self.snapshot.layer.id
    }

    /// Since it was published, by a clock that may have been set.
    pub fn age_seconds(&self) -> i64 {
        (Timestamp::now().as_second() - self.published_at.as_second()).max(0)
    }

    pub fn dated(&self) -> Dated {
        Dated { snapshot: Arc::clone(&self.snapshot), published_at: self.published_at }
    }
}

/// Layers cut together on one grid.
pub struct Tileset {
    /// As it stands in URLs: `plan`, a layer id, or ids joined by commas in the catalog's order.
    pub name: String,
    pub version: Version,
    pub grid: QuadGrid,
    /// Most bytes of a tile before compression.
    pub max_tile: usize,
    pub layers: Vec<Arc<PublishedLayer>>,
    /// What tiles hold that no edit has touched.
    base: TileContent,
    /// Whether there are others.
    edited: bool,
}

/// What a tile of a tileset holds: where it is equal, so are the bytes of a tile, whatever the version.
///
/// Made of content hashes: of all that a version is made of, but for each layer the snapshot in which the tile
/// changed last.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq, Hash)]
pub struct TileContent(u128);

impl TileContent {
    /// What is made of `contents` and of what `with` names.
    pub fn of(contents: impl IntoIterator<Item = Self>, with: &str) -> Self {
        let mut text = with.to_owned();
        for content in contents {
            text += &format!(" {:x}", content.0);
        }
        Self(u128::from_be_bytes(*SnapshotId::of(text.as_bytes()).as_bytes()))
    }
}

/// Content hash of what a tileset serves: its snapshots, the rules by which they are drawn, the grid, the size
/// that a tile may have and the engine that cuts it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Version(SnapshotId);

impl Version {
    /// Each layer with the snapshot of it that counts, and its rules.
    pub fn of<'a>(
        layers: impl IntoIterator<Item = (&'a LayerId, SnapshotId, &'a Rules)>,
        grid: &QuadGrid,
        max_tile: usize,
    ) -> Self {
        let mut text = format!("{}\n{grid:?}\n{max_tile}\n", tile::ENGINE_VERSION);
        for (layer, snapshot, rules) in layers {
            text += &format!("{layer} {snapshot} {rules:?}\n");
        }
        Self(SnapshotId::of(text.as_bytes()))
    }
}

impl Version {
    /// The version of what is drawn of this one by what `with` names.
    pub fn drawn(self, with: &str) -> Self {
        Self(SnapshotId::of(format!("{self} {with}").as_bytes()))
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl FromStr for Version {
    type Err = <SnapshotId as FromStr>::Err;
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        text.parse().map(Self)
    }
}

/// All published layers in legend order, cut on one grid.
pub struct Catalog {
    pub origin: Origin,
    plan: Arc<Tileset>,
    single: HashMap<LayerId, Arc<Tileset>>,
}

#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum TilesetError {
    #[error("there is no layer `{0}`")]
    UnknownLayer(String),
    #[error("the layer `{0}` is named twice")]
    RepeatedLayer(LayerId),
}

impl Catalog {
    /// `layers` are prepared for `grid`; `max_tile` is the most bytes of a tile before compression.
    pub fn new(origin: Origin, grid: &QuadGrid, layers: Vec<Arc<PublishedLayer>>, max_tile: usize) -> Self {
        let tileset =
            |name: &str, layers| Arc::new(Tileset::new(name.to_owned(), grid.clone(), max_tile, layers));
        let single = layers
            .iter()
            .map(|layer| (layer.id().clone(), tileset(layer.id().as_str(), vec![Arc::clone(layer)])))
            .collect();
        Self { origin, plan: tileset(PLAN, layers), single }
    }

    /// The same with what of its layers `part` says.
    pub fn with<'a>(&self, part: impl Fn(&LayerId) -> &'a Part) -> Self {
        let layers = self.layers().iter().filter_map(|layer| layer.part(part(layer.id()))).collect();
        Self::new(self.origin, self.grid(), layers, self.max_tile())
    }

    pub fn grid(&self) -> &QuadGrid {
        &self.plan.grid
    }

    /// Most bytes of a tile before compression.
    pub fn max_tile(&self) -> usize {
        self.plan.max_tile
    }

    pub fn layers(&self) -> &[Arc<PublishedLayer>] {
        &self.plan.layers
    }

    pub fn layer(&self, id: &LayerId) -> Option<&Arc<PublishedLayer>> {
        self.single.get(id)?.layers.first()
    }

    /// Whether this very snapshot is one of its layers.
    pub fn holds(&self, snapshot: &Snapshot) -> bool {
        self.layer(&snapshot.layer.id).is_some_and(|layer| layer.snapshot.id == snapshot.id)
    }

    /// The tileset of all layers, then one for each of them.
    pub fn tilesets(&self) -> impl Iterator<Item = &Arc<Tileset>> {
        std::iter::once(&self.plan).chain(self.single.values())
    }

    /// When the newest of its layers was published.
    pub fn published_at(&self) -> Timestamp {
        self.layers().iter().map(|layer| layer.published_at).max().unwrap_or(Timestamp::UNIX_EPOCH)
    }

    /// Version of everything that is served.
    pub fn version(&self) -> Version {
        self.plan.version
    }

    /// The tileset `name`: `plan`, a layer id, or layer ids joined by commas.
    ///
    /// Joined ids are put into the catalog's order, so that one set of layers has one version and one place
    /// in the cache; an id named twice is refused, since it would only multiply the work.
    pub fn tileset(&self, name: &str) -> Result<Arc<Tileset>, TilesetError> {
        if name == PLAN {
            return Ok(Arc::clone(&self.plan));
        }
        if !name.contains(',') {
            return self.find(name).map(Arc::clone);
        }
        let selection = self.selection(name.split(','))?;
        let selected = |layer: &&Arc<PublishedLayer>| selection.layers.iter().any(|l| l.id() == layer.id());
        Ok(self.joined(self.layers().iter().filter(selected).cloned().collect()))
    }

    /// The tileset of the layers with these ids, in this order.
    pub fn selection<'a>(
        &self,
        ids: impl IntoIterator<Item = &'a str>,
    ) -> Result<Arc<Tileset>, TilesetError> {
        let (mut layers, mut wanted) = (vec![], BTreeSet::new());
        for id in ids {
            let layer = &self.find(id)?.layers[0];
            if !wanted.insert(layer.id().clone()) {
                return Err(TilesetError::RepeatedLayer(layer.id().clone()));
            }
            layers.push(Arc::clone(layer));
        }
        Ok(self.joined(layers))
    }

    fn find(&self, id: &str) -> Result<&Arc<Tileset>, TilesetError> {
        let found = LayerId::new(id).ok().and_then(|id| self.single.get(&id));
        found.ok_or_else(|| TilesetError::UnknownLayer(id.chars().take(80).collect()))
    }

    fn joined(&self, layers: Vec<Arc<PublishedLayer>>) -> Arc<Tileset> {
        let name = layers.iter().map(|layer| layer.id().as_str()).collect::<Vec<_>>().join(",");
        Arc::new(Tileset::new(name, self.plan.grid.clone(), self.plan.max_tile, layers))
    }
}

impl Tileset {
    fn new(name: String, grid: QuadGrid, max_tile: usize, layers: Vec<Arc<PublishedLayer>>) -> Self {
        let of = |snapshot: fn(&PublishedLayer) -> SnapshotId| {
            let counted = layers.iter().map(|layer| (layer.id(), snapshot(layer), layer.tiles.rules()));
            Version::of(counted, &grid, max_tile)
        };
        let version = of(|layer| layer.snapshot.id);
        let base = of(|layer| layer.lineage.base());
        let base = TileContent(u128::from_be_bytes(*base.0.as_bytes()));
        let edited = layers.iter().any(|layer| layer.lineage.has_changes());
        Self { name, version, grid, max_tile, layers, base, edited }
    }

    /// What `tile` holds.
    pub fn content(&self, tile: TileCoord) -> TileContent {
        if !self.edited {
            return self.base;
        }
        let changed = self.layers.iter().filter_map(|layer| layer.lineage.changed(tile));
        // Hashes of different things: none takes another out.
        let content = changed.fold(self.base.0, |sum, id| sum ^ u128::from_be_bytes(*id.as_bytes()));
        TileContent(content)
    }

    /// Extent of all features, degrees; `None` when the layers are empty.
    pub fn bounds(&self) -> Option<Bounds> {
        self.layers.iter().filter_map(|layer| layer.snapshot.bounds).reduce(Bounds::union)
    }

    /// First zoom with something in it.
    pub fn minzoom(&self) -> u8 {
        self.layers.iter().map(|layer| layer.tiles.minzoom()).min().unwrap_or(0)
    }

    pub fn maxzoom(&self) -> u8 {
        MAX_ZOOM
    }
}
