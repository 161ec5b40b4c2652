//! What an edit leaves untouched is the same, tile by tile, as if it were cut anew.

use crate::{
    any_grid::any_grid,
    fixture::{Geometry, Row, layer, snapshot},
    lowzoom::{noise, partition},
    place::*,
};
use plantiles::{
    grid::TileCoord,
    plan::{
        GeometryKind::{Line, Point, Polygon},
        Rules, Tiny,
    },
    tile::{DEEPEST, TileLayer, touched},
};
use proptest::prelude::*;
use std::collections::{BTreeMap, HashSet};

#[derive(Debug, Clone)]
enum Edit {
    Rename(usize),
    Delete(usize),
    Move(usize, f64, f64),
    /// A tiny square, added.
    Insert(f64, f64),
    /// A vertex, moved in every polygon that has it.
    Vertex(usize, usize, f64, f64),
}

fn edits() -> impl Strategy<Value = Vec<Edit>> {
    let unit = || -60.0..60.0f64;
    let place = || 1100.0..3900.0f64;
    let edit = prop_oneof![
        (0..500usize).prop_map(Edit::Rename),
        (0..500usize).prop_map(Edit::Delete),
        (0..500usize, unit(), unit()).prop_map(|(i, x, y)| Edit::Move(i, x, y)),
        (place(), place()).prop_map(|(x, y)| Edit::Insert(x, y)),
        (0..100usize, 1..40usize, unit(), unit()).prop_map(|(i, v, x, y)| Edit::Vertex(i, v, x, y)),
    ];
    prop::collection::vec(edit, 1..4)
}

/// Rows of a layer by id.
type Rows = BTreeMap<i64, (String, Geometry)>;

fn square(x: f64, y: f64, side: f64) -> Geometry {
    polygon(home(10), &[vec![[x, y], [x + side, y], [x + side, y + side], [x, y + side]]])
}

/// A partition, whose outline keeps the extent, and squares from the size of a mark up.
fn plan() -> Rows {
    let squares = (0..400).map(|i| {
        let at = |axis: usize| 2500.0 + 1400.0 * noise(i, axis, 21);
        square(at(0), at(1), 0.3 + (i % 50) as f64 / 2.0)
    });
    let geometries = partition(home(10), 10, 3000.0, 0.05).into_iter().chain(squares);
    geometries.enumerate().map(|(i, geometry)| (i as i64, (format!("矿区{i}"), geometry))).collect()
}

/// Applies `each` to all vertices of a polygon.
fn each_vertex(geometry: &mut Geometry, each: impl FnMut(&mut [f64; 2])) {
    let Geometry::Polygons(parts) = geometry else { panic!("not a polygon") };
    parts.iter_mut().flatten().flatten().for_each(each);
}

fn apply(rows: &mut Rows, edit: &Edit) {
    let origin = lonlat(home(10), [0.0, 0.0]);
    let shift = |x: f64, y: f64| {
        let there = lonlat(home(10), [x, y]);
        [there[0] - origin[0], there[1] - origin[1]]
    };
    match *edit {
        Edit::Rename(i) => {
            if let Some(row) = rows.get_mut(&(i as i64)) {
                row.0.push('改');
            }
        }
        Edit::Delete(i) => drop(rows.remove(&(i as i64))),
        // Cells of the partition stay where they are, and with them the extent.
        Edit::Move(i, x, y) => {
            let [dx, dy] = shift(x, y);
            if let Some((_, geometry)) = rows.get_mut(&(100 + i as i64 % 400)) {
                each_vertex(geometry, |p| *p = [p[0] + dx, p[1] + dy]);
            }
        }
        Edit::Insert(x, y) => {
            let id = rows.last_key_value().map_or(0, |(id, _)| id + 1);
            rows.insert(id, (format!("矿区{id}"), square(x, y, 1.5)));
        }
        Edit::Vertex(i, v, x, y) => {
            let Some((_, Geometry::Polygons(parts))) = rows.get(&(i as i64)) else { return };
            let Some(&vertex) = parts[0][0].get(v) else { return };
            let [dx, dy] = shift(x, y).map(|d| d / 20.0);
            for (_, geometry) in rows.values_mut() {
                each_vertex(geometry, |p| {
                    if *p == vertex {
                        *p = [p[0] + dx, p[1] + dy];
                    }
                });
            }
        }
    }
}

fn prepared(rows: &Rows) -> TileLayer {
    let rows = rows.iter().map(|(&id, (name, geometry))| {
        let mut row = Row::new(id, geometry.clone());
        row.name = Some(name.clone());
        row
    });
    TileLayer::prepare(snapshot(&layer("blocks", Polygon), rows), &grid(), &Rules::default()).unwrap()
}

/// The tiles of `home(10)` and around it, and over it; two zooms are left out of the deep ones, for time.
fn tiles() -> Vec<TileCoord> {
    let over = (4..10).map(home);
    let under = [10, 11, 12, 13].into_iter().flat_map(|z| {
        let TileCoord { x, y, .. } = home(10);
        let side = 1 << (z - 10);
        (0..side * side).map(move |i| TileCoord { z, x: x * side + i % side, y: y * side + i / side })
    });
    let deep = (0..40).map(|i| at(15, 112.81 + 0.1 * noise(i, 0, 31), 36.21 + 0.1 * noise(i, 1, 31)));
    over.chain(under).chain(deep).collect()
}

