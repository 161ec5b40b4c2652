//! Rows as GeoJSON features (RFC 7946).

use super::{
    geometry::{GeometryText, Nesting, number},
    request::Request,
    rows::Rows,
    text::Text,
};
use crate::{
    crs::Crs,
    plan::GeometryKind,
    snapshot::{Row, Value},
};
use serde_json::json;
use std::io::Write;

/// How rows are written.
#[derive(Debug, Clone)]
pub struct GeoJson {
    geometry: GeometryText,
    /// Numbers of the fields that become properties, in their order.
    fields: Vec<usize>,
}

impl GeoJson {
    /// With positions in the order of the axes of `crs` (OGC 18-058r1, §6.3).
    pub fn in_order_of_axes(crs: Crs, fields: Vec<usize>) -> Self {
        let geometry = GeometryText { nesting: Nesting::Json, crs, north_first: crs.is_north_first() };
        Self { geometry, fields }
    }

    /// With x east before y north, whatever the CRS: so GDAL and its kind read files.
    pub fn east_first(crs: Crs, fields: Vec<usize>) -> Self {
        let geometry = GeometryText { nesting: Nesting::Json, crs, north_first: false };
        Self { geometry, fields }
    }

    /// Appends the feature. `members` are further ones, as JSON with a comma in front.
    pub fn write(&self, row: &Row, members: &str, out: &mut Vec<u8>) {
        let kind = match row.layer().geometry {
            GeometryKind::Point => "Point",
            GeometryKind::Line => "MultiLineString",
            GeometryKind::Polygon => "MultiPolygon",
        };
        // Writing into memory cannot fail.
        let _ok = write!(
            out,
            r#"{{"type":"Feature","id":{},"geometry":{{"type":"{kind}","coordinates":"#,
            row.id()
        );
        self.geometry.write(row, out);
        out.extend(br#"},"properties":{"#);
        let values = row.values();
        for (i, &field) in self.fields.iter().enumerate() {
            if i > 0 {
                out.push(b',');
            }
            text(&row.layer().fields[field].name, out);
            out.push(b':');
            value(&values[field], out);
        }
        out.push(b'}');
        out.extend(members.as_bytes());
        out.push(b'}');
    }

    /// A feature collection of `rows`; `before` and `after` are members beside its features, as JSON with a comma in
    /// front.
    pub fn collection(self, rows: Rows, before: &str, after: &str) -> Text {
        let head = format!(r#"{{"type":"FeatureCollection"{before},"features":["#).into_bytes();
        let write = move |row: &Row, out: &mut Vec<u8>| self.write(row, "", out);
        Text::new(rows, head, b",", format!("]{after}}}").into_bytes(), Box::new(write))
    }
}

/// A file. In CRS84 it is what RFC 7946 says; in another CRS it names it in a member `crs`, as GeoJSON did before
/// (GeoJSON 2008, §3) and GDAL still reads it.
pub fn file(request: Request) -> Text {
    let mut members = format!(r#","name":{}"#, json!(request.snapshot.layer.id));
    if request.crs != Crs::Crs84 {
        let crs = json!({ "type": "name", "properties": { "name": request.crs.urn() } });
        members += &format!(r#","crs":{crs}"#);
    }
    let (crs, fields) = (request.crs, request.fields.clone());
    GeoJson::east_first(crs, fields).collection(request.rows(), &members, "")
}

fn value(value: &Value, out: &mut Vec<u8>) {
    // Writing into memory cannot fail.
    let _ok = match value {
        Value::Null => write!(out, "null"),
        Value::Integer(integer) => write!(out, "{integer}"),
        Value::Real(real) => {
            number(*real, out);
            Ok(())
        }
        Value::Boolean(truth) => write!(out, "{truth}"),
        Value::Text(found) => {
            text(found, out);
            Ok(())
        }
        Value::Date(date) => write!(out, "\"{date}\""),
    };
}

fn text(text: &str, out: &mut Vec<u8>) {
    let _ok = serde_json::to_writer(out, text);
}
