//! The file of what is prepared for cutting: made when it is missing or wrong, the same for whoever makes it.

use crate::{
    fixture::{Geometry, Row, layer, snapshot},
    lowzoom::partition,
    place::*,
};
use plantiles::{
    plan::{GeometryKind, Rules},
    snapshot::Snapshot,
    tile::{Tile, TileLayer},
};
use std::{collections::BTreeMap, fs, path::Path, sync::Arc, thread};

/// Four neighbours, drawn at all zooms; their columns have values of each type.
fn blocks(side: f64) -> Arc<Snapshot> {
    let square = |i: i32, j: i32| {
        let (x, y) = (1000.0 + f64::from(i) * side, 1000.0 + f64::from(j) * side);
        polygon(home(10), &[vec![[x, y], [x + side, y], [x + side, y + side], [x, y + side]]])
    };
    let squares = (0..4).map(|k| square(k % 2, k / 2));
    let rows = squares.enumerate().map(|(i, geometry): (_, Geometry)| Row::new(i as i64, geometry));
    snapshot(&layer("blocks", GeometryKind::Polygon), rows)
}

fn open(snapshot: &Arc<Snapshot>, path: &Path) -> TileLayer {
    TileLayer::open(Arc::clone(snapshot), &grid(), &Rules::default(), path, None).unwrap()
}

fn tiles(layer: &TileLayer) -> Vec<Tile> {
    (0..=12).map(|z| cut(&[layer], home(z))).collect()
}

#[test]
fn it_is_made_once_and_then_used() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("blocks.tiles");
    let snapshot = blocks(1500.0);
    let made = open(&snapshot, &path);
    let modified = || fs::metadata(&path).unwrap().modified().unwrap();
    let first = modified();
    let used = open(&snapshot, &path);
    assert_eq!(modified(), first);
    assert_eq!(tiles(&used), tiles(&made));
    assert_eq!(tiles(&made), tiles(&TileLayer::prepare(snapshot, &grid(), &Rules::default()).unwrap()));
    assert!(tiles(&made).iter().all(|tile| !tile.bytes.is_empty()));
}

#[test]
fn it_has_the_same_bytes_whenever_it_is_made() {
    let directory = tempfile::tempdir().unwrap();
    let [a, b] = ["a.tiles", "b.tiles"].map(|name| directory.path().join(name));
    open(&blocks(1500.0), &a);
    open(&blocks(1500.0), &b);
    assert!(fs::read(a).unwrap() == fs::read(b).unwrap());
}

#[test]
fn a_changed_byte_anywhere_is_healed() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("blocks.tiles");
    let snapshot = blocks(1500.0);
    let expected = tiles(&open(&snapshot, &path));
    let whole = fs::read(&path).unwrap();
    for i in (0..whole.len()).step_by(13).chain(whole.len() - 80..whole.len()) {
        let mut damaged = whole.clone();
        damaged[i] ^= 1 << (i % 8);
        replace(&path, &damaged);
        assert_eq!(tiles(&open(&snapshot, &path)), expected, "byte {i}");
        assert!(fs::read(&path).unwrap() == whole, "byte {i}");
    }
}

#[test]
fn a_file_that_is_cut_off_or_of_another_snapshot_is_made_anew() {
    let directory = tempfile::tempdir().unwrap();
    let [path, other] = ["blocks.tiles", "other.tiles"].map(|name| directory.path().join(name));
    let snapshot = blocks(1500.0);
    let expected = tiles(&open(&snapshot, &path));
    let whole = fs::read(&path).unwrap();
    open(&blocks(1400.0), &other);
    let wrong = [0, 1, 16, 39, 40, whole.len() / 2, whole.len() - 1].map(|n| whole[..n].to_vec());
    for bytes in wrong.into_iter().chain([fs::read(other).unwrap(), vec![0; 4096]]) {
        replace(&path, &bytes);
        assert_eq!(tiles(&open(&snapshot, &path)), expected, "{} bytes", bytes.len());
        assert!(fs::read(&path).unwrap() == whole);
    }
}

