//! The place of a tile in its grid.

pub use crate::plan::MAX_ZOOM;
use serde::{Deserialize, Serialize};
use std::fmt;

/// A tile in the XYZ scheme: column `x` counted from the west, row `y` from the north.
///
/// [`TileMatrixSet::tile`](super::TileMatrixSet::tile) makes one that is known to lie in its grid.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct TileCoord {
    pub z: u8,
    pub x: u32,
    pub y: u32,
}

impl fmt::Display for TileCoord {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}/{}", self.z, self.x, self.y)
    }
}
