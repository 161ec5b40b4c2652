//! Clipping lines to a box: a line that leaves the box and returns comes out as several, each in the
//! direction of the whole.

use super::{
    clip_polygon::crossing,
    shape::{Point, Rect, Shape},
};

/// Writes to `out` the parts of the lines in `shape` inside `clip`.
pub fn clip_lines(shape: &Shape, clip: &Rect, out: &mut Shape) {
    out.clear();
    for (_, line) in shape.iter() {
        for pair in line.windows(2) {
            match segment(pair[0], pair[1], clip) {
                Some([a, b]) => {
                    if out.points.len() > out.open() && out.points.last() != Some(&a) {
                        out.end_line();
                    }
                    out.push(a);
                    out.push(b);
                    if b != pair[1] {
                        out.end_line();
                    }
                }
                None => {
                    out.end_line();
                }
            }
        }
        out.end_line();
    }
}

/// The part of the segment from `a` to `b` inside `clip` (Cohen and Sutherland).
fn segment(mut a: Point, mut b: Point, clip: &Rect) -> Option<[Point; 2]> {
    loop {
        let (code_a, code_b) = (clip.outcode(a), clip.outcode(b));
        if code_a | code_b == 0 {
            return Some([a, b]);
        }
        if code_a & code_b != 0 {
            return None;
        }
        if code_a != 0 { a = nearer(a, b, code_a, clip) } else { b = nearer(a, b, code_b, clip) }
    }
}

/// Where the segment meets one of the sides that `code` says an end is beyond.
///
/// Each call clears that side's bit for good, so [`segment`] ends after four.
fn nearer(a: Point, b: Point, code: u8, clip: &Rect) -> Point {
    match code {
        c if c & 1 != 0 => crossing(a, b, 0, clip.min[0]),
        c if c & 2 != 0 => crossing(a, b, 0, clip.max[0]),
        c if c & 4 != 0 => crossing(a, b, 1, clip.min[1]),
        _ => crossing(a, b, 1, clip.max[1]),
    }
}

/// Writes to `out` the points of `shape` in `clip`, edges included.
pub fn clip_points(shape: &Shape, clip: &Rect, out: &mut Shape) {
    out.clear();
    for &point in shape.points.iter().filter(|&&p| clip.holds(p)) {
        out.points.push(point);
        out.end_path(true);
    }
}
