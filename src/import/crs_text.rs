//! The coordinate system that a file states, as text: the WKT of a `.prj`, an EPSG code, a URN.

use crate::crs::{Crs, Zone};

/// What a file says of its coordinate system.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Stated {
    Nothing,
    Known(Crs),
    /// One that is not imported, by its name.
    Other(String),
}

impl Stated {
    /// An EPSG code; 0 and -1 are those of a file that does not know (GeoPackage 1.1.5.1.2).
    pub fn epsg(code: i64) -> Self {
        match u32::try_from(code) {
            Err(_) | Ok(0) => Self::Nothing,
            Ok(code) => match Crs::of_epsg(code) {
                Some(crs) => Self::Known(crs),
                None => Self::Other(format!("EPSG:{code}")),
            },
        }
    }

    /// A name like `urn:ogc:def:crs:EPSG::4490`, `EPSG:4490` or `urn:ogc:def:crs:OGC:1.3:CRS84`.
    pub fn name(name: &str) -> Self {
        let last = name.rsplit(':').next().unwrap_or(name);
        match (Crs::parse(name), last.parse()) {
            (Some(crs), _) => Self::Known(crs),
            (None, _) if last == "CRS84" => Self::Known(Crs::Crs84),
            (None, Ok(code)) => Self::epsg(code),
            (None, Err(_)) => Self::Other(short(name)),
        }
    }

    /// WKT 1 or 2 in any of its dialects, by its EPSG code or else by datum and parameters, which ESRI's has alone.
    pub fn wkt(text: &str) -> Self {
        let text = text.trim();
        if text.is_empty() {
            return Self::Nothing;
        }
        let name = quoted(text).unwrap_or(text);
        let known = own_code(text).and_then(Crs::of_epsg).or_else(|| by_parameters(text));
        known.map_or_else(|| Self::Other(short(name)), Self::Known)
    }
}

/// What is echoed stays short.
fn short(name: &str) -> String {
    name.chars().take(80).collect()
}

fn quoted(text: &str) -> Option<&str> {
    text.split('"').nth(1)
}

/// The code in the last `AUTHORITY["EPSG","…"]` or `ID["EPSG",…]`, which is that of the whole.
fn own_code(text: &str) -> Option<u32> {
    let at = text.rfind("AUTHORITY[\"EPSG\"").or_else(|| text.rfind("ID[\"EPSG\""))?;
    let rest = text[at..].split_once(',')?.1;
    // What follows closes the code and the whole: another part's code is followed by more.
    let (code, end) = rest.split_once(']')?;
    if end.trim() != "]" {
        return None;
    }
    code.trim().trim_matches('"').parse().ok()
}

fn by_parameters(text: &str) -> Option<Crs> {
    let plain: String = text.chars().filter(|c| !c.is_whitespace()).collect::<String>().to_ascii_lowercase();
    let datum = ["datum[\"", "ensemble[\""].iter().find_map(|key| plain.split_once(key))?.1;
    let datum: String = datum.split('"').next()?.chars().filter(char::is_ascii_alphanumeric).collect();
    let is_china =
        ["dchina2000", "china2000", "chinageodeticcoordinatesystem2000", "cgcs2000"].contains(&&*datum);
    let is_wgs =
        ["dwgs1984", "wgs1984", "worldgeodeticsystem1984"].iter().any(|name| datum.starts_with(name));
    let is_projected = ["projcs[", "projcrs[", "projectedcrs["].iter().any(|key| plain.starts_with(key));
    if !is_projected {
        let is_degree = plain.contains("0.01745329");
        return match (is_china && is_degree, is_wgs && is_degree) {
            (true, _) => Some(Crs::Cgcs2000),
            (_, true) => Some(Crs::Wgs84),
            _ => None,
        };
    }
    if is_wgs && (plain.contains("auxiliary_sphere") || plain.contains("pseudo-mercator")) {
        return Some(Crs::WebMercator);
    }
    is_china.then(|| gauss_kruger(&plain)).flatten().map(Crs::GaussKruger)
}

