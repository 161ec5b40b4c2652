//! Coordinate reference systems that a client may ask for, beside the EPSG:4490 that everything is stored in.
//!
//! A position here is always x east, y north; what order a CRS has its axes in matters where positions are read
//! or written. CGCS2000 and WGS 84 are taken as one: they differ by centimetres, and PROJ's transformation
//! between them is null.

mod projection;
mod transverse_mercator;
mod wkt;

pub use projection::Projection;
pub use transverse_mercator::TransverseMercator;

use std::fmt;

/// One of the known CRSs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Crs {
    /// OGC:CRS84, longitude and latitude of WGS 84: that of GeoJSON (RFC 7946) and the default of OGC API.
    Crs84,
    /// EPSG:4490, CGCS2000, latitude before longitude: that of the snapshots.
    Cgcs2000,
    /// EPSG:4326, WGS 84, latitude before longitude.
    Wgs84,
    /// EPSG:3857, metres, east before north.
    WebMercator,
    /// A Gauss-Krüger zone of CGCS2000, metres, north before east.
    GaussKruger(Zone),
}

/// A Gauss-Krüger zone of CGCS2000 by its EPSG code, 4491 to 4554.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Zone(u32);

impl Zone {
    /// Zones 13–23 of 6° with their number before the easting, the same by central meridian, then zones 25–45
    /// of 3° in both forms.
    pub fn new(epsg: u32) -> Option<Self> {
        (4491..=4554).contains(&epsg).then_some(Self(epsg))
    }

    /// In the order of their codes.
    pub fn all() -> impl Iterator<Item = Self> {
        (4491..=4554).map(Self)
    }

    /// The zone of 3° that a longitude is in, with its number before the easting; China has 73.5° to 136.5°.
    pub fn narrow_at(lon: f64) -> Option<Self> {
        Self::of_number((lon / 3.0).round() as u32).filter(|zone| zone.width() == 3.0)
    }

    /// The zone of this number, with it before the easting: numbers of 6° and of 3° are unlike each other.
    pub fn of_number(number: u32) -> Option<Self> {
        match number {
            13..=23 => Some(Self(4491 + number - 13)),
            25..=45 => Some(Self(4513 + number - 25)),
            _ => None,
        }
    }

    pub fn epsg(self) -> u32 {
        self.0
    }

    /// Degrees of longitude, 3 or 6.
    pub fn width(self) -> f64 {
        if self.0 >= 4513 { 3.0 } else { 6.0 }
    }

    /// The number before its eastings; none in the form by central meridian.
    pub fn number(self) -> Option<u32> {
        match self.0 {
            code @ 4491..=4501 => Some(code - 4491 + 13),
            code @ 4513..=4533 => Some(code - 4513 + 25),
            _ => None,
        }
    }

    /// The same in the form by central meridian, without a number before the easting.
    pub fn without_number(self) -> Self {
        match self.0 {
            code @ 4491..=4501 => Self(code + 11),
            code @ 4513..=4533 => Self(code + 21),
            code => Self(code),
        }
    }

    pub fn projection(self) -> TransverseMercator {
        let by_meridian = self.without_number().0;
        let central_meridian = match by_meridian {
            code @ ..=4512 => 75 + 6 * (code - 4502),
            code => 75 + 3 * (code - 4534),
        };
        TransverseMercator {
            central_meridian: f64::from(central_meridian),
            false_easting: f64::from(self.number().unwrap_or(0)) * 1e6 + 500_000.0,
        }
    }
}

impl Crs {
    /// Every CRS that is served, the default first.
    pub fn all() -> impl Iterator<Item = Self> {
        let zones = Zone::all().map(Self::GaussKruger);
        [Self::Crs84, Self::Cgcs2000, Self::Wgs84, Self::WebMercator].into_iter().chain(zones)
    }

    /// The CRS of an EPSG code.
    pub fn of_epsg(code: u32) -> Option<Self> {
        Some(match code {
            4490 => Self::Cgcs2000,
            4326 => Self::Wgs84,
            3857 => Self::WebMercator,
            code => Self::GaussKruger(Zone::new(code)?),
        })
    }

