//! Small layers with known contents.

use geozero::wkt::Wkt;
use plantiles::{
    plan::{Field, FieldType, GeometryKind, Group, Layer, LayerId, Text},
    snapshot::{Snapshot, SnapshotWriter, Value},
};
use std::{path::Path, sync::Arc};

pub fn text(zh: &str, en: &str) -> Text {
    Text { zh: zh.into(), en: en.into() }
}

/// A layer with a column of every type.
pub fn layer(id: &str, geometry: GeometryKind) -> Layer {
    let field = |name: &str, kind, zh: &str| Field { name: name.into(), kind, title: text(zh, name) };
    Layer {
        id: LayerId::new(id).unwrap(),
        title: text("样例", "Sample"),
        group: Group::Planning,
        geometry,
        standard_code: None,
        source: "第一章".into(),
        description: text("样例图层", "A sample layer"),
        minzoom: 5,
        disjoint: false,
        fields: vec![
            field("name", FieldType::Text, "名称"),
            field("area_km2", FieldType::Real, "面积"),
            field("year", FieldType::Integer, "年份"),
            field("open", FieldType::Boolean, "在产"),
            field("valid_from", FieldType::Date, "有效期起"),
        ],
    }
}

/// The `id`-th of a row of unit squares along the equator.
pub fn square(id: i64) -> String {
    let x = id as f64;
    format!("POLYGON(({x} 0, {} 0, {} 1, {x} 1, {x} 0))", x + 1.0, x + 1.0)
}

/// Values for [`layer`]; every third row has nulls.
pub fn values(id: i64) -> [Value<'static>; 5] {
    if id % 3 == 0 {
        return nulls();
    }
    [
        Value::Text("古城煤矿".into()),
        Value::Real(0.1 * id as f64),
        Value::Integer(2020 + id),
        Value::Boolean(id % 2 == 0),
        Value::Date(jiff::civil::date(2021, 12, 31)),
    ]
}

/// A snapshot of `count` squares in `directory`.
pub fn snapshot(directory: &Path, layer: &Layer, count: i64) -> Arc<Snapshot> {
    let mut writer = SnapshotWriter::create(directory, layer).unwrap();
    append_squares(&mut writer, count);
    writer.finish().unwrap()
}

pub fn append_squares(writer: &mut SnapshotWriter, count: i64) {
    for id in 1..=count {
        writer.append(id, &values(id), Wkt(square(id).as_str())).unwrap();
    }
}

pub fn nulls() -> [Value<'static>; 5] {
    [const { Value::Null }; 5]
}
