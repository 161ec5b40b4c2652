//! Making polygons valid on the integer grid.

use super::{
    raster,
    shape::{Point, Shape, area2, cross},
    trace::{Edge, trace},
    validity::Checker,
};
use i_overlay::{
    core::{
        fill_rule::FillRule,
        overlay::{IntOverlayOptions, Overlay, ShapeType},
        solver::Solver,
    },
    i_float::int::point::IntPoint,
    vector::edge::{SUBJ_LEFT, SUBJ_RIGHT, VectorEdge},
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
    let options = IntOverlayOptions::default();
    // One thread: tiles are cut side by side already.
    let solver = Solver { multithreading: None, ..Solver::default() };
    let mut overlay = Overlay::new_custom(shape.points.len(), options, solver);
    let mut path = vec![];
    for (_, ring) in shape.iter() {
        without_returns(ring, &mut path);
        overlay.add_path_iter(path.iter().map(|&[x, y]| IntPoint::new(x, y)), ShapeType::Subject);
    }
    let sides = overlay.build_separate_vectors(FillRule::Positive);
    let mut edges: Vec<Edge> = sides.iter().filter_map(bounding_edge).collect();
    trace(&mut edges, shape);
}

/// An edge with the area on one side only, directed so that this is the right one on the screen. The crate's
/// y axis points up, so its left is our right.
fn bounding_edge(&VectorEdge { a, b, fill }: &VectorEdge) -> Option<Edge> {
    let [a, b] = [a, b].map(|p| [p.x, p.y]);
    match fill & (SUBJ_LEFT | SUBJ_RIGHT) {
        SUBJ_LEFT => Some([a, b]),
        SUBJ_RIGHT => Some([b, a]),
        _ => None,
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
