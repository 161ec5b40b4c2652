//! One step down the pyramid: from the geometry of a zoom, rounded to the units of the next, to less of it.

use super::{
    arc::{Simplifier, arc_id},
    mark::TINY,
    work::{BASE, PathRef, Work},
};
use crate::{
    plan::{GeometryKind, Tolerance},
    tile::shape::{Point, Rect, area2},
};
use bytemuck::{Pod, Zeroable};
use rustc_hash::FxHashSet;

/// An arc that stays as it is at one zoom, and the piece that says so.
#[derive(Debug, Clone, Copy, PartialEq, Pod, Zeroable)]
#[repr(C)]
pub struct KeptArc {
    pub arc: u64,
    pub end: Point,
    pub piece: u32,
    padding: u32,
}

/// Arcs that stay as they are, and their ends, by which features without any are told quickly.
#[derive(Default)]
pub struct Kept {
    ends: FxHashSet<Point>,
    arcs: FxHashSet<u64>,
}

impl Kept {
    pub fn of(arcs: &[KeptArc]) -> Self {
        Self {
            ends: arcs.iter().map(|kept| kept.end).collect(),
            arcs: arcs.iter().map(|kept| kept.arc).collect(),
        }
    }

    /// Whether a path may have one of the arcs.
    pub fn concerns(&self, path: &PathRef) -> bool {
        path.points.iter().zip(path.fixed).any(|(point, &fixed)| fixed && self.ends.contains(point))
    }
}

/// Simplifies features.
#[derive(Default)]
pub struct Reducer {
    simplifier: Simplifier,
    /// The path at hand, and which of its points are junctions.
    points: Vec<Point>,
    fixed: Vec<bool>,
    /// Where its arcs begin.
    anchors: Vec<usize>,
    arc: Vec<Point>,
    /// What becomes of it.
    out: Vec<Point>,
    out_fixed: Vec<bool>,
}

impl Reducer {
    pub fn new(tolerance: Tolerance) -> Self {
        Self { simplifier: Simplifier::new(tolerance), ..Self::default() }
    }

    /// Appends the `i`-th feature of `from`, simplified for zoom `z`, to `to`; arcs in `kept` stay.
    pub fn feature(&mut self, from: &Work, i: usize, kind: GeometryKind, z: u8, kept: &Kept, to: &mut Work) {
        match kind {
            GeometryKind::Point => {
                for path in from.feature_paths(i) {
                    to.push_path(path.points, path.fixed, true, 0.0);
                }
            }
            GeometryKind::Line => {
                for path in from.feature_paths(i) {
                    self.reduce(&path, false, kept);
                    to.push_path(&self.out, &self.out_fixed, true, 0.0);
                }
            }
            GeometryKind::Polygon => self.polygons(from, i, z, kept, to),
        }
        to.end_feature(from.features[i].position);
    }

    fn polygons(&mut self, from: &Work, i: usize, z: u8, kept: &Kept, to: &mut Work) {
        // Square units of this zoom in one of `BASE`.
        let scale = 0.25f64.powi(i32::from(BASE - z));
        let alone = |path: &PathRef| !path.fixed.contains(&true);
        let mut paths = from.feature_paths(i);
        let mut part_is_mark = true;
        while let Some(path) = paths.next() {
            let area = f64::from(path.area) * scale;
            let least = if path.outer { TINY } else { TINY / 8.0 };
            let mut keep = path.points.len() > 1 && !(area < least && alone(&path));
            keep &= path.outer || !part_is_mark;
            if keep {
                self.reduce(&path, true, kept);
                // Simplified to nothing, or turned inside out.
                keep = self.out.len() > 2 && (area2(&self.out) > 0) == path.outer && area2(&self.out) != 0;
            }
            if keep {
                to.push_path(&self.out, &self.out_fixed, path.outer, path.area);
            } else if path.outer {
                let holes: f32 = paths.clone().take_while(|p| !p.outer).map(|p| p.area).sum();
                to.push_path(&centre(path.points), &[false], true, path.area - holes);
            }
            if path.outer {
                part_is_mark = !keep;
            }
        }
    }

