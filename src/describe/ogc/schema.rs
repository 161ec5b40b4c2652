//! What features consist of and what may be asked of them, as JSON Schema (OGC 23-058r1; OGC 19-079r2, §6).

use super::title;
use crate::{
    config::PublicUrl,
    features::filter::{GEOMETRY, ID},
    plan::{Field, FieldType, GeometryKind, Layer},
    snapshot::{VALID_FROM, VALID_TO},
};
use serde_json::{Map, Value, json};

/// `/ogc/collections/{collection}/queryables`
pub fn queryables(layer: &Layer, base: &PublicUrl) -> Value {
    document(layer, base, "queryables")
}

/// `/ogc/collections/{collection}/schema`
pub fn schema(layer: &Layer, base: &PublicUrl) -> Value {
    document(layer, base, "schema")
}

fn document(layer: &Layer, base: &PublicUrl, resource: &str) -> Value {
    json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": format!("{}/ogc/collections/{}/{resource}", base.as_str(), layer.id),
        "type": "object",
        "title": title(&layer.title),
        "description": title(&layer.description),
        "properties": properties(layer),
        "additionalProperties": false,
    })
}

fn properties(layer: &Layer) -> Map<String, Value> {
    let geometry = match layer.geometry {
        GeometryKind::Point => "geometry-point",
        GeometryKind::Line => "geometry-multilinestring",
        GeometryKind::Polygon => "geometry-multipolygon",
    };
    let id = json!({ "title": "标识 Id", "type": "integer", "x-ogc-role": "id" });
    let geometry = json!({ "title": "几何 Geometry", "format": geometry, "x-ogc-role": "primary-geometry" });
    let mut members: Vec<(String, Value)> = vec![(ID.into(), id), (GEOMETRY.into(), geometry)];
    members.extend(layer.fields.iter().map(|field| (field.name.clone(), property(field))));
    for (place, (_, member)) in (1..).zip(&mut members) {
        member["x-ogc-propertySeq"] = json!(place);
    }
    members.into_iter().collect()
}

fn property(field: &Field) -> Value {
    let mut property = json!({ "title": title(&field.title), "type": json_type(field.kind) });
    if field.kind == FieldType::Date {
        property["format"] = json!("date");
        match &*field.name {
            VALID_FROM => property["x-ogc-role"] = json!("primary-interval-start"),
            VALID_TO => property["x-ogc-role"] = json!("primary-interval-end"),
            _ => {}
        }
    }
    property
}

pub(super) fn json_type(kind: FieldType) -> &'static str {
    match kind {
        FieldType::Integer => "integer",
        FieldType::Real => "number",
        FieldType::Boolean => "boolean",
        FieldType::Text | FieldType::Date => "string",
    }
}