/// The zone with these parameters; 3° before 6° where both would do, which have the same plane.
fn gauss_kruger(plain: &str) -> Option<Zone> {
    let is_transverse = ["gauss_kruger", "transverse_mercator", "transversemercator"];
    if !is_transverse.iter().any(|method| plain.contains(method)) {
        return None;
    }
    let scale = parameter(plain, &["scale_factor", "scalefactoratnaturalorigin"])?;
    let meridian = parameter(plain, &["central_meridian", "longitudeofnaturalorigin"])?;
    let easting = parameter(plain, &["false_easting", "falseeasting"])?;
    let zeros = [&["latitude_of_origin", "latitudeofnaturalorigin"], &["false_northing", "falsenorthing"]];
    let is_plain = scale == 1.0 && zeros.iter().all(|names| parameter(plain, *names).unwrap_or(0.0) == 0.0);
    let mut zones = (4513..=4554).chain(4491..=4512).filter_map(Zone::new);
    zones.find(|zone| {
        let projection = zone.projection();
        is_plain && projection.central_meridian == meridian && projection.false_easting == easting
    })
}

fn parameter(plain: &str, names: &[&str]) -> Option<f64> {
    let found = names.iter().find_map(|name| plain.split_once(&format!("parameter[\"{name}\",")));
    found?.1.split([',', ']']).next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    const PRJ: &str = r#"PROJCS["CGCS2000_3_Degree_GK_Zone_38",GEOGCS["GCS_China_Geodetic_Coordinate_System_2000",DATUM["D_China_2000",SPHEROID["CGCS2000",6378137.0,298.257222101]],PRIMEM["Greenwich",0.0],UNIT["Degree",0.0174532925199433]],PROJECTION["Gauss_Kruger"],PARAMETER["False_Easting",38500000.0],PARAMETER["False_Northing",0.0],PARAMETER["Central_Meridian",114.0],PARAMETER["Scale_Factor",1.0],PARAMETER["Latitude_Of_Origin",0.0],UNIT["Meter",1.0]]"#;

    fn epsg(text: &str) -> Option<u32> {
        match Stated::wkt(text) {
            Stated::Known(crs) => Some(crs.epsg()),
            _ => None,
        }
    }

    #[test]
    fn esri_text_is_known_by_its_parameters() {
        assert_eq!(epsg(PRJ), Some(4526));
        assert_eq!(epsg(&PRJ.replace("38500000.0", "500000.0")), Some(4547));
        let six = PRJ.replace("38500000.0", "20500000.0").replace("114.0", "117.0");
        assert_eq!(epsg(&six), Some(4498));
        for (from, to) in [
            ("114.0", "113.0"),
            ("Scale_Factor\",1.0", "Scale_Factor\",0.9996"),
            ("D_China_2000", "D_Xian_1980"),
        ] {
            assert_eq!(
                Stated::wkt(&PRJ.replace(from, to)),
                Stated::Other("CGCS2000_3_Degree_GK_Zone_38".into())
            );
        }
    }

    #[test]
    fn names_and_codes_are_known() {
        for (name, code) in [
            ("urn:ogc:def:crs:EPSG::4547", 4547),
            ("EPSG:4490", 4490),
            ("urn:ogc:def:crs:OGC:1.3:CRS84", 4326),
            ("urn:ogc:def:crs:EPSG:6.9:4326", 4326),
        ] {
            let Stated::Known(crs) = Stated::name(name) else { panic!("{name}") };
            assert_eq!(crs.epsg(), code);
        }
        assert_eq!(Stated::name("EPSG:2385"), Stated::Other("EPSG:2385".into()));
        assert_eq!(Stated::epsg(-1), Stated::Nothing);
        assert_eq!(Stated::wkt(" \n"), Stated::Nothing);
    }
}
