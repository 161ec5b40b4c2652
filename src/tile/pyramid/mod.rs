//! Geometry of the low zooms ready to be copied into tiles, built once for a snapshot.
//!
//! ```text
//! snapshot ▶ project to zoom 16 units ▶ zoom 12, zoom 11: round ▶ repair ▶ encode, index
//!                                     ▶ mark junctions ▶ zoom 10 ▶ zoom 9 ▶ … ▶ the layer's minzoom
//!            each step: round ▶ simplify arcs ▶ tiny parts become marks ▶ repair ▶ encode, index
//! ```
//!
//! Borders stay shared: rings are split at *junctions*, vertices where the rings through them part ways,
//! and each *arc* between two junctions is simplified by itself, the same whichever ring it is met in.
//! Each zoom is made from the one below it, so the whole costs little more than its first step. What an edit leaves
//! as it was is taken over from the pyramid of before.

mod arc;
mod build;
mod bulge;
mod junction;
mod least;
mod level;
mod mark;
mod parallel;
mod portion;
mod reduce;
mod reuse;
mod work;

pub use level::Level;
pub use portion::Found;
pub use reuse::Before;

use super::{
    label::{Label, label},
    sections::{Section, Sections},
    shape::Shape,
    size::size,
};
use crate::plan::GeometryKind;
use bytemuck::{Pod, Zeroable};
use reduce::KeptArc;
use reuse::Pieces;
use std::ops::Range;
use work::BASE;

/// Last zoom with a level. Above it a tile holds so little that it is cut from the snapshot in a few
/// microseconds.
pub const TOP: u8 = 12;

/// Last zoom with simplified geometry. Above it a tile of dense data is small without.
const SIMPLIFIED: u8 = 10;

/// The simplified zooms of one layer, and what was measured on the way.
pub struct Pyramid {
    /// For each feature.
    measures: Section<Measure>,
    /// See [`bulge`]; one number.
    bulge: Section<f64>,
    pieces: Pieces,
    /// From zoom [`TOP`] down.
    levels: Vec<Level>,
    /// The arcs that stay as they are, by piece, from zoom [`SIMPLIFIED`] down.
    kept: Vec<Section<KeptArc>>,
}

/// What is known of a feature once it was read, in [`BASE`] units.
#[derive(Clone, Copy, Pod, Zeroable)]
#[repr(C)]
struct Measure {
    /// Area or length, see [`Drawn::size`](super::encode::Drawn::size).
    size: f32,
    /// Distance of the name's place to the outline; negative where there is no name.
    radius: f32,
    /// Place of the name.
    point: [i32; 2],
}

impl Pyramid {
    /// Takes what [`Self::build`] wrote; `None` when it is not of a layer of `count` features from `minzoom` on.
    pub fn open(sections: &mut Sections, count: usize, minzoom: u8) -> Option<Self> {
        let (measures, bulge) = (sections.take()?, sections.take()?);
        let pieces = Pieces::open(sections, count)?;
        let (mut levels, mut kept) = (vec![], vec![]);
        for z in (minzoom..=TOP).rev() {
            if z <= SIMPLIFIED {
                kept.push(sections.take()?);
            }
            levels.push(Level::open(sections, count)?);
        }
        let whole = measures.len() == count && bulge.len() == 1;
        whole.then_some(Self { measures, bulge, pieces, levels, kept })
    }

    /// The level of zoom `z`, if it has one.
    pub fn level(&self, z: u8) -> Option<&Level> {
        self.levels.get(usize::from(TOP.checked_sub(z)?))
    }

    fn measures_of(&self, positions: Range<u32>) -> &[Measure] {
        &self.measures[positions.start as usize..positions.end as usize]
    }

    /// The arcs that stay as they are at zoom `z`, if it is simplified.
    fn kept(&self, z: u8) -> Option<&[KeptArc]> {
        self.kept.get(usize::from(SIMPLIFIED.checked_sub(z)?)).map(|kept| &**kept)
    }

    /// How far, in degrees, a line of the layer may leave the box of its ends.
    pub fn bulge(&self) -> f64 {
        self.bulge.first().copied().unwrap_or_default()
    }

    /// The size of the feature at `position`, in units that compare between features.
    pub fn size(&self, position: u32) -> f32 {
        self.measures.get(position as usize).map_or(0.0, |m| m.size)
    }

    /// Where the name of the polygon at `position` goes at zoom `z`: in units of that zoom from the grid's
    /// origin.
    pub fn label(&self, position: u32, z: u8) -> Option<([f64; 2], f64)> {
        let Measure { point, radius, .. } = *self.measures.get(position as usize)?;
        let scale = 2f64.powi(i32::from(z) - i32::from(BASE));
        (radius >= 0.0).then(|| (point.map(|v| f64::from(v) * scale), f64::from(radius) * scale))
    }
}

impl Measure {
    fn of(shape: &Shape, kind: GeometryKind) -> Self {
        let label = if kind == GeometryKind::Polygon { label(shape) } else { None };
        let Label { point, radius } = label.unwrap_or(Label { point: [0, 0], radius: -1.0 });
        Self { size: size(shape, kind), radius, point }
    }
}
