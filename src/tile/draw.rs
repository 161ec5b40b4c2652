//! Bringing features into a tile: from the pyramid at low zooms, from the snapshot itself above.

use super::{
    BUFFER, EXTENT, Stage, TileLayer,
    clip_line::{clip_lines, clip_points},
    clip_polygon::PolygonClipper,
    cut::Keep,
    encode::{Batch, Drawn},
    geometry,
    project::Projector,
    pyramid::Level,
    read,
    repair::Repairer,
    shape::{Rect, Shape},
    wrap::{MARGIN, width, wraps},
};
use crate::{
    grid::{QuadGrid, TileCoord},
    plan::GeometryKind,
    snapshot::Bounds,
};

/// The tile and its buffer.
pub const CLIP: Rect = Rect { min: [-BUFFER; 2], max: [EXTENT + BUFFER; 2] };

/// A polygon has a point for its name where a circle of this radius fits in, in units: 4 pixels at 512
/// pixels a tile. On less no name is read.
const MIN_LABEL_RADIUS: f64 = 32.0;

/// As far around a tile, in widths of it, features may lie that are seen in it: the buffer and as much again, since a mark
/// reaches a few units beyond the part that it stands for.
const FAR: f64 = 2.0 * BUFFER as f64 / EXTENT as f64;

/// Brings features into a tile.
#[derive(Default)]
pub struct Drawer {
    /// The stage after which features are let go.
    pub(super) last: Stage,
    pub(super) whole: Shape,
    pub(super) clipped: Shape,
    polygons: PolygonClipper,
    repairer: Repairer,
}

impl Drawer {
    /// Adds the features of `layer` in `tile` that are to be kept to `batch`.
    pub fn draw(
        &mut self,
        layer: &TileLayer,
        keep: Keep,
        grid: &QuadGrid,
        tile: TileCoord,
        batch: &mut Batch,
    ) {
        if wraps(layer.snapshot.bounds, grid, tile) {
            return self.draw_around(layer, keep, grid, tile, batch);
        }
        match layer.pyramid.level(tile.z) {
            Some(level) => self.draw_simplified(layer, level, keep, tile, batch),
            None => self.draw_exact(layer, keep, grid, tile, batch),
        }
    }

    /// From the pyramid.
    fn draw_simplified(
        &mut self,
        layer: &TileLayer,
        level: &Level,
        keep: Keep,
        tile: TileCoord,
        batch: &mut Batch,
    ) {
        let kind = layer.snapshot.layer.geometry;
        // Zooms of the pyramid are low: no overflow.
        let [x, y] = [tile.x, tile.y].map(|n| n as i32 * EXTENT);
        let clip = CLIP.moved([x, y]);
        level.search(&clip, |feature| {
            if self.last == Stage::Search || !keep(feature.position) {
                return;
            }
            let first = [feature.first[0] - x, feature.first[1] - y];
            let size = layer.pyramid.size(feature.position);
            if clip.contains(&feature.bounds) && (kind != GeometryKind::Point || feature.tail.is_empty()) {
                if self.last == Stage::Encode {
                    geometry::write_head(first, 1, &mut batch.commands);
                    batch.push(feature.position, Some(feature.entry), size);
                }
            } else {
                geometry::read_tail(first, feature.tail, kind, &mut self.whole);
                if self.clip(kind) {
                    geometry::write(&self.clipped, kind, &mut batch.commands);
                    batch.push(feature.position, None, size);
                }
            }
        });
    }

    /// From the snapshot itself.
    fn draw_exact(
        &mut self,
        layer: &TileLayer,
        keep: Keep,
        grid: &QuadGrid,
        tile: TileCoord,
        batch: &mut Batch,
    ) {
        let kind = layer.snapshot.layer.geometry;
        let projector = Projector::new(grid, tile);
        for position in layer.snapshot.search(&layer.reach(&grid.geographic_bounds(tile, MARGIN))) {
            if !keep(position as u32) {
                continue;
            }
            let feature = layer.snapshot.feature(position);
            match self.last {
                Stage::Search => continue,
                Stage::Read => read::touch(&feature),
                _ => read::project(&feature, kind, &projector, &mut self.whole),
            }
            if self.clip(kind) {
                geometry::write(&self.clipped, kind, &mut batch.commands);
                batch.push(position as u32, None, layer.pyramid.size(position as u32));
            }
        }
    }

    /// Clips `whole` to the tile; returns false if nothing is left to write.
    pub(super) fn clip(&mut self, kind: GeometryKind) -> bool {
        if self.last < Stage::Clip {
            return false;
        }
        let left = match kind {
            GeometryKind::Polygon => {
                self.polygons.clip(&self.whole, &CLIP, &mut self.clipped);
                match self.last {
                    Stage::Clip => false,
                    Stage::Check => self.repairer.valid(&self.clipped),
                    _ => self.repairer.repair(&mut self.clipped),
                }
            }
            GeometryKind::Line => {
                clip_lines(&self.whole, &CLIP, &mut self.clipped);
                !self.clipped.paths.is_empty()
            }
            GeometryKind::Point => {
                clip_points(&self.whole, &CLIP, &mut self.clipped);
                !self.clipped.paths.is_empty()
            }
        };
        left && self.last == Stage::Encode
    }
}

impl TileLayer {
    /// Whether anything of the layer may be in `tile`: `false` is for certain.
    pub fn may_hold(&self, tile: TileCoord) -> bool {
        tile.z >= self.minzoom && self.may_hold_below(tile)
    }

    /// Whether anything of the layer may be in `tile` or, at whatever zoom, below it: `false` is for certain.
    pub fn may_hold_below(&self, tile: TileCoord) -> bool {
        let around = self.reach(&self.grid.geographic_bounds(tile, FAR));
        self.snapshot.walk(vec![around], 0).next().is_some() || wraps(self.snapshot.bounds, &self.grid, tile)
    }

    /// `degrees` and as much around it as lines of the layer may leave the boxes by which its features are found.
    fn reach(&self, degrees: &Bounds) -> Bounds {
        degrees.wider(self.pyramid.bulge())
    }

    /// Adds the names of the polygons in `drawn` whose point lies in `tile` itself, so that no other tile has
    /// it too.
    pub(super) fn draw_labels(&self, grid: &QuadGrid, tile: TileCoord, drawn: &Batch, batch: &mut Batch) {
        if self.labels.is_none() {
            return;
        }
        let width = width(grid, tile.z);
        let origin = [tile.x, tile.y].map(|n| f64::from(n) * f64::from(EXTENT));
        for &Drawn { position, size, .. } in &drawn.drawn {
            let Some((mut point, radius)) = self.pyramid.label(position, tile.z) else { continue };
            if width > 0.0 && !(0.0..width).contains(&point[0]) {
                // Of a feature that runs past the antimeridian.
                point[0] = point[0].rem_euclid(width);
            }
            let [x, y] = [0, 1].map(|axis| (point[axis] - origin[axis]).floor());
            let inside = |v: f64| (0.0..f64::from(EXTENT)).contains(&v);
            if radius >= MIN_LABEL_RADIUS && inside(x) && inside(y) {
                geometry::write_head([x as i32, y as i32], 1, &mut batch.commands);
                batch.push(position, None, size);
            }
        }
    }
}
