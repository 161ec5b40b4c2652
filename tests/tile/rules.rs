//! The rules that an operator may give a layer.

use crate::{
    decode::{self, Feature},
    fixture::{Geometry, Row, layer, snapshot},
    place::*,
    valid,
};
use plantiles::{
    grid::TileCoord,
    plan::{GeometryKind, Rules},
    tile::TileLayer,
};
use std::sync::Arc;

fn rules(json: &str) -> Rules {
    serde_json::from_str(json).unwrap()
}

/// A large wavy polygon, one of a large and a tiny part, and many tiny ones.
fn rows() -> Vec<Row> {
    let tile = home(10);
    let square = |x: f64, y: f64, side: f64| vec![[x, y], [x + side, y], [x + side, y + side], [x, y + side]];
    let wave = |i: usize| {
        let angle = i as f64 * std::f64::consts::TAU / 400.0;
        let radius = 600.0 + 12.0 * (i as f64 * 0.7).sin();
        [1000.0 + radius * angle.cos(), 1000.0 + radius * angle.sin()]
    };
    let part = |ring: Vec<[f64; 2]>| vec![ring_of(&ring)];
    let mut geometries = vec![
        Geometry::Polygons(vec![part((0..400).map(wave).collect())]),
        Geometry::Polygons(vec![part(square(2000.0, 2000.0, 400.0)), part(square(2500.0, 2000.0, 4.0))]),
    ];
    let tiny = (0..60).map(tiny_corner).map(|[x, y]| polygon(tile, &[square(x, y, 4.0)]));
    geometries.extend(tiny);
    geometries.into_iter().enumerate().map(|(i, geometry)| Row::new(i as i64, geometry)).collect()
}

/// Where the `i`-th tiny polygon, feature `i` + 2, begins.
fn tiny_corner(i: usize) -> [f64; 2] {
    [1000.0 + 150.0 * (i % 10) as f64, 2600.0 + 100.0 * (i / 10) as f64]
}

fn ring_of(points: &[[f64; 2]]) -> Vec<[f64; 2]> {
    ring(home(10), points)
}

fn prepared(json: &str) -> TileLayer {
    let snapshot = snapshot(&layer("blocks", GeometryKind::Polygon), rows());
    TileLayer::prepare(snapshot, &grid(), &rules(json)).unwrap()
}

/// A tile in which nothing is simplified, over many of the tiny ones.
fn exact_tile() -> TileCoord {
    let [lon, lat] = lonlat(home(10), [1500.0, 3000.0]);
    at(11, lon, lat)
}

fn of(features: &[Feature], id: u64) -> &Feature {
    features.iter().find(|feature| feature.id == Some(id)).unwrap()
}

fn drawn_area(features: &[Feature]) -> f64 {
    let polygons = features.iter().filter(|feature| feature.kind == 3);
    polygons.flat_map(|feature| &feature.paths).map(|ring| valid::area2(ring) as f64 / 2.0).sum()
}

