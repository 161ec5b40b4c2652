//! Simplified geometry of the low zooms, built once when a snapshot is opened.
//!
//! ```text
//! snapshot ▶ project to zoom 16 units ▶ mark junctions ▶ zoom 10 ▶ zoom 9 ▶ … ▶ the layer's minzoom
//!            each step: round ▶ simplify arcs ▶ tiny parts become marks ▶ repair ▶ encode, index
//! ```
//!
//! Borders stay shared: rings are split at *junctions*, vertices where the rings through them part ways,
//! and each *arc* between two junctions is simplified by itself, the same whichever ring it is met in.
//! Each zoom is made from the one below it, so the whole costs little more than its first step.

mod arc;
mod build;
mod junction;
mod level;
mod mark;
mod parallel;
mod reduce;
mod work;

pub use level::Level;

/// Last zoom with simplified geometry. Above it a tile of dense data is small without.
pub const TOP: u8 = 10;

/// The simplified zooms of one layer.
pub struct Pyramid {
    /// Zoom of the first level.
    first: u8,
    levels: Vec<Level>,
    /// Area or length of each feature in zoom 16 units, see [`Drawn::size`](super::encode::Drawn::size).
    sizes: Vec<f32>,
}

impl Pyramid {
    /// The level of zoom `z`, if it has one.
    pub fn level(&self, z: u8) -> Option<&Level> {
        self.levels.get(usize::from(z.checked_sub(self.first)?))
    }

    /// The size of the feature at `position`, in units that compare at one zoom.
    pub fn size(&self, position: u32) -> f32 {
        self.sizes.get(position as usize).copied().unwrap_or(0.0)
    }
}
