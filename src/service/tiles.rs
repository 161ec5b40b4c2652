//! Tiles, from the cache or cut on the bounded workers.

use super::Service;
use crate::{
    cache::{ReadyTile, TileKey},
    catalog::Tileset,
    encoding::{self, Encoding},
    features::Evaluator,
    grid::TileCoord,
    telemetry::{Span, note},
    tile::{self, Keep, Tile, TileLayer},
    view::View,
    workers::WorkError,
};
use std::{future::Future, sync::Arc, time::Instant};

/// What a span of a request says of the cache.
pub(super) const CACHE: &str = "plantiles.cache";

impl Service {
    /// The tile from the cache, or cut now.
    ///
    /// # Errors
    /// [`WorkError::Overloaded`] when too many cuts are waiting already.
    pub async fn tile(
        &self,
        tileset: &Arc<Tileset>,
        tile: TileCoord,
        encoding: Encoding,
        view: &View,
    ) -> Result<ReadyTile, WorkError> {
        self.heat.note(tileset, tile, encoding, view);
        self.ready(tileset, tile, encoding, view).await
    }

    /// The same, for nobody in particular.
    pub(super) async fn ready(
        &self,
        tileset: &Arc<Tileset>,
        tile: TileCoord,
        encoding: Encoding,
        view: &View,
    ) -> Result<ReadyTile, WorkError> {
        let key = TileKey { content: tileset.content(tile), view: view.id(), tile, encoding };
        if let Some(ready) = self.cache.get(&key).await {
            self.metrics.cache_hits.inc();
            note(CACHE, || "hit");
            return Ok(ready);
        }
        note(CACHE, || "miss");
        let made =
            self.cache.get_or_make(key, self.make(Arc::clone(tileset), tile, encoding, view.clone())).await;
        if matches!(made, Err(WorkError::Overloaded)) {
            self.metrics.shed.inc();
        }
        made
    }

    fn make(
        &self,
        tileset: Arc<Tileset>,
        tile: TileCoord,
        encoding: Encoding,
        view: View,
    ) -> impl Future<Output = Result<ReadyTile, WorkError>> + Send + 'static {
        let (workers, metrics) = (Arc::clone(&self.workers), Arc::clone(&self.metrics));
        let cut = move || {
            let start = Instant::now();
            let layers: Vec<&TileLayer> = tileset.layers.iter().map(|layer| &layer.tiles).collect();
            let cut = {
                let span = Span::part("cut");
                span.note("plantiles.tile", || tile.to_string());
                let _within = span.enter();
                cut(&layers, &tileset, tile, &view)
            };
            let _encoding = Span::part("encode");
            let (bytes, encoding) = encoding::encode(cut.bytes.into(), encoding);
            (ReadyTile { bytes, encoding, dropped: cut.dropped }, start.elapsed().as_secs_f64())
        };
        async move {
            metrics.cache_misses.inc();
            let (ready, seconds) = workers.run(cut).await?;
            metrics.cut_seconds.observe(seconds);
            metrics.dropped_features.inc_by(ready.dropped as u64);
            Ok(ready)
        }
    }

    /// Runs `work` on one of the bounded threads.
    ///
    /// # Errors
    /// As [`Workers::run`].
    pub async fn work<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, WorkError> {
        let done = self.workers.run(work).await;
        if matches!(done, Err(WorkError::Overloaded)) {
            self.metrics.shed.inc();
        }
        done
    }
}

/// The tile of `view`.
fn cut(layers: &[&TileLayer], tileset: &Tileset, tile: TileCoord, view: &View) -> Tile {
    let Some(conditions) = view.conditions() else {
        return tile::cut(layers, &tileset.grid, tile, tileset.max_tile);
    };
    let evaluators: Vec<_> = layers
        .iter()
        .zip(conditions)
        .map(|(layer, condition)| (layer.snapshot(), Evaluator::new(condition)))
        .collect();
    let keep: Vec<_> = evaluators
        .iter()
        .map(|(snapshot, evaluator)| {
            |position: u32| {
                let position = position as usize;
                evaluator.matches(&snapshot.row(position), &snapshot.feature_bounds(position))
            }
        })
        .collect();
    let keep: Vec<Keep> = keep.iter().map(|keep| keep as Keep).collect();
    tile::cut_kept(layers, &keep, &tileset.grid, tile, tileset.max_tile)
}
