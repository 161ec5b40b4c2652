//! What changed from one edition of the plan to another.
//!
//! The difference of a layer is a layer itself: a snapshot with one row for what was added or removed and two for what
//! was changed, as it was and as it is. So it is cut into tiles, described and downloaded like any other layer.

mod columns;
mod layer;
mod matching;

pub use columns::is_same;
pub use layer::{Change, Counts, GEOMETRY, LayerDifference, OWN_COLUMNS};
pub use matching::MatchedBy;

use crate::{
    catalog::{Catalog, Dated, PublishedLayer, Version},
    config,
    grid::QuadGrid,
    plan::LayerId,
    snapshot::{Origin, WriteError},
    tile::{PrepareError, TileLayer},
};
use jiff::Timestamp;
use std::{path::Path, sync::Arc};

/// What changed in every layer of two editions. It lies in files without names, which go with it.
pub struct Difference {
    /// The version of the old plan and of the new one.
    pub versions: [Version; 2],
    /// Every layer of the new edition in legend order, then those that only the old one has.
    pub layers: Vec<LayerDifference>,
    /// When the newest of what is compared was published.
    published_at: Timestamp,
    origin: Origin,
    grid: QuadGrid,
}

#[derive(Debug, thiserror::Error)]
pub enum DifferenceError {
    #[error(transparent)]
    Write(#[from] WriteError),
    #[error(transparent)]
    Prepare(#[from] PrepareError),
}

impl Difference {
    /// Compares `old` and `new`.
    ///
    /// # Errors
    /// When files in `directory` cannot be written.
    pub fn between(old: &Catalog, new: &Catalog, directory: &Path) -> Result<Self, DifferenceError> {
        let gone = old.layers().iter().filter(|layer| new.layer(layer.id()).is_none());
        let layers = new.layers().iter().chain(gone).map(|described| {
            let snapshot =
                |catalog: &Catalog| catalog.layer(described.id()).map(|layer| Arc::clone(&layer.snapshot));
            let (was, is) = (snapshot(old), snapshot(new));
            LayerDifference::between(&described.snapshot.layer, was.as_deref(), is.as_deref(), directory)
        });
        let times = [old, new].into_iter().flat_map(Catalog::layers).map(|layer| layer.published_at);
        Ok(Self {
            versions: [old.version(), new.version()],
            published_at: times.max().unwrap_or_default(),
            layers: layers.collect::<Result<_, _>>()?,
            origin: new.origin,
            grid: new.grid().clone(),
        })
    }

    /// The snapshot of what changed in a layer.
    pub fn dated(&self, layer: &LayerId) -> Option<Dated> {
        let found = self.layers.iter().find(|difference| difference.snapshot.layer.id == *layer)?;
        Some(Dated { snapshot: Arc::clone(&found.snapshot), published_at: self.published_at })
    }

    /// The layers for tiles, drawn after the rules in `tiles`, without points for names.
    ///
    /// # Errors
    /// When files in `directory` cannot be written.
    pub fn drawn(&self, tiles: &config::Tiles, directory: &Path) -> Result<Catalog, DifferenceError> {
        let layers = self.layers.iter().map(|difference| {
            let snapshot = &difference.snapshot;
            let mut rules = tiles.rules.get(&snapshot.layer.id).cloned().unwrap_or_default();
            // A name beside each of two outlines would say the same twice.
            rules.labels = Some(vec![]);
            let tiles =
                TileLayer::prepare_unnamed(Arc::clone(snapshot), &self.grid, &rules, directory, None)?;
            Ok(Arc::new(PublishedLayer::after(None, tiles, self.published_at)))
        });
        let layers = layers.collect::<Result<_, PrepareError>>()?;
        Ok(Catalog::new(self.origin, &self.grid, layers, tiles.max_tile()))
    }
}
