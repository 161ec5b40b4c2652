//! Making polygons valid on the integer grid.

use super::{
    shape::{Shape, area2},
    validity::Checker,
};
use i_overlay::{
    core::{
        fill_rule::FillRule,
        overlay::{IntOverlayOptions, Overlay, ShapeType},
        overlay_rule::OverlayRule,
        solver::Solver,
    },
    i_float::int::point::IntPoint,
};

/// Checks polygons, and rebuilds those that are not valid.
#[derive(Default)]
pub struct Repairer {
    checker: Checker,
}

impl Repairer {
    /// Makes the polygons of `shape` valid and winds them as MVT wants; returns false if nothing is left.
    ///
    /// The area of `shape` is what has a winding number above 0 when exteriors turn one way and holes the
    /// other: parts that overlap by a unit join, and a hole outside its exterior adds nothing.
    pub fn repair(&mut self, shape: &mut Shape) -> bool {
        Self::wind(shape);
        if !self.checker.valid(shape) {
            overlay(shape);
            // i_overlay 4.5 winds a hole that touches its exterior like an exterior.
            Self::wind(shape);
        }
        !shape.paths.is_empty()
    }

    /// Whether `shape` is valid as it is, winding aside.
    pub fn valid(&mut self, shape: &Shape) -> bool {
        self.checker.valid(shape)
    }

    /// Exteriors with positive area, holes with negative (MVT 2.1 §4.3.3.3); rings without area go.
    fn wind(shape: &mut Shape) {
        let (mut start, mut kept) = (0, 0);
        let mut part = false;
        let mut paths = std::mem::take(&mut shape.paths);
        paths.retain_mut(|path| {
            let ring = start..path.end;
            start = path.end;
            let area = area2(&shape.points[ring.clone()]);
            let keep = area != 0 && (path.outer || part);
            if path.outer {
                part = keep;
            }
            if keep {
                if (area > 0) != path.outer {
                    shape.points[ring.clone()].reverse();
                }
                shape.points.copy_within(ring.clone(), kept);
                kept += ring.len();
                path.end = kept;
            }
            keep
        });
        shape.points.truncate(kept);
        shape.paths = paths;
    }
}

/// Rebuilds `shape` from the edges that bound its area, snapped to the grid.
fn overlay(shape: &mut Shape) {
    let options = IntOverlayOptions::ogc();
    // One thread: tiles are cut side by side already.
    let solver = Solver { multithreading: None, ..Solver::default() };
    let mut overlay = Overlay::new_custom(shape.points.len(), options, solver);
    for (_, ring) in shape.iter() {
        overlay.add_path_iter(ring.iter().map(|&[x, y]| IntPoint::new(x, y)), ShapeType::Subject);
    }
    let parts = overlay.overlay(OverlayRule::Subject, FillRule::Positive);
    shape.clear();
    for part in &parts {
        for (i, ring) in part.iter().enumerate() {
            ring.iter().for_each(|p| shape.push([p.x, p.y]));
            if !shape.end_ring(i == 0) && i == 0 {
                break;
            }
        }
    }
}
