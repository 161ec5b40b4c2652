//! Geometry on the integer grid, in flat buffers that are used again for the next feature.

/// A point in tile units, x east and y south, within ±[`LIMIT`].
pub type Point = [i32; 2];

/// Coordinates stay under 2³⁰ units, the width of the world at zoom 18, so that a cross product of
/// differences fits 64 bits.
pub const LIMIT: i32 = (1 << 30) - 1;

/// Rings or lines, one after the other. A ring's closing point is not repeated.
#[derive(Debug, Default, Clone, PartialEq)]
pub struct Shape {
    pub points: Vec<Point>,
    pub paths: Vec<Path>,
}

#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Path {
    /// Index after the last point.
    pub end: usize,
    /// For rings: the exterior of a new part; the holes that follow are its own.
    pub outer: bool,
}

impl Shape {
    pub fn clear(&mut self) {
        self.points.clear();
        self.paths.clear();
    }

    /// Adds the paths of `other`.
    pub fn append(&mut self, other: &Self) {
        let start = self.points.len();
        self.points.extend_from_slice(&other.points);
        self.paths.extend(other.paths.iter().map(|path| Path { end: start + path.end, ..*path }));
    }

    /// The paths with their points.
    pub fn iter(&self) -> impl Iterator<Item = (bool, &[Point])> {
        let starts = std::iter::once(0).chain(self.paths.iter().map(|p| p.end));
        starts.zip(&self.paths).map(|(start, path)| (path.outer, &self.points[start..path.end]))
    }

    /// Ends the path that the points since the last path make.
    pub fn end_path(&mut self, outer: bool) {
        self.paths.push(Path { end: self.points.len(), outer });
    }

    /// Index of the first point that no path owns yet.
    pub fn open(&self) -> usize {
        self.paths.last().map_or(0, |p| p.end)
    }

    /// Adds a point, unless the open path already ends with it.
    pub fn push(&mut self, point: Point) {
        if self.points.len() == self.open() || self.points.last() != Some(&point) {
            self.points.push(point);
        }
    }

    /// Ends a ring; drops it when fewer than three points are left.
    ///
    /// Returns whether it was kept.
    pub fn end_ring(&mut self, outer: bool) -> bool {
        let open = self.open();
        while self.points.len() > open + 1 && self.points.last() == self.points.get(open) {
            self.points.pop();
        }
        self.end_if(3, outer)
    }

    /// Ends a line; drops it when fewer than two points are left.
    pub fn end_line(&mut self) -> bool {
        self.end_if(2, true)
    }

    fn end_if(&mut self, least: usize, outer: bool) -> bool {
        let open = self.open();
        let enough = self.points.len() >= open + least;
        if enough {
            self.end_path(outer)
        } else {
            self.points.truncate(open)
        }
        enough
    }

    /// Index of the first point of the last path.
    pub fn last_start(&self) -> usize {
        self.paths.len().checked_sub(2).map_or(0, |before| self.paths[before].end)
    }

    /// Turns the last path round.
    pub fn reverse_last(&mut self) {
        let start = self.last_start();
        self.points[start..].reverse();
    }

    pub fn bounds(&self) -> Option<Rect> {
        Rect::around(&self.points)
    }
}

/// A box on the grid, edges included.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rect {
    pub min: Point,
    pub max: Point,
}

impl Rect {
    pub fn around(points: &[Point]) -> Option<Self> {
        let (mut min, mut max) = (*points.first()?, *points.first()?);
        for &[x, y] in points {
            min = [min[0].min(x), min[1].min(y)];
            max = [max[0].max(x), max[1].max(y)];
        }
        Some(Self { min, max })
    }

    /// The middle, rounded.
    pub fn centre(&self) -> Point {
        let middle = |axis: usize| self.min[axis] + (self.max[axis] - self.min[axis]) / 2;
        [middle(0), middle(1)]
    }

    pub fn union(&self, other: &Self) -> Self {
        Self {
            min: [self.min[0].min(other.min[0]), self.min[1].min(other.min[1])],
            max: [self.max[0].max(other.max[0]), self.max[1].max(other.max[1])],
        }
    }

    pub fn contains(&self, other: &Self) -> bool {
        self.min[0] <= other.min[0]
            && self.min[1] <= other.min[1]
            && self.max[0] >= other.max[0]
            && self.max[1] >= other.max[1]
    }

    pub fn holds(&self, [x, y]: Point) -> bool {
        (self.min[0]..=self.max[0]).contains(&x) && (self.min[1]..=self.max[1]).contains(&y)
    }

    pub fn meets(&self, other: &Self) -> bool {
        self.min[0] <= other.max[0]
            && self.min[1] <= other.max[1]
            && self.max[0] >= other.min[0]
            && self.max[1] >= other.min[1]
    }

    /// The box `by` units further south-east.
    pub fn moved(&self, [dx, dy]: Point) -> Self {
        let [min, max] = [self.min, self.max].map(|[x, y]| [x.saturating_add(dx), y.saturating_add(dy)]);
        Self { min, max }
    }

    /// Which sides of the box a point lies beyond, a bit for each; 0 inside.
    pub fn outcode(&self, [x, y]: Point) -> u8 {
        u8::from(x < self.min[0])
            | u8::from(x > self.max[0]) << 1
            | u8::from(y < self.min[1]) << 2
            | u8::from(y > self.max[1]) << 3
    }
}

/// Twice the signed area of a ring by the shoelace formula: positive is clockwise on the screen (y down),
/// as MVT wants exteriors (MVT 2.1 §4.3.4.4).
pub fn area2(ring: &[Point]) -> i64 {
    let Some(&[x0, y0]) = ring.first() else { return 0 };
    // Relative to the first point, so that far rings lose nothing.
    let relative = |[x, y]: Point| [i64::from(x) - i64::from(x0), i64::from(y) - i64::from(y0)];
    ring.windows(2).fold(0i64, |sum, pair| {
        let ([ax, ay], [bx, by]) = (relative(pair[0]), relative(pair[1]));
        sum.wrapping_add(ax * by - bx * ay)
    })
}

/// Whether the whole of a ring turns clockwise on the screen: the sign of [`area2`], for rings too large for it.
pub fn turns_right(ring: &[Point]) -> bool {
    let Some(&[x0, y0]) = ring.first() else { return false };
    let relative = |[x, y]: Point| [i64::from(x) - i64::from(x0), i64::from(y) - i64::from(y0)];
    let area2: i128 = ring
        .windows(2)
        .map(|pair| {
            let ([ax, ay], [bx, by]) = (relative(pair[0]), relative(pair[1]));
            i128::from(ax * by - bx * ay)
        })
        .sum();
    area2 > 0
}

/// The cross product of `b − a` and `c − a`: positive when `c` is to the right on the screen.
pub fn cross(a: Point, b: Point, c: Point) -> i64 {
    let d = |p: Point, q: Point, axis: usize| i64::from(q[axis]) - i64::from(p[axis]);
    d(a, b, 0) * d(a, c, 1) - d(a, c, 0) * d(a, b, 1)
}

/// How often `ring` turns around `point`, to the right on the screen; not 0 inside, any for a point on the ring.
pub fn turns(ring: &[Point], point: Point) -> i32 {
    let Some(&last) = ring.last() else { return 0 };
    let mut a = last;
    let mut turns = 0;
    for &b in ring {
        if (a[1] > point[1]) != (b[1] > point[1]) && (cross(a, b, point) > 0) == (b[1] > a[1]) {
            turns += if b[1] > a[1] { 1 } else { -1 };
        }
        a = b;
    }
    turns
}
