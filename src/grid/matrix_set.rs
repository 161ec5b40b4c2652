//! Quad grids.

use super::{MAX_ZOOM, Projection, TileCoord};
use crate::snapshot::Bounds;
use std::{f64::consts::PI, sync::Arc};

/// A quad grid: square tiles whose side halves with each zoom, origin at the top left corner.
#[derive(Debug, Clone, PartialEq)]
pub struct TileMatrixSet {
    /// Id in the OGC register, or the operator's own.
    pub id: Arc<str>,
    /// EPSG code of the plane's CRS.
    pub crs: u32,
    pub projection: Projection,
    /// Top left corner of tile 0/0/0, in CRS units, easting first.
    pub origin: [f64; 2],
    /// Side of a tile at zoom 0, in CRS units.
    pub size: f64,
    /// Columns and rows at zoom 0.
    pub matrix: [u32; 2],
    /// First and last zoom served.
    pub zooms: [u8; 2],
}

impl TileMatrixSet {
    /// `WebMercatorQuad`, the grid of nearly every web map (OGC TMS 2.0, D.1).
    pub fn web_mercator_quad() -> Self {
        let half = PI * 6_378_137.0;
        Self {
            id: "WebMercatorQuad".into(),
            crs: 3857,
            projection: Projection::WebMercator,
            origin: [-half, half],
            size: 2.0 * half,
            matrix: [1, 1],
            zooms: [0, MAX_ZOOM],
        }
    }

    /// Columns and rows of the matrix at `z`.
    pub fn matrix_at(&self, z: u8) -> [u64; 2] {
        self.matrix.map(|n| u64::from(n) << z.min(MAX_ZOOM))
    }

    /// The tile at `z`, `x`, `y`, if this grid has it.
    pub fn tile(&self, z: u8, x: u32, y: u32) -> Option<TileCoord> {
        let [columns, rows] = self.matrix_at(z);
        let inside = u64::from(x) < columns && u64::from(y) < rows;
        (self.zooms[0] <= z && z <= self.zooms[1].min(MAX_ZOOM) && inside).then_some(TileCoord { z, x, y })
    }

    /// Side of a tile at `z`, in CRS units.
    pub fn tile_size(&self, z: u8) -> f64 {
        self.size / f64::from(1u32 << z.min(MAX_ZOOM))
    }

    /// The box of `tile` in the grid's CRS, widened on every side by `margin` tile widths.
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

    /// Where `lon`, `lat` lies in the matrix at `z`: columns from the west, rows from the north.
    pub fn position(&self, z: u8, lon: f64, lat: f64) -> [f64; 2] {
        let [x, y] = self.projection.forward(lon, lat);
        let side = self.tile_size(z);
        [(x - self.origin[0]) / side, (self.origin[1] - y) / side]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tile_outside_the_matrix_is_none() {
        let grid = TileMatrixSet::web_mercator_quad();
        assert!(grid.tile(0, 0, 0).is_some());
        assert!(grid.tile(18, (1 << 18) - 1, 0).is_some());
        for (z, x, y) in [(0, 1, 0), (0, 0, 1), (3, 8, 0), (19, 0, 0), (255, 0, 0)] {
            assert_eq!(grid.tile(z, x, y), None);
        }
    }

    #[test]
    fn a_tile_covers_the_places_in_it() {
        let grid = TileMatrixSet::web_mercator_quad();
        let [x, y] = grid.position(12, 112.9, 36.3);
        let tile = grid.tile(12, x as u32, y as u32).unwrap();
        assert_eq!((tile.x, tile.y), (3332, 1604));
        let b = grid.geographic_bounds(tile, 0.0);
        assert!(b.min_x < 112.9 && 112.9 < b.max_x && b.min_y < 36.3 && 36.3 < b.max_y);
    }
}
