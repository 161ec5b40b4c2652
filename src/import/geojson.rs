//! GeoJSON (RFC 7946, and its `crs` member of 2008), one feature in memory at a time.

use super::{Geometry, Problem, ReadError, Row, RowSink, geometry::Position};
use crate::{
    plan::{Field, FieldType, GeometryKind, Layer},
    snapshot::Value,
};
use serde::{
    Deserialize, Deserializer,
    de::{DeserializeSeed, Error, IgnoredAny, MapAccess, SeqAccess, Visitor},
};
use serde_json::{Map, Value as Json, value::RawValue};
use std::{borrow::Cow, fmt, io::Read, ops::ControlFlow};

/// Gives every feature of the FeatureCollection in `input` to `sink`, whose coordinates are taken to be
/// in EPSG:`srid`, x east and y north.
///
/// # Errors
/// When the text is not a FeatureCollection, or states another coordinate system than `srid`.
pub fn read(input: impl Read, layer: &Layer, srid: i32, sink: &mut RowSink) -> Result<(), ReadError> {
    let mut json = serde_json::Deserializer::from_reader(input);
    let mut collection = Collection { layer, sink, stopped: false, crs: None, has_features: false };
    let read = json.deserialize_map(&mut collection).and_then(|()| json.end());
    let (stopped, crs) = (collection.stopped, collection.crs);
    match read {
        Err(_) if stopped => return Ok(()),
        read => read.map_err(ReadError::Json)?,
    }
    match crs {
        None => Ok(()),
        Some(name) => check_crs(&name, srid),
    }
}

/// `urn:ogc:def:crs:EPSG::4490`, `EPSG:4490` or `urn:ogc:def:crs:OGC:1.3:CRS84`.
fn check_crs(name: &str, expected: i32) -> Result<(), ReadError> {
    let unknown = || ReadError::UnknownCrs(name.chars().take(80).collect());
    let last = name.rsplit(':').next().unwrap_or(name);
    let stated = match last {
        "CRS84" => 4326,
        code => code.parse().map_err(|_| unknown())?,
    };
    // GeoJSON writers say WGS 84 whatever they mean; it is within a metre of CGCS2000.
    let same = stated == expected || [stated, expected].iter().all(|code| [4326, 4490].contains(code));
    if same { Ok(()) } else { Err(ReadError::OtherCrs { stated, expected }) }
}

struct Collection<'a, 'b> {
    layer: &'a Layer,
    sink: &'a mut RowSink<'b>,
    stopped: bool,
    crs: Option<String>,
    has_features: bool,
}

#[derive(Deserialize)]
struct Crs {
    properties: CrsProperties,
}

#[derive(Deserialize)]
struct CrsProperties {
    name: String,
}

impl<'de> Visitor<'de> for &mut Collection<'_, '_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        while let Some(key) = map.next_key::<Cow<str>>()? {
            match &*key {
                "type" => {
                    let kind: String = map.next_value()?;
                    if kind != "FeatureCollection" {
                        return Err(Error::custom(format_args!("its type is `{kind}`")));
                    }
                }
                "features" => map.next_value_seed(Features(self))?,
                "crs" => self.crs = map.next_value::<Option<Crs>>()?.map(|crs| crs.properties.name),
                _ => {
                    map.next_value::<IgnoredAny>()?;
                }
            }
        }
        if self.has_features { Ok(()) } else { Err(Error::missing_field("features")) }
    }
}

struct Features<'a, 'b, 'c>(&'a mut Collection<'b, 'c>);

impl<'de> DeserializeSeed<'de> for Features<'_, '_, '_> {
    type Value = ();
    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_seq(self)
    }
}

impl<'de> Visitor<'de> for Features<'_, '_, '_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str("an array of features")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut features: A) -> Result<(), A::Error> {
        let Self(collection) = self;
        collection.has_features = true;
        let mut number = 0;
        while let Some(text) = features.next_element::<Box<RawValue>>()? {
            number += 1;
            let row = row(number, text.get(), collection.layer);
            if let ControlFlow::Break(()) = (collection.sink)(row) {
                collection.stopped = true;
                return Err(Error::custom("stopped"));
            }
        }
        Ok(())
    }
}

#[derive(Deserialize)]
struct Feature {
    #[serde(rename = "type")]
    kind: String,
    #[serde(default)]
    id: Option<Json>,
    properties: Option<Map<String, Json>>,
    geometry: Option<FileGeometry>,
}

/// The geometry types of RFC 7946.
#[derive(Deserialize)]
#[serde(tag = "type", content = "coordinates")]
enum FileGeometry {
    Point(FilePosition),
    LineString(Vec<FilePosition>),
    Polygon(Vec<Vec<FilePosition>>),
    MultiPoint(IgnoredAny),
    MultiLineString(Vec<Vec<FilePosition>>),
    MultiPolygon(Vec<Vec<Vec<FilePosition>>>),
    GeometryCollection,
}

#[derive(Clone, Copy)]
struct FilePosition(Position);

impl<'de> Deserialize<'de> for FilePosition {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct TwoNumbers;
        impl<'de> Visitor<'de> for TwoNumbers {
            type Value = FilePosition;

            fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
                f.write_str("a position of two numbers")
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut numbers: A) -> Result<FilePosition, A::Error> {
                let mut next = || numbers.next_element()?.ok_or_else(|| Error::invalid_length(1, &self));
                let position = [next()?, next()?];
                if numbers.next_element::<IgnoredAny>()?.is_some() {
                    return Err(Error::custom("a position has a height; only x and y are stored"));
                }
                Ok(FilePosition(position))
            }
        }
        deserializer.deserialize_seq(TwoNumbers)
    }
}

fn row(number: u64, text: &str, layer: &Layer) -> Result<Row, Problem> {
    let problem = |reason| Problem { row: number, reason };
    let feature: Feature = serde_json::from_str(text).map_err(|error| problem(without_place(&error)))?;
    if feature.kind != "Feature" {
        return Err(problem(format!("its type is `{}`, not `Feature`", feature.kind)));
    }
    let mut properties = feature.properties.unwrap_or_default();
    let id = feature.id.or_else(|| properties.remove("id")).unwrap_or(Json::Null);
    Ok(Row {
        number,
        id: row_id(&id).map_err(problem)?,
        values: values(properties, layer).map_err(problem)?,
        geometry: geometry(feature.geometry, layer.geometry).map_err(problem)?,
    })
}

/// serde's message without "at line 1 column 23", which counts from the start of the feature.
fn without_place(error: &serde_json::Error) -> String {
    let text = error.to_string();
    match text.rfind(" at line ") {
        Some(end) => text[..end].to_owned(),
        None => text,
    }
}

fn row_id(id: &Json) -> Result<Option<i64>, String> {
    match id {
        Json::Null => Ok(None),
        id => match id.as_i64() {
            Some(number) if number >= 0 => Ok(Some(number)),
            _ => Err(format!("the id {id} is not a whole number from 0")),
        },
    }
}

fn values(mut properties: Map<String, Json>, layer: &Layer) -> Result<Vec<Value<'static>>, String> {
    let values = layer.fields.iter().map(|field| value(field, properties.remove(&field.name)));
    let values = values.collect::<Result<_, _>>()?;
    match properties.keys().next() {
        None => Ok(values),
        Some(name) => Err(format!("layer {} has no field `{name}`", layer.id)),
    }
}

fn value(field: &Field, json: Option<Json>) -> Result<Value<'static>, String> {
    let json = json.unwrap_or(Json::Null);
    let value = match (field.kind, &json) {
        (_, Json::Null) => Some(Value::Null),
        (FieldType::Integer, Json::Number(number)) => number.as_i64().map(Value::Integer),
        (FieldType::Real, Json::Number(number)) => number.as_f64().map(Value::Real),
        (FieldType::Boolean, Json::Bool(truth)) => Some(Value::Boolean(*truth)),
        // PostgreSQL cannot store NUL in text.
        (FieldType::Text, Json::String(text)) if !text.contains('\0') => {
            Some(Value::Text(text.clone().into()))
        }
        // Only YYYY-MM-DD: a parser that also takes times would drop them without a word.
        (FieldType::Date, Json::String(text)) if text.len() == 10 => text.parse().ok().map(Value::Date),
        _ => None,
    };
    let expected = match field.kind {
        FieldType::Integer => "a whole number of 64 bits",
        FieldType::Real => "a number",
        FieldType::Boolean => "true or false",
        FieldType::Text => "text without NUL",
        FieldType::Date => "a date YYYY-MM-DD",
    };
    value.ok_or_else(|| {
        let found: String = json.to_string().chars().take(80).collect();
        format!("field `{}` holds {found}, expected {expected}", field.name)
    })
}

fn geometry(found: Option<FileGeometry>, kind: GeometryKind) -> Result<Geometry, String> {
    let line = |positions: Vec<FilePosition>| positions.into_iter().map(|FilePosition(p)| p).collect();
    let lines = |lines: Vec<Vec<FilePosition>>| lines.into_iter().map(line).collect::<Vec<_>>();
    let geometry = match found {
        None => return Err("it has no geometry".into()),
        Some(FileGeometry::Point(FilePosition(position))) => Geometry::Point(position),
        Some(FileGeometry::LineString(positions)) => Geometry::Lines(vec![line(positions)]),
        Some(FileGeometry::MultiLineString(parts)) => Geometry::Lines(lines(parts)),
        Some(FileGeometry::Polygon(rings)) => Geometry::Polygons(vec![lines(rings)]),
        Some(FileGeometry::MultiPolygon(parts)) => Geometry::Polygons(parts.into_iter().map(lines).collect()),
        Some(FileGeometry::MultiPoint(_)) => return Err("multipoints are not supported".into()),
        Some(FileGeometry::GeometryCollection) => return Err("geometry collections are not supported".into()),
    };
    if geometry.kind() != kind {
        return Err(format!("the geometry is {}, the layer holds {}", name(geometry.kind()), name(kind)));
    }
    geometry.check()?;
    Ok(geometry)
}

fn name(kind: GeometryKind) -> &'static str {
    match kind {
        GeometryKind::Point => "a point",
        GeometryKind::Line => "lines",
        GeometryKind::Polygon => "polygons",
    }
}
