//! The Gauss–Krüger projection of CGCS2000: transverse Mercator at scale 1.
//!
//! By the series of Krüger (1912) in the form of Karney (2011, doi:10.1007/s00190-011-0445-3) to the fourth
//! order in the third flattening: right to a micrometre within 3,000 km of the central meridian.

use crate::snapshot::Bounds;

/// Semi-major axis, metres, and flattening of the CGCS2000 ellipsoid (GB/T 17159; that of GRS80).
const SEMI_MAJOR: f64 = 6_378_137.0;
const FLATTENING: f64 = 1.0 / 298.257_222_101;

const N: f64 = FLATTENING / (2.0 - FLATTENING);
const N2: f64 = N * N;
const N3: f64 = N2 * N;
const N4: f64 = N3 * N;

/// Radius of the rectifying sphere, metres.
const RADIUS: f64 = SEMI_MAJOR / (1.0 + N) * (1.0 + N2 / 4.0 + N4 / 64.0);

/// Coefficients from the conformal sphere to the plane.
const TO_PLANE: [f64; 4] = [
    N / 2.0 - 2.0 / 3.0 * N2 + 5.0 / 16.0 * N3 + 41.0 / 180.0 * N4,
    13.0 / 48.0 * N2 - 3.0 / 5.0 * N3 + 557.0 / 1440.0 * N4,
    61.0 / 240.0 * N3 - 103.0 / 140.0 * N4,
    49_561.0 / 161_280.0 * N4,
];

/// Coefficients back.
const FROM_PLANE: [f64; 4] = [
    N / 2.0 - 2.0 / 3.0 * N2 + 37.0 / 96.0 * N3 - N4 / 360.0,
    N2 / 48.0 + N3 / 15.0 - 437.0 / 1440.0 * N4,
    17.0 / 480.0 * N3 - 37.0 / 840.0 * N4,
    4_397.0 / 161_280.0 * N4,
];

/// Longitudes are held within so many degrees of the central meridian: at 90° the plane ends in infinity.
const MAX_OFF_MERIDIAN: f64 = 80.0;
const MAX_LATITUDE: f64 = 89.999;

/// One zone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct GaussKruger {
    /// Degrees east.
    pub central_meridian: u8,
    /// Metres; with the zone's number in front where the CRS has it.
    pub false_easting: u32,
}

impl GaussKruger {
    /// How far from the central meridian and from the equator a grid may reach, metres.
    pub const REACH: [f64; 2] = [3_000_000.0, 9_000_000.0];

    /// Easting and northing, metres, of a place in degrees; finite for every finite input.
    pub fn forward(self, lon: f64, lat: f64) -> [f64; 2] {
        let off = (lon - f64::from(self.central_meridian)).clamp(-MAX_OFF_MERIDIAN, MAX_OFF_MERIDIAN);
        let (sin_off, cos_off) = off.to_radians().sin_cos();
        let t = conformal(lat.clamp(-MAX_LATITUDE, MAX_LATITUDE).to_radians());
        let sphere = [t.atan2(cos_off), (sin_off / t.hypot(cos_off)).asinh()];
        let [north, east] = add(sphere, &TO_PLANE, 1.0);
        [f64::from(self.false_easting) + RADIUS * east, RADIUS * north]
    }

    /// Longitude and latitude, degrees, of a point within [`Self::REACH`].
    pub fn inverse(self, [x, y]: [f64; 2]) -> [f64; 2] {
        let plane = [y / RADIUS, (x - f64::from(self.false_easting)) / RADIUS];
        let [north, east] = add(plane, &FROM_PLANE, -1.0);
        let t = north.sin() / east.sinh().hypot(north.cos());
        let off = east.sinh().atan2(north.cos()).to_degrees();
        [f64::from(self.central_meridian) + off, geographic(t).to_degrees()]
    }

    /// A box of the plane that covers `degrees`.
    pub fn forward_bounds(self, degrees: &Bounds) -> Bounds {
        let middle = [f64::from(self.central_meridian), 0.0];
        covering(degrees, middle, |[lon, lat]| self.forward(lon, lat))
    }

    /// A box of degrees that covers `plane`.
    pub fn inverse_bounds(self, plane: &Bounds) -> Bounds {
        covering(plane, [f64::from(self.false_easting), 0.0], |point| self.inverse(point))
    }
}

