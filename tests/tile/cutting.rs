//! What is in a tile.

use crate::{
    decode::{self, Value},
    fixture::{Geometry, Row, layer, snapshot},
    place::{at, cut, grid},
    valid,
};
use plantiles::{
    encoding::{Encoding, compress},
    grid::TileCoord,
    plan::{GeometryKind, Rules},
    tile::TileLayer,
};

fn rectangle(w: f64, s: f64, e: f64, n: f64) -> Vec<[f64; 2]> {
    vec![[w, s], [e, s], [e, n], [w, n]]
}

fn layers(layers: &[&TileLayer], tile: TileCoord) -> Vec<decode::Layer> {
    decode::tile(&cut(layers, tile).bytes)
}

fn prepare(kind: GeometryKind, rows: Vec<Row>) -> TileLayer {
    TileLayer::prepare(snapshot(&layer("blocks", kind), rows), &grid(), &Rules::default()).unwrap()
}

#[test]
fn a_feature_keeps_its_id_and_typed_attributes() {
    let block = Geometry::Polygons(vec![vec![rectangle(112.80, 36.20, 112.81, 36.21)]]);
    let mut unnamed = Row::new(8, block.clone());
    (unnamed.name, unnamed.area) = (None, None);
    let prepared = prepare(GeometryKind::Polygon, vec![Row::new(7, block), unnamed]);
    for z in [8, 12, 14] {
        let decoded = layers(&[&prepared], at(z, 112.805, 36.205));
        assert_eq!(decoded[0].name, "blocks");
        let properties = &decoded[0].feature(7).unwrap().properties;
        assert_eq!(properties["name"], Value::Text("矿区7".into()));
        assert_eq!(properties["area_km2"], Value::Double(3.5));
        assert_eq!(properties["level"], Value::Int(-7));
        assert_eq!(properties["open"], Value::Bool(false));
        assert_eq!(properties["valid_from"], Value::Text("2021-01-01".into()));
        let unnamed = decoded[0].feature(8).unwrap();
        assert_eq!(unnamed.properties.len(), 3);
        assert_eq!(valid::fault(&unnamed.paths), None);
    }
}

#[test]
fn a_tile_inside_a_polygon_is_full_and_one_in_its_hole_or_outside_empty() {
    let rings = vec![rectangle(112.0, 36.0, 113.0, 37.0), rectangle(112.4, 36.4, 112.6, 36.6)];
    let prepared = prepare(GeometryKind::Polygon, vec![Row::new(1, Geometry::Polygons(vec![rings]))]);
    let inside = layers(&[&prepared], at(14, 112.2, 36.2));
    assert_eq!(inside[0].features[0].paths, [[[-64, -64], [4160, -64], [4160, 4160], [-64, 4160]]]);
    for nowhere in [at(14, 112.5, 36.5), at(14, 114.0, 36.5), TileCoord { z: 2, x: 9, y: 0 }] {
        assert!(cut(&[&prepared], nowhere).bytes.is_empty());
    }
}

#[test]
fn lines_leave_and_return_in_parts_that_keep_direction() {
    let tile = at(14, 112.8, 36.2);
    let b = grid().geographic_bounds(tile, 0.0);
    let (w, h) = (b.max_x - b.min_x, b.max_y - b.min_y);
    let p = |x: f64, y: f64| [b.min_x + x * w, b.max_y - y * h];
    let line = vec![p(-1.0, 0.25), p(2.0, 0.25), p(2.0, 0.75), p(-1.0, 0.75)];
    let prepared = prepare(GeometryKind::Line, vec![Row::new(1, Geometry::Lines(vec![line]))]);
    let decoded = layers(&[&prepared], tile);
    assert_eq!(decoded[0].features[0].paths, [[[-64, 1024], [4160, 1024]], [[4160, 3072], [-64, 3072]]]);
}

#[test]
fn a_point_at_a_seam_is_in_both_tiles() {
    let tile = at(12, 112.8, 36.2);
    let b = grid().geographic_bounds(tile, 0.0);
    let middle = f64::midpoint(b.min_y, b.max_y);
    let rows = vec![Row::new(1, Geometry::Points(vec![[b.max_x, middle]]))];
    let prepared = prepare(GeometryKind::Point, rows);
    for (x, at) in [(tile.x, 4096), (tile.x + 1, 0)] {
        let decoded = layers(&[&prepared], TileCoord { x, ..tile });
        assert_eq!(decoded[0].features[0].paths[0][0][0], at);
    }
    assert!(layers(&[&prepared], TileCoord { x: tile.x + 2, ..tile }).is_empty());
}

#[test]
fn a_name_is_in_one_tile_only_and_inside_its_polygon() {
    let block = Geometry::Polygons(vec![vec![rectangle(112.7, 36.1, 112.95, 36.3)]]);
    let prepared = prepare(GeometryKind::Polygon, vec![Row::new(7, block)]);
    for z in [9, 12] {
        let (first, last) = (at(z, 112.6, 36.4), at(z, 113.1, 36.0));
        let tiles = (first.x..=last.x).flat_map(|x| (first.y..=last.y).map(move |y| TileCoord { z, x, y }));
        let names: Vec<_> = tiles.flat_map(|tile| crate::place::labels(&prepared, tile)).collect();
        assert_eq!(names.len(), 1);
        assert_eq!((names[0].id, names[0].kind, names[0].properties.len()), (Some(7), 1, 1));
        assert_eq!(names[0].properties["name"], Value::Text("矿区7".into()));
    }
    // Nothing to read it on.
    assert!(crate::place::labels(&prepared, at(2, 112.8, 36.2)).is_empty());
}

#[test]
fn the_same_input_gives_the_same_bytes() {
    let rows = || {
        (0..200).map(|i| {
            let x = 112.5 + f64::from(i % 17) / 40.0;
            let y = 36.0 + f64::from(i % 13) / 40.0;
            Row::new(i.into(), Geometry::Polygons(vec![vec![rectangle(x, y, x + 0.031, y + 0.017)]]))
        })
    };
    let (a, b) =
        (prepare(GeometryKind::Polygon, rows().collect()), prepare(GeometryKind::Polygon, rows().collect()));
    for z in [5, 8, 10, 11, 13] {
        let tile = at(z, 112.8, 36.2);
        let first = cut(&[&a, &b], tile);
        assert_eq!(first, cut(&[&b, &a], tile));
        assert_eq!(first.dropped, 0);
        for encoding in [Encoding::Gzip, Encoding::Brotli, Encoding::Zstd] {
            let packed = compress(first.bytes.clone().into(), encoding);
            assert_eq!(packed.1, encoding);
            assert_eq!(packed, compress(first.bytes.clone().into(), encoding));
        }
    }
}

#[test]
fn a_layer_is_absent_below_its_minzoom() {
    let block = Geometry::Polygons(vec![vec![rectangle(112.7, 36.1, 112.95, 36.3)]]);
    for minzoom in [7, 12] {
        let mut layer = layer("blocks", GeometryKind::Polygon);
        layer.minzoom = minzoom;
        let prepared =
            TileLayer::prepare(snapshot(&layer, [Row::new(1, block.clone())]), &grid(), &Rules::default())
                .unwrap();
        assert!(layers(&[&prepared], at(minzoom - 1, 112.8, 36.2)).is_empty());
        assert!(!layers(&[&prepared], at(minzoom, 112.8, 36.2)).is_empty());
    }
}

#[test]
fn an_empty_layer_makes_empty_tiles() {
    let prepared = prepare(GeometryKind::Polygon, vec![]);
    assert!(cut(&[&prepared], at(9, 112.8, 36.2)).bytes.is_empty());
}
