//! What a new catalog makes of the tiles in the cache.

use super::Service;
use crate::{
    cache::{TileCache, TileKey},
    catalog::{Catalog, Tileset},
    view::{View, ViewId},
};
use futures_util::{StreamExt, stream};
use std::{collections::HashMap, sync::Arc, time::Duration};
use tokio::task::block_in_place;

/// How long a new catalog may wait for tiles to be cut anew: half of the second within which an edit is to be seen.
/// So many are cut at a time, so that requests find room in the queue.
const RECUT_TIME: Duration = Duration::from_millis(500);
const RECUT_AT_ONCE: usize = 4;

/// What a new catalog makes of the tiles in the cache, those of joined layers left aside.
struct Kept {
    carried: usize,
    /// Lowest zooms first.
    touched: Vec<Touched>,
}

/// A tile that has to be cut anew.
struct Touched {
    tileset: Arc<Tileset>,
    /// The old key.
    key: TileKey,
}

impl Kept {
    fn of(cache: &TileCache, before: &Catalog, after: &Catalog) -> Self {
        let after: HashMap<_, _> = after.tilesets().map(|tileset| (&tileset.name, tileset)).collect();
        let replaced = before.tilesets().filter_map(|old| Some((old, *after.get(&old.name)?)));
        let replaced: Vec<_> = replaced.filter(|(old, new)| old.version != new.version).collect();
        let mut kept = Self { carried: 0, touched: vec![] };
        // Of a filtered tile only the hash of the filter is known here; it is cut when it is asked for.
        for key in cache.keys().filter(|key| key.view == ViewId::OPEN) {
            let held = replaced.iter().find(|(old, _)| old.content(key.tile) == key.content);
            match held {
                Some((_, new)) if new.content(key.tile) != key.content => {
                    kept.touched.push(Touched { tileset: Arc::clone(new), key });
                }
                Some(_) => kept.carried += 1,
                None => {}
            }
        }
        kept.touched.sort_by_key(|touched| touched.key.tile);
        kept
    }
}

impl Service {
    /// Makes the tiles in the cache those of `after`.
    pub(super) async fn replace(&self, before: &Catalog, after: &Catalog) {
        let kept = block_in_place(|| Kept::of(&self.cache, before, after));
        self.metrics.cache_carried.set(kept.carried as i64);
        self.metrics.cache_touched.set(kept.touched.len() as i64);
        // Out of time is no fault.
        drop(tokio::time::timeout(RECUT_TIME, self.cut_anew(kept.touched)).await);
    }

    async fn cut_anew(&self, touched: Vec<Touched>) {
        let cuts = touched.into_iter().map(|Touched { tileset, key }| async move {
            // Whoever asks for the tile is told what is wrong.
            if self.ready(&tileset, key.tile, key.encoding, &View::OPEN).await.is_ok() {
                self.metrics.cache_recut.inc();
            }
        });
        stream::iter(cuts).buffer_unordered(RECUT_AT_ONCE).collect::<()>().await;
    }
}
