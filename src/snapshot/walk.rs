//! Going through the index in file order, a few features at a time.
//!
//! A search gives all positions at once, which is right for a tile. Whoever reads page by page begins where the
//! last page ended: leaves lie in file order, so the subtrees before that position are passed over whole, and a
//! page costs its own length and a path down the tree, however far in it is.

use super::{Bounds, Snapshot, header::NODE_SIZE};

/// Bytes of a node: its box, then the place of its children.
const NODE: usize = 40;

/// The features whose box meets one of some boxes, in file order; [`Snapshot::walk`] makes it.
pub struct Walk<'a> {
    tree: Tree<'a>,
    boxes: Vec<Bounds>,
    /// First position that is wanted.
    start: usize,
    /// Nodes to look at, the next one last: level above the leaves, and position in it.
    stack: Vec<(usize, usize)>,
}

impl Snapshot {
    /// Positions from `start` on, ascending, and boxes of the features whose box meets one of `boxes`.
    pub fn walk(&self, boxes: Vec<Bounds>, start: usize) -> Walk<'_> {
        let tree = Tree::of(self);
        let top = tree.levels.len().checked_sub(1).map(|level| (level, 0));
        Walk { tree, boxes, start, stack: top.into_iter().collect() }
    }

    /// The box of the `position`-th feature.
    ///
    /// # Panics
    /// When `position` is not less than [`Snapshot::feature_count`].
    pub fn feature_bounds(&self, position: usize) -> Bounds {
        let leaves = self.index_bytes().len() - self.feature_count() * NODE;
        bounds(&self.index_bytes()[leaves + position * NODE..])
    }
}

/// The levels of the packed R-tree, stored from the root down.
struct Tree<'a> {
    bytes: &'a [u8],
    /// First node of each level and how many there are, from the leaves up; none without features.
    levels: Vec<(usize, usize)>,
    node_size: usize,
}

impl<'a> Tree<'a> {
    fn of(snapshot: &'a Snapshot) -> Self {
        let (bytes, node_size) = (snapshot.index_bytes(), usize::from(NODE_SIZE));
        let (mut start, mut length) = (bytes.len() / NODE, snapshot.feature_count());
        let mut levels = vec![];
        while length > 0 && start >= length {
            start -= length;
            levels.push((start, length));
            // Even one leaf has a root above it.
            if start == 0 {
                break;
            }
            length = length.div_ceil(node_size);
        }
        Self { bytes, levels, node_size }
    }

    fn bounds(&self, level: usize, position: usize) -> Bounds {
        bounds(&self.bytes[(self.levels[level].0 + position) * NODE..])
    }
}

fn bounds(node: &[u8]) -> Bounds {
    let edge = |i: usize| node[i * 8..].first_chunk().map_or(f64::NAN, |bytes| f64::from_le_bytes(*bytes));
    Bounds { min_x: edge(0), min_y: edge(1), max_x: edge(2), max_y: edge(3) }
}

impl Iterator for Walk<'_> {
    type Item = (usize, Bounds);

    fn next(&mut self) -> Option<Self::Item> {
        while let Some((level, position)) = self.stack.pop() {
            let found = self.tree.bounds(level, position);
            if !self.boxes.iter().any(|wanted| wanted.meets(&found)) {
                continue;
            }
            let Some(below) = level.checked_sub(1) else { return Some((position, found)) };
            let size = self.tree.node_size;
            // Leaves under one node of the level below.
            let leaves = size.saturating_pow(below as u32);
            let first = (position * size).max(self.start / leaves);
            let last = ((position + 1) * size).min(self.tree.levels[below].1);
            self.stack.extend((first..last).rev().map(|child| (below, child)));
        }
        None
    }
}
