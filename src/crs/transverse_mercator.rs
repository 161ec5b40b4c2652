//! The transverse Mercator projection of CGCS2000 at scale 1, which Gauss–Krüger zones are in.
//!
//! By Krüger's series to the sixth order (C. F. F. Karney, "Transverse Mercator with an accuracy of a few nanometers",
//! 2011, doi:10.1007/s00190-011-0445-3): exact to less than a millimetre thousands of kilometres from the central meridian.

use crate::snapshot::Bounds;
use std::f64::consts::FRAC_PI_2;

/// Semi-major axis and flattening of the CGCS2000 ellipsoid (EPSG:1024), metres.
const A: f64 = 6_378_137.0;
const F: f64 = 1.0 / 298.257_222_101;

/// Third flattening, which the series are in.
const N: f64 = F / (2.0 - F);
const N2: f64 = N * N;
const N3: f64 = N2 * N;
const N4: f64 = N3 * N;
const N5: f64 = N4 * N;
const N6: f64 = N5 * N;

/// Radius of the circle as long as a meridian.
const RADIUS: f64 = A / (1.0 + N) * (1.0 + N2 / 4.0 + N4 / 64.0 + N6 / 256.0);

/// Karney (35).
const ALPHA: [f64; 6] = [
    N / 2.0 - 2.0 / 3.0 * N2 + 5.0 / 16.0 * N3 + 41.0 / 180.0 * N4 - 127.0 / 288.0 * N5
        + 7891.0 / 37_800.0 * N6,
    13.0 / 48.0 * N2 - 3.0 / 5.0 * N3 + 557.0 / 1440.0 * N4 + 281.0 / 630.0 * N5
        - 1_983_433.0 / 1_935_360.0 * N6,
    61.0 / 240.0 * N3 - 103.0 / 140.0 * N4 + 15_061.0 / 26_880.0 * N5 + 167_603.0 / 181_440.0 * N6,
    49_561.0 / 161_280.0 * N4 - 179.0 / 168.0 * N5 + 6_601_661.0 / 7_257_600.0 * N6,
    34_729.0 / 80_640.0 * N5 - 3_418_889.0 / 1_995_840.0 * N6,
    212_378_941.0 / 319_334_400.0 * N6,
];

/// Karney (36).
const BETA: [f64; 6] = [
    N / 2.0 - 2.0 / 3.0 * N2 + 37.0 / 96.0 * N3 - 1.0 / 360.0 * N4 - 81.0 / 512.0 * N5
        + 96_199.0 / 604_800.0 * N6,
    1.0 / 48.0 * N2 + 1.0 / 15.0 * N3 - 437.0 / 1440.0 * N4 + 46.0 / 105.0 * N5
        - 1_118_711.0 / 3_870_720.0 * N6,
    17.0 / 480.0 * N3 - 37.0 / 840.0 * N4 - 209.0 / 4480.0 * N5 + 5569.0 / 90_720.0 * N6,
    4397.0 / 161_280.0 * N4 - 11.0 / 504.0 * N5 - 830_251.0 / 7_257_600.0 * N6,
    4583.0 / 161_280.0 * N5 - 108_847.0 / 3_991_680.0 * N6,
    20_648_693.0 / 638_668_800.0 * N6,
];

/// Longitudes are held within this many degrees of the central meridian: at 90 the projection goes to infinity. They
/// do not begin anew after 180°, so that what is west of all stays there and no line runs across the plane.
const MOST_LONGITUDE: f64 = 80.0;
/// The same in the plane, as multiples of the radius.
const MOST_EASTING: f64 = 2.5;

/// Where a meridian becomes the middle of a plane; scale 1 on it, northing 0 at the equator.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct TransverseMercator {
    /// Degrees.
    pub central_meridian: f64,
    /// Metres.
    pub false_easting: f64,
}

impl TransverseMercator {
    /// How far a plane may be used: from the central meridian and from the equator, metres.
    pub const REACH: [f64; 2] = [3_000_000.0, 9_000_000.0];

    /// Where the plane ends, from the central meridian and, at the pole, from the equator, metres: what is farther off has the
    /// longitude and latitude of the end.
    pub const PLANE: [f64; 2] = [MOST_EASTING * RADIUS, FRAC_PI_2 * RADIUS];

