//! Tile matrix sets: what clients see of a grid.

use super::{QuadGrid, TileCoord};
use crate::{crs::Crs, snapshot::Bounds};
use std::{ops::RangeInclusive, sync::Arc};

/// Levels of a grid under a name of their own.
#[derive(Debug, Clone, PartialEq)]
pub struct TileMatrixSet {
    pub id: Arc<str>,
    pub title: String,
    pub crs: Crs,
    /// What its tiles are cut on.
    pub grid: QuadGrid,
    /// First and last level.
    pub levels: [u8; 2],
    /// Zoom of the grid at the first level.
    pub(super) zoom: u8,
    /// Columns and rows at the first level.
    pub(super) matrix: [u32; 2],
    /// Its name and that of its scales in the registers of OGC.
    pub register: Option<Register>,
}

/// URIs of a tile matrix set in the OGC register.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Register {
    pub uri: &'static str,
    pub scale_set: &'static str,
}

/// The tiles of a level that a box meets.
#[derive(Debug, Clone, PartialEq)]
pub struct Limits {
    pub columns: RangeInclusive<u32>,
    pub rows: RangeInclusive<u32>,
}

/// Pixels along a side of a tile (OGC TMS 2.0, annex D).
pub const TILE_PIXELS: u32 = 256;

/// Metres of a pixel to which scale denominators refer (OGC TMS 2.0 §6.1.1.1).
const PIXEL: f64 = 0.000_28;

impl TileMatrixSet {
    /// `WebMercatorQuad`, the grid of nearly every web map (OGC TMS 2.0, D.1).
    pub fn web_mercator_quad() -> Self {
        Self {
            id: "WebMercatorQuad".into(),
            title: "Google Maps Compatible for the World".into(),
            crs: Crs::WebMercator,
            grid: QuadGrid::web_mercator(),
            levels: [0, 18],
            zoom: 0,
            matrix: [1, 1],
            register: Some(Register {
                uri: "http://www.opengis.net/def/tilematrixset/OGC/1.0/WebMercatorQuad",
                scale_set: "http://www.opengis.net/def/wkss/OGC/1.0/GoogleMapsCompatible",
            }),
        }
    }

    /// `WorldCRS84Quad` (OGC TMS 2.0, D.3).
    pub fn world_crs84_quad() -> Self {
        Self {
            id: "WorldCRS84Quad".into(),
            title: "CRS84 for the World".into(),
            crs: Crs::Crs84,
            grid: QuadGrid::geographic(),
            levels: [0, 17],
            zoom: 1,
            matrix: [2, 1],
            register: Some(Register {
                uri: "http://www.opengis.net/def/tilematrixset/OGC/1.0/WorldCRS84Quad",
                scale_set: "http://www.opengis.net/def/wkss/OGC/1.0/GoogleCRS84Quad",
            }),
        }
    }

    /// `c` of Tianditu: EPSG:4490, level L is that of `WorldCRS84Quad` L − 1.
    pub fn tianditu_c() -> Self {
        Self {
            id: "c".into(),
            title: "天地图经纬度 · Tianditu, longitude and latitude".into(),
            crs: Crs::Cgcs2000,
            levels: [1, 18],
            register: None,
            ..Self::world_crs84_quad()
        }
    }

    /// `w` of Tianditu: level L is that of `WebMercatorQuad`, from 1 on.
    pub fn tianditu_w() -> Self {
        Self {
            id: "w".into(),
            title: "天地图球面墨卡托 · Tianditu, Web Mercator".into(),
            levels: [1, 18],
            zoom: 1,
            matrix: [2, 2],
            register: None,
            ..Self::web_mercator_quad()
        }
    }

    /// EPSG:4490 with one square of 360° at level 0, as the readers of ArcGIS services build it: its levels are
    /// those of [`Self::tianditu_c`]. The lower half of each matrix is empty.
    pub fn square_4490() -> Self {
        Self { id: "4490".into(), levels: [0, 18], zoom: 0, matrix: [1, 1], ..Self::tianditu_c() }
    }

    pub fn levels(&self) -> RangeInclusive<u8> {
        self.levels[0]..=self.levels[1]
    }

    /// The grid's zoom at `level`.
    pub fn zoom(&self, level: u8) -> u8 {
        (level + self.zoom).saturating_sub(self.levels[0])
    }

    /// The first level whose zoom is `zoom` or deeper, within the set.
    pub fn level(&self, zoom: u8) -> u8 {
        (zoom + self.levels[0]).saturating_sub(self.zoom).clamp(self.levels[0], self.levels[1])
    }

