//! Whether coordinates can be where they say they are, and what is likely wrong when they cannot.

use crate::crs::{Crs, Zone};
use std::fmt;

/// China with its islands and the South China Sea down to Zengmu Ansha, rounded outwards; degrees.
const WEST: f64 = 73.0;
const EAST: f64 = 136.0;
const SOUTH: f64 = 3.0;
const NORTH: f64 = 54.0;

/// Northings of those latitudes, metres, and eastings from the central meridian for each degree of longitude at the
/// southern one, rounded outwards: past them the projection need not be inverted.
const NORTHINGS: (f64, f64) = (330_000.0, 6_000_000.0);
const METRES_PER_DEGREE: f64 = 112_000.0;

/// The same in Web Mercator.
const MERCATOR: ((f64, f64), (f64, f64)) = ((8_100_000.0, 15_200_000.0), (330_000.0, 7_200_000.0));

/// A box in a file's coordinates, x east and y north.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Extent {
    pub min: [f64; 2],
    pub max: [f64; 2],
}

impl Extent {
    fn corners(self) -> [[f64; 2]; 4] {
        let Self { min: [west, south], max: [east, north] } = self;
        [[west, south], [east, south], [east, north], [west, north]]
    }

    fn swapped(self) -> Self {
        let swap = |[x, y]: [f64; 2]| [y, x];
        Self { min: swap(self.min), max: swap(self.max) }
    }
}

/// Checks that `extent`, read in `crs`, lies in China, and in a Gauss-Krüger zone no farther from its central
/// meridian than the next zone's meridian: a plan on the border of two zones is drawn in one of them.
///
/// # Errors
/// Where it lies and the likely cause.
pub fn check(crs: Crs, extent: Extent) -> Result<(), String> {
    if lies_in(crs, extent) {
        return Ok(());
    }
    let Extent { min: [west, south], max: [east, north] } = extent;
    let mut problem =
        format!("x from {west} to {east}, y from {south} to {north} do not lie in {}", Area(crs));
    if let Some(cause) = likely_cause(crs, extent) {
        problem.push_str(": ");
        problem.push_str(&cause);
    }
    Err(problem)
}

fn lies_in(crs: Crs, extent: Extent) -> bool {
    extent.corners().into_iter().all(|corner| point_lies_in(crs, corner))
}

fn point_lies_in(crs: Crs, [x, y]: [f64; 2]) -> bool {
    let within = |value: f64, (least, most): (f64, f64)| (least..=most).contains(&value);
    match crs {
        Crs::Crs84 | Crs::Cgcs2000 | Crs::Wgs84 => within(x, (WEST, EAST)) && within(y, (SOUTH, NORTH)),
        Crs::WebMercator => {
            within(x, MERCATOR.0)
                && within(y, MERCATOR.1)
                && point_lies_in(Crs::Cgcs2000, crs.inverse([x, y]))
        }
        Crs::GaussKruger(zone) => {
            let reach = METRES_PER_DEGREE * zone.width();
            let middle = zone.projection().false_easting;
            if !within(x, (middle - reach, middle + reach)) || !within(y, NORTHINGS) {
                return false;
            }
            let [lon, lat] = crs.inverse([x, y]);
            let from_meridian = (lon - zone.projection().central_meridian).abs();
            from_meridian <= zone.width() && point_lies_in(Crs::Cgcs2000, [lon, lat])
        }
    }
}

/// The coordinate system, or the order of the axes, in which `extent` would lie in China.
fn likely_cause(crs: Crs, extent: Extent) -> Option<String> {
    if lies_in(crs, extent.swapped()) {
        return Some("x and y look swapped, which northing-first puts right".into());
    }
    for (extent, order) in [(extent, ""), (extent.swapped(), ", northing-first")] {
        if let Some(other) = candidates(crs, extent).find(|other| lies_in(*other, extent)) {
            let hint = match other {
                Crs::Cgcs2000 => "they look like degrees",
                Crs::WebMercator => "they look like Web Mercator",
                Crs::GaussKruger(zone) if zone.number().is_some() => {
                    "their eastings begin with the number of a zone"
                }
                _ => "their eastings have no zone number",
            };
            return Some(format!("{hint}, which is srid {}{order}", other.epsg()));
        }
        // Any zone would do: only the sender knows which.
        let unnumbered = Zone::new(4547).map(Crs::GaussKruger);
        if unnumbered.is_some_and(|any| !matches!(crs, Crs::GaussKruger(_)) && lies_in(any, extent)) {
            return Some(format!(
                "they look like metres without a zone number: srid names the zone by its central meridian, \
                 4534 for 75° to 4554 for 135° every 3°{}",
                if order.is_empty() { "" } else { ", together with northing-first" }
            ));
        }
    }
    outside_zone(crs, extent)
}

