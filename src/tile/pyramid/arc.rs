//! Simplifying one arc so that no area changes sides.
//!
//! Area-preserving segment collapse (Kronenfeld, Stanislawski, Buttenfield and Brockmeyer 2020,
//! doi:10.1080/15230406.2019.1631895): of four consecutive vertices A B C D, B and C become one vertex E
//! on the line of AB or CD, placed so that the area on either side of the arc stays the same. The segment
//! whose collapse moves the arc least goes first, until every further one would move it too far.

use super::least::Least;
use crate::{
    plan::Tolerance,
    tile::{project::round, shape::Point},
};
use rustc_hash::{FxHashMap, FxHasher};
use std::hash::{Hash, Hasher};

type P = [f64; 2];

/// Simplifies arcs.
#[derive(Default)]
pub struct Simplifier {
    /// The square of how far one collapse may move the arc, in units.
    tolerance2: f64,
    vertices: Vec<Vertex>,
    /// What the collapse of the segment that starts at each vertex costs.
    costs: Least,
    turned: Vec<Point>,
    /// Shared arcs by [`arc_id`], with what became of them: each is met from both of its sides.
    known: FxHashMap<u64, Known>,
    /// The points of those.
    points: Vec<Point>,
}

/// Where an arc lies, and after it what became of it.
#[derive(Clone, Copy)]
struct Known {
    start: usize,
    middle: usize,
    end: usize,
}

#[derive(Clone, Copy)]
struct Vertex {
    point: P,
    /// Where the segment that starts here would collapse to.
    place: P,
    before: u32,
    after: u32,
}

impl Simplifier {
    pub fn new(tolerance: Tolerance) -> Self {
        Self { tolerance2: f64::from(tolerance).powi(2), ..Self::default() }
    }

    /// Appends the simplified `arc` to `out`. Its ends stay; reversed, it gives the reverse. What is `shared` is
    /// worked out once.
    pub fn simplify(&mut self, arc: &[Point], shared: bool, out: &mut Vec<Point>) {
        if arc.len() < 3 {
            out.extend_from_slice(arc);
            return;
        }
        if forwards(arc) {
            self.directed(arc, shared, out);
        } else {
            let start = out.len();
            let mut turned = std::mem::take(&mut self.turned);
            turned.clear();
            turned.extend(arc.iter().rev());
            self.directed(&turned, shared, out);
            self.turned = turned;
            out[start..].reverse();
        }
    }

    fn directed(&mut self, arc: &[Point], shared: bool, out: &mut Vec<Point>) {
        if !shared {
            return self.collapse(arc, out);
        }
        let id = arc_id(arc);
        match self.known.get(&id) {
            Some(&Known { start, middle, end }) if self.points[start..middle] == *arc => {
                out.extend_from_slice(&self.points[middle..end]);
            }
            _ => {
                let from = out.len();
                self.collapse(arc, out);
                let start = self.points.len();
                self.points.extend_from_slice(arc);
                self.points.extend_from_slice(&out[from..]);
                self.known.insert(id, Known { start, middle: start + arc.len(), end: self.points.len() });
            }
        }
    }

    fn collapse(&mut self, arc: &[Point], out: &mut Vec<Point>) {
        self.vertices.clear();
        self.vertices.extend(arc.iter().zip(0u32..).map(|(&[x, y], i)| {
            let point = [f64::from(x), f64::from(y)];
            Vertex { point, place: point, before: i.saturating_sub(1), after: i + 1 }
        }));
        let (vertices, tolerance2) = (&mut self.vertices, self.tolerance2);
        self.costs.fill(arc.len(), |b| collapsed(vertices, b, tolerance2));
        while let Some(b) = self.costs.least() {
            self.take(b);
        }
        self.emit(arc, out);
    }

    fn take(&mut self, b: usize) {
        let Vertex { place, before: a, after: c, .. } = self.vertices[b];
        let d = self.vertices[c as usize].after;
        self.vertices[b].point = place;
        self.vertices[b].after = d;
        self.vertices[d as usize].before = b as u32;
        self.costs.set(c as usize, f64::INFINITY);
        // Every segment whose four vertices changed.
        let a = a as usize;
        for segment in [self.vertices[a].before as usize, a, b, d as usize] {
            let cost = collapsed(&mut self.vertices, segment, self.tolerance2);
            self.costs.set(segment, cost);
        }
    }

