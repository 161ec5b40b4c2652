//! Coordinate reference systems as well-known text 1: OGC's (01-009) for GeoPackage, ESRI's for Shapefiles.

use super::Crs;

const CGCS2000: &str = r#"GEOGCS["China Geodetic Coordinate System 2000",DATUM["China_2000",SPHEROID["CGCS2000",6378137,298.257222101,AUTHORITY["EPSG","1024"]],AUTHORITY["EPSG","1043"]],PRIMEM["Greenwich",0,AUTHORITY["EPSG","8901"]],UNIT["degree",0.0174532925199433,AUTHORITY["EPSG","9122"]]"#;
const WGS84: &str = r#"GEOGCS["WGS 84",DATUM["WGS_1984",SPHEROID["WGS 84",6378137,298.257223563,AUTHORITY["EPSG","7030"]],AUTHORITY["EPSG","6326"]],PRIMEM["Greenwich",0,AUTHORITY["EPSG","8901"]],UNIT["degree",0.0174532925199433,AUTHORITY["EPSG","9122"]]"#;
/// PROJ's own form: WKT 1 has no words for a sphere with the coordinates of an ellipsoid.
const MERCATOR: &str = r#"PROJECTION["Mercator_1SP"],PARAMETER["central_meridian",0],PARAMETER["scale_factor",1],PARAMETER["false_easting",0],PARAMETER["false_northing",0],UNIT["metre",1,AUTHORITY["EPSG","9001"]],AXIS["Easting",EAST],AXIS["Northing",NORTH],EXTENSION["PROJ4","+proj=merc +a=6378137 +b=6378137 +lat_ts=0 +lon_0=0 +x_0=0 +y_0=0 +k=1 +units=m +nadgrids=@null +wktext +no_defs"]"#;

const ESRI_CGCS2000: &str = r#"GEOGCS["GCS_China_Geodetic_Coordinate_System_2000",DATUM["D_China_2000",SPHEROID["CGCS2000",6378137.0,298.257222101]],PRIMEM["Greenwich",0.0],UNIT["Degree",0.0174532925199433]]"#;
const ESRI_WGS84: &str = r#"GEOGCS["GCS_WGS_1984",DATUM["D_WGS_1984",SPHEROID["WGS_1984",6378137.0,298.257223563]],PRIMEM["Greenwich",0.0],UNIT["Degree",0.0174532925199433]]"#;
const ESRI_MERCATOR: &str = r#"PROJECTION["Mercator_Auxiliary_Sphere"],PARAMETER["False_Easting",0.0],PARAMETER["False_Northing",0.0],PARAMETER["Central_Meridian",0.0],PARAMETER["Standard_Parallel_1",0.0],PARAMETER["Auxiliary_Sphere_Type",0.0],UNIT["Meter",1.0]"#;

impl Crs {
    /// Its name in the EPSG register.
    pub fn name(self) -> String {
        match self {
            Self::Crs84 | Self::Wgs84 => "WGS 84".to_owned(),
            Self::Cgcs2000 => "China Geodetic Coordinate System 2000".to_owned(),
            Self::WebMercator => "WGS 84 / Pseudo-Mercator".to_owned(),
            Self::GaussKruger(zone) => {
                let width = if zone.width() == 3.0 { "3-degree " } else { "" };
                let which = match zone.number() {
                    Some(number) => format!("zone {number}"),
                    None => format!("CM {}E", zone.projection().central_meridian),
                };
                format!("CGCS2000 / {width}Gauss-Kruger {which}")
            }
        }
    }

    /// Its definition as OGC's well-known text 1, with the codes of the register. CRS84 has that of its datum.
    pub fn wkt(self) -> String {
        let geographic = |datum: &str, code: u32| {
            format!(r#"{datum},AXIS["Latitude",NORTH],AXIS["Longitude",EAST],AUTHORITY["EPSG","{code}"]]"#)
        };
        let (datum, projected) = match self {
            Self::Crs84 | Self::Wgs84 => return geographic(WGS84, 4326),
            Self::Cgcs2000 => return geographic(CGCS2000, 4490),
            Self::WebMercator => (format!(r#"{WGS84},AUTHORITY["EPSG","4326"]]"#), MERCATOR.to_owned()),
            Self::GaussKruger(zone) => {
                let plane = zone.projection();
                let projected = format!(
                    r#"PROJECTION["Transverse_Mercator"],PARAMETER["latitude_of_origin",0],PARAMETER["central_meridian",{}],PARAMETER["scale_factor",1],PARAMETER["false_easting",{}],PARAMETER["false_northing",0],UNIT["metre",1,AUTHORITY["EPSG","9001"]],AXIS["Northing",NORTH],AXIS["Easting",EAST]"#,
                    plane.central_meridian, plane.false_easting
                );
                (format!(r#"{CGCS2000},AUTHORITY["EPSG","4490"]]"#), projected)
            }
        };
        format!(r#"PROJCS["{}",{datum},{projected},AUTHORITY["EPSG","{}"]]"#, self.name(), self.epsg())
    }

    /// Its definition as ESRI writes it, which programs know by names and parameters alone.
    pub fn esri_wkt(self) -> String {
        match self {
            Self::Crs84 | Self::Wgs84 => ESRI_WGS84.to_owned(),
            Self::Cgcs2000 => ESRI_CGCS2000.to_owned(),
            Self::WebMercator => {
                format!(r#"PROJCS["WGS_1984_Web_Mercator_Auxiliary_Sphere",{ESRI_WGS84},{ESRI_MERCATOR}]"#)
            }
            Self::GaussKruger(zone) => {
                let plane = zone.projection();
                let width = if zone.width() == 3.0 { "3_Degree_" } else { "" };
                let which = match zone.number() {
                    Some(number) => format!("Zone_{number}"),
                    None => format!("CM_{}E", plane.central_meridian),
                };
                format!(
                    r#"PROJCS["CGCS2000_{width}GK_{which}",{ESRI_CGCS2000},PROJECTION["Gauss_Kruger"],PARAMETER["False_Easting",{:.1}],PARAMETER["False_Northing",0.0],PARAMETER["Central_Meridian",{:.1}],PARAMETER["Scale_Factor",1.0],PARAMETER["Latitude_Of_Origin",0.0],UNIT["Meter",1.0]]"#,
                    plane.false_easting, plane.central_meridian
                )
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn zones_are_called_as_in_the_registers() {
        for (code, name, esri) in [
            (4498, "CGCS2000 / Gauss-Kruger zone 20", "CGCS2000_GK_Zone_20"),
            (4509, "CGCS2000 / Gauss-Kruger CM 117E", "CGCS2000_GK_CM_117E"),
            (4526, "CGCS2000 / 3-degree Gauss-Kruger zone 38", "CGCS2000_3_Degree_GK_Zone_38"),
            (4547, "CGCS2000 / 3-degree Gauss-Kruger CM 114E", "CGCS2000_3_Degree_GK_CM_114E"),
        ] {
            let crs = Crs::of_epsg(code).unwrap();
            assert_eq!(crs.name(), name);
            assert!(crs.esri_wkt().starts_with(&format!("PROJCS[\"{esri}\",")), "{}", crs.esri_wkt());
        }
    }
}
