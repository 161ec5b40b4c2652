//! Simplified geometry of the low zooms.

use crate::{grid::TileMatrixSet, snapshot::Snapshot};

pub struct Pyramid;

impl Pyramid {
    pub fn build(_snapshot: &Snapshot, _grid: &TileMatrixSet) -> Option<Self> {
        Some(Self)
    }
}
