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
//! reaches draws it. A name is drawn when no name that outranks it wants the same room, drawn itself or not: that
//! depends only on what is near, so every picture decides alike.

mod draw;
mod features;
mod glyphs;
mod line;
mod look;
mod place;
mod sdf;
mod text;

pub use draw::draw;
pub use features::Layers;
pub use glyphs::Font;
pub use look::{Look, Scale};

use crate::style::{Part, Sprite};
use std::sync::Arc;

/// Part of the version of every picture: to be changed whenever the same tiles and style may give other bytes.
pub const PAINTER_VERSION: &str = "1";

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

impl Frame {
    /// From CSS pixels to pixels of the picture.
    fn device(&self, [x, y]: [f32; 2]) -> [f32; 2] {
        let [left, top] = self.corner.map(|v| v as f32);
        let ratio = self.scale.ratio();
        [(x - left) * ratio, (y - top) * ratio]
    }

    /// CSS pixels of a tile unit.
    fn unit(&self) -> f32 {
        self.side as f32 / crate::tile::EXTENT as f32
    }
}
