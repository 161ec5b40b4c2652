//! A geometry as WKT, with its SRID before it or not (EWKT).

use super::{Attribute, Feature, Found, Intake, ReadError, Stated, build::build};
use geozero::wkt::Wkt;

/// What EWKT begins with, in any case.
const SRID: &str = "SRID=";

/// Brings the one geometry that is `text` to `intake`.
///
/// # Errors
/// When it names a coordinate system that is not imported.
pub fn read(text: &str, intake: &mut Intake) -> Result<(), ReadError> {
    let (stated, geometry) = split(text);
    if stated != Stated::Nothing {
        intake.coordinate_system(stated)?;
    }
    let feature = Feature { number: 1, id: Attribute::Null, attributes: Vec::new(), geometry };
    // There is no more to read.
    let _done = intake.take(feature);
    Ok(())
}

/// What a text says of its coordinate system, and its geometry: what it is instead, or why it cannot be read.
pub fn split(text: &str) -> (Stated, Result<Found, String>) {
    let is_extended =
        text.trim_start().get(..SRID.len()).is_some_and(|start| start.eq_ignore_ascii_case(SRID));
    if !is_extended {
        return (Stated::Nothing, shape(text));
    }
    let (srid, wkt) = text.split_once(';').unwrap_or((text, ""));
    match srid.trim()[SRID.len()..].trim().parse() {
        Ok(code) => (Stated::epsg(code), shape(wkt)),
        Err(_) => (Stated::Nothing, Err(format!("`{}` names no coordinate system", brief(srid)))),
    }
}

fn shape(wkt: &str) -> Result<Found, String> {
    let wkt = wkt.trim();
    if wkt.is_empty() {
        return Err("it has no geometry".into());
    }
    // Not parsed: it may be nested as deep as it is long.
    if wkt.get(..18).is_some_and(|start| start.eq_ignore_ascii_case("GEOMETRYCOLLECTION")) {
        return Err("geometry collections are not supported".into());
    }
    let found = build(&Wkt(wkt)).map_err(|reason| brief(&reason))?;
    // The parser looks no further than to where the geometry ends.
    match wkt[end(wkt)..].trim() {
        "" => Ok(found),
        more => Err(format!("after the geometry comes `{}`", brief(more))),
    }
}

/// The byte after the parenthesis that closes the first one.
fn end(wkt: &str) -> usize {
    let mut depth = 0_usize;
    let closes = |byte: u8| {
        match byte {
            b'(' => depth += 1,
            b')' => depth = depth.saturating_sub(1),
            _ => return false,
        }
        depth == 0
    };
    wkt.bytes().position(closes).map_or(wkt.len(), |last| last + 1)
}

/// What is echoed stays short.
fn brief(text: &str) -> String {
    text.trim().chars().take(200).collect()
}