    /// Easting and northing in metres; finite for every finite input.
    pub fn forward(&self, lon: f64, lat: f64) -> [f64; 2] {
        let off = (lon - self.central_meridian).clamp(-MOST_LONGITUDE, MOST_LONGITUDE);
        let (sin_off, cos_off) = off.to_radians().sin_cos();
        let t = conformal(lat.clamp(-90.0, 90.0).to_radians());
        // ξ has the tangent t / cos, η the hyperbolic sine below: of twice as much they are polynomials.
        let square = t * t + cos_off * cos_off;
        let sinh = sin_off / square.sqrt();
        let twice = Twice {
            sin: 2.0 * t * cos_off / square,
            cos: (cos_off * cos_off - t * t) / square,
            sinh: 2.0 * sinh * (1.0 + sinh * sinh).sqrt(),
            cosh: 1.0 + 2.0 * sinh * sinh,
        };
        let [north, east] = add_series([t.atan2(cos_off), sinh.asinh()], &twice, &ALPHA, 1.0);
        [self.false_easting + RADIUS * east, RADIUS * north]
    }

    /// Longitude and latitude in degrees; finite for every finite input.
    pub fn inverse(&self, [easting, northing]: [f64; 2]) -> [f64; 2] {
        let east = ((easting - self.false_easting) / RADIUS).clamp(-MOST_EASTING, MOST_EASTING);
        let north = (northing / RADIUS).clamp(-FRAC_PI_2, FRAC_PI_2);
        let (sin, cos) = (2.0 * north).sin_cos();
        let twice = Twice { sin, cos, sinh: (2.0 * east).sinh(), cosh: (2.0 * east).cosh() };
        let [north, east] = add_series([north, east], &twice, &BETA, -1.0);
        let t = north.sin() / east.sinh().hypot(north.cos());
        [self.central_meridian + east.sinh().atan2(north.cos()).to_degrees(), geodetic(t).to_degrees()]
    }

    /// A box of the plane that covers the longitudes and latitudes of `degrees`.
    pub fn forward_bounds(&self, degrees: &Bounds) -> Bounds {
        covering(degrees, self.central_meridian, |[lon, lat]| self.forward(lon, lat))
    }

    /// A box of longitudes and latitudes that covers `plane`, within [`Self::REACH`].
    pub fn inverse_bounds(&self, plane: &Bounds) -> Bounds {
        covering(plane, self.false_easting, |point| self.inverse(point))
    }
}

/// The box around what `map` makes of `bounds`: either direction is extreme at a corner, or where an edge meets the
/// central meridian, which is at x `meridian`, or the equator.
fn covering(bounds: &Bounds, meridian: f64, map: impl Fn([f64; 2]) -> [f64; 2]) -> Bounds {
    let Bounds { min_x, min_y, max_x, max_y } = *bounds;
    let along = |min: f64, max: f64, middle: f64| [min, middle.max(min).min(max), max];
    let (mut least, mut most) = ([f64::INFINITY; 2], [f64::NEG_INFINITY; 2]);
    for x in along(min_x, max_x, meridian) {
        for y in along(min_y, max_y, 0.0) {
            let point = map([x, y]);
            least = [0, 1].map(|i| least[i].min(point[i]));
            most = [0, 1].map(|i| most[i].max(point[i]));
        }
    }
    Bounds { min_x: least[0], min_y: least[1], max_x: most[0], max_y: most[1] }
}

/// Functions of 2ξ and of 2η.
struct Twice {
    sin: f64,
    cos: f64,
    sinh: f64,
    cosh: f64,
}

/// `[ξ, η]` and the series of 2jζ, ζ = ξ + iη, added to it, by Clenshaw's recurrence.
fn add_series([xi, eta]: [f64; 2], twice: &Twice, series: &[f64; 6], sign: f64) -> [f64; 2] {
    let Twice { sin, cos, sinh, cosh } = *twice;
    let twice_cos = [2.0 * cos * cosh, -2.0 * sin * sinh];
    let (mut b1, mut b2) = ([0.0; 2], [0.0; 2]);
    for coefficient in series.iter().rev() {
        let product = complex(twice_cos, b1);
        (b1, b2) = ([coefficient + product[0] - b2[0], product[1] - b2[1]], b1);
    }
    let sum = complex([sin * cosh, cos * sinh], b1);
    [xi + sign * sum[0], eta + sign * sum[1]]
}

fn complex(a: [f64; 2], b: [f64; 2]) -> [f64; 2] {
    [a[0] * b[0] - a[1] * b[1], a[0] * b[1] + a[1] * b[0]]
}

