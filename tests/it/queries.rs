//! Queries on a snapshot by themselves.

use crate::support::sample;
use geozero::wkt::Wkt;
use plantiles::{
    features::{Orders, Query, SortKey},
    plan::GeometryKind,
    snapshot::{Bounds, SnapshotWriter, Value},
};

#[test]
fn a_walk_finds_what_a_search_finds_from_any_position() {
    let folder = tempfile::tempdir().unwrap();
    let layer = sample::layer("squares", GeometryKind::Polygon);
    for count in [0, 1, 15, 16, 17, 255, 256, 257, 700] {
        let snapshot = sample::snapshot(folder.path(), &layer, count);
        for (min_x, max_x) in [(-1.0, 1000.0), (3.5, 4.5), (10.0, 300.5), (699.0, 705.0), (2000.0, 3000.0)] {
            let bounds = Bounds { min_x, min_y: 0.5, max_x, max_y: 0.6 };
            let expected = snapshot.search(&bounds);
            for start in [0, 1, 16, 100, 256, 699, 5000] {
                let found: Vec<_> = snapshot.walk(vec![bounds], start).collect();
                let positions: Vec<_> = found.iter().map(|(position, _)| *position).collect();
                let expected: Vec<_> = expected.iter().copied().filter(|p| *p >= start).collect();
                assert_eq!(positions, expected, "{count} from {start}");
                for (position, bounds) in found {
                    assert_eq!(bounds, snapshot.feature_bounds(position));
                }
            }
            let twice = snapshot.walk(vec![bounds, bounds], 0).count();
            assert_eq!(twice, expected.len());
        }
    }
}

#[test]
fn rows_with_a_value_are_found_without_a_look_at_all() {
    let folder = tempfile::tempdir().unwrap();
    let layer = sample::layer("squares", GeometryKind::Polygon);
    let (snapshot, orders) = (sample::snapshot(folder.path(), &layer, 500), Orders::default());
    for field in 0..layer.fields.len() {
        let values: Vec<_> = (0..500).map(|position| snapshot.row(position).value(field)).collect();
        let absent = [Value::Null, Value::Text("z".into()), Value::Integer(-1), Value::Real(0.25)];
        for wanted in values.iter().chain(&absent) {
            let mut found = orders.equal(&snapshot, field, wanted);
            found.sort_unstable();
            let is_wanted = |position: &usize| *wanted != Value::Null && values[*position] == *wanted;
            assert!(found.into_iter().eq((0..500).filter(is_wanted)), "field {field}: {wanted:?}");
        }
    }
}

#[test]
fn pages_have_each_row_once_in_every_order() {
    let folder = tempfile::tempdir().unwrap();
    let layer = sample::layer("squares", GeometryKind::Polygon);
    let snapshot = sample::snapshot(folder.path(), &layer, 500);
    let orders = Orders::default();
    let by = |field, descending| Some(vec![SortKey { field, descending }]);
    for sort in [None, by(None, false), by(None, true), by(Some(1), true), by(Some(3), false)] {
        let query = Query { sort, ..Query::default() };
        for limit in [1, 7, 499, 500, 501] {
            let (mut start, mut found) = (Some(0), vec![]);
            while let Some(place) = start {
                let page = query.page(&snapshot, &orders, place, limit).unwrap();
                assert_eq!(page.matched, Some(500));
                found.extend(page.positions);
                start = page.next;
            }
            found.sort_unstable();
            assert!(found.into_iter().eq(0..500), "limit {limit}");
        }
    }
    for id in [1, 250, 500] {
        let position = orders.find(&snapshot, id).unwrap();
        assert_eq!(snapshot.row(position).id(), id);
    }
    assert_eq!([0, 501, -1].map(|id| orders.find(&snapshot, id)), [None; 3]);
}

#[test]
fn what_is_not_a_number_is_sorted_after_the_numbers() {
    let folder = tempfile::tempdir().unwrap();
    let layer = sample::layer("squares", GeometryKind::Polygon);
    let area = |id: i64| match id % 4 {
        0 => Value::Null,
        1 => Value::Real(f64::NAN),
        _ => Value::Real((id * 7 % 101) as f64),
    };
    let mut writer = SnapshotWriter::create(folder.path(), &layer).unwrap();
    for id in 1..=400 {
        let mut values = sample::values(id);
        values[1] = area(id);
        writer.append(id, &values, Wkt(sample::square(id).as_str())).unwrap();
    }
    let snapshot = writer.finish().unwrap();
    for descending in [false, true] {
        let order = Orders::default().sorted(&snapshot, &[SortKey { field: Some(1), descending }]);
        let sorted: Vec<_> = order.iter().map(|&position| snapshot.row(position as usize)).collect();
        let (numbers, others) = sorted.split_at(200);
        let numbers: Vec<f64> = numbers
            .iter()
            .map(|row| match row.value(1) {
                Value::Real(number) => number,
                other => panic!("{other:?}"),
            })
            .collect();
        assert!(numbers.is_sorted_by(|a, b| if descending { a >= b } else { a <= b }), "{numbers:?}");
        // Then by id: what is not a number, nulls.
        let ids: Vec<_> = others.iter().map(|row| row.id()).collect();
        let expected: Vec<_> = (0..100).map(|n| 4 * n + 1).chain((1..=100).map(|n| 4 * n)).collect();
        assert_eq!(ids, expected);
    }
}