    /// Columns and rows at `level`, which must be one of the set's.
    pub fn matrix_at(&self, level: u8) -> [u32; 2] {
        self.matrix.map(|n| n << (level - self.levels[0]))
    }

    /// The tile of the grid at `level`, `column`, `row`, if the set has it.
    pub fn tile(&self, level: u8, column: u32, row: u32) -> Option<TileCoord> {
        if !self.levels().contains(&level) {
            return None;
        }
        let [columns, rows] = self.matrix_at(level);
        let inside = column < columns && row < rows;
        inside.then(|| self.grid.tile(self.zoom(level), column, row)).flatten()
    }

    /// Side of a pixel at `level`, in the plane, of [`TILE_PIXELS`] a tile.
    pub fn cell_size(&self, level: u8) -> f64 {
        self.grid.tile_size(self.zoom(level)) / f64::from(TILE_PIXELS)
    }

    pub fn scale_denominator(&self, level: u8) -> f64 {
        self.cell_size(level) * self.crs.projection().metres_per_unit() / PIXEL
    }

    /// The box of the plane that the set covers.
    pub fn extent(&self) -> Bounds {
        let side = self.grid.tile_size(self.zoom(self.levels[0]));
        let [x, y] = self.grid.origin;
        let [columns, rows] = self.matrix.map(f64::from);
        Bounds { min_x: x, min_y: y - rows * side, max_x: x + columns * side, max_y: y }
    }

    /// The tiles of `level` that the longitudes and latitudes of `degrees` meet; `None` where there are none.
    pub fn limits(&self, level: u8, degrees: &Bounds) -> Option<Limits> {
        let zoom = self.zoom(level);
        let [first, last] = self.grid.span(zoom, degrees);
        let [columns, rows] = self.matrix_at(level).map(|n| f64::from(n - 1));
        let axis = |i: usize, most: f64| {
            let [first, last] = [first[i].floor(), last[i].floor()];
            let meets = last >= 0.0 && first <= most;
            meets.then(|| first.clamp(0.0, most) as u32..=last.clamp(0.0, most) as u32)
        };
        // Past the antimeridian it goes on at the other side.
        let crosses = self.grid.around(zoom).is_some() && (degrees.min_x < -180.0 || degrees.max_x > 180.0);
        let all = || Some(0..=columns as u32);
        Some(Limits { columns: if crosses { all() } else { axis(0, columns) }?, rows: axis(1, rows)? })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_sets_of_the_register_have_their_known_numbers() {
        let mercator = TileMatrixSet::web_mercator_quad();
        assert!((mercator.scale_denominator(0) - 559_082_264.028_717_8).abs() < 1e-6);
        assert!((mercator.cell_size(18) - 0.597_164_283_477_939_5).abs() < 1e-12);
        let degrees = TileMatrixSet::world_crs84_quad();
        assert!((degrees.scale_denominator(0) - 279_541_132.014_358_9).abs() < 1e-6);
        assert_eq!(degrees.cell_size(0), 0.703_125);
        assert_eq!((degrees.matrix_at(0), degrees.matrix_at(17)), ([2, 1], [262_144, 131_072]));
        let c = TileMatrixSet::tianditu_c();
        assert_eq!((c.matrix_at(1), c.matrix_at(18)), ([2, 1], [262_144, 131_072]));
        assert_eq!(c.cell_size(1), 0.703_125);
        assert_eq!(c.tile(7, 104, 38), degrees.tile(6, 104, 38));
        let square = TileMatrixSet::square_4490();
        assert_eq!(square.tile(7, 104, 38), c.tile(7, 104, 38));
        assert_eq!(square.extent().min_y, -270.0);
    }

    #[test]
    fn a_level_or_place_that_is_not_there_is_none() {
        let c = TileMatrixSet::tianditu_c();
        assert!(c.tile(1, 1, 0).is_some());
        for (level, column, row) in [(0, 0, 0), (19, 0, 0), (1, 2, 0), (1, 0, 1), (255, 0, 0)] {
            assert_eq!(c.tile(level, column, row), None);
        }
    }

    #[test]
    fn limits_are_the_tiles_that_a_box_meets() {
        let bounds = Bounds { min_x: 112.5, min_y: 36.1, max_x: 113.1, max_y: 36.6 };
        let c = TileMatrixSet::tianditu_c();
        let limits = c.limits(10, &bounds).unwrap();
        assert_eq!((limits.columns, limits.rows), (832..=833, 151..=153));
        let across = Bounds { min_x: 179.0, max_x: 181.0, ..bounds };
        assert_eq!(c.limits(3, &across).unwrap().columns, 0..=7);
    }
}