/// What the numbers may be in instead of `crs`.
fn candidates(crs: Crs, extent: Extent) -> impl Iterator<Item = Crs> {
    let by_number = Zone::of_number((extent.min[0] / 1e6) as u32);
    let without_number = match crs {
        Crs::GaussKruger(zone) => Some(zone.without_number()),
        _ => None,
    };
    let zones = [by_number, without_number].into_iter().flatten().map(Crs::GaussKruger);
    [Crs::Cgcs2000].into_iter().chain(zones).chain([Crs::WebMercator])
}

fn outside_zone(crs: Crs, extent: Extent) -> Option<String> {
    let Crs::GaussKruger(zone) = crs else { return None };
    let reach = 4.0 * METRES_PER_DEGREE * zone.width();
    let middle = zone.projection().false_easting;
    let near = extent
        .corners()
        .iter()
        .all(|[x, y]| (x - middle).abs() <= reach && (NORTHINGS.0..=NORTHINGS.1).contains(y));
    let [lon, _] = crs.inverse(extent.min);
    near.then(|| format!("at {lon:.1}° they are in another zone, or the zone is not this one"))
}

/// Where the coordinates of a system may lie, in words.
struct Area(Crs);

impl fmt::Display for Area {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Crs::GaussKruger(zone) => {
                let middle = zone.projection().central_meridian;
                let (west, east) = (middle - zone.width(), middle + zone.width());
                write!(f, "EPSG:{}, {west}° to {east}° E in China", zone.epsg())
            }
            crs => write!(f, "China as EPSG:{}, {WEST}° to {EAST}° E, {SOUTH}° to {NORTH}° N", crs.epsg()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cause(srid: u32, min: [f64; 2]) -> String {
        let max = [min[0] + 0.01, min[1] + 0.01];
        match check(Crs::of_epsg(srid).unwrap(), Extent { min, max }) {
            Ok(()) => String::new(),
            Err(problem) => problem.split_once(": ").map_or(problem.clone(), |(_, cause)| cause.to_owned()),
        }
    }

    #[test]
    fn what_is_right_passes() {
        for (srid, place) in [
            (4490, [112.9, 36.3]),
            (4326, [112.9, 36.3]),
            (3857, [12_568_000.0, 4_336_000.0]),
            (4526, [38_401_000.0, 4_020_000.0]),
            (4547, [401_000.0, 4_020_000.0]),
            (4508, [670_000.0, 4_020_000.0]),
            (4498, [20_500_000.0, 2_000_000.0]),
        ] {
            assert_eq!(cause(srid, place), "", "{srid}");
        }
    }

    #[test]
    fn the_likely_cause_is_named() {
        for (srid, place, expected) in [
            (4490, [36.3, 112.9], "x and y look swapped, which northing-first puts right"),
            (4526, [4_020_000.0, 38_401_000.0], "x and y look swapped, which northing-first puts right"),
            (
                4490,
                [38_401_000.0, 4_020_000.0],
                "their eastings begin with the number of a zone, which is srid 4526",
            ),
            (
                4490,
                [4_020_000.0, 38_401_000.0],
                "their eastings begin with the number of a zone, which is srid 4526, northing-first",
            ),
            (4526, [401_000.0, 4_020_000.0], "their eastings have no zone number, which is srid 4547"),
            (4498, [401_000.0, 4_020_000.0], "their eastings have no zone number, which is srid 4509"),
            (
                4547,
                [38_401_000.0, 4_020_000.0],
                "their eastings begin with the number of a zone, which is srid 4526",
            ),
            (
                4526,
                [37_601_000.0, 4_020_000.0],
                "their eastings begin with the number of a zone, which is srid 4525",
            ),
            (4526, [112.9, 36.3], "they look like degrees, which is srid 4490"),
            (4490, [12_568_000.0, 4_336_000.0], "they look like Web Mercator, which is srid 3857"),
            (
                4547,
                [900_000.0, 4_020_000.0],
                "at 118.4° they are in another zone, or the zone is not this one",
            ),
        ] {
            assert_eq!(cause(srid, place), expected, "{srid} {place:?}");
        }
        assert!(
            cause(4490, [401_000.0, 4_020_000.0]).starts_with("they look like metres without a zone number")
        );
        assert_eq!(
            cause(4490, [2.3, 48.8]),
            "x from 2.3 to 2.3099999999999996, y from 48.8 to 48.809999999999995 do not lie in China as EPSG:4490, \
             73° to 136° E, 3° to 54° N"
        );
        for absurd in [[f64::MAX, f64::MIN], [1e30, 1e30], [-38e6, -4e6]] {
            assert!(cause(4526, absurd).contains("do not lie in EPSG:4526, 111° to 117° E in China"));
        }
    }
}
