//! The header of a snapshot: what a GIS shows about the layer, and the layer itself as JSON.

use crate::plan::{FieldType, GeometryKind, Layer};
use flatbuffers::{FlatBufferBuilder, WIPOffset};
use flatgeobuf::{
    Column, ColumnArgs, ColumnType, Crs, CrsArgs, GeometryType, Header, HeaderArgs,
    packed_r_tree::{NodeItem, PackedRTree},
};

/// Column 0 of every snapshot: the row's key.
pub(super) const ID_COLUMN: &str = "id";

/// EPSG:4490 in the WKT 1 that GDAL itself writes. Its axes are latitude, longitude; the file stores x =
/// longitude, as every FlatGeobuf does.
const CGCS2000_WKT: &str = include_str!("cgcs2000.wkt").trim_ascii_end();

/// The header of a file of `count` features within `extent`, with its size in front.
///
/// A layer without features has neither an index nor an extent.
pub(super) fn encode(layer: &Layer, count: u64, extent: &NodeItem) -> serde_json::Result<Vec<u8>> {
    let mut builder = FlatBufferBuilder::new();
    let columns = columns(&mut builder, layer);
    let envelope = [extent.min_x, extent.min_y, extent.max_x, extent.max_y];
    let description = format!("{}\n{}", layer.description.zh, layer.description.en);
    let arguments = HeaderArgs {
        name: Some(builder.create_string(layer.id.as_str())),
        envelope: (count > 0).then(|| builder.create_vector(&envelope)),
        geometry_type: match layer.geometry {
            GeometryKind::Point => GeometryType::Point,
            GeometryKind::Line => GeometryType::MultiLineString,
            GeometryKind::Polygon => GeometryType::MultiPolygon,
        },
        columns: Some(builder.create_vector(&columns)),
        features_count: count,
        index_node_size: if count > 0 { PackedRTree::DEFAULT_NODE_SIZE } else { 0 },
        crs: Some(cgcs2000(&mut builder)),
        title: Some(builder.create_string(&format!("{} {}", layer.title.zh, layer.title.en))),
        description: Some(builder.create_string(&description)),
        metadata: Some(builder.create_string(&serde_json::to_string(layer)?)),
        ..HeaderArgs::default()
    };
    let header = Header::create(&mut builder, &arguments);
    builder.finish_size_prefixed(header, None);
    Ok(builder.finished_data().to_vec())
}

fn cgcs2000<'b>(builder: &mut FlatBufferBuilder<'b>) -> WIPOffset<Crs<'b>> {
    let arguments = CrsArgs {
        org: Some(builder.create_string("EPSG")),
        code: 4490,
        name: Some(builder.create_string("China Geodetic Coordinate System 2000")),
        wkt: Some(builder.create_string(CGCS2000_WKT)),
        ..CrsArgs::default()
    };
    Crs::create(builder, &arguments)
}

fn columns<'b>(builder: &mut FlatBufferBuilder<'b>, layer: &Layer) -> Vec<WIPOffset<Column<'b>>> {
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
        let arguments = ColumnArgs {
            name: Some(builder.create_string(&field.name)),
            type_: match field.kind {
                FieldType::Integer => ColumnType::Long,
                FieldType::Real => ColumnType::Double,
                FieldType::Boolean => ColumnType::Bool,
                FieldType::Text => ColumnType::String,
                FieldType::Date => ColumnType::DateTime,
            },
            title: Some(builder.create_string(&field.title.zh)),
            description: Some(builder.create_string(&field.title.en)),
            ..ColumnArgs::default()
        };
        columns.push(Column::create(builder, &arguments));
    }
    columns
}
