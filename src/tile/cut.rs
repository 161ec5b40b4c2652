//! Cutting a tile.

use super::{
    BUFFER, EXTENT, TileLayer,
    budget::{self, MAX_TILE},
    clip_line::{clip_lines, clip_points},
    clip_polygon::PolygonClipper,
    encode::{Batch, Drawn, Encoder, Source},
    geometry,
    project::Projector,
    pyramid::Level,
    read,
    repair::Repairer,
    shape::{Rect, Shape},
};
use crate::{
    grid::{TileCoord, TileMatrixSet},
    plan::GeometryKind,
};
use std::cell::Cell;

/// A raw tile.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct Tile {
    /// MVT 2.1; empty when nothing of the layers is in the tile.
    pub bytes: Vec<u8>,
    /// Features left out because the tile would be larger than [`MAX_TILE`].
    pub dropped: usize,
}

/// Cuts `tile` of `grid` from `layers`, in the order given.
///
/// The bytes depend on the snapshots, the grid, the coordinate and [`ENGINE_VERSION`](super::ENGINE_VERSION)
/// alone. A layer prepared for another grid is cut without its pyramid.
pub fn cut(layers: &[&TileLayer], grid: &TileMatrixSet, tile: TileCoord) -> Tile {
    let Some(tile) = grid.tile(tile.z, tile.x, tile.y) else { return Tile::default() };
    let mut scratch = SCRATCH.take().unwrap_or_default();
    let cut = scratch.cut(layers, grid, tile);
    SCRATCH.set(Some(scratch));
    cut
}

thread_local! {
    static SCRATCH: Cell<Option<Box<Scratch>>> = const { Cell::new(None) };
}

/// The tile and its buffer.
pub(super) const CLIP: Rect = Rect { min: [-BUFFER; 2], max: [EXTENT + BUFFER; 2] };

/// Buffers kept from tile to tile.
#[derive(Default)]
struct Scratch {
    shaper: Shaper,
    batches: Vec<Batch>,
    encoder: Encoder,
}

impl Scratch {
    fn cut(&mut self, layers: &[&TileLayer], grid: &TileMatrixSet, tile: TileCoord) -> Tile {
        if self.batches.len() < layers.len() {
            self.batches.resize_with(layers.len(), Batch::default);
        }
        let mut bytes = Vec::new();
        let mut sizes = Vec::with_capacity(layers.len());
        for (layer, batch) in layers.iter().zip(&mut self.batches) {
            batch.clear();
            if tile.z >= layer.snapshot.layer.minzoom {
                self.shaper.draw(layer, grid, tile, batch);
            }
            let before = bytes.len();
            self.encoder.layer(&layer.source(), batch, |_| true, &mut bytes);
            sizes.push(bytes.len() - before);
        }
        if bytes.len() > MAX_TILE { self.cut_down(layers, &sizes) } else { Tile { bytes, dropped: 0 } }
    }

    /// Writes the batches again, each layer with its share of [`MAX_TILE`].
    fn cut_down(&mut self, layers: &[&TileLayer], sizes: &[usize]) -> Tile {
        let total: usize = sizes.iter().sum();
        let mut tile = Tile::default();
        for ((layer, batch), size) in layers.iter().zip(&self.batches).zip(sizes) {
            let budget = (*size as u64 * MAX_TILE as u64 / total.max(1) as u64) as usize;
            let source = layer.source();
            let kept = budget::choose(&source, batch, &mut self.encoder.values, budget);
            tile.dropped += kept.iter().filter(|k| !**k).count();
            self.encoder.layer(&source, batch, |i| kept[i], &mut tile.bytes);
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
}

/// Brings features into a tile.
#[derive(Default)]
struct Shaper {
    whole: Shape,
    clipped: Shape,
    polygons: PolygonClipper,
    repairer: Repairer,
}

impl Shaper {
    fn draw(&mut self, layer: &TileLayer, grid: &TileMatrixSet, tile: TileCoord, batch: &mut Batch) {
        match layer.pyramid.level(tile.z).filter(|_| *grid == layer.grid) {
            Some(level) => self.draw_simplified(layer, level, tile, batch),
            None => self.draw_exact(layer, grid, tile, batch),
        }
    }

    /// From the pyramid.
    fn draw_simplified(&mut self, layer: &TileLayer, level: &Level, tile: TileCoord, batch: &mut Batch) {
        let kind = layer.snapshot.layer.geometry;
        // Zooms of the pyramid are low: no overflow.
        let [x, y] = [tile.x, tile.y].map(|n| n as i32 * EXTENT);
        let clip = CLIP.moved([x, y]);
        level.search(&clip, |feature| {
            let first = [feature.first[0] - x, feature.first[1] - y];
            if clip.contains(&feature.bounds) && (kind != GeometryKind::Point || feature.tail.is_empty()) {
                geometry::write_head(first, 1, &mut batch.geometry);
                batch.geometry.extend_from_slice(feature.tail);
            } else {
                geometry::read_tail(first, feature.tail, kind, &mut self.whole);
                if !self.clip(kind) {
                    return;
                }
                geometry::write(&self.clipped, kind, &mut batch.geometry);
            }
            let size = layer.pyramid.size(feature.position);
            batch.drawn.push(Drawn { position: feature.position, end: batch.geometry.len(), size });
        });
    }

    /// From the snapshot itself.
    fn draw_exact(&mut self, layer: &TileLayer, grid: &TileMatrixSet, tile: TileCoord, batch: &mut Batch) {
        let kind = layer.snapshot.layer.geometry;
        let projector = Projector::new(grid, tile);
        // A unit more than the buffer, for what rounds into it.
        let margin = f64::from(BUFFER + 1) / f64::from(EXTENT);
        for position in layer.snapshot.search(&grid.geographic_bounds(tile, margin)) {
            read::project(&layer.snapshot.feature(position), kind, &projector, &mut self.whole);
            if self.clip(kind) {
                geometry::write(&self.clipped, kind, &mut batch.geometry);
                let size = layer.pyramid.size(position as u32);
                batch.drawn.push(Drawn { position: position as u32, end: batch.geometry.len(), size });
            }
        }
    }

    /// Clips `whole` to the tile; returns false if nothing is left.
    fn clip(&mut self, kind: GeometryKind) -> bool {
        match kind {
            GeometryKind::Polygon => {
                self.polygons.clip(&self.whole, &CLIP, &mut self.clipped);
                self.repairer.repair(&mut self.clipped)
            }
            GeometryKind::Line => {
                clip_lines(&self.whole, &CLIP, &mut self.clipped);
                !self.clipped.paths.is_empty()
            }
            GeometryKind::Point => {
                clip_points(&self.whole, &CLIP, &mut self.clipped);
                !self.clipped.paths.is_empty()
            }
        }
    }
}
