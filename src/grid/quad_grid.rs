//! The quad grids that tiles are cut on.

use super::{MAX_ZOOM, TileCoord};
use crate::{crs::Projection, snapshot::Bounds};
use std::{f64::consts::PI, sync::Arc};

/// A quad grid: one square at zoom 0, four for one with each zoom, counted from the top left corner.
///
/// Its square is at most as wide as the world and at least half as wide, so a zoom is about the same scale in every
/// grid, and what a layer says of zooms holds in all of them.
#[derive(Debug, Clone, PartialEq)]
pub struct QuadGrid {
    /// Names the files of what is prepared for it.
    pub id: Arc<str>,
    pub projection: Projection,
    /// Top left corner of tile 0/0/0, in the plane.
    pub origin: [f64; 2],
    /// Side of that tile.
    pub size: f64,
}

impl QuadGrid {
    /// That of `WebMercatorQuad`.
    pub fn web_mercator() -> Self {
        let half = PI * 6_378_137.0;
        Self {
            id: "WebMercatorQuad".into(),
            projection: Projection::WebMercator,
            origin: [-half, half],
            size: 2.0 * half,
        }
    }

    /// The world in degrees: 360° wide and, of the square, the upper half.
    pub fn geographic() -> Self {
        Self {
            id: "WorldCRS84Quad".into(),
            projection: Projection::Geographic,
            origin: [-180.0, 90.0],
            size: 360.0,
        }
    }

    /// The tile at `z`, `x`, `y`, if this grid has it.
    pub fn tile(&self, z: u8, x: u32, y: u32) -> Option<TileCoord> {
        (z <= MAX_ZOOM && x >> z == 0 && y >> z == 0).then_some(TileCoord { z, x, y })
    }

    /// Side of a tile at `z`, in the plane.
    pub fn tile_size(&self, z: u8) -> f64 {
        self.size / f64::from(1u32 << z.min(MAX_ZOOM))
    }

    /// Tiles at `z` after which the world begins anew, where it does.
    pub fn around(&self, z: u8) -> Option<f64> {
        Some(self.projection.around()? / self.tile_size(z))
    }

    /// The box of `tile` in the plane, widened on every side by `margin` tile widths.
    pub fn bounds(&self, tile: TileCoord, margin: f64) -> Bounds {
        let side = self.tile_size(tile.z);
        let (x, y) = (f64::from(tile.x), f64::from(tile.y));
        Bounds {
            min_x: self.origin[0] + (x - margin) * side,
            max_x: self.origin[0] + (x + 1.0 + margin) * side,
            min_y: self.origin[1] - (y + 1.0 + margin) * side,
            max_y: self.origin[1] - (y - margin) * side,
        }
    }

    /// The box of longitudes and latitudes, in degrees, that covers `tile` and `margin` around it.
    pub fn geographic_bounds(&self, tile: TileCoord, margin: f64) -> Bounds {
        self.projection.inverse_bounds(&self.bounds(tile, margin))
    }

    /// Where `lon`, `lat` lies at `z`, in tiles: from the west, from the north.
    pub fn position(&self, z: u8, lon: f64, lat: f64) -> [f64; 2] {
        let [x, y] = self.projection.forward(lon, lat);
        let side = self.tile_size(z);
        [(x - self.origin[0]) / side, (self.origin[1] - y) / side]
    }

    /// The box at `z`, in tiles, that covers the longitudes and latitudes of `degrees`: north-west, south-east.
    pub fn span(&self, z: u8, degrees: &Bounds) -> [[f64; 2]; 2] {
        let plane = self.projection.forward_bounds(degrees);
        let side = self.tile_size(z);
        let [x, y] = self.origin;
        [
            [(plane.min_x - x) / side, (y - plane.max_y) / side],
            [(plane.max_x - x) / side, (y - plane.min_y) / side],
        ]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tile_outside_the_square_is_none() {
        let grid = QuadGrid::web_mercator();
        assert!(grid.tile(0, 0, 0).is_some());
        assert!(grid.tile(18, (1 << 18) - 1, 0).is_some());
        for (z, x, y) in [(0, 1, 0), (0, 0, 1), (3, 8, 0), (19, 0, 0), (255, 0, 0)] {
            assert_eq!(grid.tile(z, x, y), None);
        }
    }

    #[test]
    fn a_tile_covers_the_places_in_it() {
        let grid = QuadGrid::web_mercator();
        let [x, y] = grid.position(12, 112.9, 36.3);
        let tile = grid.tile(12, x as u32, y as u32).unwrap();
        assert_eq!((tile.x, tile.y), (3332, 1604));
        let b = grid.geographic_bounds(tile, 0.0);
        assert!(b.min_x < 112.9 && 112.9 < b.max_x && b.min_y < 36.3 && 36.3 < b.max_y);
    }
}
