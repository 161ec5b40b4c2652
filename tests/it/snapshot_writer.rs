//! What a snapshot file holds, checked with the FlatGeobuf reader rather than with our own.

use crate::support::sample;
use flatgeobuf::{ColumnType, FallibleStreamingIterator, FeatureProperties, FgbReader, GeometryType};
use geozero::{ColumnValue, PropertyProcessor, ToWkt, wkt::Wkt};
use plantiles::{
    plan::{GeometryKind, Layer},
    snapshot::{Bounds, SnapshotWriter, Value, WriteError},
};
use std::{collections::BTreeMap, io::Cursor};

#[derive(Default)]
struct Properties(BTreeMap<String, String>);

impl PropertyProcessor for Properties {
    fn property(&mut self, _: usize, name: &str, value: &ColumnValue) -> geozero::error::Result<bool> {
        self.0.insert(name.into(), format!("{value:?}"));
        Ok(false)
    }
}

#[test]
fn the_header_describes_the_layer() {
    let directory = tempfile::tempdir().unwrap();
    let layer = sample::layer("mining_blocks", GeometryKind::Polygon);
    let snapshot = sample::snapshot(directory.path(), &layer, 40);
    let reader = FgbReader::open(Cursor::new(snapshot.bytes())).unwrap();
    let header = reader.header();
    assert_eq!(header.name(), Some("mining_blocks"));
    assert_eq!(header.title(), Some("样例 Sample"));
    assert_eq!(header.geometry_type(), GeometryType::MultiPolygon);
    assert_eq!(header.features_count(), 40);
    assert_eq!(header.index_node_size(), 16);
    let envelope: Vec<f64> = header.envelope().unwrap().iter().collect();
    assert_eq!(envelope, [1.0, 0.0, 41.0, 1.0]);
    let crs = header.crs().unwrap();
    assert_eq!((crs.org(), crs.code()), (Some("EPSG"), 4490));
    assert!(crs.wkt().unwrap().starts_with("GEOGCS[\"China Geodetic Coordinate System 2000\""));
    let described: Layer = serde_json::from_str(header.metadata().unwrap()).unwrap();
    assert_eq!(described, layer);
    let columns = header.columns().unwrap();
    let id = columns.get(0);
    assert_eq!(
        (id.name(), id.type_(), id.nullable(), id.primary_key()),
        ("id", ColumnType::Long, false, true)
    );
    let kinds: Vec<_> = columns.iter().skip(1).map(|column| column.type_()).collect();
    let expected =
        [ColumnType::String, ColumnType::Double, ColumnType::Long, ColumnType::Bool, ColumnType::DateTime];
    assert_eq!(kinds, expected);
    assert_eq!((columns.get(1).title(), columns.get(1).description()), (Some("名称"), Some("name")));
    assert_eq!(*snapshot.layer, layer);
    assert_eq!(snapshot.bounds, Some(Bounds { min_x: 1.0, min_y: 0.0, max_x: 41.0, max_y: 1.0 }));
}

#[test]
fn values_keep_their_types_and_null_is_absent() {
    let directory = tempfile::tempdir().unwrap();
    let layer = sample::layer("mining_blocks", GeometryKind::Polygon);
    let snapshot = sample::snapshot(directory.path(), &layer, 3);
    let mut features = FgbReader::open(Cursor::new(snapshot.bytes())).unwrap().select_all().unwrap();
    let mut found = BTreeMap::new();
    while let Some(feature) = features.next().unwrap() {
        let mut properties = Properties::default();
        feature.process_properties(&mut properties).unwrap();
        found.insert(properties.0["id"].clone(), (properties.0, feature.to_wkt().unwrap()));
    }
    let (first, wkt) = &found["Long(1)"];
    assert_eq!(wkt, "MULTIPOLYGON(((1 0,2 0,2 1,1 1,1 0)))");
    let expected = [
        ("area_km2", "Double(0.1)"),
        ("id", "Long(1)"),
        ("name", "String(\"古城煤矿\")"),
        ("open", "Bool(false)"),
        ("valid_from", "DateTime(\"2021-12-31\")"),
        ("year", "Long(2021)"),
    ];
    assert_eq!(*first, expected.map(|(name, value)| (name.to_owned(), value.to_owned())).into());
    assert_eq!(found["Long(3)"].0.len(), 1, "a row of nulls has its id only");
}

#[test]
fn the_same_rows_give_the_same_bytes() {
    let directory = tempfile::tempdir().unwrap();
    let layer = sample::layer("mining_blocks", GeometryKind::Polygon);
    let one = sample::snapshot(directory.path(), &layer, 500);
    let two = sample::snapshot(directory.path(), &layer, 500);
    assert_eq!(one.id, two.id);
    assert_eq!(one.bytes(), two.bytes());
    let other = sample::snapshot(directory.path(), &layer, 499);
    assert_ne!(one.id, other.id);
}

#[test]
fn ties_on_the_hilbert_curve_are_in_id_order() {
    let directory = tempfile::tempdir().unwrap();
    let layer = sample::layer("wells", GeometryKind::Point);
    let mut writer = SnapshotWriter::create(directory.path(), &layer).unwrap();
    for id in 1..=300 {
        writer.append(id, &sample::nulls(), Wkt("POINT(112.5 36.3)")).unwrap();
    }
    let snapshot = writer.finish().unwrap();
    let mut features = FgbReader::open(Cursor::new(snapshot.bytes())).unwrap().select_all().unwrap();
    for id in 1..=300 {
        let properties = features.next().unwrap().unwrap().properties().unwrap();
        assert_eq!(properties["id"], id.to_string());
    }
}

