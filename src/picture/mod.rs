//! Tiles as pictures: the vector tiles that are there anyway, drawn by the parts of a style. CPU only.
//!
//! ```text
//! tile and its eight neighbours ▶ features ┬▶ areas and lines of the tile itself ▶ draw ▶ PNG
//!                                          └▶ marks of all nine ▶ place ──────────▶ sdf ┘
//! ```
//!
//! A picture of 256 CSS pixels at level z is a quarter of the vector tile one level above, which MapLibre draws with
//! 512 pixels: so line widths, symbols, names and the zooms at which they appear are those of the map.
//!
//! What crosses the edge of a picture is the same on both sides. Areas and lines reach over the edge by the buffer of
//! the tile. A mark stands at an anchor in one vector tile, worked out from that tile alone; every picture that it
//! reaches draws it. Who of two that want the same room gets it is decided by what is near alone
//! (`place::Rivals`), so every picture decides alike.

mod draw;
mod features;
mod glyphs;
mod line;
mod look;
mod place;
mod sdf;
mod text;
mod window;

pub use draw::{draw, outline};
pub use features::{Feature, Layer, Layers};
pub use glyphs::{EM, Font};
pub use look::{Look, Scale};
pub use place::{Icon, Set, place_all};
pub use window::{Drawn, Window};

use crate::{
    grid::{QuadGrid, TileCoord},
    style::{Part, Sprite},
};
use std::sync::Arc;

/// Part of the version of every picture: to be changed whenever the same tiles and style may give other bytes.
pub const PAINTER_VERSION: &str = "2";

/// The font of `styles/fonts`.
pub const FONT: &str = "Noto Sans SC Medium";

/// CSS pixels of a side of a picture.
pub const SIZE: u32 = 256;

/// All that a picture is drawn from.
pub struct Scene<'a> {
    /// From the ground up.
    pub parts: &'a [Arc<Part>],
    pub sprite: &'a Sprite,
    pub font: &'a Font,
    pub frame: Frame,
    /// The vector tile that the picture is of and those around it: columns and rows from it, and their features.
    pub tiles: Vec<([i8; 2], Layers)>,
}

/// Where the picture is. Lengths are CSS pixels unless it says otherwise; the origin is the upper left corner of the
/// vector tile that the picture is of.
#[derive(Debug, Clone, Copy)]
pub struct Frame {
    /// Side of a vector tile.
    pub side: u32,
    /// Upper left corner of the picture.
    pub corner: [u32; 2],
    /// Pixels of the picture to a CSS pixel.
    pub scale: Scale,
    /// Zoom by which the style is read.
    pub zoom: f32,
    /// Column and row of the vector tile.
    pub tile: [u32; 2],
}

/// Metres around the equator, to which the zooms of a style refer.
pub const EQUATOR: f64 = std::f64::consts::TAU * 6_378_137.0;

impl Frame {
    /// The frame of the picture of `tile` and the vector tile that it is drawn from: the one above, which is shown twice
    /// as large; at zoom 0 there is none, and the tile itself is.
    pub fn of(grid: &QuadGrid, tile: TileCoord, scale: Scale) -> (Self, TileCoord) {
        let TileCoord { z, x, y } = tile;
        let (above, side, corner) = match z.checked_sub(1) {
            Some(z) => (TileCoord { z, x: x / 2, y: y / 2 }, 2 * SIZE, [x % 2 * SIZE, y % 2 * SIZE]),
            None => (tile, SIZE, [0, 0]),
        };
        let metres = grid.tile_size(z) * grid.projection.metres_per_unit();
        // Rounded, so that zooms at which something begins are met.
        let zoom = ((EQUATOR / metres / 2.0).log2().max(0.0) * 1000.0).round() / 1000.0;
        (Self { side, corner, scale, zoom: zoom as f32, tile: [above.x, above.y] }, above)
    }

    /// From CSS pixels to pixels of the picture.
    fn device(&self, [x, y]: [f32; 2]) -> [f32; 2] {
        let [left, top] = self.corner.map(|v| v as f32);
        let ratio = self.scale.ratio();
        [(x - left) * ratio, (y - top) * ratio]
    }

    /// CSS pixels of a tile unit.
    pub fn unit(&self) -> f32 {
        self.side as f32 / crate::tile::EXTENT as f32
    }
}

/// The tiles of `grid` around `tile` and itself: columns and rows from it, and where they are.
pub fn around(grid: &QuadGrid, tile: TileCoord) -> Vec<([i8; 2], TileCoord)> {
    let places = (-1..=1).flat_map(|row| (-1..=1).map(move |column| [column, row]));
    let at = |[column, row]: [i8; 2]| {
        let x = tile.x.checked_add_signed(column.into())?;
        grid.tile(tile.z, x, tile.y.checked_add_signed(row.into())?)
    };
    places.filter_map(|place| Some((place, at(place)?))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_picture_is_a_quarter_of_the_tile_above() {
        let grid = QuadGrid::web_mercator();
        let (frame, above) = Frame::of(&grid, TileCoord { z: 11, x: 1667, y: 802 }, Scale::Twice);
        assert_eq!(above, TileCoord { z: 10, x: 833, y: 401 });
        assert_eq!((frame.side, frame.corner, frame.zoom), (512, [256, 0], 10.0));
        assert_eq!(frame.device([256.0, 0.0]), [0.0, 0.0]);
        assert_eq!(frame.device([512.0, 256.0]), [512.0, 512.0]);
        let (world, same) = Frame::of(&grid, TileCoord { z: 0, x: 0, y: 0 }, Scale::Once);
        assert_eq!((world.side, world.zoom, same.z), (256, 0.0, 0));
        assert_eq!(around(&grid, same).len(), 1);
        assert_eq!(around(&grid, above).len(), 9);
        // Degrees have the same zooms.
        assert_eq!(
            Frame::of(&QuadGrid::geographic(), TileCoord { z: 11, x: 1667, y: 602 }, Scale::Once).0.zoom,
            10.0
        );
    }
}