    /// Reads a CRS URI (OGC 09-048r5), its CURIE `EPSG:4490`, in brackets or not, a URN, or an EPSG code alone; `http`
    /// and `https` are one.
    pub fn parse(text: &str) -> Option<Self> {
        let name = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://"));
        if let Some(path) = name.and_then(|name| name.strip_prefix("www.opengis.net/def/crs/")) {
            return match path.split('/').collect::<Vec<_>>()[..] {
                ["OGC", "1.3" | "0", "CRS84"] => Some(Self::Crs84),
                ["EPSG", _, code] => Self::of_epsg(code.parse().ok()?),
                _ => None,
            };
        }
        let short = text.strip_prefix('[').and_then(|text| text.strip_suffix(']')).unwrap_or(text);
        if short.eq_ignore_ascii_case("OGC:CRS84") || text == "urn:ogc:def:crs:OGC:1.3:CRS84" {
            return Some(Self::Crs84);
        }
        let code = text.strip_prefix("urn:ogc:def:crs:EPSG::").or_else(|| short.strip_prefix("EPSG:"));
        Self::of_epsg(code.unwrap_or(text).parse().ok()?)
    }

    /// Its EPSG code; CRS84, which has none, gives that of the datum.
    pub fn epsg(self) -> u32 {
        match self {
            Self::Crs84 | Self::Wgs84 => 4326,
            Self::Cgcs2000 => 4490,
            Self::WebMercator => 3857,
            Self::GaussKruger(zone) => zone.epsg(),
        }
    }

    /// Whether positions are written north before east, as the EPSG register has the axes.
    pub fn is_north_first(self) -> bool {
        matches!(self, Self::Cgcs2000 | Self::Wgs84 | Self::GaussKruger(_))
    }

    /// Whether its units are degrees.
    pub fn is_geographic(self) -> bool {
        matches!(self, Self::Crs84 | Self::Cgcs2000 | Self::Wgs84)
    }

    /// The plane that its coordinates are in, x east and y north.
    pub fn projection(self) -> Projection {
        match self {
            Self::Crs84 | Self::Cgcs2000 | Self::Wgs84 => Projection::Geographic,
            Self::WebMercator => Projection::WebMercator,
            Self::GaussKruger(zone) => Projection::GaussKruger(zone.projection()),
        }
    }

    /// Abbreviations of the axes in the order of the register, which calls a northing x.
    pub fn axes(self) -> [&'static str; 2] {
        match self {
            Self::Crs84 => ["Lon", "Lat"],
            Self::Cgcs2000 | Self::Wgs84 => ["Lat", "Lon"],
            Self::WebMercator | Self::GaussKruger(_) => ["X", "Y"],
        }
    }

    /// Its name as OGC's older services write it (OGC 07-092r3).
    pub fn urn(self) -> String {
        match self {
            Self::Crs84 => "urn:ogc:def:crs:OGC:1.3:CRS84".to_owned(),
            crs => format!("urn:ogc:def:crs:EPSG::{}", crs.epsg()),
        }
    }

    /// The position, x east and y north in this CRS, for a longitude and latitude in degrees.
    pub fn forward(self, [lon, lat]: [f64; 2]) -> [f64; 2] {
        self.projection().forward(lon, lat)
    }

    /// The longitude and latitude in degrees of a position, x east and y north.
    pub fn inverse(self, [x, y]: [f64; 2]) -> [f64; 2] {
        self.projection().inverse([x, y])
    }

    /// Whether a position, x east and y north, is farther off than coordinates of this CRS go. What is computed of it
    /// may be wrong: planes end somewhere, and so do the digits of a number.
    pub fn is_beyond(self, [x, y]: [f64; 2]) -> bool {
        let (middle, [most_x, most_y]) = match self.projection() {
            // Some go around more than once, or over the poles.
            Projection::Geographic => (0.0, [1000.0; 2]),
            Projection::WebMercator => (0.0, [1e8; 2]),
            Projection::GaussKruger(zone) => (zone.false_easting, TransverseMercator::PLANE),
        };
        (x - middle).abs() > most_x || y.abs() > most_y
    }

