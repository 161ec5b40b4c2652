//! The edges of the map: the poles, and the antimeridian, where it goes on at the other side.

use crate::{fixture::Geometry, judge, place::*};
use plantiles::{
    grid::{QuadGrid, TileCoord},
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

/// In degrees the map ends at the pole itself: beyond it there is nothing to cut.
#[test]
fn in_degrees_what_reaches_the_pole_ends_there() {
    choose(QuadGrid::geographic());
    let rectangle = vec![[112.0, 80.0], [114.0, 80.0], [114.0, 90.0], [112.0, 90.0]];
    let geometry = Geometry::Polygons(vec![vec![rectangle]]);
    let prepared = prepare(Polygon, [geometry.clone()]);
    for z in [1, 5, 10, 11, 14, 18] {
        let tile = at(z, 113.0, 90.0);
        assert_eq!(judge::fault(&prepared, &geometry, tile), None);
        if z >= 10 {
            let mut corners = features(&prepared, tile)[0].paths.concat();
            corners.sort_unstable();
            assert_eq!(corners, [[-64, 0], [-64, 4160], [4160, 0], [4160, 4160]], "{tile}");
        }
    }
}

/// In a Gauss–Krüger zone a long line along a parallel is straight in the plane and so leaves the box of its ends, by
/// 250 m in the middle: it must be found there.
#[test]
fn a_long_line_is_drawn_where_it_bulges() {
    let zone = all_grids().pop().unwrap();
    choose(zone.clone());
    let ends = [[112.0, 36.2], [113.5, 36.2]];
    let line = prepare(Line, [Geometry::Lines(vec![ends.to_vec()])]);
    let [a, b] = ends.map(|[lon, lat]| zone.projection.forward(lon, lat));
    let [lon, lat] = zone.projection.inverse([0, 1].map(|i| f64::midpoint(a[i], b[i])));
    assert!(lat > 36.202, "{lat}");
    for z in [9, 12, 13, 15, 18] {
        let tile = at(z, lon, lat);
        let drawn = features(&line, tile);
        assert_eq!(drawn.len(), 1, "zoom {z}");
        let [x, y] = zone.position(z, lon, lat);
        let middle = [(x - f64::from(tile.x)) * 4096.0, (y - f64::from(tile.y)) * 4096.0];
        let ([ax, ay], [bx, by]) = (drawn[0].paths[0][0], drawn[0].paths[0][1]);
        let (dx, dy) = ((bx - ax) as f64, (by - ay) as f64);
        let off = ((middle[0] - ax as f64) * dy - (middle[1] - ay as f64) * dx) / dx.hypot(dy);
        assert!(off.abs() < 2.0, "zoom {z}: {off} units off");
    }
}

/// A feature from 179° to 181°, as most programs write one that crosses the antimeridian, or in two parts from
/// 179° to 180° and from −180° to −179°, as RFC 7946 (§3.1.9) asks.
fn across() -> [Vec<Vec<Vec<[f64; 2]>>>; 2] {
    let rectangle = |west: f64, east: f64| vec![vec![[west, 10.0], [east, 10.0], [east, 11.0], [west, 11.0]]];
    [vec![rectangle(179.0, 181.0)], vec![rectangle(179.0, 180.0), rectangle(-180.0, -179.0)]]
}

#[test]
fn what_crosses_the_antimeridian_is_drawn_on_both_sides_and_in_their_buffers() {
    on_each([QuadGrid::web_mercator(), QuadGrid::geographic()], || {
        for parts in across() {
            let geometry = Geometry::Polygons(parts);
            let prepared = prepare(Polygon, [geometry.clone()]);
            for z in [6, 8, 10, 11, 12, 13] {
                let last = (1 << z) - 1;
                let y = at(z, 179.5, 10.5).y;
                for x in [0, last] {
                    let tile = TileCoord { z, x, y };
                    let drawn = features(&prepared, tile);
                    assert_eq!(drawn.len(), 1, "{tile}");
                    let xs = || drawn[0].paths.iter().flatten().map(|p| p[0]);
                    assert_eq!(
                        xs().max(),
                        Some(if x == 0 { xs().max().unwrap().min(4160) } else { 4160 }),
                        "{tile}"
                    );
                    assert_eq!(
                        xs().min(),
                        Some(if x == 0 { -64 } else { xs().min().unwrap().max(-64) }),
                        "{tile}"
                    );
                    assert_eq!(crate::valid::fault(&drawn[0].paths), None);
                }
                // Nothing is drawn twice: the tiles hold two degrees by one in all.
                let [w, n] = grid().position(z, 179.0, 11.0);
                let [e, s] = grid().position(z, 181.0, 10.0);
                let expected = (e - w) * (s - n) * 4096.0 * 4096.0;
                let columns = (at(z, 179.0, 10.5).x..=last).chain(0..=at(z, -179.0, 10.5).x);
                let rows = at(z, 179.5, 11.0).y..=at(z, 179.5, 10.0).y;
                let tiles = columns.flat_map(|x| rows.clone().map(move |y| TileCoord { z, x, y }));
                let drawn: f64 = tiles
                    .flat_map(|tile| features(&prepared, tile))
                    .map(|feature| area_in_tile(&feature.paths))
                    .sum();
                assert!((drawn / expected - 1.0).abs() < 0.03, "zoom {z}: {drawn} of {expected}");
            }
        }
    });
}

#[test]
fn a_name_beyond_the_antimeridian_is_in_the_tile_where_it_is_seen() {
    on_each([QuadGrid::web_mercator(), QuadGrid::geographic()], || {
        let block = vec![vec![[181.0, 10.0], [183.0, 10.0], [183.0, 11.0], [181.0, 11.0]]];
        let prepared = prepare(Polygon, [Geometry::Polygons(vec![block])]);
        for z in [7, 10, 13] {
            assert_eq!(labels(&prepared, at(z, -178.0, 10.5)).len(), 1, "zoom {z}");
        }
    });
}

#[test]
fn points_and_lines_at_the_antimeridian_are_in_the_buffer_of_the_other_side() {
    on_each([QuadGrid::web_mercator(), QuadGrid::geographic()], || {
        let last = |z: u8| (1 << z) - 1;
        for z in [5, 11, 14] {
            let east = TileCoord { x: last(z), ..at(z, 179.9, 10.5) };
            let west = TileCoord { x: 0, ..east };
            let point = prepare(Point, [Geometry::Points(vec![lonlat(east, [4090.0, 2000.0])])]);
            assert_eq!(features(&point, east)[0].paths, [[[4090, 2000]]]);
            assert_eq!(features(&point, west)[0].paths, [[[-6, 2000]]]);
            let ends = [lonlat(east, [4000.0, 2000.0]), lonlat(east, [4196.0, 2000.0])];
            let line = prepare(Line, [Geometry::Lines(vec![ends.to_vec()])]);
            assert_eq!(features(&line, east)[0].paths, [[[4000, 2000], [4160, 2000]]]);
            assert_eq!(features(&line, west)[0].paths, [[[-64, 2000], [100, 2000]]]);
        }
    });
}
