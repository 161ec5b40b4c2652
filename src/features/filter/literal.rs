//! Values that are written out in a filter.

use super::syntax::{Kind, Node};
use geo::Geometry;
use geozero::{ToGeo, geojson::GeoJson, wkt::Wkt};
use jiff::{Timestamp, civil::Date};

const GEOMETRIES: [&str; 7] =
    ["point", "linestring", "polygon", "multipoint", "multilinestring", "multipolygon", "geometrycollection"];

pub fn is_geometry(name: &str) -> bool {
    GEOMETRIES.contains(&name)
}

/// A number as it is written; `None` when it is too large to be one.
pub fn number(text: &str) -> Option<Kind> {
    if let Ok(integer) = text.parse() {
        return Some(Kind::Integer(integer));
    }
    text.parse::<f64>().ok().filter(|number| number.is_finite()).map(Kind::Real)
}

pub fn wkt(text: &str) -> Result<Geometry, String> {
    checked(Wkt(text).to_geo().ok())
}

pub fn geojson(text: &str) -> Result<Geometry, String> {
    checked(GeoJson(text).to_geo().ok())
}

fn checked(geometry: Option<Geometry>) -> Result<Geometry, String> {
    let geometry = geometry.ok_or("this is no geometry")?;
    let mut finite = true;
    geo::CoordsIter::coords_iter(&geometry).for_each(|c| finite &= c.x.is_finite() && c.y.is_finite());
    if !finite {
        return Err("a coordinate is not finite".into());
    }
    if geo::CoordsIter::coords_count(&geometry) == 0 {
        return Err("the geometry is empty".into());
    }
    Ok(geometry)
}

/// What `name(…)` is: a date, a timestamp, an interval, a box, or else an operator. The error names the operand
/// that is wrong, `None` for all of it.
pub fn function(name: &str, operands: Vec<Node>) -> Result<Kind, (Option<Box<Node>>, String)> {
    Ok(match name {
        "date" => Kind::Date(date(&only_text(name, &operands)?).map_err(|reason| (None, reason))?),
        "timestamp" => {
            Kind::Timestamp(timestamp(&only_text(name, &operands)?).map_err(|reason| (None, reason))?)
        }
        "interval" => {
            let Ok(mut ends) = <Box<[Node; 2]>>::try_from(operands.into_boxed_slice()) else {
                return Err((None, "INTERVAL has two ends".into()));
            };
            for end in ends.iter_mut() {
                end.kind = instant(&end.kind).map_err(|reason| (Some(Box::new(end.clone())), reason))?;
            }
            Kind::Interval(ends)
        }
        "bbox" => Kind::Bbox(bbox(&operands).map_err(|reason| (None, reason))?),
        _ => Kind::Call(name.to_owned(), operands),
    })
}

fn only_text(name: &str, operands: &[Node]) -> Result<String, (Option<Box<Node>>, String)> {
    match operands {
        [Node { kind: Kind::Text(text), .. }] => Ok(text.clone()),
        _ => Err((None, format!("{} takes one text between single quotes", name.to_ascii_uppercase()))),
    }
}

pub fn date(text: &str) -> Result<Date, String> {
    let plain = text.len() == 10 && text.bytes().all(|b| b.is_ascii_digit() || b == b'-');
    text.parse().ok().filter(|_| plain).ok_or_else(|| "a date is written YYYY-MM-DD".into())
}

pub fn timestamp(text: &str) -> Result<Timestamp, String> {
    let refused = "a timestamp is written YYYY-MM-DDThh:mm:ssZ";
    text.parse().map_err(|_| refused.into())
}

/// An end of an interval: a property, or a text that is a date, a timestamp or `..`.
pub fn instant(kind: &Kind) -> Result<Kind, String> {
    match kind {
        Kind::Property(_) | Kind::Date(_) | Kind::Timestamp(_) | Kind::Open => Ok(kind.clone()),
        Kind::Text(text) if text == ".." => Ok(Kind::Open),
        Kind::Text(text) if text.len() == 10 => date(text).map(Kind::Date),
        Kind::Text(text) => timestamp(text).map(Kind::Timestamp),
        _ => Err("an end of an interval is a property, a date, a timestamp or '..'".into()),
    }
}

/// Two corners; heights are left out, since the layers are flat.
pub fn bbox(operands: &[Node]) -> Result<[f64; 4], String> {
    let numbers: Option<Vec<f64>> = operands
        .iter()
        .map(|operand| match operand.kind {
            Kind::Integer(number) => Some(number as f64),
            Kind::Real(number) => Some(number),
            _ => None,
        })
        .collect();
    match numbers.as_deref() {
        Some(&[a, b, c, d]) | Some(&[a, b, _, c, d, _]) => Ok([a, b, c, d]),
        _ => Err("BBOX has four numbers, or six".into()),
    }
}
