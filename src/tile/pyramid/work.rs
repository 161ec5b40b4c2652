//! Geometry on its way down the pyramid.

use crate::{
    plan::GeometryKind,
    snapshot::Snapshot,
    tile::{
        project::Projector,
        read,
        shape::{Point, Shape, area2},
    },
};
use std::ops::Range;

/// Zoom of the units in which junctions are found: fine enough to tell vertices apart (15 cm), coarse enough
/// for 32 bits.
pub const BASE: u8 = 16;

/// Consecutive features of a layer with their geometry in units of one zoom, counted from the grid's origin.
#[derive(Default)]
pub struct Work {
    pub points: Vec<Point>,
    /// For each point, whether it is a junction.
    pub fixed: Vec<bool>,
    pub paths: Vec<WorkPath>,
    pub features: Vec<WorkFeature>,
}

#[derive(Clone, Copy)]
pub struct WorkPath {
    /// Index after the last point. A polygon's path of one point is a mark, see [`super::mark`].
    pub end: u32,
    pub outer: bool,
    /// True area in square [`BASE`] units, holes not taken off.
    pub area: f32,
}

#[derive(Clone, Copy)]
pub struct WorkFeature {
    pub position: u32,
    /// Index after the last path.
    pub end: u32,
}

/// One path read from a [`Work`].
pub struct PathRef<'a> {
    pub points: &'a [Point],
    pub fixed: &'a [bool],
    pub outer: bool,
    pub area: f32,
}

impl Work {
    /// Reads and projects the features in `positions`, winding rings as MVT does; `visit` sees each as it was read.
    pub fn read(
        snapshot: &Snapshot,
        projector: &Projector,
        positions: Range<u32>,
        mut visit: impl FnMut(&Shape),
    ) -> Self {
        let kind = snapshot.layer.geometry;
        let (mut work, mut shape) = (Self::default(), Shape::default());
        for position in positions {
            read::project(&snapshot.feature(position as usize), kind, projector, &mut shape);
            visit(&shape);
            for (outer, path) in shape.iter() {
                work.points.extend_from_slice(path);
                let area = if kind == GeometryKind::Polygon { area2(path) as f32 / 2.0 } else { 0.0 };
                if (area > 0.0) != outer && kind == GeometryKind::Polygon {
                    let start = work.points.len() - path.len();
                    work.points[start..].reverse();
                }
                work.end_path(outer, area.abs());
            }
            work.end_feature(position);
        }
        work.fixed = vec![false; work.points.len()];
        work.points.shrink_to_fit();
        work
    }

    pub fn end_path(&mut self, outer: bool, area: f32) {
        self.paths.push(WorkPath { end: self.points.len() as u32, outer, area });
    }

    pub fn push_path(&mut self, points: &[Point], fixed: &[bool], outer: bool, area: f32) {
        self.points.extend_from_slice(points);
        self.fixed.extend_from_slice(fixed);
        self.end_path(outer, area);
    }

    /// Appends the `i`-th feature of `from`.
    pub fn push_feature(&mut self, from: &Self, i: usize) {
        for path in from.feature_paths(i) {
            self.push_path(path.points, path.fixed, path.outer, path.area);
        }
        self.end_feature(from.features[i].position);
    }

    /// Ends a feature; one without paths is not kept.
    pub fn end_feature(&mut self, position: u32) {
        let end = self.paths.len() as u32;
        if self.features.last().map_or(0, |f| f.end) < end {
            self.features.push(WorkFeature { position, end });
        }
    }

    pub fn path_range(&self, path: usize) -> Range<usize> {
        let start = path.checked_sub(1).map_or(0, |before| self.paths[before].end);
        start as usize..self.paths[path].end as usize
    }

    /// The paths of the `i`-th feature here.
    pub fn feature_paths(&self, i: usize) -> impl ExactSizeIterator<Item = PathRef<'_>> + Clone {
        let start = i.checked_sub(1).map_or(0, |before| self.features[before].end);
        (start as usize..self.features[i].end as usize).map(|path| {
            let range = self.path_range(path);
            let WorkPath { outer, area, .. } = self.paths[path];
            PathRef { points: &self.points[range.clone()], fixed: &self.fixed[range], outer, area }
        })
    }

    /// Rounds to the units of a zoom `bits` further out.
    pub fn coarsen(&mut self, bits: u8) {
        self.points.iter_mut().for_each(|point| *point = coarser(*point, bits));
    }
}

/// `point` in the units of a zoom `bits` further out, rounded half up.
pub fn coarser(point: Point, bits: u8) -> Point {
    let [x, y] = point;
    let half = 1 << bits >> 1;
    [(x + half) >> bits, (y + half) >> bits]
}