fn eccentricity() -> f64 {
    (F * (2.0 - F)).sqrt()
}

/// Tangent of the conformal latitude for a geodetic latitude, radians: Karney (7) to (9).
fn conformal(lat: f64) -> f64 {
    let ((sin, cos), e) = (lat.sin_cos(), eccentricity());
    let (tan, sigma) = (sin / cos, (e * (e * sin).atanh()).sinh());
    tan * (1.0 + sigma * sigma).sqrt() - sigma * (1.0 + tan * tan).sqrt()
}

/// The inverse of [`conformal`]; each step gains two digits.
fn geodetic(conformal_tangent: f64) -> f64 {
    let (isometric, e) = (conformal_tangent.asinh(), eccentricity());
    let latitude = |isometric: f64| isometric.sinh().atan();
    (0..8).fold(latitude(isometric), |lat, _| latitude(isometric + e * (e * lat.sin()).atanh()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const MIDDLE: TransverseMercator =
        TransverseMercator { central_meridian: 114.0, false_easting: 500_000.0 };

    #[test]
    fn it_is_that_of_proj() {
        // gdaltransform -s_srs EPSG:4490 -t_srs EPSG:4547, PROJ 9.1.1.
        for (lon, lat, easting, northing) in [
            (112.9, 36.3, 401_195.113_217_927, 4_019_392.745_774_38),
            (111.0, 0.0, 165_887.798_199_814, 0.0),
            (120.0, 53.5, 897_940.937_327_862, 5_947_041.397_772_37),
            (75.0, 36.0, -3_086_326.843_833_95, 4_774_526.729_628_41),
            (114.0, 90.0, 500_000.0, 10_001_965.729_230_5),
        ] {
            let [x, y] = MIDDLE.forward(lon, lat);
            assert!((x - easting).abs() < 1e-6 && (y - northing).abs() < 1e-6, "{lon} {lat}: {x} {y}");
        }
    }

    #[test]
    fn there_and_back_is_where_it_began() {
        for lon in [60.0, 75.0, 112.9, 114.0, 135.0, 180.0] {
            for lat in [-89.0, -36.0, 0.0, 1e-9, 18.0, 36.3, 53.0, 89.9] {
                let [back_lon, back_lat] = MIDDLE.inverse(MIDDLE.forward(lon, lat));
                let off = (back_lon - lon).rem_euclid(360.0);
                let off = off.min(360.0 - off);
                assert!(off < 1e-8 && (back_lat - lat).abs() < 1e-8, "{lon} {lat}: {back_lon} {back_lat}");
            }
        }
    }

    #[test]
    fn nothing_is_infinite() {
        for lon in [-1e300, -180.0, 24.0, 114.0, 204.0, 1e300] {
            for lat in [-1e300, -90.0, 0.0, 90.0, 1e300] {
                assert!(MIDDLE.forward(lon, lat).iter().all(|v| v.is_finite()), "{lon} {lat}");
                assert!(MIDDLE.inverse([lon, lat]).iter().all(|v| v.is_finite()), "{lon} {lat}");
            }
        }
    }

    proptest! {
        #[test]
        fn boxes_cover_what_is_in_them(
            x in -2.8e6..2.8e6f64, y in -8e6..8e6f64, w in 0.0..5e5f64, h in 0.0..1e6f64, s in 0.0..=1.0f64, t in 0.0..=1.0f64,
        ) {
            let plane = Bounds { min_x: x, min_y: y, max_x: x + w, max_y: y + h };
            let covers = |b: &Bounds, [x, y]: [f64; 2], slack: f64| {
                b.min_x - slack <= x && x <= b.max_x + slack && b.min_y - slack <= y && y <= b.max_y + slack
            };
            let within = |b: &Bounds| [b.min_x + s * (b.max_x - b.min_x), b.min_y + t * (b.max_y - b.min_y)];
            let zone = TransverseMercator { false_easting: 0.0, ..MIDDLE };
            let degrees = zone.inverse_bounds(&plane);
            prop_assert!(covers(&degrees, zone.inverse(within(&plane)), 1e-9), "{degrees:?}");
            let [lon, lat] = within(&degrees);
            let back = zone.forward_bounds(&degrees);
            prop_assert!(covers(&back, zone.forward(lon, lat), 1e-3), "{back:?}");
        }
    }
}
