//! Where the name of a polygon goes: the pole of inaccessibility, the point inside that is farthest from
//! the outline.
//!
//! The search is the one of Mapbox's polylabel: squares are taken by the greatest distance possible in them
//! and quartered, until none can beat the best centre found by much.

use super::shape::{Point, Rect, Shape, area2};
use std::{cmp::Ordering, collections::BinaryHeap};

/// A place for a name.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Label {
    pub point: Point,
    /// Distance to the outline, in units.
    pub radius: f32,
}

/// A square is no longer looked at when it could only be better by this share of the best distance.
const PRECISION: f64 = 0.05;

/// Squares looked at, at most: a long thin polygon has no one best place anyway.
const MAX_SQUARES: usize = 500;

struct Square {
    centre: [f64; 2],
    half: f64,
    /// From the centre to the outline, negative outside.
    distance: f64,
}

impl Square {
    fn new(centre: [f64; 2], half: f64, rings: &[&[Point]]) -> Self {
        Self { centre, half, distance: distance(centre, rings) }
    }

    /// No point of the square is farther from the outline.
    fn potential(&self) -> f64 {
        self.distance + self.half * std::f64::consts::SQRT_2
    }
}

impl PartialEq for Square {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}
impl Eq for Square {}
impl PartialOrd for Square {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}
impl Ord for Square {
    fn cmp(&self, other: &Self) -> Ordering {
        let place = |s: &Self| s.centre.map(|v| v as i64);
        self.potential().total_cmp(&other.potential()).then_with(|| place(other).cmp(&place(self)))
    }
}

/// The label of the largest part of `shape`; `None` without rings.
pub fn label(shape: &Shape) -> Option<Label> {
    let rings = largest_part(shape);
    let bounds = Rect::around(rings.first()?)?;
    let side = |axis: usize| f64::from(bounds.max[axis]) - f64::from(bounds.min[axis]);
    let middle = [0, 1].map(|axis| f64::from(bounds.min[axis]) + side(axis) / 2.0);
    // Squares as wide as the shorter side, at most 32 along the other.
    let step = side(0).min(side(1)).max(side(0).max(side(1)) / 32.0).max(1.0);
    let mut squares = BinaryHeap::new();
    for column in 0..(side(0) / step).ceil().max(1.0) as u32 {
        for row in 0..(side(1) / step).ceil().max(1.0) as u32 {
            let corner = |axis: usize, n: u32| f64::from(bounds.min[axis]) + (f64::from(n) + 0.5) * step;
            squares.push(Square::new([corner(0, column), corner(1, row)], step / 2.0, &rings));
        }
    }
    let mut best = Square::new(middle, 0.0, &rings);
    for _ in 0..MAX_SQUARES {
        let Some(square) = squares.pop() else { break };
        if square.potential() <= best.distance + (PRECISION * best.distance).max(1.0) {
            break;
        }
        let Square { centre: [x, y], half, .. } = square;
        if square.distance > best.distance {
            best = square;
        }
        let half = half / 2.0;
        for (dx, dy) in [(-half, -half), (half, -half), (-half, half), (half, half)] {
            squares.push(Square::new([x + dx, y + dy], half, &rings));
        }
    }
    let best = squares.into_iter().fold(best, |best, s| if s.distance > best.distance { s } else { best });
    Some(Label { point: best.centre.map(|v| v.round() as i32), radius: best.distance.max(0.0) as f32 })
}

/// The rings of the part with the largest exterior.
fn largest_part(shape: &Shape) -> Vec<&[Point]> {
    let mut largest = vec![];
    let mut area = -1;
    let mut take = false;
    for (outer, ring) in shape.iter() {
        if outer {
            let this = area2(ring).abs();
            take = this > area;
            if take {
                area = this;
                largest.clear();
            }
        }
        if take {
            largest.push(ring);
        }
    }
    largest
}

fn distance([x, y]: [f64; 2], rings: &[&[Point]]) -> f64 {
    let mut inside = false;
    let mut nearest = f64::INFINITY;
    for ring in rings {
        let Some(last) = ring.last() else { continue };
        let mut a = last.map(f64::from);
        for b in ring.iter().map(|p| p.map(f64::from)) {
            let (dx, dy) = (b[0] - a[0], b[1] - a[1]);
            let (px, py) = (x - a[0], y - a[1]);
            if (a[1] > y) != (b[1] > y) && (px < dx * py / dy) {
                inside = !inside;
            }
            let t = ((px * dx + py * dy) / (dx * dx + dy * dy)).clamp(0.0, 1.0);
            let (ex, ey) = (px - t * dx, py - t * dy);
            nearest = nearest.min(ex * ex + ey * ey);
            a = b;
        }
    }
    if inside { nearest.sqrt() } else { -nearest.sqrt() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_goes_where_there_is_room() {
        let mut shape = Shape::default();
        // A square with a long thin tail, and a smaller part first.
        for ring in [
            &[[-500, 0], [-400, 0], [-400, 100]][..],
            &[[0, 0], [1000, 0], [1000, 490], [9000, 490], [9000, 510], [1000, 510], [1000, 1000], [0, 1000]],
        ] {
            shape.points.extend_from_slice(ring);
            shape.end_path(true);
        }
        let found = label(&shape).unwrap();
        assert!((found.point[0] - 500).abs() < 40 && (found.point[1] - 500).abs() < 40, "{found:?}");
        assert!(found.radius > 470.0);
    }
}
