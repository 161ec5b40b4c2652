//! Tile grids: pure maths, no I/O.
//!
//! A [`QuadGrid`] cuts a plane into square tiles, four for one with each zoom; a [`TileCoord`] is one of them.
//! A [`TileMatrixSet`] is what a client sees of a grid: its own name, numbers of levels and CRS (OGC Two
//! Dimensional Tile Matrix Set 2.0). Several sets may share a grid, and then its tiles.

mod configured;
mod coord;
mod matrix_set;
mod matrix_sets;
mod quad_grid;

pub use configured::{ConfiguredSet, GridError};
pub use coord::{MAX_ZOOM, TileCoord};
pub use matrix_set::{Limits, TILE_PIXELS, TileMatrixSet};
pub use matrix_sets::{RepeatedSet, TileMatrixSets};
pub use quad_grid::QuadGrid;
