//! The header of a snapshot: what a GIS shows about the layer, and the layer itself as JSON.

use super::WriteError;
use crate::plan::{FieldType, GeometryKind, Layer};
use flatgeobuf::{ColumnType, FgbCrs, FgbWriter, FgbWriterOptions, GeometryType};

/// Column 0 of every snapshot: the row's key.
pub(super) const ID_COLUMN: &str = "id";

/// EPSG:4490 in the WKT 1 that GDAL itself writes. Its axes are latitude, longitude; the file stores x =
/// longitude, as every FlatGeobuf does.
const CGCS2000_WKT: &str = include_str!("cgcs2000.wkt").trim_ascii_end();

/// A FlatGeobuf writer whose header describes `layer`.
pub(super) fn start(layer: &Layer, write_index: bool) -> Result<FgbWriter<'static>, WriteError> {
    let format_error = |reason: String| WriteError::Format { layer: layer.id.clone(), reason };
    let metadata = serde_json::to_string(layer).map_err(|error| format_error(error.to_string()))?;
    let description = format!("{}\n{}", layer.description.zh, layer.description.en);
    let title = format!("{} {}", layer.title.zh, layer.title.en);
    let options = FgbWriterOptions {
        write_index,
        detect_type: false,
        promote_to_multi: true,
        crs: FgbCrs {
            org: Some("EPSG"),
            code: 4490,
            name: Some("China Geodetic Coordinate System 2000"),
            wkt: Some(CGCS2000_WKT),
            ..FgbCrs::default()
        },
        title: Some(&title),
        description: Some(&description),
        metadata: Some(&metadata),
        ..FgbWriterOptions::default()
    };
    let geometry_type = match layer.geometry {
        GeometryKind::Point => GeometryType::Point,
        GeometryKind::Line => GeometryType::MultiLineString,
        GeometryKind::Polygon => GeometryType::MultiPolygon,
    };
    let mut fgb = FgbWriter::create_with_options(layer.id.as_str(), geometry_type, options)
        .map_err(|error| format_error(error.to_string()))?;
    add_columns(&mut fgb, layer);
    Ok(fgb)
}

fn add_columns(fgb: &mut FgbWriter<'static>, layer: &Layer) {
    fgb.add_column(ID_COLUMN, ColumnType::Long, |_, column| {
        column.nullable = false;
        column.unique = true;
        column.primary_key = true;
    });
    for field in &layer.fields {
        let kind = match field.kind {
            FieldType::Integer => ColumnType::Long,
            FieldType::Real => ColumnType::Double,
            FieldType::Boolean => ColumnType::Bool,
            FieldType::Text => ColumnType::String,
            FieldType::Date => ColumnType::DateTime,
        };
        fgb.add_column(&field.name, kind, |builder, column| {
            column.title = Some(builder.create_string(&field.title.zh));
            column.description = Some(builder.create_string(&field.title.en));
        });
    }
}
