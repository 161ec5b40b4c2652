//! Cutting a tile.

use super::{
    Stage, TileLayer, budget,
    draw::Drawer,
    encode::{Batch, Encoder, Source},
    geometry,
};
use crate::{
    grid::{MAX_ZOOM, QuadGrid, TileCoord},
    plan::GeometryKind,
};
use std::cell::Cell;

/// A raw tile.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct Tile {
    /// MVT 2.1; empty when nothing of the layers is in the tile.
    pub bytes: Vec<u8>,
    /// Features left out because the tile would be larger than it may be.
    pub dropped: usize,
}

/// Cuts `tile` of `grid` from `layers`, in the order given, each followed by its layer of names, in at most
/// `most` bytes: the least important features are left out.
///
/// The bytes depend on the snapshots, their rules, the grid, the coordinate, `most` and
/// [`ENGINE_VERSION`](super::ENGINE_VERSION) alone. A layer prepared for another grid is not drawn.
pub fn cut(layers: &[&TileLayer], grid: &QuadGrid, tile: TileCoord, most: usize) -> Tile {
    cut_until(Stage::Encode, layers, grid, tile, most)
}

/// Whether the row at a position of a layer is in the tile.
pub type Keep<'a> = &'a dyn Fn(u32) -> bool;

/// The same of some rows of each layer: `keep` has one for each.
pub fn cut_kept(layers: &[&TileLayer], keep: &[Keep], grid: &QuadGrid, tile: TileCoord, most: usize) -> Tile {
    with_scratch(Stage::Encode, grid, tile, |scratch, tile| scratch.cut(layers, keep, grid, tile, most))
}

/// The same up to `last`, for the bench: without the last stage, [`Stage::Encode`], the tile is empty.
pub fn cut_until(last: Stage, layers: &[&TileLayer], grid: &QuadGrid, tile: TileCoord, most: usize) -> Tile {
    let all = vec![&(|_| true) as Keep; layers.len()];
    with_scratch(last, grid, tile, |scratch, tile| scratch.cut(layers, &all, grid, tile, most))
}

fn with_scratch(
    last: Stage,
    grid: &QuadGrid,
    tile: TileCoord,
    cut: impl FnOnce(&mut Scratch, TileCoord) -> Tile,
) -> Tile {
    let Some(tile) = grid.tile(tile.z, tile.x, tile.y) else { return Tile::default() };
    let mut scratch = SCRATCH.take().unwrap_or_default();
    scratch.drawer.last = last;
    let cut = cut(&mut scratch, tile);
    SCRATCH.set(Some(scratch));
    cut
}

thread_local! {
    /// The server's tiles are cut on the threads of [`crate::workers`], which are few and stay.
    static SCRATCH: Cell<Option<Box<Scratch>>> = const { Cell::new(None) };
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
    /// A bound from below on the bytes of the features, by which layers share a tile that is too small for them.
    size: usize,
}

impl Scratch {
    fn cut(
        &mut self,
        layers: &[&TileLayer],
        keep: &[Keep],
        grid: &QuadGrid,
        tile: TileCoord,
        most: usize,
    ) -> Tile {
        if self.layers.len() < layers.len() {
            self.layers.resize_with(layers.len(), LayerBatch::default);
        }
        let mut least = 0;
        for ((layer, keep), batch) in layers.iter().zip(keep).zip(&mut self.layers) {
            least += batch.draw(layer, keep, grid, tile, &mut self.drawer);
        }
        let mut bytes = Vec::new();
        if least <= most {
            for (layer, batch) in layers.iter().zip(&mut self.layers) {
                batch.write(layer, tile.z, &mut self.encoder, &mut bytes);
            }
        }
        if least.max(bytes.len()) > most {
            self.cut_down(layers, tile.z, most)
        } else {
            Tile { bytes, dropped: 0 }
        }
    }

    /// Writes the layers within `most` bytes, each with a share after its size; of that, names get at most a
    /// quarter.
    fn cut_down(&mut self, layers: &[&TileLayer], z: u8, most: usize) -> Tile {
        let mut tile = Tile::default();
        let total: usize = self.layers[..layers.len()].iter().map(|batch| batch.size).sum();
        for (layer, batch) in layers.iter().zip(&self.layers) {
            let budget = (batch.size as u64 * most as u64 / total.max(1) as u64) as usize;
            let values = &mut self.encoder.values;
            let names = layer.label_source().map(|source| {
                let kept = budget::choose(&source, &batch.labels, values, budget / 4);
                (source, kept)
            });
            let budget = if batch.labels.drawn.is_empty() { budget } else { budget - budget / 4 };
            let source = layer.source(z);
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

impl LayerBatch {
    /// Draws `layer`; returns a bound from below on the bytes that it takes.
    fn draw(
        &mut self,
        layer: &TileLayer,
        keep: Keep,
        grid: &QuadGrid,
        tile: TileCoord,
        drawer: &mut Drawer,
    ) -> usize {
        self.features.clear();
        self.labels.clear();
        if tile.z >= layer.minzoom && layer.grid == *grid {
            drawer.draw(layer, keep, grid, tile, &mut self.features);
            layer.draw_labels(grid, tile, &self.features, &mut self.labels);
        }
        self.size = layer.source(tile.z).least_size(&self.features);
        self.size
    }

    /// Appends the layer with all of its features, and that of its names.
    fn write(&self, layer: &TileLayer, z: u8, encoder: &mut Encoder, tile: &mut Vec<u8>) {
        encoder.layer(&layer.source(z), &self.features, |_| true, tile);
        if let Some(labels) = layer.label_source() {
            encoder.layer(&labels, &self.labels, |_| true, tile);
        }
    }
}

impl TileLayer {
    /// What features drawn for zoom `z` are written from.
    fn source(&self, z: u8) -> Source<'_> {
        let layer = &self.snapshot.layer;
        Source {
            name: layer.id.as_str(),
            geometry_type: geometry::geometry_type(layer.geometry),
            columns: &self.columns,
            attributes: &self.attributes,
            wanted: &self.wanted[usize::from(z.min(MAX_ZOOM))],
            level: self.pyramid.level(z),
        }
    }

    fn label_source(&self) -> Option<Source<'_>> {
        let labels = self.labels.as_ref()?;
        let geometry_type = geometry::geometry_type(GeometryKind::Point);
        Some(Source {
            name: &labels.name,
            geometry_type,
            columns: &self.columns,
            attributes: &self.attributes,
            wanted: &labels.wanted,
            level: None,
        })
    }
}
