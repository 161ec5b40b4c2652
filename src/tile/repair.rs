//! Making polygons valid on the integer grid.

use super::{
    raster,
    shape::{Point, Shape, area2, cross},
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
    /// Exteriors are expected to turn to the right on the whole, holes to the left.
    ///
    /// The area of `shape` is what exteriors wind around more often than holes: parts that overlap by a unit
    /// join, a hole outside its exterior adds nothing, and of a ring that crosses itself the loops that turn
    /// the wrong way are outside.
    pub fn repair(&mut self, shape: &mut Shape) -> bool {
        if !drop_flat(shape) || !self.checker.valid(shape) {
            raster::coarsen(shape);
            overlay(shape);
        }
        !shape.paths.is_empty()
    }

    /// Whether `shape` is valid as it is, winding aside.
    pub fn valid(&mut self, shape: &Shape) -> bool {
        self.checker.valid(shape)
    }
}

/// Drops rings that are mere lines, and with an exterior its holes. Returns whether the others turn as they should
/// (MVT 2.1 §4.3.3.3).
fn drop_flat(shape: &mut Shape) -> bool {
    let (mut start, mut kept) = (0, 0);
    let (mut part, mut right) = (false, true);
    let mut paths = std::mem::take(&mut shape.paths);
    paths.retain_mut(|path| {
        let ring = start..path.end;
        start = path.end;
        let area = area2(&shape.points[ring.clone()]);
        let keep = (area != 0 || !flat(&shape.points[ring.clone()])) && (path.outer || part);
        if path.outer {
            part = keep;
        }
        if keep {
            right &= area != 0 && (area > 0) == path.outer;
            shape.points.copy_within(ring.clone(), kept);
            kept += ring.len();
            path.end = kept;
        }
        keep
    });
    shape.points.truncate(kept);
    shape.paths = paths;
    right
}

/// Whether all points of a ring lie on one line.
fn flat(ring: &[Point]) -> bool {
    let [a, b, rest @ ..] = ring else { return true };
    rest.iter().all(|&c| cross(*a, *b, c) == 0)
}

/// Rebuilds `shape` from the edges that bound its area, snapped to the grid.
fn overlay(shape: &mut Shape) {
    let options = IntOverlayOptions::ogc();
    // One thread: tiles are cut side by side already.
    let solver = Solver { multithreading: None, ..Solver::default() };
    let mut overlay = Overlay::new_custom(shape.points.len(), options, solver);
    let mut path = vec![];
    for (_, ring) in shape.iter() {
        without_returns(ring, &mut path);
        overlay.add_path_iter(path.iter().map(|&[x, y]| IntPoint::new(x, y)), ShapeType::Subject);
    }
    let parts = overlay.overlay(OverlayRule::Subject, FillRule::Positive);
    shape.clear();
    for part in &parts {
        for (i, ring) in part.iter().enumerate() {
            ring.iter().for_each(|p| shape.push([p.x, p.y]));
            let outer = i == 0;
            if !shape.end_ring(outer) && outer {
                break;
            }
            // i_overlay 4.5 winds a hole that touches its exterior like an exterior.
            if (area2(&shape.points[shape.last_start()..]) > 0) != outer {
                shape.reverse_last();
            }
        }
    }
}

/// Copies a ring without the points from which it goes straight back to the one before.
///
/// Dense outlines quantize to many of those; the overlay takes ten times as long with them.
fn without_returns(ring: &[Point], out: &mut Vec<Point>) {
    out.clear();
    for &point in ring {
        match out[..] {
            [.., last] if last == point => {}
            [.., before, _] if before == point => {
                out.pop();
            }
            _ => out.push(point),
        }
    }
}