/// After edits of a layer of several pieces, of borders that its features share too, nothing tells whether the file was
/// made with the help of the one before.
#[test]
fn what_is_taken_over_from_the_layer_before_is_what_would_be_made() {
    let mut rows: Rows = (0..).zip(partition(home(6), 60, 3000.0, 0.35)).map(named).collect();
    let directory = tempfile::tempdir().unwrap();
    let make = |rows: &Rows, name: &str, before: Option<&TileLayer>| {
        let rows = rows.iter().map(|(&id, (name, geometry))| {
            let mut row = Row::new(id, geometry.clone());
            row.name = Some(name.clone());
            row
        });
        let snapshot = snapshot(&layer("blocks", GeometryKind::Polygon), rows);
        let path = directory.path().join(name);
        let layer = TileLayer::open(snapshot, &grid(), &Rules::default(), &path, before).unwrap();
        (layer, fs::read(path).unwrap())
    };
    let (mut before, _) = make(&rows, "first", None);
    let edits: [(&str, Edit); 6] = [
        ("nothing", |_| {}),
        ("a name", |rows| rows.get_mut(&1700).unwrap().0.push('改')),
        ("a hole in the partition", |rows| drop(rows.remove(&1801))),
        ("a shared vertex", |rows| {
            let Geometry::Polygons(parts) = &rows[&900].1 else { panic!("not a polygon") };
            let moved = parts[0][0][7];
            let all = rows.values_mut().flat_map(|(_, geometry)| match geometry {
                Geometry::Polygons(parts) => parts.iter_mut().flatten().flatten(),
                _ => panic!("not a polygon"),
            });
            all.filter(|vertex| **vertex == moved).for_each(|vertex| vertex[0] += 0.01);
        }),
        ("a square over others", |rows| {
            let (x, y) = (2000.0, 2000.0);
            let square =
                polygon(home(6), &[vec![[x, y], [x + 70.0, y], [x + 70.0, y + 70.0], [x, y + 70.0]]]);
            rows.insert(90_000, ("方".into(), square));
        }),
        ("what makes arcs cross", |rows| {
            let Geometry::Polygons(parts) = &mut rows.get_mut(&2500).unwrap().1 else {
                panic!("not a polygon")
            };
            let ring = &mut parts[0][0];
            let n = ring.len();
            ring.swap(n / 2, n / 2 + 3);
        }),
    ];
    for (n, (edit, apply)) in edits.into_iter().enumerate() {
        apply(&mut rows);
        let (_, alone) = make(&rows, &format!("{n}.alone"), None);
        let (layer, with) = make(&rows, &format!("{n}.with"), Some(&before));
        assert!(alone == with, "{edit}");
        before = layer;
    }
}

/// Names and shapes by key.
type Rows = BTreeMap<i64, (String, Geometry)>;
type Edit = fn(&mut Rows);

fn named((id, geometry): (i64, Geometry)) -> (i64, (String, Geometry)) {
    (id, (format!("矿区{id}"), geometry))
}

/// Not in place: the old file may still be mapped.
fn replace(path: &Path, bytes: &[u8]) {
    fs::remove_file(path).unwrap();
    fs::write(path, bytes).unwrap();
}

#[test]
fn where_nothing_can_be_written_it_is_in_memory() {
    let directory = tempfile::tempdir().unwrap();
    let snapshot = blocks(1500.0);
    let kept = open(&snapshot, &directory.path().join("blocks.tiles"));
    let unkept = open(&snapshot, &directory.path().join("missing/blocks.tiles"));
    assert_eq!(tiles(&unkept), tiles(&kept));
}

#[test]
fn many_may_make_it_at_a_time() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("blocks.tiles");
    let snapshot = blocks(1500.0);
    let expected = tiles(&TileLayer::prepare(Arc::clone(&snapshot), &grid(), &Rules::default()).unwrap());
    thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| {
                for _ in 0..10 {
                    assert_eq!(tiles(&open(&snapshot, &path)), expected);
                    // The next one makes it again, beside those who still use it.
                    let _ = fs::remove_file(&path);
                }
            });
        }
    });
    open(&snapshot, &path);
    let names: Vec<_> = fs::read_dir(directory.path()).unwrap().map(|e| e.unwrap().file_name()).collect();
    assert_eq!(names, ["blocks.tiles"]);
}
