//! Clipping polygons to a box: Sutherland–Hodgman on integers, ring by ring.
//!
//! A ring that crosses the box more than once comes out as one ring with edges on the box's sides that run
//! over each other; [`super::repair`] turns it into separate parts.

use super::shape::{Point, Rect, Shape, inside};

/// Buffers for the passes.
#[derive(Default)]
pub struct PolygonClipper {
    a: Vec<Point>,
    b: Vec<Point>,
}

/// How a ring lies to the box.
enum Lie {
    Inside,
    Outside,
    /// The box is wholly inside the ring.
    Around,
    Across,
}

impl PolygonClipper {
    /// Writes to `out` the parts of `shape` inside `clip`.
    pub fn clip(&mut self, shape: &Shape, clip: &Rect, out: &mut Shape) {
        out.clear();
        // Where the present part starts in `out`, if anything is left of it.
        let mut part = None;
        for (outer, ring) in shape.iter() {
            if !outer && part.is_none() {
                continue;
            }
            let start = out.points.len();
            let kept = match lie(ring, clip) {
                Lie::Outside => false,
                Lie::Inside => {
                    out.points.extend_from_slice(ring);
                    out.end_ring(outer)
                }
                Lie::Around if outer => {
                    out.points.extend_from_slice(&corners(clip));
                    out.end_ring(true)
                }
                Lie::Around => {
                    // The box lies in a hole.
                    drop_part(out, part);
                    part = None;
                    continue;
                }
                Lie::Across => {
                    self.across(ring, clip).iter().for_each(|&p| out.push(p));
                    out.end_ring(outer)
                }
            };
            if outer {
                part = kept.then_some(start);
            }
        }
    }

    fn across(&mut self, ring: &[Point], clip: &Rect) -> &[Point] {
        self.a.clear();
        self.a.extend_from_slice(ring);
        for (axis, limit, sign) in
            [(0, clip.min[0], 1), (0, clip.max[0], -1), (1, clip.min[1], 1), (1, clip.max[1], -1)]
        {
            half_plane(&self.a, axis, limit, sign, &mut self.b);
            std::mem::swap(&mut self.a, &mut self.b);
        }
        &self.a
    }
}

/// Takes the part that starts at point `start` out again.
fn drop_part(out: &mut Shape, start: Option<usize>) {
    if let Some(start) = start {
        out.points.truncate(start);
        out.paths.retain(|p| p.end <= start);
    }
}

fn corners(clip: &Rect) -> [Point; 4] {
    let (min, max) = (clip.min, clip.max);
    [min, [max[0], min[1]], max, [min[0], max[1]]]
}

/// Without clipping: a ring none of whose edges can touch the box is around it or outside.
fn lie(ring: &[Point], clip: &Rect) -> Lie {
    let Some(&last) = ring.last() else { return Lie::Outside };
    let mut before = clip.outcode(last);
    let (mut near, mut any) = (false, 0);
    for &point in ring {
        let code = clip.outcode(point);
        // Both ends beyond the same side: the edge passes the box by.
        near |= code & before == 0;
        any |= code;
        before = code;
    }
    match (any, near) {
        (0, _) => Lie::Inside,
        (_, true) => Lie::Across,
        (_, false) if inside(ring, clip.min) => Lie::Around,
        _ => Lie::Outside,
    }
}

/// The part of `ring` where `axis` is at least (`sign` 1) or at most (`sign` −1) `limit`.
fn half_plane(ring: &[Point], axis: usize, limit: i32, sign: i32, out: &mut Vec<Point>) {
    out.clear();
    let Some(&last) = ring.last() else { return };
    let kept = |p: Point| (p[axis] - limit) * sign >= 0;
    let mut a = last;
    for &b in ring {
        if kept(a) != kept(b) {
            out.push(crossing(a, b, axis, limit));
        }
        if kept(b) {
            out.push(b);
        }
        a = b;
    }
}

/// Where the edge between `a` and `b` crosses `axis` = `limit`, rounded half up.
///
/// The same for both directions of the edge, so that neighbours that share it still do.
pub(super) fn crossing(a: Point, b: Point, axis: usize, limit: i32) -> Point {
    let (a, b) = if a[axis] <= b[axis] { (a, b) } else { (b, a) };
    let other = 1 - axis;
    let [run, rise, step] = [(a[axis], b[axis]), (a[other], b[other]), (a[axis], limit)]
        .map(|(p, q)| i64::from(q) - i64::from(p));
    let mut point = [limit; 2];
    // The value lies between the ends, so it fits.
    point[other] = (i64::from(a[other]) + (2 * rise * step + run).div_euclid(2 * run.max(1))) as i32;
    point
}
