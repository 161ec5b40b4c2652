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
const PRECISION: f64 = 0.15;

/// Squares looked at, at most: a long thin polygon has no one best place anyway.
const MAX_SQUARES: usize = 24;

struct Square {
    centre: [f64; 2],
    half: f64,
    /// From the centre to the outline, negative outside.
    distance: f64,
}

impl Square {
    /// The square around `centre`; its distance is not worked out if no point of it is `wanted` away from
    /// the outline.
    fn new(centre: [f64; 2], half: f64, wanted: f64, outline: &Outline) -> Self {
        let least = (wanted - half * std::f64::consts::SQRT_2).max(0.0);
        Self { centre, half, distance: outline.distance(centre, least) }
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
    let outline = Outline::new(&rings, bounds.min);
    let side = |axis: usize| f64::from(bounds.max[axis]) - f64::from(bounds.min[axis]);
    let wanted = |best: &Square| best.distance + (PRECISION * best.distance).max(1.0);
    // Squares as wide as the shorter side, at most 32 along the other.
    let step = side(0).min(side(1)).max(side(0).max(side(1)) / 32.0).max(1.0);
    // A good guess to begin with spares most of the search.
    let mut best = Square::new(centroid(rings[0]), 0.0, 0.0, &outline);
    let mut squares = BinaryHeap::new();
    for column in 0..(side(0) / step).ceil().max(1.0) as u32 {
        for row in 0..(side(1) / step).ceil().max(1.0) as u32 {
            let corner = |axis: usize, n: u32| f64::from(bounds.min[axis]) + (f64::from(n) + 0.5) * step;
            let centre = [corner(0, column), corner(1, row)];
            squares.push(Square::new(centre, step / 2.0, wanted(&best), &outline));
        }
    }
    for _ in 0..MAX_SQUARES {
        let Some(square) = squares.pop() else { break };
        if square.potential() <= wanted(&best) {
            break;
        }
        let Square { centre: [x, y], half, .. } = square;
        if square.distance > best.distance {
            best = square;
        }
        let half = half / 2.0;
        for (dx, dy) in [(-half, -half), (half, -half), (-half, half), (half, half)] {
            squares.push(Square::new([x + dx, y + dy], half, wanted(&best), &outline));
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

/// Centre of mass of a ring; of a ring without area, its first point.
fn centroid(ring: &[Point]) -> [f64; 2] {
    let Some(&first) = ring.first() else { return [0.0; 2] };
    let [x0, y0] = first.map(f64::from);
    let (mut sum, mut mass) = ([0.0, 0.0], 0.0);
    for pair in ring.windows(2) {
        let (ax, ay) = (f64::from(pair[0][0]) - x0, f64::from(pair[0][1]) - y0);
        let (bx, by) = (f64::from(pair[1][0]) - x0, f64::from(pair[1][1]) - y0);
        let cross = ax * by - bx * ay;
        mass += cross;
        sum[0] += (ax + bx) * cross;
        sum[1] += (ay + by) * cross;
    }
    if mass == 0.0 { [x0, y0] } else { [x0 + sum[0] / (3.0 * mass), y0 + sum[1] / (3.0 * mass)] }
}

/// Edges looked at together, which the compiler turns into instructions on several numbers.
const LANES: usize = 8;

/// The edges of some rings.
struct Outline {
    /// What coordinates are relative to, so that 32 bits are precise enough.
    origin: [f64; 2],
    blocks: Vec<Block>,
}

/// Some edges, with what every look at them needs.
#[derive(Clone, Copy, Default)]
struct Block {
    x: [f32; LANES],
    y: [f32; LANES],
    dx: [f32; LANES],
    dy: [f32; LANES],
    /// One over the square of the length; 0 for none.
    inverse: [f32; LANES],
}

impl Outline {
    fn new(rings: &[&[Point]], origin: Point) -> Self {
        let mut blocks = vec![];
        let mut edges =
            rings.iter().flat_map(|ring| ring.last().into_iter().chain(*ring).zip(*ring)).peekable();
        while let Some(&(&first, _)) = edges.peek() {
            let mut block = Block::default();
            for lane in 0..LANES {
                // A block is filled up with the corner where it begins.
                let (&a, &b) = edges.next().unwrap_or((&first, &first));
                block.set(lane, a, b, origin);
            }
            blocks.push(block);
        }
        Self { origin: origin.map(f64::from), blocks }
    }

    /// From a point to the outline, negative outside; minus infinity as soon as it is less than `least`.
    fn distance(&self, [x, y]: [f64; 2], least: f64) -> f64 {
        let [x, y] = [x - self.origin[0], y - self.origin[1]].map(|v| v as f32);
        let least = (least * least) as f32;
        let mut crossings = [0; LANES];
        let mut nearest = f32::INFINITY;
        for block in &self.blocks {
            let squares = block.squares(x, y, &mut crossings);
            nearest = squares.into_iter().fold(nearest, f32::min);
            if nearest < least {
                return f64::NEG_INFINITY;
            }
        }
        let nearest = f64::from(nearest).sqrt();
        if crossings.iter().sum::<u32>() % 2 == 1 { nearest } else { -nearest }
    }
}

impl Block {
    fn set(&mut self, lane: usize, a: Point, b: Point, origin: Point) {
        let relative = |v: i32, axis: usize| (i64::from(v) - i64::from(origin[axis])) as f32;
        let [x, y] = [relative(a[0], 0), relative(a[1], 1)];
        let (dx, dy) = (relative(b[0], 0) - x, relative(b[1], 1) - y);
        let square = dx * dx + dy * dy;
        (self.x[lane], self.y[lane], self.dx[lane], self.dy[lane]) = (x, y, dx, dy);
        self.inverse[lane] = if square > 0.0 { 1.0 / square } else { 0.0 };
    }

    /// The square of the distance to each edge; counts the edges that a ray to the east meets.
    fn squares(&self, x: f32, y: f32, crossings: &mut [u32; LANES]) -> [f32; LANES] {
        let mut squares = [0.0; LANES];
        for lane in 0..LANES {
            let (dx, dy) = (self.dx[lane], self.dy[lane]);
            let (px, py) = (x - self.x[lane], y - self.y[lane]);
            let met = ((py < 0.0) != (py < dy)) & ((px * dy < dx * py) == (dy > 0.0));
            crossings[lane] += u32::from(met);
            let t = ((px * dx + py * dy) * self.inverse[lane]).clamp(0.0, 1.0);
            let (ex, ey) = (px - t * dx, py - t * dy);
            squares[lane] = ex * ex + ey * ey;
        }
        squares
    }
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
