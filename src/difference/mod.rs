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
    catalog::{Catalog, PublishedLayer, Version},
    config,
    grid::QuadGrid,
    lineage::Lineage,
    plan::LayerId,
    snapshot::WriteError,
    tile::{PrepareError, TileLayer},
};
use std::{path::Path, sync::Arc};

/// What changed in every layer of two editions. It lies in files without names, which go with it.
pub struct Difference {
    /// The version of the old plan and of the new one.
    pub versions: [Version; 2],
    /// Every layer of the new edition in legend order, then those that only the old one has.
    pub layers: Vec<LayerDifference>,
    /// The same layers, for tiles and downloads.
    pub catalog: Arc<Catalog>,
}

#[derive(Debug, thiserror::Error)]
pub enum DifferenceError {
    #[error(transparent)]
    Write(#[from] WriteError),
    #[error(transparent)]
    Prepare(#[from] PrepareError),
}

impl Difference {
    /// Compares `old` and `new`. Layers are drawn after the rules in `tiles`, without points for names.
    ///
    /// # Errors
    /// When files in `directory` cannot be written.
    pub fn between(
        old: &Catalog,
        new: &Catalog,
        tiles: &config::Tiles,
        directory: &Path,
    ) -> Result<Self, DifferenceError> {
        let (mut layers, mut drawn) = (vec![], vec![]);
        let gone = old.layers().iter().filter(|layer| new.layer(layer.id()).is_none());
        for described in new.layers().iter().chain(gone) {
            let id = described.id();
            let sides = [old, new].map(|catalog| catalog.layer(id).map(Arc::as_ref));
            let [was, is] = sides.map(|layer| layer.map(|layer| layer.snapshot.as_ref()));
            let layer = LayerDifference::between(&described.snapshot.layer, was, is, directory)?;
            let published_at =
                sides.iter().flatten().map(|layer| layer.published_at).max().unwrap_or_default();
            drawn.push(Arc::new(PublishedLayer {
                tiles: prepared(&layer, id, new.grid(), tiles, directory)?,
                snapshot: Arc::clone(&layer.snapshot),
                published_at,
                lineage: Lineage::new(layer.snapshot.id),
            }));
            layers.push(layer);
        }
        let versions = [old.version(), new.version()];
        let catalog = Arc::new(Catalog::new(new.origin, new.grid(), drawn, tiles.max_tile()));
        Ok(Self { versions, layers, catalog })
    }
}

fn prepared(
    layer: &LayerDifference,
    id: &LayerId,
    grid: &QuadGrid,
    tiles: &config::Tiles,
    directory: &Path,
) -> Result<TileLayer, PrepareError> {
    let mut rules = tiles.rules.get(id).cloned().unwrap_or_default();
    // A name beside each of two outlines would say the same twice.
    rules.labels = Some(vec![]);
    TileLayer::prepare_unnamed(Arc::clone(&layer.snapshot), grid, &rules, directory)
}
