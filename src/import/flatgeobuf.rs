//! FlatGeobuf, of any writer.
//!
//! Framed and read here, not with the reader of the crate, which trusts the lengths in the bytes of properties and
//! geometries; its tables are verified before they are read.

use super::{Attribute, Feature, Found, Geometry, Intake, ReadError, Stated, geometry::Position};
use flatgeobuf::{Column, ColumnType, GeometryType, Header};
use std::io::{self, Read};

const MAGIC: &[u8; 4] = b"fgb\x03";
/// Most bytes of the header, which describes columns, and of one feature: past it a length is taken for damage.
const MOST_HEADER: u64 = 16 << 20;
const MOST_FEATURE: u64 = 512 << 20;
/// Bytes of a node of the index.
const NODE: u64 = 40;

/// Brings every feature of the file to `intake`.
///
/// # Errors
/// When it is not a FlatGeobuf file, damaged or cut off.
pub fn read(mut input: impl Read, intake: &mut Intake) -> Result<(), ReadError> {
    let mut magic = [0; 8];
    input.read_exact(&mut magic).map_err(cut_off)?;
    if !magic.starts_with(MAGIC) {
        return Err(ReadError::malformed("not a FlatGeobuf file"));
    }
    let header = framed(&mut input, MOST_HEADER)?.ok_or_else(|| ReadError::malformed(CUT_OFF))?;
    let header = flatgeobuf::size_prefixed_root_as_header(&header)
        .map_err(|_| ReadError::malformed("the header of the FlatGeobuf file is damaged"))?;
    intake.coordinate_system(stated(&header))?;
    let columns: Vec<Column> = header.columns().map(|columns| columns.iter().collect()).unwrap_or_default();
    intake.columns(columns.iter().map(Column::name))?;
    let index = index_length(&header).ok_or_else(|| ReadError::malformed("the index is damaged"))?;
    if io::copy(&mut input.by_ref().take(index), &mut io::sink())? < index {
        return Err(ReadError::malformed(CUT_OFF));
    }
    let mut number = 0;
    while let Some(bytes) = framed(&mut input, MOST_FEATURE)? {
        number += 1;
        let taken = match feature(number, &bytes, &columns, header.geometry_type()) {
            Ok(feature) => intake.take(feature),
            Err(reason) => intake.refuse(number, reason),
        };
        if taken.is_break() {
            return Ok(());
        }
    }
    match header.features_count() {
        0 => Ok(()),
        count if count == number => Ok(()),
        count => Err(ReadError::malformed(format!("it says that it has {count} features, and has {number}"))),
    }
}

const CUT_OFF: &str = "the FlatGeobuf file is cut off";

fn cut_off(error: io::Error) -> ReadError {
    match error.kind() {
        io::ErrorKind::UnexpectedEof => ReadError::malformed(CUT_OFF),
        _ => error.into(),
    }
}

/// The next bytes with their length before them; `None` at the end of the file.
fn framed(input: &mut impl Read, most: u64) -> Result<Option<Vec<u8>>, ReadError> {
    let mut bytes = Vec::new();
    match input.by_ref().take(4).read_to_end(&mut bytes)? {
        0 => return Ok(None),
        4 => {}
        _ => return Err(ReadError::malformed(CUT_OFF)),
    }
    let length = u64::from(u32::from_le_bytes([bytes[0], bytes[1], bytes[2], bytes[3]]));
    if !(8..=most).contains(&length) {
        return Err(ReadError::malformed(format!(
            "the FlatGeobuf file is damaged: a part of {length} bytes"
        )));
    }
    match input.by_ref().take(length).read_to_end(&mut bytes)? as u64 {
        read if read == length => Ok(Some(bytes)),
        _ => Err(ReadError::malformed(CUT_OFF)),
    }
}

fn stated(header: &Header) -> Stated {
    let Some(crs) = header.crs() else { return Stated::Nothing };
    match (crs.code(), crs.wkt()) {
        (0, Some(wkt)) => Stated::wkt(wkt),
        (code, _) => Stated::epsg(code.into()),
    }
}

/// Bytes of the packed R-tree between header and features.
fn index_length(header: &Header) -> Option<u64> {
    let (mut items, children) = (header.features_count(), u64::from(header.index_node_size()));
    if items == 0 || children == 0 {
        return Some(0);
    }
    let mut nodes = items;
    while items > 1 {
        items = items.div_ceil(children.max(2));
        nodes = nodes.checked_add(items)?;
    }
    // A single item has a root above it too.
    if header.features_count() == 1 {
        nodes += 1;
    }
    nodes.checked_mul(NODE)
}

fn feature<'a>(
    number: u64,
    bytes: &[u8],
    columns: &[Column<'a>],
    kind: GeometryType,
) -> Result<Feature<'a>, String> {
    let feature = flatgeobuf::size_prefixed_root_as_feature(bytes).map_err(|_| "the feature is damaged")?;
    let attributes = match feature.properties() {
        Some(properties) => attributes(properties.bytes(), columns)?,
        None => Vec::new(),
    };
    let geometry = match feature.geometry() {
        Some(found) => geometry(&found, if kind == GeometryType::Unknown { found.type_() } else { kind }),
        None => Err("it has no geometry".into()),
    };
    Ok(Feature { number, id: Attribute::Null, attributes, geometry })
}

type Named<'a> = (std::borrow::Cow<'a, str>, Attribute);