    /// Adds the shared arcs of the `i`-th feature of the piece `from` to `kept`.
    pub fn keep(&mut self, piece: u32, from: &Work, i: usize, kept: &mut Vec<KeptArc>) {
        for path in from.feature_paths(i).filter(|p| p.fixed.contains(&true)) {
            self.split(&path, true);
            for arc in 0..self.anchors.len() {
                self.read_arc(arc, true);
                let end = self.points[self.anchors[arc]];
                kept.push(KeptArc { arc: arc_id(&self.arc), end, piece, padding: 0 });
            }
        }
    }

    /// Simplifies a path into `out`.
    fn reduce(&mut self, path: &PathRef, closed: bool, kept: &Kept) {
        self.split(path, closed);
        self.out.clear();
        self.out_fixed.clear();
        let arcs = if closed { self.anchors.len() } else { self.anchors.len().saturating_sub(1) };
        for arc in 0..arcs {
            self.read_arc(arc, closed);
            let start = self.out.len();
            if kept.arcs.is_empty() || !kept.arcs.contains(&arc_id(&self.arc)) {
                let shared = self.fixed[self.anchors[arc]];
                self.simplifier.simplify(&self.arc, shared, &mut self.out);
            } else {
                self.out.extend_from_slice(&self.arc);
            }
            // The next arc begins with this one's end.
            self.out.pop();
            self.out_fixed.resize(self.out.len(), false);
            self.out_fixed[start] = self.fixed[self.anchors[arc]];
        }
        if let (false, Some(&last)) = (closed, self.anchors.last()) {
            self.out.push(self.points[last]);
            self.out_fixed.push(self.fixed[last]);
        }
    }

    /// Reads a path, merges consecutive duplicates and finds where its arcs begin.
    fn split(&mut self, path: &PathRef, closed: bool) {
        self.points.clear();
        self.fixed.clear();
        for (&point, &fixed) in path.points.iter().zip(path.fixed) {
            match (self.points.last(), self.fixed.last_mut()) {
                // One of them fixed is enough.
                (Some(&last), Some(last_fixed)) if last == point => *last_fixed |= fixed,
                _ => {
                    self.points.push(point);
                    self.fixed.push(fixed);
                }
            }
        }
        while closed && self.points.len() > 1 && self.points.first() == self.points.last() {
            self.points.pop();
            self.fixed[0] |= self.fixed.pop() == Some(true);
        }
        self.anchors.clear();
        let last = self.points.len().saturating_sub(1);
        let anchored = |i: usize| self.fixed[i] || (!closed && (i == 0 || i == last));
        self.anchors.extend((0..self.points.len()).filter(|&i| anchored(i)));
        if closed && self.anchors.len() < 2 {
            // Two ends that any ring with these points would choose.
            let by_point = |&i: &usize| self.points[i];
            let indices = || 0..self.points.len();
            self.anchors.extend(indices().min_by_key(by_point));
            self.anchors.extend(indices().max_by_key(by_point));
            self.anchors.sort_unstable();
            self.anchors.dedup();
        }
    }

    /// Reads into `arc` the points from one anchor to the next, both included.
    fn read_arc(&mut self, arc: usize, closed: bool) {
        self.arc.clear();
        let from = self.anchors[arc];
        match self.anchors.get(arc + 1) {
            Some(&to) => self.arc.extend_from_slice(&self.points[from..=to]),
            None if closed => {
                self.arc.extend_from_slice(&self.points[from..]);
                self.arc.extend_from_slice(&self.points[..=self.anchors[0]]);
            }
            None => {}
        }
    }
}

/// The middle of the box around `points`.
fn centre(points: &[Point]) -> [Point; 1] {
    [Rect::around(points).map_or([0, 0], |bounds| bounds.centre())]
}
