//! Finding junctions: vertices where the paths through them do not all have the same two neighbours.
//!
//! Between two junctions every path that has one vertex of an arc has them all, in the same or the opposite
//! order, so the arc can be simplified by itself.

use super::{parallel, work::Work};
use crate::tile::shape::Point;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};

/// Vertices looked at in one pass: bounds the memory of its table to about 32 MB.
const PASS: usize = 1 << 20;

/// Sets `fixed` at the junctions of a layer. `closed` tells rings from lines, whose ends are always fixed.
pub fn mark_junctions(chunks: &mut [Work], closed: bool) {
    let total: usize = chunks.iter().map(|c| c.points.len()).sum();
    let passes = total.div_ceil(PASS).max(1);
    let found: Vec<Vec<AtomicBool>> =
        chunks.iter().map(|c| c.fixed.iter().map(|&f| AtomicBool::new(f)).collect()).collect();
    parallel::map(0..passes, |pass| {
        let mut table = Table::new(total / passes);
        each_vertex(chunks, closed, passes, pass, |_, _, key, neighbours| table.add(key, neighbours));
        each_vertex(chunks, closed, passes, pass, |chunk, i, key, _| {
            if table.is_junction(key) {
                found[chunk][i].store(true, Relaxed);
            }
        });
    });
    for (chunk, found) in chunks.iter_mut().zip(found) {
        chunk.fixed = found.into_iter().map(AtomicBool::into_inner).collect();
    }
}

/// Calls `visit` with the chunk, index, key and neighbours' hash of each vertex that belongs to `pass`.
fn each_vertex(
    chunks: &[Work],
    closed: bool,
    passes: usize,
    pass: usize,
    mut visit: impl FnMut(usize, usize, u64, u32),
) {
    for (c, chunk) in chunks.iter().enumerate() {
        for path in 0..chunk.paths.len() {
            let range = chunk.path_range(path);
            let points = &chunk.points[range.clone()];
            for (i, &point) in points.iter().enumerate() {
                let key = key(point);
                // The high bits choose the pass, the low ones the slot.
                if ((key >> 32) * passes as u64) >> 32 != pass as u64 {
                    continue;
                }
                let before = if i > 0 { points.get(i - 1) } else { points.last().filter(|_| closed) };
                let after = points.get(i + 1).or(points.first().filter(|_| closed));
                // A sum, so that both directions agree; the end of a line has no partner, like no vertex.
                let neighbours = match (before, after) {
                    (Some(&a), Some(&b)) => key_hash(a).wrapping_add(key_hash(b)),
                    _ => END,
                };
                visit(c, range.start + i, key, neighbours);
            }
        }
    }
}

/// Stands for the neighbours of a line's end.
const END: u32 = 0x5bd1_e995;

fn key_hash(point: Point) -> u32 {
    (key(point) >> 16) as u32
}

/// A one-to-one scramble of a point (the finalizer of splitmix64).
fn key([x, y]: Point) -> u64 {
    let mut k = u64::from(x as u32) << 32 | u64::from(y as u32);
    k = (k ^ (k >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    k = (k ^ (k >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    k ^ (k >> 31)
}

/// Vertices by key, with open addressing.
struct Table {
    keys: Vec<u64>,
    /// Hash of the neighbours at first sight, or [`MIXED`] once others were seen.
    neighbours: Vec<u32>,
    mask: usize,
}

const MIXED: u32 = u32::MAX;

impl Table {
    /// `expected` is an average; a pass may have more, as vertices spread by chance.
    fn new(expected: usize) -> Self {
        let slots = (2 * expected + 1024).next_power_of_two();
        Self { keys: vec![0; slots], neighbours: vec![0; slots], mask: slots - 1 }
    }

    /// The slot of `key`, or the free one where it belongs. 0 is never a key's slot value: see [`stored`].
    fn slot(&self, key: u64) -> usize {
        let mut slot = key as usize & self.mask;
        while self.keys[slot] != 0 && self.keys[slot] != stored(key) {
            slot = (slot + 1) & self.mask;
        }
        slot
    }

    fn add(&mut self, key: u64, neighbours: u32) {
        let slot = self.slot(key);
        let seen = &mut self.neighbours[slot];
        if self.keys[slot] == 0 {
            self.keys[slot] = stored(key);
            *seen = neighbours;
        } else if *seen != neighbours {
            *seen = MIXED;
        }
    }

    fn is_junction(&self, key: u64) -> bool {
        matches!(self.neighbours[self.slot(key)], MIXED | END)
    }
}

/// Two keys may share a stored value here; their vertices then count as junctions, which costs nothing but
/// a vertex kept.
fn stored(key: u64) -> u64 {
    key.max(1)
}
