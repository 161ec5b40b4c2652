//! Across the antimeridian: the world goes on at either side of the map.
//!
//! A tile at the edge shows in its buffer what lies on the other side, and a feature whose longitudes run past
//! ±180° is in the tiles of both sides. Each *world*, counted from −1 to 1, is the map moved by its whole width. The
//! plane of a Gauss–Krüger zone has no such sides.

use super::{
    BUFFER, EXTENT, TileLayer,
    cut::Keep,
    draw::{CLIP, Drawer},
    encode::Batch,
    geometry,
    project::Projector,
    pyramid::Level,
    read,
    shape::Shape,
};
use crate::{
    grid::{QuadGrid, TileCoord},
    snapshot::Bounds,
};

/// Degrees of longitude around the world.
const AROUND: f64 = 360.0;

/// A unit more than the buffer, for what rounds into it.
pub const MARGIN: f64 = (BUFFER + 1) as f64 / EXTENT as f64;

/// Whether a world beside the map has a part of a layer's extent in `tile` or its buffer.
pub fn wraps(extent: Option<Bounds>, grid: &QuadGrid, tile: TileCoord) -> bool {
    let Some(extent) = extent.filter(|_| grid.around(tile.z).is_some()) else { return false };
    let beside = |world: f64| {
        let b = moved(&grid.geographic_bounds(tile, MARGIN), world);
        b.min_x <= extent.max_x && b.max_x >= extent.min_x
    };
    beside(-1.0) || beside(1.0)
}

/// Units of zoom `z` around the world; 0 where it does not go on.
pub fn width(grid: &QuadGrid, z: u8) -> f64 {
    grid.around(z).unwrap_or_default() * f64::from(EXTENT)
}

/// Where what is drawn at `bounds` lies, if it is of this world.
fn moved(bounds: &Bounds, world: f64) -> Bounds {
    Bounds { min_x: bounds.min_x - world * AROUND, max_x: bounds.max_x - world * AROUND, ..*bounds }
}

/// What one world has of a feature in or around the tile.
struct Part {
    position: u32,
    shape: Shape,
    /// The entry of the pyramid's level if that is a point in place of a polygon.
    mark: Option<u32>,
}

impl Drawer {
    /// Adds the features of `layer` in `tile` to `batch`, those of the worlds beside it too. What a feature has in
    /// several worlds is one geometry.
    pub(super) fn draw_around(
        &mut self,
        layer: &TileLayer,
        keep: Keep,
        grid: &QuadGrid,
        tile: TileCoord,
        batch: &mut Batch,
    ) {
        let width = width(grid, tile.z);
        let mut parts = match layer.pyramid.level(tile.z) {
            Some(level) => simplified(layer, level, tile, width.round() as i32),
            None => exact(layer, grid, tile, width),
        };
        parts.retain(|part| keep(part.position));
        // The order of the file, as in every tile.
        parts.sort_by_key(|part| part.position);
        let kind = layer.snapshot.layer.geometry;
        for feature in parts.chunk_by(|a, b| a.position == b.position) {
            let Part { position, mark, ref shape } = feature[0];
            let size = layer.pyramid.size(position);
            if let (Some(_), [place]) = (mark, &shape.points[..]) {
                geometry::write_head(*place, 1, &mut batch.commands);
                batch.push(position, mark, size);
                continue;
            }
            self.whole.clear();
            feature.iter().for_each(|part| self.whole.append(&part.shape));
            if self.clip(kind) {
                geometry::write(&self.clipped, kind, &mut batch.commands);
                batch.push(position, None, size);
            }
        }
    }
}

fn simplified(layer: &TileLayer, level: &Level, tile: TileCoord, width: i32) -> Vec<Part> {
    let kind = layer.snapshot.layer.geometry;
    let mut parts = vec![];
    for world in [-1, 0, 1] {
        let [x, y] = [tile.x as i32 * EXTENT - world * width, tile.y as i32 * EXTENT];
        level.search(&CLIP.moved([x, y]), |feature| {
            let mut shape = Shape::default();
            let first = [feature.first[0] - x, feature.first[1] - y];
            geometry::read_tail(first, feature.tail, kind, &mut shape);
            let mark = shape.paths.is_empty().then_some(feature.entry);
            parts.push(Part { position: feature.position, shape, mark });
        });
    }
    parts
}

fn exact(layer: &TileLayer, grid: &QuadGrid, tile: TileCoord, width: f64) -> Vec<Part> {
    let kind = layer.snapshot.layer.geometry;
    let mut parts = vec![];
    for world in [-1.0, 0.0, 1.0] {
        let projector = Projector::new(grid, tile).moved(world * width);
        for position in layer.snapshot.search(&moved(&grid.geographic_bounds(tile, MARGIN), world)) {
            let mut shape = Shape::default();
            read::project(&layer.snapshot.feature(position), kind, &projector, &mut shape);
            parts.push(Part { position: position as u32, shape, mark: None });
        }
    }
    parts
}