    /// A position between the order of the axes in this CRS and x, y; the same both ways.
    pub fn in_order(self, [a, b]: [f64; 2]) -> [f64; 2] {
        if self.is_north_first() { [b, a] } else { [a, b] }
    }
}

/// Its URI.
impl fmt::Display for Crs {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Crs84 => f.write_str("http://www.opengis.net/def/crs/OGC/1.3/CRS84"),
            crs => write!(f, "http://www.opengis.net/def/crs/EPSG/0/{}", crs.epsg()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_crs_is_found_by_its_uri() {
        for crs in Crs::all() {
            assert_eq!(Crs::parse(&crs.to_string()), Some(crs));
        }
        assert_eq!(Crs::all().count(), 68);
        for short in ["[EPSG:4526]", "EPSG:4526", "4526", "urn:ogc:def:crs:EPSG::4526"] {
            assert_eq!(Crs::parse(short), Crs::of_epsg(4526), "{short}");
        }
        assert_eq!(Crs::parse("https://www.opengis.net/def/crs/EPSG/9.9.1/3857"), Some(Crs::WebMercator));
        for unknown in
            ["", "4489", "[4490]", "EPSG:4489", "EPSG:4555", "http://www.opengis.net/def/crs/EPSG/0/2000"]
        {
            assert_eq!(Crs::parse(unknown), None, "{unknown}");
        }
    }

    #[test]
    fn zones_have_the_meridians_and_eastings_of_the_register() {
        for (code, meridian, easting, width) in [
            (4491, 75.0, 13_500_000.0, 6.0),
            (4501, 135.0, 23_500_000.0, 6.0),
            (4502, 75.0, 500_000.0, 6.0),
            (4508, 111.0, 500_000.0, 6.0),
            (4512, 135.0, 500_000.0, 6.0),
            (4513, 75.0, 25_500_000.0, 3.0),
            (4526, 114.0, 38_500_000.0, 3.0),
            (4533, 135.0, 45_500_000.0, 3.0),
            (4534, 75.0, 500_000.0, 3.0),
            (4547, 114.0, 500_000.0, 3.0),
            (4554, 135.0, 500_000.0, 3.0),
        ] {
            let zone = Zone::new(code).unwrap();
            let projection = zone.projection();
            assert_eq!(
                (projection.central_meridian, projection.false_easting, zone.width()),
                (meridian, easting, width),
                "{code}"
            );
        }
    }

    #[test]
    fn a_zone_is_found_by_its_number_and_is_the_same_without() {
        let numbered: Vec<_> = (0..100).filter_map(Zone::of_number).collect();
        assert_eq!(numbered.len(), 11 + 21);
        for zone in numbered {
            let plain = zone.without_number();
            assert_eq!(zone.number().and_then(Zone::of_number), Some(zone));
            assert_eq!((plain.number(), plain.without_number(), plain.width()), (None, plain, zone.width()));
            assert_eq!(zone.projection().central_meridian, plain.projection().central_meridian);
        }
    }

    #[test]
    fn a_longitude_is_in_the_zone_around_its_meridian() {
        for zone in Zone::all().filter(|zone| zone.width() == 3.0) {
            let meridian = zone.projection().central_meridian;
            for lon in [meridian - 1.5, meridian, meridian + 1.499] {
                assert_eq!(
                    Zone::narrow_at(lon).map(Zone::without_number),
                    Some(zone.without_number()),
                    "{lon}"
                );
            }
        }
        // Numbers of 6° zones are none of 3°.
        for lon in [-114.0, 0.0, 45.0, 73.4, 136.5, 1e9, f64::NAN] {
            assert_eq!(Zone::narrow_at(lon), None, "{lon}");
        }
        assert_eq!(Zone::narrow_at(112.8).and_then(Zone::number), Some(38));
    }
}
