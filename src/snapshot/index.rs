//! The spatial index of a file: features in the order of a Hilbert curve, so that neighbours lie near each
//! other, and above their boxes the levels of a packed R-tree.
//!
//! It is the index that `flatgeobuf::packed_r_tree` makes, in half of the memory and less time: the crate
//! copies all boxes into its tree, and computes the places of both features anew for each comparison.

use super::header::NODE_SIZE;
use flatgeobuf::packed_r_tree::NodeItem;
use std::{
    cmp::Reverse,
    io::{self, Write},
    mem,
};

/// The last column and row of the cells that the curve visits.
const LAST: u32 = (1 << 16) - 1;

/// Sorts index leaves by the place of their centres on the curve through `extent`, the last first. Leaves
/// at one place keep their order.
pub(super) fn sort(nodes: &mut [NodeItem], extent: &NodeItem) {
    nodes.sort_by_cached_key(|node| {
        // An extent without width or height has one column or row: 0 / 0 becomes 0.
        let cell = |centre: f64, from: f64, length: f64| (f64::from(LAST) * (centre - from) / length) as u32;
        let x = cell((node.min_x + node.max_x) / 2.0, extent.min_x, extent.width());
        let y = cell((node.min_y + node.max_y) / 2.0, extent.min_y, extent.height());
        Reverse(distance(x, y))
    });
}

/// How many cells the curve visits before (x, y).
fn distance(mut x: u32, mut y: u32) -> u32 {
    let mut distance = 0;
    for side in (0..16).rev().map(|bit| 1 << bit) {
        let (right, upper) = (x & side != 0, y & side != 0);
        distance += side * side * ((3 * u32::from(right)) ^ u32::from(upper));
        // The lower quarters are turned so that the curve inside them meets the next.
        if !upper {
            if right {
                (x, y) = (LAST - x, LAST - y);
            }
            mem::swap(&mut x, &mut y);
        }
    }
    distance
}

/// Writes the levels of the index above `leaves`, from the root down; nothing when there are none. A node says at
/// which node of the index, the leaves included, its children begin.
pub(super) fn write_above(leaves: &[NodeItem], out: &mut impl Write) -> io::Result<()> {
    // From the leaves up. Even one leaf has a root above it.
    let mut levels = vec![level_above(leaves)];
    while let Some(top) = levels.last().filter(|top| top.len() > 1) {
        levels.push(level_above(top));
    }
    let mut children = 0;
    for level in levels.iter_mut().rev() {
        children += level.len();
        for (position, node) in level.iter_mut().enumerate() {
            node.offset = (children + position * NODE_SIZE as usize) as u64;
            node.write(out)?;
        }
    }
    Ok(())
}

/// The boxes of the nodes above `nodes`.
fn level_above(nodes: &[NodeItem]) -> Vec<NodeItem> {
    nodes.chunks(NODE_SIZE.into()).map(extent).collect()
}

/// The box of all `nodes`; inside out when there are none.
pub(super) fn extent(nodes: &[NodeItem]) -> NodeItem {
    let mut extent = NodeItem::create(0);
    nodes.iter().for_each(|node| extent.expand(node));
    extent
}

#[cfg(test)]
mod tests {
    use super::*;
    use flatgeobuf::packed_r_tree::{PackedRTree, hilbert_sort};
    use proptest::{collection::vec, prelude::*};

    proptest! {
        #[test]
        fn it_is_that_of_flatgeobuf(
            // Few numbers, so that boxes share cells and the extent may have no width.
            boxes in vec(((-3..3, -3..3), (0.0..1.0, 0.0..1.0)), 1..600),
        ) {
            let mut nodes: Vec<NodeItem> = (0..).zip(&boxes).map(|(offset, &((x, y), (width, height)))| {
                let (x, y) = (f64::from(x) * 0.1, f64::from(y) * 0.1);
                let width = if width < 0.5 { 0.0 } else { width };
                NodeItem { offset, ..NodeItem::bounds(x, y, x + width, y + height) }
            }).collect();
            let extent = extent(&nodes);
            let mut expected = nodes.clone();
            hilbert_sort(&mut expected, &extent);
            sort(&mut nodes, &extent);
            prop_assert_eq!(&nodes, &expected);
            let (mut found, mut written) = (Vec::new(), Vec::new());
            write_above(&nodes, &mut found).unwrap();
            nodes.iter().for_each(|leaf| leaf.write(&mut found).unwrap());
            PackedRTree::build(&nodes, &extent, NODE_SIZE).unwrap().stream_write(&mut written).unwrap();
            prop_assert_eq!(found, written);
        }
    }
}
