//! What changed from one edition of a layer to another.

use crate::support::sample;
use geozero::wkt::Wkt;
use plantiles::{
    difference::{Change, Counts, LayerDifference, MatchedBy},
    plan::{Field, FieldType, GeometryKind, Layer},
    snapshot::{Snapshot, SnapshotWriter, Value},
};
use std::sync::Arc;

fn field(name: &str, kind: FieldType) -> Field {
    Field { name: name.into(), kind, title: sample::text(name, name) }
}

fn layer(fields: &[(&str, FieldType)]) -> Layer {
    let fields = fields.iter().map(|(name, kind)| field(name, *kind)).collect();
    Layer { fields, ..sample::layer("blocks", GeometryKind::Polygon) }
}

/// A layer with a code and a name.
fn coded() -> Layer {
    layer(&[("code", FieldType::Text), ("name", FieldType::Text)])
}

fn text(text: &str) -> Value<'_> {
    Value::Text(text.into())
}

/// A row: id, values, place in a row of squares.
type Row<'a> = (i64, Vec<Value<'a>>, i64);

fn snapshot(layer: &Layer, rows: &[Row]) -> Arc<Snapshot> {
    let directory = tempfile::tempdir().unwrap();
    let mut writer = SnapshotWriter::create(directory.path(), layer).unwrap();
    for (id, values, place) in rows {
        let geometry = match layer.geometry {
            GeometryKind::Point => format!("POINT({place} 0)"),
            _ => sample::square(*place),
        };
        writer.append(*id, values, Wkt(geometry.as_str())).unwrap();
    }
    writer.finish_unnamed().unwrap()
}

fn difference(old: Option<&Snapshot>, new: Option<&Snapshot>) -> LayerDifference {
    let directory = tempfile::tempdir().unwrap();
    let layer = &new.or(old).unwrap().layer;
    let difference = LayerDifference::between(layer, old, new, directory.path()).unwrap();
    assert_eq!(std::fs::read_dir(directory.path()).unwrap().count(), 0, "it has no name");
    difference
}

fn counts(added: usize, removed: usize, changed: usize, unchanged: usize) -> Counts {
    Counts { added, removed, changed, unchanged }
}

/// The rows of a difference in the order of its changes, as text.
fn rows(difference: &LayerDifference) -> Vec<String> {
    let positions = difference.changes.iter().flat_map(|change| match *change {
        Change::Added(position) | Change::Removed(position) => vec![position],
        Change::Changed { from, to } => vec![from, to],
    });
    let row = |position: u32| {
        let row = difference.snapshot.row(position as usize);
        let values = row.values().into_iter().map(|value| match value {
            Value::Null => "-".to_owned(),
            Value::Text(text) => text.into_owned(),
            Value::Integer(number) => number.to_string(),
            other => format!("{other:?}"),
        });
        let west = difference.snapshot.geometry(position as usize).bounds().unwrap().min_x;
        format!("{}: {} @{west}", row.id(), values.collect::<Vec<_>>().join(" "))
    };
    positions.map(row).collect()
}

#[test]
fn features_are_matched_by_code_where_codes_tell_them_apart() {
    let old = snapshot(
        &coded(),
        &[
            (1, vec![text("B"), text("two")], 1),
            (2, vec![text("A"), text("one")], 2),
            (3, vec![text("C"), text("gone")], 3),
            (4, vec![text("E"), text("moved")], 4),
        ],
    );
    // Delivered anew: other ids, in another order.
    let new = snapshot(
        &coded(),
        &[
            (11, vec![text("A"), text("one")], 2),
            (12, vec![text("B"), text("2")], 1),
            (13, vec![text("D"), Value::Null], 5),
            (14, vec![text("E"), text("moved")], 6),
        ],
    );
    let found = difference(Some(&old), Some(&new));
    assert_eq!((found.matched_by, found.counts), (Some(MatchedBy::Code), counts(1, 1, 2, 1)));
    let expected = [
        "1: changed_from name 12 B two @1",
        "2: changed_to name 12 B 2 @1",
        "3: removed - 3 C gone @3",
        "4: added - 13 D - @5",
        "5: changed_from geometry 14 E moved @4",
        "6: changed_to geometry 14 E moved @6",
    ];
    assert_eq!(rows(&found), expected);
    let back = difference(Some(&new), Some(&old));
    assert_eq!(back.counts, counts(1, 1, 2, 1));
    assert!(rows(&back).contains(&"3: added - 3 C gone @3".to_owned()), "{:?}", rows(&back));
}

