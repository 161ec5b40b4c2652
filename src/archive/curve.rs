//! Tiles in the order of PMTiles: zoom after zoom, and in each along a Hilbert curve (PMTiles v3 §4.1).

use crate::grid::TileCoord;
use std::mem;

/// A tile by its place on the curve of its zoom. The four tiles below one follow each other there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cell {
    pub z: u8,
    pub place: u64,
}

impl Cell {
    pub const WORLD: Self = Self { z: 0, place: 0 };

    /// The tile with the number `id` of PMTiles.
    pub fn of_id(id: u64) -> Self {
        let z = ((3 * id + 1).ilog2() / 2) as u8;
        Self { z, place: id - first_id(z) }
    }

    /// Its number in PMTiles.
    pub fn id(self) -> u64 {
        first_id(self.z) + self.place
    }

    pub fn tile(self) -> TileCoord {
        let (mut x, mut y) = (0, 0);
        for level in 0..u32::from(self.z) {
            let quarter = self.place >> (2 * level);
            let (side, right) = (1 << level, (quarter >> 1 & 1) as u32);
            let lower = (quarter as u32 ^ right) & 1;
            // The upper quarters are turned so that the curve inside them meets the next.
            if lower == 0 {
                if right == 1 {
                    (x, y) = (side - 1 - x, side - 1 - y);
                }
                mem::swap(&mut x, &mut y);
            }
            (x, y) = (x + side * right, y + side * lower);
        }
        TileCoord { z: self.z, x, y }
    }

    /// The last of the tiles at zoom `z` below it; `z` is not less than its own.
    pub fn last_at(self, z: u8) -> Self {
        let place = ((self.place + 1) << (2 * (z - self.z))) - 1;
        Self { z, place }
    }

    /// The tiles at zoom `z` below it, or itself, in the order of the curve: those that `enter` lets in, as all tiles between.
    pub fn below(self, z: u8, enter: impl Fn(Self) -> bool) -> impl Iterator<Item = Self> {
        let mut waiting = vec![self];
        std::iter::from_fn(move || {
            while let Some(cell) = waiting.pop() {
                if !enter(cell) {
                    continue;
                }
                if cell.z == z {
                    return Some(cell);
                }
                let child = |quarter| Self { z: cell.z + 1, place: 4 * cell.place + quarter };
                waiting.extend((0..4).rev().map(child));
            }
            None
        })
    }
}

/// How many tiles the zooms above `z` have.
fn first_id(z: u8) -> u64 {
    ((1 << (2 * z)) - 1) / 3
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn numbers_are_those_of_the_specification() {
        for (z, x, y, id) in [
            (0, 0, 0, 0),
            (1, 0, 0, 1),
            (1, 0, 1, 2),
            (1, 1, 1, 3),
            (1, 1, 0, 4),
            (2, 0, 0, 5),
            (12, 3423, 1763, 19_078_479),
        ] {
            assert_eq!((Cell::of_id(id).tile(), Cell::of_id(id).id()), (TileCoord { z, x, y }, id));
        }
    }

    proptest! {
        #[test]
        fn what_follows_each_other_touches_and_lies_below(id in 1..1u64 << 36) {
            let (cell, next) = (Cell::of_id(id), Cell::of_id(id + 1));
            let (a, b) = (cell.tile(), next.tile());
            if a.z == b.z {
                prop_assert_eq!(a.x.abs_diff(b.x) + a.y.abs_diff(b.y), 1);
            }
            let above = Cell { z: cell.z - 1, place: cell.place / 4 }.tile();
            prop_assert_eq!((above.x, above.y), (a.x / 2, a.y / 2));
        }
    }

    #[test]
    fn a_walk_has_every_tile_once() {
        let ids: Vec<u64> = Cell::WORLD.below(4, |_| true).map(Cell::id).collect();
        assert_eq!(ids, (85..341).collect::<Vec<_>>());
        let top = Cell { z: 2, place: 7 };
        assert_eq!(top.below(4, |_| true).last(), Some(top.last_at(4)));
        assert_eq!(top.below(4, |cell| cell.z < 4).count(), 0);
    }
}
