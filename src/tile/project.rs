//! From degrees to the units of one tile.

use super::{
    EXTENT,
    shape::{LIMIT, Point},
};
use crate::grid::{Projection, TileCoord, TileMatrixSet};
use std::f64::consts::PI;

/// Projects and quantizes for one tile: origin at its top left corner, x east and y south, [`EXTENT`]
/// units a side.
///
/// A coordinate is rounded on the grid of the whole zoom, so neighbouring tiles round it alike.
pub struct Projector {
    grid: TileMatrixSet,
    origin: [f64; 2],
    z: u8,
    near: Near,
}

/// The projection near the tile: `x = x[0] + x[1]·lon`, `y` a quartic in latitude about `centre`.
///
/// Mercator by its formula costs ten times as much as all else that happens to a vertex.
struct Near {
    x: [f64; 2],
    y: [f64; 5],
    centre: f64,
    /// Degrees of latitude from `centre` within which the quartic is right to [`ERROR`] units.
    window: f64,
}

/// Error allowed to the quartic, in tile units.
const ERROR: f64 = 0.005;

impl Projector {
    pub fn new(grid: &TileMatrixSet, tile: TileCoord) -> Self {
        let origin = [f64::from(tile.x), f64::from(tile.y)].map(|n| n * f64::from(EXTENT));
        let near = match grid.projection {
            Projection::WebMercator => Near::web_mercator(grid, tile, origin),
        };
        Self { grid: grid.clone(), origin, z: tile.z, near }
    }

    /// Projects everything `units` further east.
    pub fn moved(mut self, units: f64) -> Self {
        self.origin[0] -= units;
        self.near.x[0] += units;
        self
    }

    /// The unit in which `lon`, `lat` (degrees) lies; not-a-number becomes 0.
    pub fn point(&self, lon: f64, lat: f64) -> Point {
        let near = &self.near;
        let d = lat - near.centre;
        if d.abs() < near.window {
            let y = near.y.iter().rev().fold(0.0, |sum, c| sum * d + c);
            [round(near.x[0] + near.x[1] * lon), round(y)]
        } else {
            self.exact(lon, lat)
        }
    }

    fn exact(&self, lon: f64, lat: f64) -> Point {
        let [column, row] = self.grid.position(self.z, lon, lat);
        let extent = f64::from(EXTENT);
        [round(column * extent - self.origin[0]), round(row * extent - self.origin[1])]
    }
}

impl Near {
    fn web_mercator(grid: &TileMatrixSet, tile: TileCoord, origin: [f64; 2]) -> Self {
        let extent = f64::from(EXTENT);
        let b = grid.geographic_bounds(tile, 0.0);
        let centre = f64::midpoint(b.min_y, b.max_y);
        let [column, row] = grid.position(tile.z, 0.0, centre);
        // Units per degree of longitude; per radian of isometric latitude; per degree of it.
        let per_degree = extent * f64::from(1u32 << tile.z) / 360.0;
        let (sin, cos) = centre.to_radians().sin_cos();
        let (t, sec) = (sin / cos, 1.0 / cos);
        let radian = PI / 180.0;
        // Taylor: the derivatives of ln tan(π/4 + φ/2), divided by n!, with φ in degrees.
        let scale = |n: i32, factorial: f64| -per_degree * radian.powi(n - 1) / factorial;
        let y = [
            row * extent - origin[1],
            scale(1, 1.0) * sec,
            scale(2, 2.0) * sec * t,
            scale(3, 6.0) * sec * (1.0 + 2.0 * t * t),
            scale(4, 24.0) * sec * t * (5.0 + 6.0 * t * t),
        ];
        // The first term left out bounds the error; half the window for the terms after it.
        let left_out = (scale(5, 120.0) * sec * (5.0 + 28.0 * t * t + 24.0 * t.powi(4))).abs();
        let window = 0.5 * (ERROR / left_out).powf(0.2);
        Self { x: [column * extent - origin[0], per_degree], y, centre, window }
    }
}

/// Rounds half up, within [`LIMIT`].
///
/// `f64::round` is a call where the CPU has no instruction for it; truncating a positive number is one
/// instruction everywhere.
fn round(value: f64) -> i32 {
    let limit = f64::from(LIMIT);
    let positive = value.clamp(-limit, limit) + (limit + 0.5);
    (positive as i64 - i64::from(LIMIT)) as i32
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn rounding_is_half_up_and_bounded() {
        for (value, expected) in [(0.5, 1), (0.49, 0), (-0.5, 0), (-0.51, -1), (-3.0, -3), (1e300, LIMIT)] {
            assert_eq!(round(value), expected, "{value}");
        }
        assert_eq!(round(-1e300), -LIMIT);
    }

    proptest! {
        #[test]
        fn the_quartic_agrees_with_the_formula(z in 0u8..=18, lon in -179.9..179.9f64, lat in -85.0..85.0f64, d in -3.0..3.0f64) {
            let grid = TileMatrixSet::web_mercator_quad();
            let [x, y] = grid.position(z, lon, lat);
            let tile = TileCoord { z, x: x as u32, y: y as u32 };
            let projector = Projector::new(&grid, tile);
            let height = grid.geographic_bounds(tile, 0.0);
            let near = (lat + d * (height.max_y - height.min_y)).clamp(-85.0, 85.0);
            let (fast, exact) = (projector.point(lon, near), projector.exact(lon, near));
            prop_assert!((fast[0] - exact[0]).abs() <= 1 && (fast[1] - exact[1]).abs() <= 1, "{fast:?} {exact:?}");
        }
    }
}