/// The box around what `map` makes of `bounds`: either direction is extreme at a corner, or where an edge meets the
/// central meridian or the equator, which cross in `middle`.
fn covering(bounds: &Bounds, middle: [f64; 2], map: impl Fn([f64; 2]) -> [f64; 2]) -> Bounds {
    let Bounds { min_x, min_y, max_x, max_y } = *bounds;
    let around = |min: f64, max: f64, middle: f64| [min, middle.max(min).min(max), max];
    let mut covered = Bounds {
        min_x: f64::INFINITY,
        min_y: f64::INFINITY,
        max_x: f64::NEG_INFINITY,
        max_y: f64::NEG_INFINITY,
    };
    for x in around(min_x, max_x, middle[0]) {
        for y in around(min_y, max_y, middle[1]) {
            let [x, y] = map([x, y]);
            (covered.min_x, covered.max_x) = (covered.min_x.min(x), covered.max_x.max(x));
            (covered.min_y, covered.max_y) = (covered.min_y.min(y), covered.max_y.max(y));
        }
    }
    covered
}

/// `[ξ, η]` and the series added to it.
fn add([xi, eta]: [f64; 2], coefficients: &[f64; 4], sign: f64) -> [f64; 2] {
    // Clenshaw on sin(2ζ), cos(2ζ) of the complex ζ = ξ + iη.
    let (sin, cos) = (2.0 * xi).sin_cos();
    let (sinh, cosh) = ((2.0 * eta).sinh(), (2.0 * eta).cosh());
    let (re, im) = (2.0 * cos * cosh, -2.0 * sin * sinh);
    let (mut b1, mut b2) = ([0.0; 2], [0.0; 2]);
    for coefficient in coefficients.iter().rev() {
        let b0 = [coefficient + re * b1[0] - im * b1[1] - b2[0], re * b1[1] + im * b1[0] - b2[1]];
        (b1, b2) = (b0, b1);
    }
    let (sin_re, sin_im) = (sin * cosh, cos * sinh);
    [xi + sign * (sin_re * b1[0] - sin_im * b1[1]), eta + sign * (sin_re * b1[1] + sin_im * b1[0])]
}

fn eccentricity() -> f64 {
    (FLATTENING * (2.0 - FLATTENING)).sqrt()
}

/// The tangent of the conformal latitude.
fn conformal(lat: f64) -> f64 {
    let (sin, e) = (lat.sin(), eccentricity());
    (sin.atanh() - e * (e * sin).atanh()).sinh()
}

/// The latitude of a tangent of the conformal latitude. Each step gives two digits more.
fn geographic(t: f64) -> f64 {
    let (isometric, e) = (t.asinh(), eccentricity());
    let sin = (0..8).fold(isometric.tanh(), |sin, _| (isometric + e * (e * sin).atanh()).tanh());
    sin.asin()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const ZONE: GaussKruger = GaussKruger { central_meridian: 114, false_easting: 38_500_000 };

    #[test]
    fn what_is_far_off_is_finite() {
        for lon in [-180.0, 180.0, 1e300, f64::MIN] {
            for lat in [-90.0, 90.0, 1e300, 0.0] {
                assert!(ZONE.forward(lon, lat).iter().all(|v| v.is_finite()), "{lon} {lat}");
            }
        }
    }

    proptest! {
        #[test]
        fn there_and_back(x in -2.9e6..2.9e6f64, y in -9e6..9e6f64) {
            let there = ZONE.inverse([x + 38_500_000.0, y]);
            let [x2, y2] = ZONE.forward(there[0], there[1]);
            prop_assert!((x + 38_500_000.0 - x2).abs() < 1e-4 && (y - y2).abs() < 1e-4, "{x2} {y2}");
        }

        #[test]
        fn boxes_cover_what_is_in_them(
            x in -2.8e6..2.8e6f64, y in -8e6..8e6f64, w in 0.0..5e5f64, h in 0.0..1e6f64, s in 0.0..=1.0f64, t in 0.0..=1.0f64,
        ) {
            let plane = Bounds { min_x: 38_500_000.0 + x, min_y: y, max_x: 38_500_000.0 + x + w, max_y: y + h };
            let covers = |b: &Bounds, [x, y]: [f64; 2], slack: f64| {
                b.min_x - slack <= x && x <= b.max_x + slack && b.min_y - slack <= y && y <= b.max_y + slack
            };
            let degrees = ZONE.inverse_bounds(&plane);
            let place = ZONE.inverse([plane.min_x + s * w, plane.min_y + t * h]);
            prop_assert!(covers(&degrees, place, 1e-9), "{place:?} {degrees:?}");
            let back = ZONE.forward_bounds(&degrees);
            let within = [
                degrees.min_x + s * (degrees.max_x - degrees.min_x),
                degrees.min_y + t * (degrees.max_y - degrees.min_y),
            ];
            let point = ZONE.forward(within[0], within[1]);
            prop_assert!(covers(&back, point, 1e-3), "{point:?} {back:?}");
        }
    }
}