/// Reads back every shape that a layer may hold: holes, several parts, one part.
#[test]
fn shapes_come_back_as_they_went_in() {
    let lines = ["MULTILINESTRING((0 0,1 1))", "MULTILINESTRING((0 0,1 1),(2 2,3 3,4 2))"];
    let polygons = [
        "MULTIPOLYGON(((0 0,9 0,9 9,0 0)))",
        "MULTIPOLYGON(((0 0,9 0,9 9,0 0),(4 1,6 1,6 2,4 1)),((20 0,21 0,21 1,20 0)),((30 0,39 0,39 9,30 0),(34 1,36 1,36 2,34 1)))",
    ];
    let cases = [
        (GeometryKind::Line, lines),
        (GeometryKind::Polygon, polygons),
        (GeometryKind::Point, ["POINT(1 2)"; 2]),
    ];
    for (kind, wkts) in cases {
        let directory = tempfile::tempdir().unwrap();
        let mut writer = SnapshotWriter::create(directory.path(), &sample::layer("shapes", kind)).unwrap();
        for (id, wkt) in (1..).zip(wkts) {
            writer.append(id, &sample::nulls(), Wkt(wkt)).unwrap();
        }
        let snapshot = writer.finish().unwrap();
        let mut features = FgbReader::open(Cursor::new(snapshot.bytes())).unwrap().select_all().unwrap();
        let mut found = Vec::new();
        while let Some(feature) = features.next().unwrap() {
            found.push(feature.to_wkt().unwrap());
        }
        found.sort();
        assert_eq!(found, wkts);
    }
}

/// GDAL refuses a MultiLineString without its ends, even one of a single line.
#[test]
fn a_single_line_has_its_end() {
    let directory = tempfile::tempdir().unwrap();
    let mut writer =
        SnapshotWriter::create(directory.path(), &sample::layer("roads", GeometryKind::Line)).unwrap();
    writer.append(1, &sample::nulls(), Wkt("LINESTRING(0 0, 1 1)")).unwrap();
    let snapshot = writer.finish().unwrap();
    let ends: Vec<u32> = snapshot.feature(0).geometry().unwrap().ends().unwrap().iter().collect();
    assert_eq!(ends, [2]);
}

#[test]
fn a_column_name_is_used_once() {
    let directory = tempfile::tempdir().unwrap();
    for name in ["id", "year"] {
        let mut layer = sample::layer("mining_blocks", GeometryKind::Polygon);
        layer.fields[0].name = name.into();
        let error = SnapshotWriter::create(directory.path(), &layer).err().unwrap().to_string();
        assert_eq!(error, format!("layer mining_blocks: two columns are called `{name}`"));
    }
}

#[test]
fn an_empty_layer_has_a_header_and_no_index() {
    let directory = tempfile::tempdir().unwrap();
    let layer = sample::layer("mining_blocks", GeometryKind::Polygon);
    let snapshot = sample::snapshot(directory.path(), &layer, 0);
    assert_eq!((snapshot.feature_count(), snapshot.bounds), (0, None));
    let reader = FgbReader::open(Cursor::new(snapshot.bytes())).unwrap();
    assert_eq!((reader.header().features_count(), reader.header().index_node_size()), (0, 0));
    assert!(reader.header().envelope().is_none());
    assert!(reader.select_all().unwrap().next().unwrap().is_none());
}

#[test]
fn a_bad_row_is_named_and_ends_the_snapshot() {
    let polygons = sample::layer("mining_blocks", GeometryKind::Polygon);
    let nothing = sample::nulls();
    let square = "POLYGON((0 0, 1 0, 1 1, 0 0))";
    let wrong_type =
        [Value::Text("a".into()), Value::Text("b".into()), Value::Null, Value::Null, Value::Null];
    let cases: [(i64, &[Value], &str, &str); 8] = [
        (-1, &nothing, square, "ids must be unique and ascend"),
        (
            2,
            &nothing,
            "POINT(1 1)",
            "layer mining_blocks, row 2: the geometry is a point, the layer holds polygons",
        ),
        (2, &nothing, "MULTIPOLYGON EMPTY", "layer mining_blocks, row 2: the geometry is empty"),
        (2, &nothing, "POLYGON((0 0, 1e999 0, 1 1, 0 0))", "a coordinate is not finite"),
        (2, &nothing, "GEOMETRYCOLLECTION(POINT(1 1))", "geometry collections are not supported"),
        (1, &nothing, square, "ids must be unique and ascend"),
        (2, &nothing[1..], square, "4 values for 5 fields"),
        (2, &wrong_type, square, "field `area_km2` does not hold Text(\"b\")"),
    ];
    for (id, values, wkt, expected) in cases {
        let directory = tempfile::tempdir().unwrap();
        let mut writer = SnapshotWriter::create(directory.path(), &polygons).unwrap();
        writer.append(1, &nothing, Wkt(square)).unwrap();
        let error = writer.append(id, values, Wkt(wkt)).unwrap_err().to_string();
        assert!(error.ends_with(expected), "{error}");
        let next = writer.append(3, &nothing, Wkt(square)).unwrap_err();
        assert!(matches!(next, WriteError::Poisoned { .. }), "{next}");
        assert!(matches!(writer.finish(), Err(WriteError::Poisoned { .. })));
        assert_eq!(directory.path().read_dir().unwrap().count(), 0, "nothing is left behind");
    }
}
