//! The coordinate reference systems that tiles come in.

use super::{GaussKruger, Projection};

/// A CRS with its place in the registers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Crs {
    /// Code in the EPSG register; `None` for OGC's CRS84.
    pub epsg: Option<u16>,
    pub projection: Projection,
}

impl Crs {
    /// Longitude before latitude.
    pub const CRS84: Self = Self { epsg: None, projection: Projection::Geographic };

    /// EPSG:3857, 4326, 4490 and the Gauss–Krüger zones of CGCS2000, 4491 to 4554; `None` for others.
    pub fn epsg(code: u16) -> Option<Self> {
        // Zones of 6° and of 3°, numbered in their easting or not; each block begins at 75° E.
        let zone = |first: u16, width: u16, numbered_from: Option<u16>| {
            let i = code - first;
            let number = numbered_from.map_or(0, |first| u32::from(first + i));
            Projection::GaussKruger(GaussKruger {
                central_meridian: (75 + width * i) as u8,
                false_easting: number * 1_000_000 + 500_000,
            })
        };
        let projection = match code {
            3857 => Projection::WebMercator,
            4326 | 4490 => Projection::Geographic,
            4491..=4501 => zone(4491, 6, Some(13)),
            4502..=4512 => zone(4502, 6, None),
            4513..=4533 => zone(4513, 3, Some(25)),
            4534..=4554 => zone(4534, 3, None),
            _ => return None,
        };
        Some(Self { epsg: Some(code), projection })
    }

    /// As OGC API writes it.
    pub fn uri(self) -> String {
        match self.epsg {
            Some(code) => format!("http://www.opengis.net/def/crs/EPSG/0/{code}"),
            None => "http://www.opengis.net/def/crs/OGC/1.3/CRS84".into(),
        }
    }

    /// As OWS writes it.
    pub fn urn(self) -> String {
        match self.epsg {
            Some(code) => format!("urn:ogc:def:crs:EPSG::{code}"),
            None => "urn:ogc:def:crs:OGC:1.3:CRS84".into(),
        }
    }

    /// The axes by their abbreviations, in the order of the register.
    pub fn axes(self) -> [&'static str; 2] {
        match (self.epsg, self.projection) {
            (None, _) => ["Lon", "Lat"],
            (_, Projection::Geographic) => ["Lat", "Lon"],
            (_, Projection::WebMercator) => ["X", "Y"],
            // The register calls the northing x.
            (_, Projection::GaussKruger(_)) => ["X", "Y"],
        }
    }

    /// Whether the north-going axis comes first: for EPSG:4326, 4490 and the Gauss–Krüger zones.
    pub fn north_first(self) -> bool {
        self.epsg.is_some() && self.projection != Projection::WebMercator
    }

    /// A point of the plane in the order of the axes.
    pub fn ordered(self, [x, y]: [f64; 2]) -> [f64; 2] {
        if self.north_first() { [y, x] } else { [x, y] }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_zones_are_those_of_the_register() {
        for (code, central_meridian, false_easting) in [
            (4491, 75, 13_500_000),
            (4501, 135, 23_500_000),
            (4508, 111, 500_000),
            (4513, 75, 25_500_000),
            (4526, 114, 38_500_000),
            (4533, 135, 45_500_000),
            (4534, 75, 500_000),
            (4547, 114, 500_000),
            (4554, 135, 500_000),
        ] {
            let zone = GaussKruger { central_meridian, false_easting };
            assert_eq!(Crs::epsg(code).unwrap().projection, Projection::GaussKruger(zone), "{code}");
        }
        assert_eq!([4489, 4555, 0].map(Crs::epsg), [None; 3]);
    }
}
