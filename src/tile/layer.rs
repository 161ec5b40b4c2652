//! One layer made ready for cutting.

use super::{attributes::Attributes, pyramid::Pyramid};
use crate::{grid::TileMatrixSet, snapshot::Snapshot};
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
    /// For each column, whether tiles carry it.
    pub(super) wanted: Vec<bool>,
}

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
        Ok(Self { snapshot, grid: grid.clone(), attributes, pyramid, columns, wanted })
    }

    pub fn snapshot(&self) -> &Arc<Snapshot> {
        &self.snapshot
    }
}
