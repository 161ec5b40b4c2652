//! One layer made ready for cutting.

use super::{attributes::Attributes, pyramid::Pyramid};
use crate::{
    grid::TileMatrixSet,
    plan::{GeometryKind, Layer},
    snapshot::Snapshot,
};
use std::sync::Arc;

/// A snapshot with what is worked out once when it is opened: coded attributes and, for low zooms, simplified
/// geometry. Immutable and shared by all threads.
pub struct TileLayer {
    pub(super) snapshot: Arc<Snapshot>,
    pub(super) grid: TileMatrixSet,
    pub(super) attributes: Attributes,
    pub(super) pyramid: Pyramid,
    /// Names of the columns, in the order of `Layer::fields`.
    pub(super) columns: Vec<String>,
    /// For each column, whether the layer carries it in tiles.
    pub(super) wanted: Vec<bool>,
    /// The companion layer of names.
    pub(super) labels: Option<Labels>,
}

/// The companion layer of a polygon layer, with a point for each polygon's name.
pub(super) struct Labels {
    pub name: String,
    /// For each column, whether the points carry it.
    pub wanted: Vec<bool>,
}

/// Columns that the points of names carry.
const LABEL_COLUMNS: [&str; 2] = ["name", "code"];

#[derive(Debug, thiserror::Error)]
pub enum PrepareError {
    #[error("layer {0} is too large to cut tiles from: 4 billion features or 4 GB of distinct values")]
    TooLarge(crate::plan::LayerId),
}

impl TileLayer {
    /// Prepares `snapshot` for tiles of `grid`.
    ///
    /// # Errors
    /// [`PrepareError::TooLarge`] when positions in the layer do not fit 32 bits.
    pub fn prepare(snapshot: Arc<Snapshot>, grid: &TileMatrixSet) -> Result<Self, PrepareError> {
        let too_large = || PrepareError::TooLarge(snapshot.layer.id.clone());
        u32::try_from(snapshot.feature_count()).map_err(|_| too_large())?;
        let attributes = Attributes::new(&snapshot).ok_or_else(too_large)?;
        let pyramid = Pyramid::build(&snapshot, grid).ok_or_else(too_large)?;
        let columns: Vec<String> = snapshot.layer.fields.iter().map(|f| f.name.clone()).collect();
        let wanted = vec![true; columns.len()];
        let labels = Labels::of(&snapshot.layer);
        Ok(Self { snapshot, grid: grid.clone(), attributes, pyramid, columns, wanted, labels })
    }

    /// The MVT layers that tiles of this layer may hold, with their columns.
    pub fn mvt_layers(&self) -> Vec<(&str, Vec<&str>)> {
        let columns = |wanted: &[bool]| -> Vec<&str> {
            self.columns.iter().zip(wanted).filter(|(_, w)| **w).map(|(c, _)| c.as_str()).collect()
        };
        let labels = self.labels.iter().map(|l| (l.name.as_str(), columns(&l.wanted)));
        std::iter::once((self.snapshot.layer.id.as_str(), columns(&self.wanted))).chain(labels).collect()
    }

    pub fn snapshot(&self) -> &Arc<Snapshot> {
        &self.snapshot
    }
}

impl Labels {
    /// `None` for layers other than of polygons, and for those without a column to write.
    fn of(layer: &Layer) -> Option<Self> {
        let wanted: Vec<bool> =
            layer.fields.iter().map(|f| LABEL_COLUMNS.contains(&f.name.as_str())).collect();
        let some = layer.geometry == GeometryKind::Polygon && wanted.contains(&true);
        some.then(|| Self { name: format!("{}_label", layer.id), wanted })
    }
}
