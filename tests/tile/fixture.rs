//! Snapshots written the way the publisher writes them.

use flatgeobuf::{ColumnType, FgbCrs, FgbWriter, FgbWriterOptions, GeometryType};
use geozero::{ColumnValue, GeomProcessor, GeozeroGeometry, PropertyProcessor, error::Result};
use plantiles::{
    plan::{Field, FieldType, GeometryKind, Group, Layer, LayerId, Text},
    snapshot::{Snapshot, SnapshotId},
};
use std::{io::Write, sync::Arc};

pub type Ring = Vec<[f64; 2]>;

/// A geometry in degrees; rings are closed when written.
#[derive(Clone, Debug)]
pub enum Geometry {
    Polygons(Vec<Vec<Ring>>),
    Lines(Vec<Ring>),
    Points(Ring),
}

pub struct Row {
    pub id: i64,
    pub name: Option<String>,
    pub area: Option<f64>,
    pub geometry: Geometry,
}

impl Row {
    pub fn new(id: i64, geometry: Geometry) -> Self {
        Self { id, name: Some(format!("矿区{id}")), area: Some(id as f64 / 2.0), geometry }
    }
}

fn text(s: &str) -> Text {
    Text { zh: s.into(), en: s.into() }
}

pub fn layer(id: &str, geometry: GeometryKind) -> Layer {
    let field = |name: &str, kind| Field { name: name.into(), kind, title: text(name) };
    Layer {
        id: LayerId::new(id).unwrap(),
        title: text(id),
        group: Group::Planning,
        geometry,
        standard_code: None,
        source: "test".into(),
        description: text(""),
        minzoom: 0,
        disjoint: false,
        fields: vec![
            field("name", FieldType::Text),
            field("area_km2", FieldType::Real),
            field("level", FieldType::Integer),
            field("open", FieldType::Boolean),
            field("valid_from", FieldType::Date),
        ],
    }
}

/// A snapshot of `rows`: `level` is −id, `open` is set for even ids, `valid_from` always the same day.
pub fn snapshot(layer: &Layer, rows: impl IntoIterator<Item = Row>) -> Arc<Snapshot> {
    let metadata = serde_json::to_string(layer).unwrap();
    let options = FgbWriterOptions {
        crs: FgbCrs { code: 4490, ..Default::default() },
        metadata: Some(&metadata),
        promote_to_multi: layer.geometry != GeometryKind::Point,
        ..Default::default()
    };
    let kind = match layer.geometry {
        GeometryKind::Polygon => GeometryType::MultiPolygon,
        GeometryKind::Line => GeometryType::MultiLineString,
        // Unknown, as a point layer may hold MultiPoints.
        GeometryKind::Point => GeometryType::Unknown,
    };
    let mut writer = FgbWriter::create_with_options(layer.id.as_str(), kind, options).unwrap();
    writer.add_column("id", ColumnType::Long, |_, c| c.nullable = false);
    for field in &layer.fields {
        let kind = match field.kind {
            FieldType::Integer => ColumnType::Long,
            FieldType::Real => ColumnType::Double,
            FieldType::Boolean => ColumnType::Bool,
            FieldType::Text => ColumnType::String,
            FieldType::Date => ColumnType::DateTime,
        };
        writer.add_column(&field.name, kind, |_, _| {});
    }
    for row in rows {
        writer
            .add_feature_geom(&row.geometry, |f| {
                f.property(0, "id", &ColumnValue::Long(row.id)).unwrap();
                if let Some(name) = &row.name {
                    f.property(1, "name", &ColumnValue::String(name)).unwrap();
                }
                if let Some(area) = row.area {
                    f.property(2, "area_km2", &ColumnValue::Double(area)).unwrap();
                }
                f.property(3, "level", &ColumnValue::Long(-row.id)).unwrap();
                f.property(4, "open", &ColumnValue::Bool(row.id % 2 == 0)).unwrap();
                f.property(5, "valid_from", &ColumnValue::DateTime("2021-01-01")).unwrap();
            })
            .unwrap();
    }
    let mut bytes = Vec::new();
    writer.write(&mut bytes).unwrap();
    let mut file = tempfile::NamedTempFile::new().unwrap();
    file.write_all(&bytes).unwrap();
    // The mapping outlives the name.
    Snapshot::open(file.path(), SnapshotId::of(&bytes)).unwrap()
}

impl GeozeroGeometry for &Geometry {
    fn process_geom<P: GeomProcessor>(&self, p: &mut P) -> Result<()> {
        let points =
            |p: &mut P, ring: &[[f64; 2]]| ring.iter().enumerate().try_for_each(|(i, &[x, y])| p.xy(x, y, i));
        match self {
            Geometry::Points(at) => {
                if let [[x, y]] = at[..] {
                    p.point_begin(0)?;
                    p.xy(x, y, 0)?;
                    return p.point_end(0);
                }
                p.multipoint_begin(at.len(), 0)?;
                points(p, at)?;
                p.multipoint_end(0)
            }
            Geometry::Lines(lines) => {
                p.multilinestring_begin(lines.len(), 0)?;
                for (i, line) in lines.iter().enumerate() {
                    p.linestring_begin(false, line.len(), i)?;
                    points(p, line)?;
                    p.linestring_end(false, i)?;
                }
                p.multilinestring_end(0)
            }
            Geometry::Polygons(parts) => {
                p.multipolygon_begin(parts.len(), 0)?;
                for (i, rings) in parts.iter().enumerate() {
                    p.polygon_begin(false, rings.len(), i)?;
                    for (j, ring) in rings.iter().enumerate() {
                        p.linestring_begin(false, ring.len() + 1, j)?;
                        points(p, ring)?;
                        p.xy(ring[0][0], ring[0][1], ring.len())?;
                        p.linestring_end(false, j)?;
                    }
                    p.polygon_end(false, i)?;
                }
                p.multipolygon_end(0)
            }
        }
    }
}
