//! The order of the features in a file: along a Hilbert curve, so that neighbours lie near each other.
//!
//! It is that of `flatgeobuf::packed_r_tree::hilbert_sort`, which computes the place of both features
//! anew for each comparison; that took longer than building the index.

use flatgeobuf::packed_r_tree::NodeItem;
use std::{cmp::Reverse, mem};

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

#[cfg(test)]
mod tests {
    use super::*;
    use flatgeobuf::packed_r_tree::{calc_extent, hilbert_sort};
    use proptest::{collection::vec, prelude::*};

    fn order(nodes: &[NodeItem]) -> Vec<u64> {
        nodes.iter().map(|node| node.offset).collect()
    }

    proptest! {
        #[test]
        fn it_is_the_order_of_the_format(
            // Few numbers, so that boxes share cells and the extent may have no width.
            boxes in vec(((-3..3, -3..3), (0.0..1.0, 0.0..1.0)), 1..300),
        ) {
            let mut nodes: Vec<NodeItem> = (0..).zip(&boxes).map(|(offset, &((x, y), (width, height)))| {
                let (x, y) = (f64::from(x) * 0.1, f64::from(y) * 0.1);
                let width = if width < 0.5 { 0.0 } else { width };
                NodeItem { offset, ..NodeItem::bounds(x, y, x + width, y + height) }
            }).collect();
            let extent = calc_extent(&nodes);
            let mut expected = nodes.clone();
            hilbert_sort(&mut expected, &extent);
            sort(&mut nodes, &extent);
            prop_assert_eq!(order(&nodes), order(&expected));
        }
    }
}