    /// Rounds what is left; vertices that are now on a straight line go.
    fn emit(&self, arc: &[Point], out: &mut Vec<Point>) {
        let last = arc.len() - 1;
        let start = out.len();
        let mut i = 0;
        loop {
            let point = if i == 0 || i == last { arc[i] } else { self.vertices[i].rounded() };
            while out.len() > start + 1 && passes(out[out.len() - 2], out[out.len() - 1], point) {
                out.pop();
            }
            if out.len() == start || out[out.len() - 1] != point || i == last {
                out.push(point);
            }
            if i == last {
                return;
            }
            i = self.vertices[i].after as usize;
        }
    }
}

/// Which of the two directions an arc is worked on in.
fn forwards(arc: &[Point]) -> bool {
    let half = &arc[..arc.len() / 2];
    half.iter().zip(arc.iter().rev()).find(|(a, b)| a != b).is_none_or(|(a, b)| a < b)
}

/// The same for both directions.
pub fn arc_id(arc: &[Point]) -> u64 {
    let mut hasher = FxHasher::default();
    let mut add = |&[x, y]: &Point| (u64::from(x as u32) << 32 | u64::from(y as u32)).hash(&mut hasher);
    if forwards(arc) {
        arc.iter().for_each(&mut add)
    } else {
        arc.iter().rev().for_each(&mut add)
    }
    hasher.finish()
}

impl Vertex {
    fn rounded(&self) -> Point {
        let [x, y] = self.point;
        [round(x), round(y)]
    }
}

/// What it costs to collapse the segment that starts at `b`, infinite where that is not allowed; notes the place.
#[inline]
fn collapsed(vertices: &mut [Vertex], b: usize, tolerance2: f64) -> f64 {
    let Vertex { point, before, after: c, .. } = vertices[b];
    // Both its ends may go only if they are not ends of the arc.
    if b == 0 || c as usize + 1 >= vertices.len() {
        return f64::INFINITY;
    }
    let next = vertices[c as usize];
    let quad = [vertices[before as usize].point, point, next.point, vertices[next.after as usize].point];
    match merge(quad, tolerance2) {
        Some((place, cost)) => {
            vertices[b].place = place;
            cost
        }
        None => f64::INFINITY,
    }
}

/// Whether `b` lies on the straight way from `a` to `c`.
fn passes(a: Point, b: Point, c: Point) -> bool {
    let along = |i: usize| i64::from(b[i] - a[i]) * i64::from(c[i] - b[i]);
    crate::tile::shape::cross(a, b, c) == 0 && along(0) + along(1) >= 0
}

fn sub(p: P, q: P) -> P {
    [p[0] - q[0], p[1] - q[1]]
}

fn cross(p: P, q: P) -> f64 {
    p[0] * q[1] - p[1] * q[0]
}

