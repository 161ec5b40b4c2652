//! Finding junctions: vertices where the paths through them do not all have the same two neighbours.
//!
//! Between two junctions every path that has one vertex of an arc has them all, in the same or the opposite
//! order, so the arc can be simplified by itself.

use super::{parallel, work::Work};
use crate::tile::shape::Point;

/// Vertices looked at in one round: bounds the memory of a round to about 40 MB.
const ROUND: usize = 1 << 21;

/// Parts into which the vertices of a round are sorted, so that the table of each stays in a processor's cache.
const BUCKETS: usize = 256;

/// Sets `fixed` at the junctions of a layer. `closed` tells rings from lines, whose ends are always fixed.
pub fn mark_junctions(chunks: &mut [Work], closed: bool) {
    let total: usize = chunks.iter().map(|c| c.points.len()).sum();
    let rounds = total.div_ceil(ROUND).max(1);
    for round in 0..rounds {
        let sorted = parallel::map(chunks.iter(), |chunk| Sorted::new(chunk, closed, rounds, round));
        let found = parallel::map(0..BUCKETS, |bucket| junctions(&sorted, bucket));
        for (chunk, index) in found.into_iter().flatten() {
            chunks[chunk].fixed[index as usize] = true;
        }
    }
}

#[derive(Clone, Copy, Default)]
struct Vertex {
    key: u64,
    /// Hash of its two neighbours, [`END`] at the end of a line.
    neighbours: u32,
    /// In its chunk.
    index: u32,
}

impl Vertex {
    fn bucket(&self) -> usize {
        (self.key >> 24) as usize % BUCKETS
    }
}

/// The vertices of one chunk that belong to a round, sorted by bucket.
struct Sorted {
    vertices: Vec<Vertex>,
    /// Where each bucket begins, and where the last one ends.
    starts: Vec<usize>,
}

impl Sorted {
    fn new(chunk: &Work, closed: bool, rounds: usize, round: usize) -> Self {
        let mut unsorted = Vec::with_capacity(chunk.points.len() / rounds);
        let mut starts = vec![0; BUCKETS + 1];
        each_vertex(chunk, closed, rounds, round, |vertex| {
            unsorted.push(vertex);
            starts[vertex.bucket() + 1] += 1;
        });
        for bucket in 0..BUCKETS {
            starts[bucket + 1] += starts[bucket];
        }
        let mut next = starts.clone();
        let mut vertices = vec![Vertex::default(); unsorted.len()];
        for vertex in unsorted {
            let place = &mut next[vertex.bucket()];
            vertices[*place] = vertex;
            *place += 1;
        }
        Self { vertices, starts }
    }

    fn bucket(&self, bucket: usize) -> &[Vertex] {
        &self.vertices[self.starts[bucket]..self.starts[bucket + 1]]
    }
}

/// The junctions in one bucket of all chunks: number of the chunk and index in it.
fn junctions(sorted: &[Sorted], bucket: usize) -> Vec<(usize, u32)> {
    let vertices = || {
        let chunks = sorted.iter().enumerate();
        chunks.flat_map(|(chunk, sorted)| sorted.bucket(bucket).iter().map(move |vertex| (chunk, vertex)))
    };
    let mut table = Table::new(sorted.iter().map(|sorted| sorted.bucket(bucket).len()).sum());
    vertices().for_each(|(_, vertex)| table.add(vertex));
    let found = vertices().filter(|(_, vertex)| table.is_junction(vertex.key));
    found.map(|(chunk, vertex)| (chunk, vertex.index)).collect()
}

/// Calls `visit` with each vertex that belongs to `round`.
fn each_vertex(chunk: &Work, closed: bool, rounds: usize, round: usize, mut visit: impl FnMut(Vertex)) {
    for path in 0..chunk.paths.len() {
        let range = chunk.path_range(path);
        let points = &chunk.points[range.clone()];
        for (i, &point) in points.iter().enumerate() {
            let key = key(point);
            // The highest bits choose the round, others the bucket, the lowest the slot.
            if ((key >> 32) * rounds as u64) >> 32 != round as u64 {
                continue;
            }
            let before = if i > 0 { points.get(i - 1) } else { points.last().filter(|_| closed) };
            let after = points.get(i + 1).or(points.first().filter(|_| closed));
            // A sum, so that both directions agree; the end of a line has no partner, like no vertex.
            let neighbours = match (before, after) {
                (Some(&a), Some(&b)) => key_hash(a).wrapping_add(key_hash(b)),
                _ => END,
            };
            visit(Vertex { key, neighbours, index: (range.start + i) as u32 });
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
    /// For so many vertices; more than half of it stays free.
    fn new(count: usize) -> Self {
        let slots = (2 * count + 1).next_power_of_two();
        Self { keys: vec![0; slots], neighbours: vec![0; slots], mask: slots - 1 }
    }

    /// The slot of `key`, or the free one where it belongs; 0 marks a free one, see [`stored`].
    fn slot(&self, key: u64) -> usize {
        let mut slot = key as usize & self.mask;
        while self.keys[slot] != 0 && self.keys[slot] != stored(key) {
            slot = (slot + 1) & self.mask;
        }
        slot
    }

    /// Takes note of a vertex.
    fn add(&mut self, vertex: &Vertex) {
        let slot = self.slot(vertex.key);
        let seen = &mut self.neighbours[slot];
        if self.keys[slot] == 0 {
            self.keys[slot] = stored(vertex.key);
            *seen = vertex.neighbours;
        } else if *seen != vertex.neighbours {
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
