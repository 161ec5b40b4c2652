//! Tiles that were asked for most before a restart, cut again.

use super::Service;
use crate::{heat::HotTile, view::View};
use std::{sync::Arc, time::Duration};

/// How often the list of hot tiles is written.
const WRITES: Duration = Duration::from_secs(60);
/// How long whoever asks for a tile goes first.
const GIVE_WAY: Duration = Duration::from_millis(20);

impl Service {
    /// Once there is a plan, cuts the tiles of the list, hottest first, and from then on keeps the list. Runs until it is dropped.
    pub async fn keep_warm(self: Arc<Self>) {
        let mut news = self.news();
        while self.catalog().is_none() {
            // The sender is part of the service.
            if news.changed().await.is_err() {
                return;
            }
        }
        let tiles = self.heat.read().unwrap_or_else(|error| {
            tracing::debug!(%error, "the list of hot tiles cannot be read: it begins anew");
            vec![]
        });
        self.warm(tiles).await;
        loop {
            tokio::time::sleep(WRITES).await;
            self.write_heat();
        }
    }

    /// Cuts them one after the other, while nobody waits for another. Those that there are no longer are left out.
    async fn warm(&self, tiles: Vec<HotTile>) {
        for HotTile { tileset, tile, encoding } in tiles {
            while self.workers.waiting() > 0 {
                tokio::time::sleep(GIVE_WAY).await;
            }
            let tileset = self.catalog().and_then(|catalog| catalog.tileset(&tileset).ok());
            let tileset = tileset.filter(|tileset| tileset.grid.tile(tile.z, tile.x, tile.y).is_some());
            if let Some(tileset) = tileset
                && self.ready(&tileset, tile, encoding, &View::OPEN).await.is_ok()
            {
                self.metrics.cache_warmed.inc();
            }
        }
    }

    /// Writes down which tiles are hot, if that is wanted.
    pub fn write_heat(&self) {
        if self.heat.is_kept()
            && let Err(error) = self.heat.write()
        {
            tracing::warn!(%error, "the list of hot tiles cannot be written");
        }
    }
}
