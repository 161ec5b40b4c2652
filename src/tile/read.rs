//! Geometry of a snapshot's feature, read where it lies in the mapped file.

use super::{project::Projector, shape::Shape};
use crate::{
    plan::GeometryKind,
    snapshot::{Feature, for_each_path},
};
use std::hint::black_box;

/// Projects the geometry of `feature` into `shape`: a path for each ring, line or point.
///
/// Consecutive duplicates go, and so does a ring or line that quantizes to less than three or two points;
/// an exterior ring that goes takes its holes along.
pub fn project(feature: &Feature, kind: GeometryKind, projector: &Projector, shape: &mut Shape) {
    shape.clear();
    for_each_path(feature, |path, outer| match kind {
        GeometryKind::Point => {
            for [lon, lat] in path {
                shape.points.push(projector.point(lon, lat));
                shape.end_path(true);
            }
            true
        }
        GeometryKind::Line => {
            path.for_each(|[lon, lat]| shape.push(projector.point(lon, lat)));
            shape.end_line()
        }
        GeometryKind::Polygon => {
            path.for_each(|[lon, lat]| shape.push(projector.point(lon, lat)));
            shape.end_ring(outer)
        }
    });
}

/// Goes through the vertices of `feature` and does nothing with them: the price of reading.
pub fn touch(feature: &Feature) {
    for_each_path(feature, |path, _| {
        path.for_each(|vertex| {
            black_box(vertex);
        });
        true
    });
}
