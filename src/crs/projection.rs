//! From longitude and latitude to a plane and back.

use super::TransverseMercator;
use crate::snapshot::Bounds;
use std::f64::consts::PI;

/// Radius of the sphere of EPSG:3857, metres: the semi-major axis of WGS 84.
const RADIUS: f64 = 6_378_137.0;

/// Latitudes are held within this many degrees: Mercator sends the poles to infinity.
const MAX_LATITUDE: f64 = 89.9;

/// How a plane comes from longitude and latitude in degrees (EPSG:4490, lon east, lat north). In
/// the plane x is east and y is north, whatever order the axes of a CRS have.
///
/// CGCS2000 and WGS 84 differ by centimetres, less than a tile unit below zoom 18, so no datum shift.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Projection {
    /// EPSG:3857, metres.
    WebMercator,
    /// Degrees as they are: EPSG:4490, EPSG:4326, CRS84.
    Geographic,
    /// A zone of EPSG:4491 to 4554, metres.
    GaussKruger(TransverseMercator),
}

impl Projection {
    /// The point of the plane for `lon`, `lat`; finite for every finite input.
    pub fn forward(self, lon: f64, lat: f64) -> [f64; 2] {
        match self {
            Self::WebMercator => [RADIUS * lon.to_radians(), RADIUS * mercator(radians(lat))],
            Self::Geographic => [lon, lat],
            Self::GaussKruger(zone) => zone.forward(lon, lat),
        }
    }

    /// Longitude and latitude of a point of the plane.
    pub fn inverse(self, [x, y]: [f64; 2]) -> [f64; 2] {
        match self {
            Self::WebMercator => {
                [(x / RADIUS).to_degrees(), (2.0 * (y / RADIUS).exp().atan() - PI / 2.0).to_degrees()]
            }
            Self::Geographic => [x, y],
            Self::GaussKruger(zone) => zone.inverse([x, y]),
        }
    }

    /// The box of the plane that covers the longitudes and latitudes of `degrees`.
    pub fn forward_bounds(self, degrees: &Bounds) -> Bounds {
        match self {
            Self::GaussKruger(zone) => zone.forward_bounds(degrees),
            _ => corners(degrees, |[lon, lat]| self.forward(lon, lat)),
        }
    }

    /// The box of longitudes and latitudes that covers `plane`.
    pub fn inverse_bounds(self, plane: &Bounds) -> Bounds {
        match self {
            Self::GaussKruger(zone) => zone.inverse_bounds(plane),
            _ => corners(plane, |point| self.inverse(point)),
        }
    }

    /// Width of the world in the plane, where the plane goes on after it; `None` where it does not.
    pub fn around(self) -> Option<f64> {
        match self {
            Self::WebMercator => Some(2.0 * PI * RADIUS),
            Self::Geographic => Some(360.0),
            Self::GaussKruger(_) => None,
        }
    }

    /// Whether a straight line of the plane is bent in degrees so that it leaves the box of its ends.
    pub fn bends(self) -> bool {
        matches!(self, Self::GaussKruger(_))
    }

    /// Metres in a unit of the plane (OGC TMS 2.0 §6.1.1.1 has degrees on the sphere of EPSG:3857).
    pub fn metres_per_unit(self) -> f64 {
        match self {
            Self::Geographic => 2.0 * PI * RADIUS / 360.0,
            Self::WebMercator | Self::GaussKruger(_) => 1.0,
        }
    }
}

/// Where both axes keep their direction, the corners are enough.
fn corners(bounds: &Bounds, map: impl Fn([f64; 2]) -> [f64; 2]) -> Bounds {
    let [min_x, min_y] = map([bounds.min_x, bounds.min_y]);
    let [max_x, max_y] = map([bounds.max_x, bounds.max_y]);
    Bounds { min_x, min_y, max_x, max_y }
}

/// Latitude in radians, kept off the poles.
fn radians(lat: f64) -> f64 {
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
