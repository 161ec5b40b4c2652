//! Ready tiles in memory: what is sent, under a hash of what it was cut from.
//!
//! The content in the key replaces invalidation: a tile that an edit left as it was is found under every version
//! that holds it, and what is in no version any more is pushed out by use. Misses of one key at the same time
//! are one cut, which goes on for as long as one of them waits.

use crate::{
    catalog::TileContent, encoding::Encoding, flights::Flights, grid::TileCoord, view::ViewId,
    workers::WorkError,
};
use bytes::Bytes;
use moka::future::Cache;
use std::future::Future;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct TileKey {
    pub content: TileContent,
    pub view: ViewId,
    pub tile: TileCoord,
    pub encoding: Encoding,
}

/// A tile as it goes out; no bytes at all when nothing is in it.
#[derive(Debug, Clone)]
pub struct ReadyTile {
    pub bytes: Bytes,
    /// The coding of `bytes`: a small tile stays as it is, whatever was asked for.
    pub encoding: Encoding,
    /// Features left out because the tile would be too large.
    pub dropped: usize,
}

pub struct TileCache {
    tiles: Cache<TileKey, ReadyTile>,
    flights: Flights<TileKey, Result<ReadyTile, WorkError>>,
}

/// Bytes that an entry takes beside the tile: key, value and moka's bookkeeping, so that a million empty
/// tiles are not free.
const ENTRY_OVERHEAD: usize = 192;

impl TileCache {
    pub fn new(capacity_mib: u64) -> Self {
        let weigh = |_: &TileKey, tile: &ReadyTile| {
            u32::try_from(ENTRY_OVERHEAD + tile.bytes.len()).unwrap_or(u32::MAX)
        };
        let tiles = Cache::builder().max_capacity(capacity_mib * 1024 * 1024).weigher(weigh).build();
        Self { tiles, flights: Flights::default() }
    }

    pub async fn get(&self, key: &TileKey) -> Option<ReadyTile> {
        self.tiles.get(key).await
    }

    /// The keys of what is there; looking is no use of them.
    pub fn keys(&self) -> impl Iterator<Item = TileKey> {
        self.tiles.iter().map(|(key, _)| *key)
    }

    /// The tile of `key`, made by `make` unless another request is already making it. Making ends when all who wait
    /// for it are dropped.
    pub async fn get_or_make(
        &self,
        key: TileKey,
        make: impl Future<Output = Result<ReadyTile, WorkError>> + Send + 'static,
    ) -> Result<ReadyTile, WorkError> {
        let tiles = self.tiles.clone();
        let flight = async move {
            // Another flight may have landed since the caller looked.
            if let Some(ready) = tiles.get(&key).await {
                return Ok(ready);
            }
            let made = make.await?;
            tiles.insert(key, made.clone()).await;
            Ok(made)
        };
        self.flights.join(key, flight).await
    }

    pub fn entries(&self) -> u64 {
        self.tiles.entry_count()
    }

    pub fn weight(&self) -> u64 {
        self.tiles.weighted_size()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::{AtomicUsize, Ordering};

    fn key(x: u32) -> TileKey {
        let content = TileContent::default();
        TileKey { content, view: ViewId::OPEN, tile: TileCoord { z: 10, x, y: 0 }, encoding: Encoding::Gzip }
    }

    fn empty() -> ReadyTile {
        ReadyTile { bytes: Bytes::new(), encoding: Encoding::Identity, dropped: 0 }
    }

    #[tokio::test]
    async fn simultaneous_misses_are_one_cut() {
        let cache = TileCache::new(1);
        static CUTS: AtomicUsize = AtomicUsize::new(0);
        let make = || async {
            CUTS.fetch_add(1, Ordering::Relaxed);
            tokio::task::yield_now().await;
            Ok(empty())
        };
        let (a, b) = tokio::join!(cache.get_or_make(key(1), make()), cache.get_or_make(key(1), make()));
        assert!(a.is_ok() && b.is_ok());
        assert_eq!(CUTS.load(Ordering::Relaxed), 1);
    }

    #[tokio::test]
    async fn empty_tiles_are_not_free() {
        let cache = TileCache::new(1);
        for x in 0..100 {
            cache.get_or_make(key(x), async { Ok(empty()) }).await.unwrap();
        }
        cache.tiles.run_pending_tasks().await;
        assert_eq!(cache.weight(), 100 * ENTRY_OVERHEAD as u64);
    }
}
