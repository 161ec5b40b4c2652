//! Polygons that cross themselves without end: a bound on what a hostile or broken geometry costs.
//!
//! To make an invalid polygon valid, every crossing of its outline has to be found, and a scribble of n
//! vertices has n² of them. Where the outline is denser than anybody can see, its area is drawn on a raster
//! instead, at a cost that grows with n alone. The rule depends on the geometry alone, so the result does too.

use super::shape::{Point, Rect, Shape};
use std::f64::consts::PI;

/// Most crossings, by estimate, of an outline that is worked out: some 50 ms. In a whole tile it takes an outline
/// every 10 units, a pixel at 512 pixels a tile, to have so many.
const MOST_CROSSINGS: f64 = 50_000.0;

/// Cells along the longer side of a raster.
const CELLS: i32 = 128;

/// Replaces the rings of `shape`, exteriors turning to the right and holes to the left, by the cells that they
/// cover, if they cross too often. The cells share sides: the overlay joins them.
pub fn coarsen(shape: &mut Shape) {
    if let Some(bounds) = shape.bounds().filter(|bounds| crossings(shape, bounds) > MOST_CROSSINGS) {
        let raster = Raster::new(shape, bounds);
        shape.clear();
        raster.write(shape);
    }
}

/// How often lines as long as the outline cross when they lie about at random (Buffon's needle, after Crofton):
/// the square of their length over π times the area.
fn crossings(shape: &Shape, bounds: &Rect) -> f64 {
    let length: f64 = shape.iter().flat_map(|(_, ring)| edges(ring)).map(|(a, b)| distance(a, b)).sum();
    let [width, height] = [0, 1].map(|axis| f64::from(bounds.max[axis] - bounds.min[axis] + 1));
    length * length / (PI * width * height)
}

fn edges(ring: &[Point]) -> impl Iterator<Item = (Point, Point)> + '_ {
    ring.last().into_iter().chain(ring).zip(ring).map(|(&a, &b)| (a, b))
}

fn distance(a: Point, b: Point) -> f64 {
    let [x, y] = [0, 1].map(|axis| f64::from(a[axis]) - f64::from(b[axis]));
    (x * x + y * y).sqrt()
}

struct Raster {
    bounds: Rect,
    /// Side of a cell.
    side: i32,
    columns: usize,
    /// For each cell, row by row, how often the rings turn around its middle more than around that of the cell
    /// before.
    turns: Vec<i32>,
}

impl Raster {
    fn new(shape: &Shape, bounds: Rect) -> Self {
        let [width, height] = [0, 1].map(|axis| bounds.max[axis] - bounds.min[axis]);
        let side = (width.max(height) / CELLS + 1).max(1);
        let [columns, rows] = [width, height].map(|length| (length / side + 1) as usize);
        let mut raster = Self { bounds, side, columns, turns: vec![0; columns * rows] };
        for (_, ring) in shape.iter() {
            edges(ring).for_each(|(a, b)| raster.count(a, b));
        }
        raster
    }

    /// Counts an edge in each row whose middle line it crosses.
    fn count(&mut self, a: Point, b: Point) {
        let side = f64::from(self.side);
        let place = |p: Point, axis: usize| f64::from(p[axis] - self.bounds.min[axis]) / side;
        let ([ax, ay], [bx, by]) = ([place(a, 0), place(a, 1)], [place(b, 0), place(b, 1)]);
        // Middles lie at halves.
        let first = |v: f64| (v - 0.5).ceil().max(0.0) as usize;
        for row in first(ay.min(by))..first(ay.max(by)) {
            let x = ax + (bx - ax) * (row as f64 + 0.5 - ay) / (by - ay);
            let column = first(x);
            if let Some(turns) =
                self.turns[row * self.columns..].get_mut(column).filter(|_| column < self.columns)
            {
                *turns += if by < ay { 1 } else { -1 };
            }
        }
    }

    /// Writes each run of covered cells as a ring.
    fn write(&self, shape: &mut Shape) {
        for (row, turns) in self.turns.chunks(self.columns).enumerate() {
            let mut sum = 0;
            let covered: Vec<bool> = turns
                .iter()
                .map(|turns| {
                    sum += turns;
                    sum > 0
                })
                .collect();
            let mut column = 0;
            for run in covered.chunk_by(|a, b| a == b) {
                if run[0] {
                    self.push([column, row], [column + run.len(), row + 1], shape);
                }
                column += run.len();
            }
        }
    }

    fn push(&self, from: [usize; 2], to: [usize; 2], shape: &mut Shape) {
        let corner = |[x, y]: [usize; 2]| {
            let place = |axis: usize, cell: usize| {
                (self.bounds.min[axis] + cell as i32 * self.side).min(self.bounds.max[axis])
            };
            [place(0, x), place(1, y)]
        };
        let ([x0, y0], [x1, y1]) = (corner(from), corner(to));
        [[x0, y0], [x1, y0], [x1, y1], [x0, y1]].into_iter().for_each(|point| shape.push(point));
        shape.end_ring(true);
    }
}
