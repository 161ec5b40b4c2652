//! Whether polygons are valid (OGC Simple Features, 06-103r4 §6.1.11): a check that may cry wolf, never the
//! other way round.
//!
//! Any contact between two rings or two edges counts as invalid, though a hole may touch its exterior at
//! a point; [`super::repair`] then settles it. So the check needs no topology and is cheap.

use super::shape::{Point, Rect, Shape, cross, turns};

/// More rings than this are not compared pair by pair but called invalid.
const MAX_RINGS: usize = 256;

/// Buffers for the sweep.
#[derive(Default)]
pub struct Checker {
    edges: Vec<Edge>,
}

#[derive(Clone, Copy)]
struct Edge {
    /// Ends by ascending coordinate of the sweep.
    a: Point,
    b: Point,
    path: u32,
    /// Place in its ring.
    index: u32,
}

impl Checker {
    /// Whether the rings of `shape` are simple, disjoint and nested as exteriors and holes should be.
    pub fn valid(&mut self, shape: &Shape) -> bool {
        self.edges.clear();
        let Some(bounds) = shape.bounds() else { return true };
        if shape.paths.len() == 1 && starlike(&shape.points, bounds.centre()) {
            return true;
        }
        // Sweep along the longer side: fewer edges lie abreast.
        let axis = usize::from(bounds.max[1] - bounds.min[1] > bounds.max[0] - bounds.min[0]);
        for (path, (_, ring)) in shape.iter().enumerate() {
            if !self.add_ring(ring, path as u32, axis) {
                return false;
            }
        }
        self.apart(shape, axis) && (shape.paths.len() == 1 || nested(shape))
    }

    /// Takes the edges of a ring; false if it has a spike, an edge that runs back over the one before.
    fn add_ring(&mut self, ring: &[Point], path: u32, axis: usize) -> bool {
        let &[first, .., before_last, last] = ring else { return false };
        let (mut before, mut a) = (before_last, last);
        for (index, &b) in ring.iter().enumerate() {
            let back = |i: usize| i64::from(before[i] - a[i]) * i64::from(b[i] - a[i]);
            if a == b || (cross(before, a, b) == 0 && back(0) + back(1) > 0) {
                return false;
            }
            let (low, high) = if a[axis] <= b[axis] { (a, b) } else { (b, a) };
            self.edges.push(Edge { a: low, b: high, path, index: index as u32 });
            (before, a) = (a, b);
        }
        first != last
    }

    /// No two edges meet but at the vertex between neighbours.
    fn apart(&mut self, shape: &Shape, axis: usize) -> bool {
        self.edges.sort_unstable_by_key(|e| e.a[axis]);
        let other = 1 - axis;
        // So that no input costs the square of its size; what is called invalid is settled by a sweep.
        let mut budget = 64 * self.edges.len() + 4096;
        for (i, e) in self.edges.iter().enumerate() {
            let (low, high) = (e.a[other].min(e.b[other]), e.a[other].max(e.b[other]));
            for f in &self.edges[i + 1..] {
                if f.a[axis] > e.b[axis] {
                    break;
                }
                budget -= 1;
                if budget == 0 {
                    return false;
                }
                let abreast = f.a[other].max(f.b[other]) >= low && f.a[other].min(f.b[other]) <= high;
                if abreast && !neighbours(e, f, shape) && meet(e, f) {
                    return false;
                }
            }
        }
        true
    }
}

/// Whether a ring goes around `centre` once, clockwise on the screen and never back: it is simple then. Most
/// polygons are told by this, without a sweep.
fn starlike(ring: &[Point], centre: Point) -> bool {
    let Some(&last) = ring.last() else { return false };
    let mut a = last;
    // Times that it changes between north and south of the centre: two a turn.
    let mut changes = 0;
    for &b in ring {
        if cross(centre, a, b) <= 0 {
            return false;
        }
        changes += u32::from((a[1] < centre[1]) != (b[1] < centre[1]));
        a = b;
    }
    changes == 2
}

fn neighbours(e: &Edge, f: &Edge, shape: &Shape) -> bool {
    let last = || {
        let path = e.path as usize;
        let start = path.checked_sub(1).map_or(0, |p| shape.paths[p].end);
        (shape.paths[path].end - start - 1) as u32
    };
    e.path == f.path && (e.index.abs_diff(f.index) == 1 || e.index.abs_diff(f.index) == last())
}

/// Whether two segments with overlapping boxes have a point in common.
fn meet(e: &Edge, f: &Edge) -> bool {
    let same_side = |p: i64, q: i64| (p > 0 && q > 0) || (p < 0 && q < 0);
    !same_side(cross(e.a, e.b, f.a), cross(e.a, e.b, f.b))
        && !same_side(cross(f.a, f.b, e.a), cross(f.a, f.b, e.b))
}

/// Every hole directly in its exterior, every exterior outside the other parts or in one of their holes.
///
/// Only for rings that do not touch. Rounding alone can carry a tiny hole over the border.
fn nested(shape: &Shape) -> bool {
    if shape.paths.len() > MAX_RINGS {
        return false;
    }
    let rings: Vec<(bool, &[Point], Option<Rect>)> =
        shape.iter().map(|(outer, ring)| (outer, ring, Rect::around(ring))).collect();
    let within = |i: usize, j: usize| match (rings[i].2, rings[j].2) {
        (Some(a), Some(b)) => {
            b.contains(&a) && rings[i].1.first().is_some_and(|&p| turns(rings[j].1, p) != 0)
        }
        _ => false,
    };
    let mut parts = rings.iter().enumerate().filter(|(_, r)| r.0).map(|(i, _)| i).collect::<Vec<_>>();
    parts.push(rings.len());
    parts.windows(2).all(|part| {
        let holes = part[0] + 1..part[1];
        let holes_fit = holes.clone().all(|hole| {
            within(hole, part[0]) && holes.clone().all(|other| other == hole || !within(hole, other))
        });
        let others_clear = parts[..parts.len() - 1].iter().all(|&other| {
            other == part[0] || !within(other, part[0]) || holes.clone().any(|hole| within(other, hole))
        });
        holes_fit && others_clear
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        /// Rings that go around by their angles, some with a few points moved: both answers come up often.
        #[test]
        fn what_is_starlike_is_simple(mut ring in prop::collection::vec([-40..40i32, -40..40i32], 3..24), moved in prop::collection::vec((0..24usize, [-3..4i32, -3..4i32]), 0..4)) {
            ring.sort_by(|[ax, ay], [bx, by]| f64::from(*ay).atan2((*ax).into()).total_cmp(&f64::from(*by).atan2((*bx).into())));
            for (i, [x, y]) in moved {
                let at = i % ring.len();
                ring[at] = [ring[at][0] + x, ring[at][1] + y];
            }
            let mut shape = Shape::default();
            shape.points.extend(&ring);
            shape.end_path(true);
            let Some(bounds) = shape.bounds() else { return Ok(()) };
            if starlike(&ring, bounds.centre()) {
                let mut checker = Checker::default();
                prop_assert!(checker.add_ring(&ring, 0, 0) && checker.apart(&shape, 0), "{ring:?}");
            }
        }
    }

    #[test]
    fn a_ring_around_its_middle_is_starlike_one_that_turns_back_is_not() {
        let ring = [[0, 0], [10, 1], [12, 6], [9, 12], [1, 11]];
        assert!(starlike(&ring, [6, 6]));
        assert!(!starlike(&[[0, 0], [12, 0], [12, 12], [5, 3], [0, 12]], [6, 6]));
    }
}