fn is_touched(touched: &HashSet<TileCoord>, tile: TileCoord) -> bool {
    let up = tile.z.saturating_sub(DEEPEST);
    touched.contains(&TileCoord { z: tile.z - up, x: tile.x >> up, y: tile.y >> up })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 12, ..ProptestConfig::default() })]

    #[test]
    fn a_tile_that_is_not_touched_is_the_same(edits in edits(), on in any_grid()) {
        choose(on);
        let mut rows = plan();
        let before = prepared(&rows);
        edits.iter().for_each(|edit| apply(&mut rows, edit));
        let after = prepared(&rows);
        // Cells at the rim may be moved or deleted, and the extent with them: then all is touched.
        if let Some(touched) = touched(&before, &after) {
            let mut kept = 0;
            for tile in tiles().into_iter().filter(|&tile| !is_touched(&touched, tile)) {
                kept += 1;
                prop_assert!(cut(&[&before], tile) == cut(&[&after], tile), "{tile}");
            }
            prop_assert!(kept > 10, "hardly anything is kept: {kept}");
        }
    }
}

#[test]
fn an_edit_touches_little() {
    on_each(all_grids(), || {
        let rows = plan();
        let before = prepared(&rows);
        for edit in
            [Edit::Rename(340), Edit::Move(240, 5.0, 5.0), Edit::Delete(345), Edit::Insert(2000.5, 2000.5)]
        {
            let mut rows = rows.clone();
            apply(&mut rows, &edit);
            let touched = touched(&before, &prepared(&rows)).expect("not everything");
            for z in [11, 12, 13, 14] {
                let count = touched.iter().filter(|tile| tile.z == z).count();
                assert!((1..=8).contains(&count), "{edit:?}: {count} at zoom {z}");
            }
        }
    });
}

#[test]
fn nothing_is_touched_where_nothing_changed() {
    let rows = plan();
    assert_eq!(touched(&prepared(&rows), &prepared(&rows)), Some(HashSet::new()));
}

#[test]
fn another_description_or_extent_touches_everything() {
    let rows = plan();
    let before = prepared(&rows);
    let mut wider = rows.clone();
    wider.insert(9999, ("x".into(), square(3990.0, 4000.0, 50.0)));
    assert_eq!(touched(&before, &prepared(&wider)), None);
    let mut description = layer("blocks", Polygon);
    description.minzoom = 5;
    let other = rows.iter().map(|(&id, (_, geometry))| Row::new(id, geometry.clone()));
    let other = TileLayer::prepare(snapshot(&description, other), &grid(), &Rules::default()).unwrap();
    assert_eq!(touched(&before, &other), None);
    let rules = Rules { tiny: Tiny::Drop, ..Rules::default() };
    let ruled = rows.iter().map(|(&id, (_, geometry))| Row::new(id, geometry.clone()));
    let ruled = TileLayer::prepare(snapshot(&layer("blocks", Polygon), ruled), &grid(), &rules).unwrap();
    assert_eq!(touched(&before, &ruled), None);
    // What is near the antimeridian is in the buffers of tiles far away.
    let mut far = rows.clone();
    let square = [[179.0, 36.0], [179.1, 36.0], [179.1, 36.1], [179.0, 36.1]];
    far.insert(9999, ("x".into(), Geometry::Polygons(vec![vec![square.to_vec()]])));
    assert_eq!(touched(&prepared(&far), &prepared(&far)), None);
}

#[test]
fn lines_and_points_are_compared_too() {
    let place = |i: usize| [2048.0 + 1900.0 * noise(i, 0, 3), 2048.0 + 1900.0 * noise(i, 1, 3)];
    let line = |i: usize| Geometry::Lines(vec![ring(home(10), &[place(i), place(i).map(|v| v + 30.0)])]);
    let point = |i: usize| Geometry::Points(vec![lonlat(home(10), place(i))]);
    for (before, after) in [
        (prepare(Line, (0..300).map(line)), prepare(Line, (0..299).map(line).chain([line(500)]))),
        (prepare(Point, (0..300).map(point)), prepare(Point, (0..299).map(point).chain([point(500)]))),
    ] {
        let touched = touched(&before, &after).expect("not everything");
        let kept: Vec<_> = tiles().into_iter().filter(|&tile| !is_touched(&touched, tile)).collect();
        assert!(kept.len() > 60, "{}", kept.len());
        for tile in kept {
            assert!(cut(&[&before], tile) == cut(&[&after], tile), "{tile}");
        }
    }
}

/// What goes when a tile is too large depends on what is in the tile alone: not on positions in the file, nor on
/// how many values the layer has.
#[test]
fn a_tile_too_large_is_the_same_after_an_edit_elsewhere() {
    let tile = home(11);
    let squares = |count: usize, side: f64| {
        (0..count).map(move |i| {
            let [x, y] = [0, 1].map(|axis| side + 1900.0 * noise(i, axis, 5));
            polygon(tile, &[vec![[x, y], [x + 9.0, y], [x + 9.0, y + 9.0], [x, y + 9.0]]])
        })
    };
    let rows = |elsewhere: usize| {
        let geometries = squares(elsewhere, 12_288.0).chain(squares(9_000, 2048.0));
        let rows = geometries.enumerate().map(|(i, geometry)| {
            let mut row = Row::new((i + 100 - elsewhere) as i64, geometry);
            row.name = Some(format!("a name of some length, for it to take its space, {}", row.id));
            row
        });
        TileLayer::prepare(snapshot(&layer("blocks", Polygon), rows), &grid(), &Rules::default()).unwrap()
    };
    let (before, after) = (rows(100), rows(99));
    let touched = touched(&before, &after).expect("not everything");
    assert!(!is_touched(&touched, tile));
    let cut = |layer: &TileLayer| cut(&[layer], tile);
    assert!(cut(&before).dropped > 0);
    assert!(cut(&before) == cut(&after));
}
