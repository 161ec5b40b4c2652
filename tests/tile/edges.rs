//! The edges of the map: the poles.

use crate::{fixture::Geometry, judge, place::*};
use plantiles::{
    grid::TileCoord,
    plan::GeometryKind::{Line, Point, Polygon},
};

/// Web Mercator ends at 85.0511°; what lies beyond is cut off, whatever its latitude.
#[test]
fn what_reaches_beyond_the_map_is_cut_at_its_edge() {
    for (south, north, y, rows) in [(80.0, 90.0, 0, [-64, 4160]), (-90.0, -80.0, u32::MAX, [-64, 4160])] {
        let rectangle = vec![[112.0, south], [114.0, south], [114.0, north], [112.0, north]];
        let geometry = Geometry::Polygons(vec![vec![rectangle]]);
        let prepared = prepare(Polygon, [geometry.clone()]);
        for z in [1, 5, 10, 11, 14, 18] {
            let tile = TileCoord { y: y.min((1 << z) - 1), ..at(z, 113.0, south.clamp(-85.0, 85.0)) };
            assert_eq!(judge::fault(&prepared, &geometry, tile), None);
            if z >= 10 {
                let expected = [[-64, rows[0]], [4160, rows[0]], [4160, rows[1]], [-64, rows[1]]];
                assert_eq!(features(&prepared, tile)[0].paths, [expected], "{tile}");
            }
        }
    }
}

#[test]
fn what_lies_wholly_beyond_the_map_is_in_no_tile() {
    let at_90 = |lon: f64| [lon, 90.0];
    let prepared = [
        prepare(Point, [Geometry::Points(vec![at_90(113.0)])]),
        prepare(Line, [Geometry::Lines(vec![vec![at_90(112.0), at_90(114.0)]])]),
        prepare(Polygon, [Geometry::Polygons(vec![vec![vec![at_90(112.0), at_90(114.0), [113.0, 88.0]]]])]),
    ];
    for z in [0, 3, 10, 14, 18] {
        for layer in &prepared {
            assert!(features(layer, TileCoord { y: 0, ..at(z, 113.0, 85.0) }).is_empty(), "zoom {z}");
        }
    }
}