#[test]
fn a_layer_begins_at_the_zoom_that_the_rule_says() {
    let prepared = prepared(r#"{"minzoom": 9}"#);
    assert_eq!(prepared.minzoom(), 9);
    assert!(features(&prepared, home(8)).is_empty());
    assert_eq!(features(&prepared, home(9)).len(), 62);
}

#[test]
fn tiny_polygons_are_squares_points_or_nothing() {
    let tile = home(9);
    let [square, point, drop] = ["square", "point", "drop"]
        .map(|tiny| features(&prepared(&format!(r#"{{"tiny": "{tiny}"}}"#)), tile));
    assert!(square.iter().all(|feature| feature.kind == 3));
    // What is drawn too much or too little is made good by the next: the area is that of all.
    assert!((drawn_area(&square) - drawn_area(&drop) - 61.0 * 4.0).abs() < 8.0);
    assert_eq!(drop.len(), 2);
    assert_eq!(point.len(), 62);
    // Half as far from the corner of the tile below, which is a quarter of this one.
    let corner = [home(10).x, home(10).y].map(|v| f64::from(v % 2 * 2048));
    for feature in point.iter().filter(|feature| feature.id.unwrap() > 1) {
        assert_eq!((feature.kind, feature.paths.len()), (1, 1));
        let centre = tiny_corner(feature.id.unwrap() as usize - 2).map(|v| v + 2.0);
        for axis in [0, 1] {
            let off = feature.paths[0][0][axis] as f64 - corner[axis] - centre[axis] / 2.0;
            assert!(off.abs() <= 1.0, "{feature:?} is off by {off}");
        }
    }
    // Beside a larger part a tiny one is left out.
    assert_eq!(drawn_area(&point), drawn_area(&drop));
    assert_eq!(of(&point, 1).paths.len(), 1);
    // Where nothing is simplified, nothing is tiny.
    let exact = features(&prepared(r#"{"tiny": "drop"}"#), exact_tile());
    assert!(exact.len() > 20 && exact.iter().all(|feature| feature.kind == 3));
}

#[test]
fn a_greater_tolerance_leaves_fewer_vertices() {
    let vertices = |tolerance: f64| {
        let drawn = features(&prepared(&format!(r#"{{"tolerance": {tolerance}}}"#)), home(9));
        assert_eq!(valid::fault(&of(&drawn, 0).paths), None);
        of(&drawn, 0).paths.concat().len()
    };
    let [none, usual, great] = [0.0, 2.0, 16.0].map(vertices);
    assert!(none > usual && usual > great, "{none} {usual} {great}");
    assert_eq!(usual, of(&features(&prepared("{}"), home(9)), 0).paths.concat().len());
}

#[test]
fn columns_come_at_their_zooms() {
    let prepared = prepared(r#"{"attributes": {"area_km2": 9, "open": false, "level": true}}"#);
    let columns = |tile| features(&prepared, tile)[0].properties.keys().cloned().collect::<Vec<_>>();
    assert_eq!(columns(home(8)), ["level", "name", "valid_from"]);
    for tile in [home(9), exact_tile()] {
        assert_eq!(columns(tile), ["area_km2", "level", "name", "valid_from"]);
    }
    let fields = prepared.mvt_layers();
    assert_eq!(fields[0], ("blocks", vec!["name", "area_km2", "level", "valid_from"]));
    assert_eq!(fields[1], ("blocks_label", vec!["name"]));
}

#[test]
fn points_for_names_carry_the_columns_that_the_rule_says() {
    assert!(labels(&prepared(r#"{"labels": []}"#), home(9)).is_empty());
    let named = labels(&prepared(r#"{"labels": ["level", "open"], "attributes": {"open": false}}"#), home(9));
    assert_eq!(named[0].properties.keys().collect::<Vec<_>>(), ["level", "open"]);
}

#[test]
fn a_rule_that_the_layer_cannot_follow_is_told() {
    for (kind, json, expected) in [
        (
            GeometryKind::Polygon,
            r#"{"attributes": {"colour": 9}}"#,
            "tiles.layer.blocks.attributes: the layer has no column `colour`",
        ),
        (
            GeometryKind::Polygon,
            r#"{"labels": ["title"]}"#,
            "tiles.layer.blocks.labels: the layer has no column `title`",
        ),
        (
            GeometryKind::Line,
            r#"{"labels": ["name"]}"#,
            "tiles.layer.blocks.labels: only polygons have points for their names",
        ),
    ] {
        let error = rules(json).check(&layer("blocks", kind)).unwrap_err();
        assert_eq!(error.to_string(), expected);
    }
}

/// The file beside the snapshot is of the rules it was made by.
#[test]
fn what_was_prepared_by_other_rules_is_made_anew() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("blocks.tiles");
    let snapshot = snapshot(&layer("blocks", GeometryKind::Polygon), rows());
    let open =
        |json: &str| TileLayer::open(Arc::clone(&snapshot), &grid(), &rules(json), &path, None).unwrap();
    let bytes = |layer: &TileLayer| cut(&[layer], home(9)).bytes;
    let usual = bytes(&open("{}"));
    for json in [
        r#"{"tiny": "drop"}"#,
        r#"{"tolerance": 16}"#,
        r#"{"minzoom": 10}"#,
        r#"{"attributes": {"name": false}}"#,
    ] {
        assert_ne!(bytes(&open(json)), usual, "{json}");
        assert_eq!(bytes(&open(json)), bytes(&prepared(json)), "{json}");
        assert_eq!(bytes(&open("{}")), usual);
    }
}

#[test]
fn a_smaller_cap_leaves_the_largest() {
    let prepared = prepared("{}");
    let all = cut(&[&prepared], home(9));
    let less = plantiles::tile::cut(&[&prepared], &grid(), home(9), all.bytes.len() / 2);
    assert_eq!(all.dropped, 0);
    assert!(less.bytes.len() <= all.bytes.len() / 2);
    let kept = decode::tile(&less.bytes).into_iter().find(|layer| layer.name == "blocks").unwrap();
    assert_eq!(kept.features.len() + less.dropped, 62);
    assert!(kept.feature(0).is_some() && kept.feature(1).is_some());
}

#[test]
fn a_point_for_a_tiny_polygon_is_across_the_antimeridian_too() {
    let east = TileCoord { x: (1 << 9) - 1, ..at(9, 179.9, 10.5) };
    let [x, y] = [4080.0, 2000.0];
    let tiny = polygon(east, &[vec![[x, y], [x + 2.0, y], [x + 2.0, y + 2.0], [x, y + 2.0]]]);
    let snapshot = snapshot(&layer("blocks", GeometryKind::Polygon), [Row::new(1, tiny)]);
    let prepared = TileLayer::prepare(snapshot, &grid(), &rules(r#"{"tiny": "point"}"#)).unwrap();
    for (tile, x) in [(east, 4081), (TileCoord { x: 0, ..east }, -15)] {
        let drawn = features(&prepared, tile);
        assert_eq!((drawn[0].kind, &drawn[0].paths), (1, &vec![vec![[x, 2001]]]), "{tile}");
    }
}
