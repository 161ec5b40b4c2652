//! Since when each tile of a layer is as it is.
//!
//! An edit makes a new version of a layer, and of every tileset with it, but leaves nearly all tiles as they
//! were. So the cache keeps a tile under what it holds, not under the version that it is sent with: the snapshot
//! in which the tile last changed. Then nothing is copied or dropped when a version is replaced, and the versions
//! that are kept beside the current one share their tiles with it.

use crate::{
    grid::TileCoord,
    snapshot::SnapshotId,
    tile::{DEEPEST, TileLayer, touched},
};
use std::collections::HashMap;

/// Tiles with a history of their own, at most: about 10 MB. Past it the history begins anew.
const MOST: usize = 200_000;

#[derive(Debug, Clone)]
pub struct Lineage {
    /// The snapshot in which the tiles without a history of their own were cut first.
    base: SnapshotId,
    /// The snapshot in which a tile changed last; tiles under [`DEEPEST`] go by the one over them.
    changed: HashMap<TileCoord, SnapshotId>,
}

impl Lineage {
    /// A layer of which nothing is known but its present state.
    pub fn new(snapshot: SnapshotId) -> Self {
        Self { base: snapshot, changed: HashMap::new() }
    }

    /// The lineage of `new`, which replaces `old`, whose lineage this is.
    pub fn after(&self, old: &TileLayer, new: &TileLayer) -> Self {
        let id = new.snapshot().id;
        let Some(touched) = touched(old, new) else { return Self::new(id) };
        let mut next = self.clone();
        next.changed.extend(touched.into_iter().map(|tile| (tile, id)));
        if next.changed.len() > MOST { Self::new(id) } else { next }
    }

    pub fn base(&self) -> SnapshotId {
        self.base
    }

    /// Whether any tile has a history of its own.
    pub fn has_changes(&self) -> bool {
        !self.changed.is_empty()
    }

    /// The snapshot in which `tile` changed last, if that is another than the base.
    pub fn changed(&self, tile: TileCoord) -> Option<SnapshotId> {
        let up = tile.z.saturating_sub(DEEPEST);
        self.changed.get(&TileCoord { z: tile.z - up, x: tile.x >> up, y: tile.y >> up }).copied()
    }

    /// The tiles that changed last in `snapshot`, lowest zooms first.
    pub fn changed_in(&self, snapshot: SnapshotId) -> Vec<TileCoord> {
        let changed = self.changed.iter().filter(|(_, id)| **id == snapshot);
        let mut tiles: Vec<_> = changed.map(|(tile, _)| *tile).collect();
        tiles.sort_unstable();
        tiles
    }
}