/// Where B and C meet, and the square of how far the arc moves by it; `None` where that is too far.
fn merge([a, b, c, d]: [P; 4], tolerance2: f64) -> Option<(P, f64)> {
    let chord = sub(d, a);
    // Heights over AD times its length; twice the area between the arc and AD.
    let (hb, hc) = (cross(chord, sub(b, a)), cross(chord, sub(c, a)));
    let area = cross(sub(b, a), sub(c, a)) + cross(sub(c, a), sub(d, a));
    // E needs this height for the triangle AED to have that area (the signs of the two run opposite).
    let he = -area;
    if chord == [0.0, 0.0] {
        return None;
    }
    // On AB if B rises further towards E's side than C, else on CD: the nearer choice.
    let on_ab = if (hb > 0.0) == (hc > 0.0) { hb.abs() > hc.abs() } else { (hb > 0.0) == (he > 0.0) };
    let (from, over, height) = if on_ab { (a, b, hb) } else { (d, c, hc) };
    if height == 0.0 {
        // All on AD: nothing moves wherever E is.
        return (hb == 0.0 && hc == 0.0).then_some((b, 0.0));
    }
    let (other, far) = if on_ab { (c, d) } else { (b, a) };
    // Most are too far already from the line of the new edge, which this tells without a division.
    let (chord, first) = (sub(far, from), sub(over, from));
    let edge = [chord[0] * height - first[0] * he, chord[1] * height - first[1] * he];
    let rise = cross(edge, sub(other, far));
    if rise * rise > tolerance2 * (edge[0] * edge[0] + edge[1] * edge[1]) {
        return None;
    }
    let t = he / height;
    let e = [from[0] + (over[0] - from[0]) * t, from[1] + (over[1] - from[1]) * t];
    // From the old way to the new one and back; the first is the most likely to be too far.
    let mut moved = distance2(other, e, far);
    if moved <= tolerance2 {
        moved = moved
            .max(distance2(over, e, far).min(distance2(over, from, e)))
            .max(distance2(e, over, other).min(distance2(e, from, over)));
    }
    // Not-a-number fails too.
    (moved <= tolerance2).then_some((e, moved))
}

/// The square of the distance from `p` to the segment between `a` and `b`.
fn distance2(p: P, a: P, b: P) -> f64 {
    let (ab, ap) = (sub(b, a), sub(p, a));
    let square = ab[0] * ab[0] + ab[1] * ab[1];
    let t = if square > 0.0 { ((ap[0] * ab[0] + ap[1] * ab[1]) / square).clamp(0.0, 1.0) } else { 0.0 };
    let rest = sub(ap, [ab[0] * t, ab[1] * t]);
    rest[0] * rest[0] + rest[1] * rest[1]
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn simplified(arc: &[Point]) -> Vec<Point> {
        let mut out = vec![];
        Simplifier::new(Tolerance::default()).simplify(arc, false, &mut out);
        out
    }

    fn twice_area(line: &[Point]) -> f64 {
        let mut ring = line.to_vec();
        ring.push(line[0]);
        ring.windows(2)
            .map(|p| f64::from(p[0][0]) * f64::from(p[1][1]) - f64::from(p[1][0]) * f64::from(p[0][1]))
            .sum()
    }

    #[test]
    fn a_staircase_becomes_a_slope() {
        let stairs: Vec<Point> = (0..40).map(|i| [(i + 1) / 2, i / 2]).collect();
        let out = simplified(&stairs);
        assert!(out.len() < 8, "{out:?}");
    }

    fn arcs() -> impl Strategy<Value = Vec<Point>> {
        let steps = prop::collection::vec((1..20i32, -4..=4i32), 2..80);
        steps.prop_map(|steps| {
            let mut p = [0, 0];
            let mut arc = vec![p];
            for (dx, dy) in steps {
                p = [p[0] + dx, p[1] + dy];
                arc.push(p);
            }
            arc
        })
    }

    proptest! {
        #[test]
        fn ends_stay_and_direction_does_not_matter(arc in arcs()) {
            let out = simplified(&arc);
            prop_assert_eq!(out.first(), arc.first());
            prop_assert_eq!(out.last(), arc.last());
            let back: Vec<Point> = arc.iter().rev().copied().collect();
            let mut back = simplified(&back);
            back.reverse();
            prop_assert_eq!(back, out);
        }

        #[test]
        fn a_shared_arc_becomes_the_same_each_time(arc in arcs()) {
            let mut simplifier = Simplifier::new(Tolerance::default());
            let mut twice = || {
                let mut out = vec![];
                simplifier.simplify(&arc, true, &mut out);
                out
            };
            prop_assert_eq!([twice(), twice()], [simplified(&arc), simplified(&arc)]);
        }

        #[test]
        fn area_stays_but_for_rounding(arc in arcs()) {
            let out = simplified(&arc);
            let length: f64 = out.windows(2).map(|p| f64::from(p[0][0] - p[1][0]).hypot(f64::from(p[0][1] - p[1][1]))).sum();
            prop_assert!((twice_area(&out) - twice_area(&arc)).abs() <= 1.5 * length);
        }
    }
}
