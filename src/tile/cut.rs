//! Cutting a tile.

use super::{
    TileLayer,
    budget::{self, MAX_TILE},
    draw::Drawer,
    encode::{Batch, Encoder, Source},
    geometry,
};
use crate::{
    grid::{TileCoord, TileMatrixSet},
    plan::GeometryKind,
};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// A raw tile.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct Tile {
    /// MVT 2.1; empty when nothing of the layers is in the tile.
    pub bytes: Vec<u8>,
    /// Features left out because the tile would be larger than [`MAX_TILE`].
    pub dropped: usize,
}

/// Cuts `tile` of `grid` from `layers`, in the order given, each followed by its layer of names.
///
/// The bytes depend on the snapshots, the grid, the coordinate and [`ENGINE_VERSION`](super::ENGINE_VERSION)
/// alone. A layer prepared for another grid is cut without its pyramid and its names.
pub fn cut(layers: &[&TileLayer], grid: &TileMatrixSet, tile: TileCoord) -> Tile {
    let Some(tile) = grid.tile(tile.z, tile.x, tile.y) else { return Tile::default() };
    let mut scratch = lock().pop().unwrap_or_default();
    let cut = scratch.cut(layers, grid, tile);
    lock().push(scratch);
    cut
}

/// One for each tile that was ever cut at a time. Threads come and go, and each would keep as much.
static SCRATCHES: Mutex<Vec<Box<Scratch>>> = Mutex::new(vec![]);

fn lock() -> MutexGuard<'static, Vec<Box<Scratch>>> {
    SCRATCHES.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Buffers kept from tile to tile.
#[derive(Default)]
struct Scratch {
    drawer: Drawer,
    layers: Vec<LayerBatch>,
    encoder: Encoder,
}

/// One layer's features in the tile, and its names.
#[derive(Default)]
struct LayerBatch {
    features: Batch,
    labels: Batch,
    /// Bytes they take in the tile if nothing is left out.
    size: usize,
}

impl Scratch {
    fn cut(&mut self, layers: &[&TileLayer], grid: &TileMatrixSet, tile: TileCoord) -> Tile {
        if self.layers.len() < layers.len() {
            self.layers.resize_with(layers.len(), LayerBatch::default);
        }
        let mut bytes = Vec::new();
        for (layer, batch) in layers.iter().zip(&mut self.layers) {
            batch.features.clear();
            batch.labels.clear();
            if tile.z >= layer.snapshot.layer.minzoom {
                self.drawer.draw(layer, grid, tile, &mut batch.features);
                layer.draw_labels(grid, tile, &batch.features, &mut batch.labels);
            }
            let before = bytes.len();
            self.encoder.layer(&layer.source(), &batch.features, |_| true, &mut bytes);
            if let Some(labels) = layer.label_source() {
                self.encoder.layer(&labels, &batch.labels, |_| true, &mut bytes);
            }
            batch.size = bytes.len() - before;
        }
        if bytes.len() > MAX_TILE { self.cut_down(layers, bytes.len()) } else { Tile { bytes, dropped: 0 } }
    }

    /// Writes the layers again, each with its share of [`MAX_TILE`]; of that, names get at most a quarter.
    fn cut_down(&mut self, layers: &[&TileLayer], total: usize) -> Tile {
        let mut tile = Tile::default();
        for (layer, batch) in layers.iter().zip(&self.layers) {
            let budget = (batch.size as u64 * MAX_TILE as u64 / total.max(1) as u64) as usize;
            let values = &mut self.encoder.values;
            let names = layer.label_source().map(|source| {
                let kept = budget::choose(&source, &batch.labels, values, budget / 4);
                (source, kept)
            });
            let budget = if batch.labels.drawn.is_empty() { budget } else { budget - budget / 4 };
            let source = layer.source();
            let kept = budget::choose(&source, &batch.features, values, budget);
            tile.dropped += kept.iter().filter(|k| !**k).count();
            self.encoder.layer(&source, &batch.features, |i| kept[i], &mut tile.bytes);
            if let Some((source, kept)) = names {
                self.encoder.layer(&source, &batch.labels, |i| kept[i], &mut tile.bytes);
            }
        }
        tile
    }
}

impl TileLayer {
    fn source(&self) -> Source<'_> {
        let layer = &self.snapshot.layer;
        Source {
            name: layer.id.as_str(),
            geometry_type: geometry::geometry_type(layer.geometry),
            columns: &self.columns,
            attributes: &self.attributes,
            wanted: &self.wanted,
        }
    }

    fn label_source(&self) -> Option<Source<'_>> {
        let labels = self.labels.as_ref()?;
        let geometry_type = geometry::geometry_type(GeometryKind::Point);
        Some(Source { name: &labels.name, geometry_type, wanted: &labels.wanted, ..self.source() })
    }
}