#[test]
fn a_code_that_is_missing_or_there_twice_leaves_the_id() {
    let old = [(2, vec![text("A"), text("x")], 1), (10, vec![text("B"), text("y")], 2)];
    for code in [Value::Null, text("A")] {
        let new = [(2, vec![code, text("x")], 1), (10, vec![text("A"), text("y")], 2)];
        let found = difference(Some(&snapshot(&coded(), &old)), Some(&snapshot(&coded(), &new)));
        assert_eq!(found.matched_by, Some(MatchedBy::Id));
        // By number, not by text.
        assert!(rows(&found).last().unwrap().contains("changed_to code 10 A y"), "{:?}", rows(&found));
    }
}

#[test]
fn columns_that_come_go_or_change_their_type_are_told() {
    let old = layer(&[("year", FieldType::Integer), ("gone", FieldType::Text), ("change", FieldType::Text)]);
    let new = layer(&[("new", FieldType::Integer), ("change", FieldType::Text), ("year", FieldType::Text)]);
    let old = snapshot(
        &old,
        &[
            (1, vec![Value::Integer(2020), Value::Null, text("same")], 1),
            (2, vec![Value::Integer(2021), text("x"), text("same")], 2),
        ],
    );
    let new = snapshot(
        &new,
        &[
            (1, vec![Value::Null, text("same"), text("2020")], 1),
            (2, vec![Value::Integer(7), text("same"), text("2022")], 2),
        ],
    );
    let found = difference(Some(&old), Some(&new));
    assert_eq!(found.counts, counts(0, 0, 1, 1), "a row without anything in the other columns is the same");
    let names: Vec<_> = found.snapshot.layer.fields.iter().map(|field| field.name.as_str()).collect();
    assert_eq!(names, ["change", "changed", "feature_id", "new", "change_", "year", "gone"]);
    let expected = [
        "1: changed_from new,year,gone 2 - same 2021 x @2",
        "2: changed_to new,year,gone 2 7 same 2022 - @2",
    ];
    assert_eq!(rows(&found), expected);
}

#[test]
fn a_layer_may_be_in_one_edition_or_the_same_in_both() {
    let rows = [(1, vec![text("A"), text("x")], 1), (2, vec![text("B"), text("y")], 2)];
    let there = snapshot(&coded(), &rows);
    for (old, new, expected) in [
        (None, Some(&*there), counts(2, 0, 0, 0)),
        (Some(&*there), None, counts(0, 2, 0, 0)),
        (Some(&*there), Some(&*there), counts(0, 0, 0, 2)),
    ] {
        let found = difference(old, new);
        assert_eq!((found.counts, found.matched_by), (expected, None));
        assert_eq!(found.snapshot.layer.fields.len(), 5);
        assert_eq!(found.snapshot.feature_count(), expected.added + expected.removed);
    }
    let points = Layer { geometry: GeometryKind::Point, ..coded() };
    let found = difference(Some(&there), Some(&snapshot(&points, &rows[..1])));
    assert_eq!((found.counts, found.changes.len()), (counts(1, 2, 0, 0), 1));
    let empty = snapshot(&coded(), &[]);
    assert_eq!(difference(Some(&empty), Some(&there)).counts, counts(2, 0, 0, 0));
    assert_eq!(difference(Some(&there), Some(&empty)).counts, counts(0, 2, 0, 0));
}

/// The reference: every feature compared with every other.
#[test]
fn it_finds_what_comparing_everything_finds() {
    use proptest::{collection::btree_map, prelude::*};
    let side = || btree_map(0i64..12, ("[a-c]", 0i64..3), 0..12);
    proptest!(|(old in side(), new in side())| {
        let made = |side: &std::collections::BTreeMap<i64, (String, i64)>| {
            let rows: Vec<Row> =
                side.iter().map(|(id, (name, place))| (*id, vec![Value::Null, text(name)], *place)).collect();
            snapshot(&coded(), &rows)
        };
        let found = difference(Some(&made(&old)), Some(&made(&new))).counts;
        let common: Vec<_> = old.iter().filter_map(|(id, row)| Some((row, new.get(id)?))).collect();
        let unchanged = common.iter().filter(|(old, new)| old == new).count();
        prop_assert_eq!(
            found,
            counts(new.len() - common.len(), old.len() - common.len(), common.len() - unchanged, unchanged)
        );
    });
}
