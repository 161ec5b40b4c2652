//! The place of a tile in its grid.

use std::fmt;

/// Tiles are served at zooms 0 to 18: at 18 one tile unit is 3.7 cm on the equator, finer than any plan.
pub const MAX_ZOOM: u8 = 18;

/// A tile in the XYZ scheme: column `x` counted from the west, row `y` from the north.
///
/// [`TileMatrixSet::tile`](super::TileMatrixSet::tile) makes one that is known to lie in its grid.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
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
