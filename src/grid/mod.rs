//! Tile grids: pure maths, no I/O.
//!
//! A [`TileMatrixSet`] names a CRS and cuts its plane into square tiles, four for one with each zoom
//! (OGC Two Dimensional Tile Matrix Set 2.0, annex D). A [`TileCoord`] is one of its tiles.

mod coord;
mod matrix_set;
mod projection;

pub use coord::{MAX_ZOOM, TileCoord};
pub use matrix_set::TileMatrixSet;
pub use projection::Projection;
