//! GeoJSON (RFC 7946, and its `crs` member of 2008), one feature in memory at a time.

use super::{Attribute, Feature, Found, Geometry, Intake, ReadError, Stated, geometry::Position, text::BOM};
use serde::{
    Deserialize, Deserializer,
    de::{DeserializeSeed, Error, IgnoredAny, MapAccess, SeqAccess, Visitor},
};
use serde_json::{Map, Value as Json, value::RawValue};
use std::{borrow::Cow, fmt, io::BufRead};

/// Brings every feature of the FeatureCollection in `input` to `intake`. A byte order mark before it is passed over
/// (RFC 8259, §8.1).
///
/// # Errors
/// When the text is not a FeatureCollection, or names a coordinate system that is not imported.
pub fn read(mut input: impl BufRead, intake: &mut Intake) -> Result<(), ReadError> {
    if input.fill_buf()?.starts_with(BOM) {
        input.consume(BOM.len());
    }
    let mut json = serde_json::Deserializer::from_reader(input);
    let mut collection = Collection { intake, stopped: None, has_features: false };
    let read = json.deserialize_map(&mut collection).and_then(|()| json.end());
    match (collection.stopped, read) {
        (Some(stopped), _) => stopped,
        (None, Err(error)) => Err(ReadError::malformed(reason(&error.to_string()))),
        (None, Ok(())) => Ok(()),
    }
}

/// What serde says of bytes that are not UTF-8 helps nobody.
fn reason(error: &str) -> String {
    match error.strip_prefix("invalid unicode code point") {
        Some(place) => format!("its text is not UTF-8{place}: save it as UTF-8, which GeoJSON is"),
        None => format!("not a GeoJSON FeatureCollection: {error}"),
    }
}

struct Collection<'a, 'b> {
    intake: &'a mut Intake<'b>,
    /// Why reading ended before the text did: nobody wants more, or what it says of itself is wrong.
    stopped: Option<Result<(), ReadError>>,
    has_features: bool,
}

impl Collection<'_, '_> {
    fn stop<E: Error>(&mut self, how: Result<(), ReadError>) -> E {
        self.stopped = Some(how);
        E::custom("stopped")
    }
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
                "crs" => {
                    if let Some(crs) = map.next_value::<Option<Crs>>()? {
                        let stated = Stated::name(&crs.properties.name);
                        self.intake.coordinate_system(stated).map_err(|error| self.stop(Err(error)))?;
                    }
                }
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
            let taken = match feature(number, text.get()) {
                Ok(feature) => collection.intake.take(feature),
                Err(reason) => collection.intake.refuse(number, reason),
            };
            if taken.is_break() {
                return Err(collection.stop(Ok(())));
            }
        }
        Ok(())
    }
}

#[derive(Deserialize)]
struct FileFeature {
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

/// A position, and whether it has a height.
#[derive(Clone, Copy)]
struct FilePosition(Position, bool);

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
                let mut has_height = false;
                while numbers.next_element::<IgnoredAny>()?.is_some() {
                    has_height = true;
                }
                Ok(FilePosition(position, has_height))
            }
        }
        deserializer.deserialize_seq(TwoNumbers)
    }
}

fn feature(number: u64, text: &str) -> Result<Feature<'static>, String> {
    let feature: FileFeature = serde_json::from_str(text).map_err(|error| without_place(&error))?;
    if feature.kind != "Feature" {
        return Err(format!("its type is `{}`, not `Feature`", feature.kind));
    }
    let properties = feature.properties.unwrap_or_default();
    Ok(Feature {
        number,
        id: feature.id.map_or(Attribute::Null, attribute),
        attributes: properties.into_iter().map(|(name, json)| (name.into(), attribute(json))).collect(),
        geometry: geometry(feature.geometry),
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

fn attribute(json: Json) -> Attribute {
    match json {
        Json::Null => Attribute::Null,
        Json::Bool(truth) => Attribute::Boolean(truth),
        Json::String(text) => Attribute::Text(text),
        Json::Number(number) => match (number.as_i64(), number.as_f64()) {
            (Some(whole), _) => Attribute::Integer(whole),
            (None, Some(real)) => Attribute::Real(real),
            (None, None) => Attribute::Other(number.to_string()),
        },
        other => Attribute::Other(other.to_string()),
    }
}

fn geometry(found: Option<FileGeometry>) -> Result<Found, String> {
    let mut flattened = false;
    let mut point = |FilePosition(position, has_height): FilePosition| {
        flattened |= has_height;
        position
    };
    let mut line = |positions: Vec<FilePosition>| positions.into_iter().map(&mut point).collect();
    let mut lines = |lines: Vec<Vec<FilePosition>>| lines.into_iter().map(&mut line).collect::<Vec<_>>();
    let geometry = match found {
        None => return Err("it has no geometry".into()),
        Some(FileGeometry::Point(position)) => Geometry::Point(point(position)),
        Some(FileGeometry::LineString(positions)) => Geometry::Lines(vec![line(positions)]),
        Some(FileGeometry::MultiLineString(parts)) => Geometry::Lines(lines(parts)),
        Some(FileGeometry::Polygon(rings)) => Geometry::Polygons(vec![lines(rings)]),
        Some(FileGeometry::MultiPolygon(parts)) => Geometry::Polygons(parts.into_iter().map(lines).collect()),
        Some(FileGeometry::MultiPoint(_)) => return Err("multipoints are not supported".into()),
        Some(FileGeometry::GeometryCollection) => return Err("geometry collections are not supported".into()),
    };
    Ok(Found { geometry, flattened })
}
