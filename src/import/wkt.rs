//! A geometry as WKT, with its SRID before it or not (EWKT).

use super::{Attribute, Feature, Found, Intake, ReadError, Stated, build::build};
use geozero::wkt::Wkt;

/// Brings the one geometry that is `text` to `intake`.
///
/// # Errors
/// When it names a coordinate system that is not imported.
pub fn read(text: &str, intake: &mut Intake) -> Result<(), ReadError> {
    let (stated, geometry) = split(text);
    if stated != Stated::Nothing {
        intake.coordinate_system(stated)?;
    }
    let feature =
        Feature { number: 1, id: Attribute::Null, attributes: Vec::new(), geometry: shape(geometry) };
    // There is no more to read.
    let _done = intake.take(feature);
    Ok(())
}

/// What a text says of its coordinate system, and the rest of it.
pub fn split(text: &str) -> (Stated, &str) {
    let Some((srid, wkt)) = text.split_once(';') else { return (Stated::Nothing, text) };
    let code = srid
        .trim()
        .get(..5)
        .filter(|key| key.eq_ignore_ascii_case("SRID="))
        .and_then(|_| srid.trim()[5..].parse().ok());
    (code.map_or(Stated::Nothing, Stated::epsg), wkt)
}

/// # Errors
/// What it is instead, or why it cannot be read.
pub fn shape(wkt: &str) -> Result<Found, String> {
    let wkt = wkt.trim();
    if wkt.is_empty() {
        return Err("it has no geometry".into());
    }
    // Not parsed: it may be nested as deep as it is long.
    if wkt.get(..18).is_some_and(|start| start.eq_ignore_ascii_case("GEOMETRYCOLLECTION")) {
        return Err("geometry collections are not supported".into());
    }
    build(&Wkt(wkt)).map_err(|reason| reason.chars().take(200).collect())
}