fn attributes<'a>(mut bytes: &[u8], columns: &[Column<'a>]) -> Result<Vec<Named<'a>>, String> {
    let mut attributes = Vec::with_capacity(columns.len());
    while !bytes.is_empty() {
        let column =
            take(&mut bytes).map(u16::from_le_bytes).and_then(|index| columns.get(usize::from(index)));
        let column = column.ok_or("its properties are damaged")?;
        let value = value(&mut bytes, column.type_())
            .map_err(|reason| format!("field `{}` holds {reason}", column.name()))?;
        attributes.push((column.name().into(), value));
    }
    Ok(attributes)
}

fn value(bytes: &mut &[u8], kind: ColumnType) -> Result<Attribute, String> {
    let damaged = || "damaged bytes".to_owned();
    let value = match kind {
        ColumnType::Byte => take(bytes).map(i8::from_le_bytes).map(|n| Attribute::Integer(n.into())),
        ColumnType::UByte => take(bytes).map(u8::from_le_bytes).map(|n| Attribute::Integer(n.into())),
        ColumnType::Bool => take(bytes).map(|[byte]| Attribute::Boolean(byte != 0)),
        ColumnType::Short => take(bytes).map(i16::from_le_bytes).map(|n| Attribute::Integer(n.into())),
        ColumnType::UShort => take(bytes).map(u16::from_le_bytes).map(|n| Attribute::Integer(n.into())),
        ColumnType::Int => take(bytes).map(i32::from_le_bytes).map(|n| Attribute::Integer(n.into())),
        ColumnType::UInt => take(bytes).map(u32::from_le_bytes).map(|n| Attribute::Integer(n.into())),
        ColumnType::Long => take(bytes).map(i64::from_le_bytes).map(Attribute::Integer),
        ColumnType::ULong => take(bytes).map(u64::from_le_bytes).map(|number| match i64::try_from(number) {
            Ok(number) => Attribute::Integer(number),
            Err(_) => Attribute::Other(number.to_string()),
        }),
        ColumnType::Float => take(bytes).map(f32::from_le_bytes).map(|n| Attribute::Real(n.into())),
        ColumnType::Double => take(bytes).map(f64::from_le_bytes).map(Attribute::Real),
        ColumnType::String | ColumnType::Json | ColumnType::DateTime => {
            let text = sized(bytes).ok_or_else(damaged)?;
            let text = std::str::from_utf8(text).map_err(|_| "text that is not UTF-8")?;
            Some(Attribute::Text(text.to_owned()))
        }
        _ => sized(bytes).map(|bytes| Attribute::Other(format!("{} bytes", bytes.len()))),
    };
    value.ok_or_else(damaged)
}

fn take<const N: usize>(bytes: &mut &[u8]) -> Option<[u8; N]> {
    let (taken, rest) = bytes.split_first_chunk()?;
    *bytes = rest;
    Some(*taken)
}

fn sized<'b>(bytes: &mut &'b [u8]) -> Option<&'b [u8]> {
    let length = usize::try_from(u32::from_le_bytes(take(bytes)?)).ok()?;
    let (taken, rest) = bytes.split_at_checked(length)?;
    *bytes = rest;
    Some(taken)
}

fn geometry(found: &flatgeobuf::Geometry, kind: GeometryType) -> Result<Found, String> {
    let damaged = "the geometry is damaged: its parts do not fit its coordinates";
    let geometry = match kind {
        GeometryType::Point => match paths(found).as_deref() {
            Some([path]) if path.len() == 1 => Geometry::Point(path[0]),
            Some([]) => return Err("the geometry is empty".into()),
            _ => return Err(damaged.into()),
        },
        GeometryType::LineString | GeometryType::MultiLineString => {
            Geometry::Lines(paths(found).ok_or(damaged)?)
        }
        GeometryType::Polygon => Geometry::Polygons(vec![paths(found).ok_or(damaged)?]),
        GeometryType::MultiPolygon => {
            let parts = found.parts().into_iter().flatten().map(|part| paths(&part));
            Geometry::Polygons(parts.collect::<Option<_>>().ok_or(damaged)?)
        }
        GeometryType::MultiPoint => return Err("multipoints are not supported".into()),
        GeometryType::GeometryCollection => return Err("geometry collections are not supported".into()),
        GeometryType::PolyhedralSurface | GeometryType::TIN | GeometryType::Triangle => {
            return Err("surfaces of triangles or faces are not supported".into());
        }
        GeometryType::Unknown => return Err("the geometry does not say its type".into()),
        _ => {
            return Err(
                "curves are not supported: make lines of them first, as ogr2ogr -nlt CONVERT_TO_LINEAR does"
                    .into(),
            );
        }
    };
    let has = |part: &flatgeobuf::Geometry| part.z().is_some() || part.m().is_some();
    let flattened = has(found) || found.parts().is_some_and(|parts| parts.iter().any(|part| has(&part)));
    Ok(Found { geometry, flattened })
}

/// The paths of a geometry without parts: `ends` counts positions and may be absent for one path.
fn paths(found: &flatgeobuf::Geometry) -> Option<Vec<Vec<Position>>> {
    let Some(xy) = found.xy() else { return Some(Vec::new()) };
    let numbers: Vec<f64> = xy.iter().collect();
    let positions: Vec<Position> = numbers.chunks_exact(2).map(|pair| [pair[0], pair[1]]).collect();
    let ends: Vec<usize> = match found.ends() {
        Some(ends) if !ends.is_empty() => ends.iter().map(|end| end as usize).collect(),
        _ => vec![positions.len()],
    };
    if ends.last() != Some(&positions.len()) || !numbers.len().is_multiple_of(2) {
        return None;
    }
    let starts = [0].into_iter().chain(ends.iter().copied());
    starts.zip(&ends).map(|(start, end)| positions.get(start..*end).map(<[Position]>::to_vec)).collect()
}
