//! From longitude and latitude to the plane of a grid and back.

use crate::snapshot::Bounds;
use std::f64::consts::PI;

/// Radius of the sphere of EPSG:3857, metres: the semi-major axis of WGS 84.
const RADIUS: f64 = 6_378_137.0;

/// Latitudes are held within this many degrees: Mercator sends the poles to infinity.
const MAX_LATITUDE: f64 = 89.9;

/// How a grid's CRS comes from longitude and latitude in degrees (EPSG:4490, lon east, lat north).
///
/// CGCS2000 and WGS 84 differ by centimetres, less than a tile unit below zoom 18, so no datum shift.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Projection {
    /// EPSG:3857, metres, x east and y north.
    WebMercator,
}

impl Projection {
    /// The point of the plane for `lon`, `lat`; finite for every finite input.
    pub fn forward(self, lon: f64, lat: f64) -> [f64; 2] {
        match self {
            Self::WebMercator => [RADIUS * lon.to_radians(), RADIUS * mercator(radians(lat))],
        }
    }

    /// Longitude and latitude of a point of the plane.
    pub fn inverse(self, [x, y]: [f64; 2]) -> [f64; 2] {
        match self {
            Self::WebMercator => {
                [(x / RADIUS).to_degrees(), (2.0 * (y / RADIUS).exp().atan() - PI / 2.0).to_degrees()]
            }
        }
    }

    /// The box of longitudes and latitudes that covers `plane`.
    pub fn inverse_bounds(self, plane: &Bounds) -> Bounds {
        match self {
            // Both axes keep their direction, so the corners are enough.
            Self::WebMercator => {
                let [min_x, min_y] = self.inverse([plane.min_x, plane.min_y]);
                let [max_x, max_y] = self.inverse([plane.max_x, plane.max_y]);
                Bounds { min_x, min_y, max_x, max_y }
            }
        }
    }
}

/// Latitude in radians, kept off the poles.
pub(super) fn radians(lat: f64) -> f64 {
    lat.clamp(-MAX_LATITUDE, MAX_LATITUDE).to_radians()
}

/// The isometric latitude of the sphere for a latitude in radians.
fn mercator(lat: f64) -> f64 {
    lat.sin().atanh()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn web_mercator_has_its_known_points() {
        let half = PI * RADIUS;
        let [x, y] = Projection::WebMercator.forward(180.0, 85.051_128_779_806_59);
        assert!((x - half).abs() < 1e-6 && (y - half).abs() < 1e-6, "{x} {y}");
        let there = Projection::WebMercator.forward(112.9, 36.3);
        let [lon, lat] = Projection::WebMercator.inverse(there);
        assert!((lon - 112.9).abs() < 1e-12 && (lat - 36.3).abs() < 1e-12, "{lon} {lat}");
        for lat in [90.0, -90.0, 1e300, f64::INFINITY] {
            assert!(Projection::WebMercator.forward(0.0, lat)[1].is_finite());
        }
    }
}
