//! What is drawn on the map of a report.

use crate::{
    picture::Drawn,
    review::{Review, rings},
    style::Color,
};
use geo::{Geometry, LineString};
use std::collections::BTreeSet;

/// CSS pixels: as wide as the text of the page.
pub const MAP_SIZE: [u32; 2] = [660, 360];

const RED: Color = Color([0xc8, 0x00, 0x14]);
const OVERLAP: f32 = 0.35;

/// What overlaps, then the proposal.
pub fn drawn(review: &Review) -> Vec<Drawn> {
    // Several rules are about the same overlap.
    let mut seen = BTreeSet::new();
    let findings = review.judged().flat_map(|(_, judgement)| &judgement.findings);
    let mut drawn: Vec<Drawn> = findings
        .filter(|finding| {
            !finding.is_sliver && seen.insert((finding.feature.layer.clone(), finding.feature.id))
        })
        .filter_map(|finding| Some(shape(&finding.overlap.as_ref()?.geometry, Some((RED, OVERLAP)), 1.0)))
        .collect();
    drawn.push(shape(&review.proposal.geometry.clone().into(), None, 2.5));
    drawn
}

fn shape(geometry: &Geometry, fill: Option<(Color, f32)>, width: f32) -> Drawn {
    let path = |path: &LineString| path.0.iter().map(|at| [at.x, at.y]).collect::<Vec<_>>();
    let (rings, is_closed) = match geometry {
        Geometry::MultiPolygon(polygons) => (polygons.iter().flat_map(rings).map(path).collect(), true),
        Geometry::MultiLineString(lines) => (lines.iter().map(path).collect(), false),
        _ => (Vec::new(), false),
    };
    Drawn { rings, fill, edge: (RED, width), is_closed }
}
