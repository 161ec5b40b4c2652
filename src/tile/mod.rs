//! The tile engine: from a snapshot to the bytes of a vector tile. CPU only.
//!
//! ```text
//! prepare, once for each snapshot:  attributes coded, pyramid of low zooms built
//! cut, for each tile:               search ▶ read in place ▶ project and quantize ▶ clip ▶ check
//!                                   ▶ repair ▶ encode          (at low zooms: search ▶ encode)
//! ```
//!
//! Everything after projection is done on integers, since validity made in floating point is lost by
//! rounding. Repair finds the edges that have the area on one side and traces polygons from them; an outline
//! that crosses itself too often is drawn on a raster first. Tiles follow Mapbox Vector Tile 2.1; polygons are
//! valid, exteriors clockwise on the screen.

mod attributes;
mod budget;
mod clip_line;
mod clip_polygon;
mod cut;
mod draw;
mod encode;
mod geometry;
mod label;
mod layer;
mod portion;
mod project;
mod pyramid;
mod raster;
mod read;
mod repair;
mod sections;
mod shape;
mod size;
mod stage;
mod touched;
mod trace;
mod validity;
mod wrap;

pub use cut::{Keep, Tile, cut, cut_kept, cut_until};
pub use layer::{PrepareError, TileLayer};
pub use stage::Stage;
pub use touched::{DEEPEST, touched};
// Sheets cut with them too.
pub(crate) use clip_line::{clip_lines, clip_points};
pub(crate) use clip_polygon::PolygonClipper;
pub(crate) use label::label;
pub(crate) use shape::{Rect, Shape, turns_right};

use layer::BuildError;

/// Tile units along a side of a tile (MVT 2.1 §4.1).
pub const EXTENT: i32 = 4096;

/// Tile units drawn beyond each side, so that outlines do not show at seams.
pub const BUFFER: i32 = 64;

/// Part of every tileset's version: to be changed whenever the bytes of any tile, or of its content codings,
/// may change.
pub const ENGINE_VERSION: &str = "7";
