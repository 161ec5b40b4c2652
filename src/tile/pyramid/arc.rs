//! Simplifying one arc so that no area changes sides.
//!
//! Area-preserving segment collapse (Kronenfeld, Stanislawski, Buttenfield and Brockmeyer 2020,
//! doi:10.1080/15230406.2019.1631895): of four consecutive vertices A B C D, B and C become one vertex E
//! on the line of AB or CD, placed so that the area on either side of the arc stays the same. The segment
//! whose collapse moves the arc least goes first, until every further one would move it too far.

use crate::{plan::Tolerance, tile::shape::Point};
use std::{cmp::Reverse, collections::BinaryHeap};

type P = [f64; 2];

/// Simplifies arcs.
#[derive(Default)]
pub struct Simplifier {
    /// The square of how far one collapse may move the arc, in units.
    tolerance2: f64,
    points: Vec<P>,
    /// Where the segment that starts at each vertex would collapse to.
    places: Vec<P>,
    before: Vec<u32>,
    after: Vec<u32>,
    /// Counts the changes around each segment, so that old entries of the heap are known.
    stamps: Vec<u32>,
    heap: BinaryHeap<Reverse<(Cost, u32, u32)>>,
    turned: Vec<Point>,
}

#[derive(Clone, Copy, PartialEq)]
struct Cost(f64);

impl Eq for Cost {}
impl PartialOrd for Cost {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}
impl Ord for Cost {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.0.total_cmp(&other.0)
    }
}

impl Simplifier {
    pub fn new(tolerance: Tolerance) -> Self {
        Self { tolerance2: f64::from(tolerance).powi(2), ..Self::default() }
    }

    /// Appends the simplified `arc` to `out`. Its ends stay; reversed, it gives the reverse.
    pub fn simplify(&mut self, arc: &[Point], out: &mut Vec<Point>) {
        if arc.len() < 3 {
            out.extend_from_slice(arc);
            return;
        }
        let start = out.len();
        if forwards(arc) {
            self.collapse(arc, out);
        } else {
            let mut turned = std::mem::take(&mut self.turned);
            turned.clear();
            turned.extend(arc.iter().rev());
            self.collapse(&turned, out);
            self.turned = turned;
            out[start..].reverse();
        }
    }

    fn collapse(&mut self, arc: &[Point], out: &mut Vec<Point>) {
        let n = arc.len() as u32;
        self.points.clear();
        self.points.extend(arc.iter().map(|p| p.map(f64::from)));
        self.places.clear();
        self.places.resize(arc.len(), [0.0; 2]);
        self.before.clear();
        self.before.extend((0..n).map(|i| i.saturating_sub(1)));
        self.after.clear();
        self.after.extend(1..=n);
        self.stamps.clear();
        self.stamps.resize(arc.len(), 0);
        self.heap.clear();
        for b in 1..n.saturating_sub(2) {
            self.offer(b);
        }
        while let Some(Reverse((_, b, stamp))) = self.heap.pop() {
            if self.stamps[b as usize] == stamp {
                self.take(b);
            }
        }
        self.emit(arc, out);
    }

    /// Puts the collapse of the segment that starts at `b` on the heap, if it is small enough.
    fn offer(&mut self, b: u32) {
        let Some(quad) = self.quad(b) else { return };
        if let Some((place, cost)) = merge(quad, self.tolerance2) {
            self.places[b as usize] = place;
            self.heap.push(Reverse((Cost(cost), b, self.stamps[b as usize])));
        }
    }

    /// The segment from `b` with the vertices around it, if both its ends may go.
    fn quad(&self, b: u32) -> Option<[P; 4]> {
        let n = self.points.len() as u32;
        let c = self.after[b as usize];
        if b == 0 || c >= n - 1 {
            return None;
        }
        let point = |i: u32| self.points[i as usize];
        Some([point(self.before[b as usize]), point(b), point(c), point(self.after[c as usize])])
    }

    fn take(&mut self, b: u32) {
        let c = self.after[b as usize];
        let d = self.after[c as usize];
        let a = self.before[b as usize];
        self.points[b as usize] = self.places[b as usize];
        self.after[b as usize] = d;
        self.before[d as usize] = b;
        self.stamps[c as usize] += 1;
        // Every segment whose four vertices changed.
        for segment in [self.before[a as usize], a, b, d] {
            self.stamps[segment as usize] += 1;
            self.offer(segment);
        }
    }

    /// Rounds what is left; vertices that are now on a straight line go.
    fn emit(&self, arc: &[Point], out: &mut Vec<Point>) {
        let last = arc.len() - 1;
        let start = out.len();
        let mut i = 0;
        loop {
            let point = if i == 0 || i == last { arc[i] } else { self.points[i].map(round) };
            while out.len() > start + 1 && passes(out[out.len() - 2], out[out.len() - 1], point) {
                out.pop();
            }
            if out.len() == start || out[out.len() - 1] != point || i == last {
                out.push(point);
            }
            if i == last {
                return;
            }
            i = self.after[i] as usize;
        }
    }
}

/// Which of the two directions an arc is worked on in.
pub fn forwards(arc: &[Point]) -> bool {
    let half = &arc[..arc.len() / 2];
    half.iter().zip(arc.iter().rev()).find(|(a, b)| a != b).is_none_or(|(a, b)| a < b)
}

fn round(value: f64) -> i32 {
    (value + 0.5).floor() as i32
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
    let t = he / height;
    let e = [from[0] + (over[0] - from[0]) * t, from[1] + (over[1] - from[1]) * t];
    // From the old way to the new one and back; the first is the most likely to be too far.
    let (other, far) = if on_ab { (c, d) } else { (b, a) };
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
        Simplifier::new(Tolerance::default()).simplify(arc, &mut out);
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
        fn area_stays_but_for_rounding(arc in arcs()) {
            let out = simplified(&arc);
            let length: f64 = out.windows(2).map(|p| f64::from(p[0][0] - p[1][0]).hypot(f64::from(p[0][1] - p[1][1]))).sum();
            prop_assert!((twice_area(&out) - twice_area(&arc)).abs() <= 1.5 * length);
        }
    }
}
