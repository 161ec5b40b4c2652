//! From degrees to the units of one tile.

use super::{
    EXTENT,
    shape::{LIMIT, Point},
};
use crate::{
    crs::Projection,
    grid::{QuadGrid, TileCoord},
};
use std::f64::consts::PI;

/// Projects and quantizes for one tile: origin at its top left corner, x east and y south, [`EXTENT`]
/// units a side.
///
/// A coordinate is rounded on the grid of the whole zoom, so neighbouring tiles round it alike.
pub struct Projector {
    grid: QuadGrid,
    origin: [f64; 2],
    z: u8,
    /// `x = x[0] + x[1]·lon`.
    x: [f64; 2],
    /// From `south` to the north, so many a degree; each depends on the latitude alone, so that a vertex comes
    /// out the same wherever it is met.
    bands: Vec<Band>,
    south: f64,
    bands_per_degree: f64,
}

/// The projection near a latitude: `y` a quartic in latitude about `centre`.
///
/// Mercator by its formula costs ten times as much as all else that happens to a vertex. Of degrees there is one band
/// without end; a Gauss–Krüger zone has none, as its x and y each depend on both.
struct Band {
    y: [f64; 5],
    centre: f64,
    /// Degrees of latitude from `centre` within which the quartic is right to [`ERROR`] units.
    window: f64,
}

/// Error allowed to the quartic, in tile units.
const ERROR: f64 = 0.005;

/// Bands in a degree of latitude where the whole world is projected: half a band is in the window of the quartic
/// for units of zoom 16.
const BANDS_PER_DEGREE: f64 = 16.0;

/// Degrees of latitude that have bands, north and south.
const BANDED: f64 = 85.0;

impl Projector {
    pub fn new(grid: &QuadGrid, tile: TileCoord) -> Self {
        let bounds = grid.geographic_bounds(tile, 0.0);
        Self::with_bands(grid, tile, bounds.min_y, 0.0, &[f64::midpoint(bounds.min_y, bounds.max_y)])
    }

    /// Projects to the units of zoom `z`, counted from the grid's origin.
    pub fn whole(grid: &QuadGrid, z: u8) -> Self {
        let count = (2.0 * BANDED * BANDS_PER_DEGREE) as u32;
        let centres: Vec<f64> =
            (0..count).map(|i| (f64::from(i) + 0.5) / BANDS_PER_DEGREE - BANDED).collect();
        Self::with_bands(grid, TileCoord { z, x: 0, y: 0 }, -BANDED, BANDS_PER_DEGREE, &centres)
    }

    fn with_bands(
        grid: &QuadGrid,
        tile: TileCoord,
        south: f64,
        bands_per_degree: f64,
        centres: &[f64],
    ) -> Self {
        let z = tile.z;
        let extent = f64::from(EXTENT);
        let origin = [tile.x, tile.y].map(|n| f64::from(n) * extent);
        let units_per_degree = grid.around(z).unwrap_or_default() * extent / 360.0;
        let [column, row] = grid.position(z, 0.0, 0.0);
        let x = [column * extent - origin[0], units_per_degree];
        let (bands, bands_per_degree) = match grid.projection {
            Projection::WebMercator => {
                let band = |&centre: &f64| {
                    let [_, row] = grid.position(z, 0.0, centre);
                    Band::web_mercator(units_per_degree, centre, row * extent - origin[1])
                };
                (centres.iter().map(band).collect(), bands_per_degree)
            }
            Projection::Geographic => {
                let y = [row * extent - origin[1], -units_per_degree, 0.0, 0.0, 0.0];
                (vec![Band { y, centre: 0.0, window: f64::INFINITY }], 0.0)
            }
            Projection::GaussKruger(_) => (vec![], 0.0),
        };
        Self { grid: grid.clone(), origin, z, x, bands, south, bands_per_degree }
    }

    /// Projects everything `units` further east.
    pub fn moved(mut self, units: f64) -> Self {
        self.origin[0] -= units;
        self.x[0] += units;
        self
    }

    /// The unit in which `lon`, `lat` (degrees) lies; not-a-number becomes 0.
    #[inline]
    pub fn point(&self, lon: f64, lat: f64) -> Point {
        // What lies south of the first band counts as in it, and is soon out of its window.
        let number = ((lat - self.south) * self.bands_per_degree) as usize;
        match self.bands.get(number).and_then(|band| band.y(lat)) {
            Some(y) => [round(self.x[0] + self.x[1] * lon), round(y)],
            None => self.exact(lon, lat),
        }
    }

    fn exact(&self, lon: f64, lat: f64) -> Point {
        let [column, row] = self.grid.position(self.z, lon, lat);
        let extent = f64::from(EXTENT);
        [round(column * extent - self.origin[0]), round(row * extent - self.origin[1])]
    }
}

impl Band {
    /// About `centre`, which lies at `y`.
    fn web_mercator(units_per_degree: f64, centre: f64, y: f64) -> Self {
        let (sin, cos) = centre.to_radians().sin_cos();
        let (t, sec) = (sin / cos, 1.0 / cos);
        let radian = PI / 180.0;
        // Taylor: the derivatives of ln tan(π/4 + φ/2), divided by n!, with φ in degrees.
        let scale = |n: i32, factorial: f64| -units_per_degree * radian.powi(n - 1) / factorial;
        let y = [
            y,
            scale(1, 1.0) * sec,
            scale(2, 2.0) * sec * t,
            scale(3, 6.0) * sec * (1.0 + 2.0 * t * t),
            scale(4, 24.0) * sec * t * (5.0 + 6.0 * t * t),
        ];
        // The first term left out bounds the error; half the window for the terms after it.
        let left_out = (scale(5, 120.0) * sec * (5.0 + 28.0 * t * t + 24.0 * t.powi(4))).abs();
        let window = 0.5 * (ERROR / left_out).powf(0.2);
        Self { y, centre, window }
    }

    /// `None` outside the window.
    fn y(&self, lat: f64) -> Option<f64> {
        let d = lat - self.centre;
        let [a, b, c, e, f] = self.y;
        (d.abs() < self.window).then_some(a + d * (b + d * (c + d * (e + d * f))))
    }
}

/// Rounds half up, within [`LIMIT`].
///
/// `f64::round` is a call where the CPU has no instruction for it; truncating a positive number is one
/// instruction everywhere.
pub fn round(value: f64) -> i32 {
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
            let grid = QuadGrid::web_mercator();
            let [x, y] = grid.position(z, lon, lat);
            let tile = TileCoord { z, x: x as u32, y: y as u32 };
            let projector = Projector::new(&grid, tile);
            let height = grid.geographic_bounds(tile, 0.0);
            let near = (lat + d * (height.max_y - height.min_y)).clamp(-85.0, 85.0);
            let (fast, exact) = (projector.point(lon, near), projector.exact(lon, near));
            prop_assert!((fast[0] - exact[0]).abs() <= 1 && (fast[1] - exact[1]).abs() <= 1, "{fast:?} {exact:?}");
        }

        #[test]
        fn so_do_the_bands_of_the_whole_world(lon in -180.0..180.0f64, lat in -90.0..90.0f64) {
            let projector = Projector::whole(&QuadGrid::web_mercator(), 16);
            let (fast, exact) = (projector.point(lon, lat), projector.exact(lon, lat));
            prop_assert!((fast[0] - exact[0]).abs() <= 1 && (fast[1] - exact[1]).abs() <= 1, "{fast:?} {exact:?}");
        }
    }
}
