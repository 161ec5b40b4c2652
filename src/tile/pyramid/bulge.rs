//! How far straight lines of the plane leave the boxes of degrees by which features are found.
//!
//! A tile joins the vertices of a line by straight pieces in its plane. Where the plane is bent against degrees, as in
//! a Gauss–Krüger zone, the middle of a long piece lies outside the box of its ends: 140 m north of it for 100 km
//! along a parallel at 36°.

use crate::{crs::Projection, snapshot::Snapshot};
use std::ops::Range;

/// Degrees either way up to which a piece is short: in a kilometre it bulges by less than two units of zoom 18.
const SHORT: f64 = 0.01;

/// The middle of a piece is not just where it is farthest out.
const SAFE: f64 = 1.5;

/// The most, in degrees, by which a piece of a line of the features at `positions` leaves the box of its ends.
pub fn bulge(snapshot: &Snapshot, projection: Projection, positions: Range<u32>) -> f64 {
    let mut most = 0.0f64;
    for position in positions {
        snapshot.row(position as usize).for_each_path(|path, _| {
            let mut before: Option<[f64; 2]> = None;
            for vertex in path {
                if let Some(before) = before.replace(vertex) {
                    most = most.max(leaves(projection, before, vertex));
                }
            }
            true
        });
    }
    most * SAFE
}

fn leaves(projection: Projection, a: [f64; 2], b: [f64; 2]) -> f64 {
    if [0, 1].into_iter().all(|i| (a[i] - b[i]).abs() < SHORT) {
        return 0.0;
    }
    let ends = [projection.forward(a[0], a[1]), projection.forward(b[0], b[1])];
    let middle = projection.inverse([0, 1].map(|i| f64::midpoint(ends[0][i], ends[1][i])));
    let out = |i: usize| (a[i].min(b[i]) - middle[i]).max(middle[i] - a[i].max(b[i]));
    // What cannot be told from far off the zone is not drawn in it.
    out(0).max(out(1)).clamp(0.0, MOST)
}

/// Degrees: pieces that bulge more run far past the ends of the zone.
const MOST: f64 = 10.0;
