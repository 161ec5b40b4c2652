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

use super::label::Label;
use work::{BASE, Measure};

/// Last zoom with simplified geometry. Above it a tile of dense data is small without.
pub const TOP: u8 = 10;

/// The simplified zooms of one layer, and what was measured on the way.
pub struct Pyramid {
    /// Zoom of the first level.
    first: u8,
    levels: Vec<Level>,
    /// For each feature.
    measures: Vec<Measure>,
}

impl Pyramid {
    /// The level of zoom `z`, if it has one.
    pub fn level(&self, z: u8) -> Option<&Level> {
        self.levels.get(usize::from(z.checked_sub(self.first)?))
    }

    /// The size of the feature at `position`, in units that compare between features.
    pub fn size(&self, position: u32) -> f32 {
        self.measures.get(position as usize).map_or(0.0, |m| m.size)
    }

    /// Where the name of the polygon at `position` goes at zoom `z`: in units of that zoom from the grid's
    /// origin.
    pub fn label(&self, position: u32, z: u8) -> Option<([f64; 2], f64)> {
        let Label { point, radius } = self.measures.get(position as usize)?.label?;
        let scale = 2f64.powi(i32::from(z) - i32::from(BASE));
        Some((point.map(|v| f64::from(v) * scale), f64::from(radius) * scale))
    }
}
