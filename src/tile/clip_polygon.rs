//! Clipping polygons to a box: Sutherland–Hodgman on integers, ring by ring.
//!
//! A ring that crosses the box more than once comes out as one ring with edges on the box's sides that run
//! over each other; [`super::repair`] turns it into separate parts.
//!
//! Which way a ring turns is settled here, on the whole of it: of a ring that crosses itself the box may hold
//! a loop that turns the other way, and neighbouring tiles must agree which loops are inside.

use super::shape::{Point, Rect, Shape, turns, turns_right};

/// Buffers for the passes.
#[derive(Default)]
pub struct PolygonClipper {
    a: Vec<Point>,
    b: Vec<Point>,
}

/// How a ring lies to the box.
enum Lie {
    Inside,
    /// Outside the box, around which it turns so many times.
    Apart(i32),
    Across,
}

impl PolygonClipper {
    /// Writes to `out` the parts of `shape` inside `clip`.
    pub fn clip(&mut self, shape: &Shape, clip: &Rect, out: &mut Shape) {
        out.clear();
        // Whether anything is left of the exterior of the present part.
        let mut part = false;
        for (outer, ring) in shape.iter() {
            if !outer && !part {
                continue;
            }
            let kept = match lie(ring, clip) {
                Lie::Apart(turns) => {
                    let turns = if turns_right(ring) { turns } else { -turns };
                    for _ in 0..turns {
                        out.points.extend_from_slice(&corners(clip));
                        end_turned(out, &corners(clip), outer);
                    }
                    turns > 0
                }
                Lie::Inside => {
                    out.points.extend_from_slice(ring);
                    end_turned(out, ring, outer)
                }
                Lie::Across => {
                    self.across(ring, clip).iter().for_each(|&p| out.push(p));
                    end_turned(out, ring, outer)
                }
            };
            if outer {
                part = kept;
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

/// Ends what is left of `ring`, turned so that an exterior turns to the right as a whole, a hole to the left.
fn end_turned(out: &mut Shape, ring: &[Point], outer: bool) -> bool {
    let kept = out.end_ring(outer);
    if kept && turns_right(ring) != outer {
        out.reverse_last();
    }
    kept
}

fn corners(clip: &Rect) -> [Point; 4] {
    let (min, max) = (clip.min, clip.max);
    [min, [max[0], min[1]], max, [min[0], max[1]]]
}

/// Without clipping: a ring none of whose edges can touch the box is around it or outside.
fn lie(ring: &[Point], clip: &Rect) -> Lie {
    let Some(&last) = ring.last() else { return Lie::Apart(0) };
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
        (_, false) => Lie::Apart(turns(ring, clip.min)),
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
