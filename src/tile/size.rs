//! How much of the map a feature takes.

use super::shape::{Shape, area2};
use crate::plan::GeometryKind;

/// Area of polygons in square units, length of lines in units, 0 for points.
pub fn size(shape: &Shape, kind: GeometryKind) -> f32 {
    match kind {
        GeometryKind::Point => 0.0,
        GeometryKind::Line => shape.iter().map(|(_, line)| length(line)).sum(),
        GeometryKind::Polygon => shape
            .iter()
            .map(|(outer, ring)| area2(ring).unsigned_abs() as f32 * if outer { 0.5 } else { -0.5 })
            .sum(),
    }
}

fn length(line: &[[i32; 2]]) -> f32 {
    let square = |a: i32, b: i32| (i64::from(a) - i64::from(b)).pow(2) as f32;
    line.windows(2).map(|p| (square(p[0][0], p[1][0]) + square(p[0][1], p[1][1])).sqrt()).sum()
}
