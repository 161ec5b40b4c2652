//! The header of a snapshot: what a GIS shows about the layer, and the layer itself as JSON.

use super::Bounds;
use crate::plan::{FieldType, GeometryKind, Layer};
use flatbuffers::{FlatBufferBuilder, WIPOffset};
use flatgeobuf::{Column, ColumnArgs, ColumnType, Crs, CrsArgs, GeometryType, HeaderArgs};

/// Column 0 of every snapshot: the row's key.
pub(super) const ID_COLUMN: &str = "id";

/// Children of an R-tree node; clients that read by range assume this.
pub(super) const NODE_SIZE: u16 = 16;

/// EPSG:4490 in the WKT 1 that GDAL itself writes. Its axes are latitude, longitude; the file stores x =
/// longitude, as every FlatGeobuf does.
const CGCS2000_WKT: &str = include_str!("cgcs2000.wkt").trim_ascii_end();

/// The EPSG code of the CRS of snapshots.
pub(super) const CGCS2000: u32 = 4490;

/// What a header says beside the layer.
pub(super) struct Header {
    pub count: u64,
    pub bounds: Option<Bounds>,
    /// EPSG code.
    pub crs: u32,
}

/// The header of a file of rows of `layer` with its size prefix. Without features it promises no index.
///
/// # Errors
/// When the layer cannot be written as JSON.
pub(super) fn header(layer: &Layer, header: &Header) -> serde_json::Result<Vec<u8>> {
    let metadata = serde_json::to_string(layer)?;
    let mut builder = FlatBufferBuilder::new();
    let columns = columns(&mut builder, layer);
    let columns = Some(builder.create_vector(&columns));
    let crs = Some(crs(&mut builder, header.crs));
    let envelope = header.bounds.map(|b| builder.create_vector(&[b.min_x, b.min_y, b.max_x, b.max_y]));
    let mut text = |text: &str| Some(builder.create_string(text));
    let args = HeaderArgs {
        name: text(layer.id.as_str()),
        title: text(&format!("{} {}", layer.title.zh, layer.title.en)),
        description: text(&format!("{}\n{}", layer.description.zh, layer.description.en)),
        metadata: text(&metadata),
        envelope,
        geometry_type: geometry_type(layer.geometry),
        columns,
        features_count: header.count,
        index_node_size: if header.count > 0 { NODE_SIZE } else { 0 },
        crs,
        ..HeaderArgs::default()
    };
    let table = flatgeobuf::Header::create(&mut builder, &args);
    builder.finish_size_prefixed(table, None);
    Ok(builder.finished_data().to_vec())
}

fn geometry_type(kind: GeometryKind) -> GeometryType {
    match kind {
        GeometryKind::Point => GeometryType::Point,
        GeometryKind::Line => GeometryType::MultiLineString,
        GeometryKind::Polygon => GeometryType::MultiPolygon,
    }
}

fn crs<'a>(builder: &mut FlatBufferBuilder<'a>, code: u32) -> WIPOffset<Crs<'a>> {
    let org = Some(builder.create_string("EPSG"));
    if code != CGCS2000 {
        return Crs::create(builder, &CrsArgs { org, code: code as i32, ..CrsArgs::default() });
    }
    let args = CrsArgs {
        org,
        code: CGCS2000 as i32,
        name: Some(builder.create_string("China Geodetic Coordinate System 2000")),
        wkt: Some(builder.create_string(CGCS2000_WKT)),
        ..CrsArgs::default()
    };
    Crs::create(builder, &args)
}

fn columns<'a>(builder: &mut FlatBufferBuilder<'a>, layer: &Layer) -> Vec<WIPOffset<Column<'a>>> {
    let id = ColumnArgs {
        name: Some(builder.create_string(ID_COLUMN)),
        type_: ColumnType::Long,
        nullable: false,
        unique: true,
        primary_key: true,
        ..ColumnArgs::default()
    };
    let mut columns = vec![Column::create(builder, &id)];
    for field in &layer.fields {
        let args = ColumnArgs {
            name: Some(builder.create_string(&field.name)),
            type_: column_type(field.kind),
            title: Some(builder.create_string(&field.title.zh)),
            description: Some(builder.create_string(&field.title.en)),
            ..ColumnArgs::default()
        };
        columns.push(Column::create(builder, &args));
    }
    columns
}

fn column_type(kind: FieldType) -> ColumnType {
    match kind {
        FieldType::Integer => ColumnType::Long,
        FieldType::Real => ColumnType::Double,
        FieldType::Boolean => ColumnType::Bool,
        FieldType::Text => ColumnType::String,
        // FlatGeobuf has no type for a day without a time.
        FieldType::Date => ColumnType::DateTime,
    }
}
