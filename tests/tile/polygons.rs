//! Polygons of every shape come out valid, with the area they have, in one piece over the seams.

use crate::{any_grid::any_grid, fixture::Geometry, judge, place::*, valid};
use plantiles::{grid::TileCoord, plan::GeometryKind::Polygon, tile::TileLayer};
use proptest::prelude::*;
use std::f64::consts::TAU;

fn check(prepared: &TileLayer, tile: TileCoord) -> Result<(), TestCaseError> {
    for feature in features(prepared, tile) {
        let fault = valid::fault(&feature.paths);
        prop_assert!(fault.is_none(), "{tile}: {}\n{:?}", fault.unwrap(), feature.paths);
        let inside = |p: &[i64; 2]| p.iter().all(|v| (-64..=4160).contains(v));
        prop_assert!(feature.paths.iter().flatten().all(inside), "outside the buffer");
    }
    Ok(())
}

/// Asks everything of the polygon in `tile` and of what its neighbours draw of it.
fn judge_around(geometry: &Geometry, tile: TileCoord) -> Result<(), TestCaseError> {
    let prepared = prepare(Polygon, [geometry.clone()]);
    for (dx, dy) in [(0, 0), (1, 0), (0, 1), (1, 1), (-1, 0), (0, -1)] {
        let near = TileCoord { x: tile.x.wrapping_add_signed(dx), y: tile.y.wrapping_add_signed(dy), ..tile };
        let fault = judge::fault(&prepared, geometry, near);
        prop_assert!(fault.is_none(), "{}", fault.unwrap());
    }
    Ok(())
}

/// A ring around `centre` that does not cross itself.
fn star(centre: [f64; 2], radii: &[f64]) -> Vec<[f64; 2]> {
    let angle = |i: usize| TAU * i as f64 / radii.len() as f64;
    radii
        .iter()
        .enumerate()
        .map(|(i, r)| [centre[0] + r * angle(i).cos(), centre[1] + r * angle(i).sin()])
        .collect()
}

fn centre() -> impl Strategy<Value = [f64; 2]> {
    [-500.0..4600.0f64, -500.0..4600.0f64]
}

/// Valid polygons from a few units to several tiles wide, half with a hole.
fn stars() -> impl Strategy<Value = Vec<Vec<[f64; 2]>>> {
    let radius = prop_oneof![Just(4.0), Just(40.0), Just(900.0), Just(9000.0)];
    let shape = (centre(), radius, prop::collection::vec(0.3..1.0f64, 3..60), any::<bool>());
    shape.prop_map(|(centre, radius, radii, hole)| {
        let scaled = |k: f64| star(centre, &radii.iter().map(|r| r * radius * k).collect::<Vec<_>>());
        if hole { vec![scaled(1.0), scaled(0.7).into_iter().rev().collect()] } else { vec![scaled(1.0)] }
    })
}

/// A lattice of squares, some of them holes that touch the exterior or each other along sides or at corners.
fn touching() -> impl Strategy<Value = Vec<Vec<[f64; 2]>>> {
    let hole = (0..6i32, 0..6i32, 1..4i32, any::<bool>());
    (prop::collection::vec(hole, 1..8), 1..900i32, -2000..3000i32).prop_map(|(holes, cell, at)| {
        let square = |x: i32, y: i32, side: i32, tilted: bool| {
            let half = side / 2;
            let corners = match tilted && half > 0 {
                true => [[x + half, y], [x + 2 * half, y + half], [x + half, y + 2 * half], [x, y + half]],
                false => [[x, y], [x + side, y], [x + side, y + side], [x, y + side]],
            };
            corners.map(|p| p.map(|v| f64::from(at + v * cell))).to_vec()
        };
        let holes = holes.into_iter().map(|(x, y, side, tilted)| square(x, y, side, tilted));
        std::iter::once(square(0, 0, 6, false)).chain(holes).collect()
    })
}

/// A star with spikes: now and then the outline runs far out and back the same way, or nearly.
fn spiked() -> impl Strategy<Value = Vec<[f64; 2]>> {
    let spike =
        prop_oneof![Just(None), (-6000.0..6000.0f64, -6000.0..6000.0f64, -1.5..1.5f64).prop_map(Some)];
    let vertices = prop::collection::vec((0.3..1.0f64, spike), 3..20);
    (centre(), prop_oneof![Just(30.0), Just(2000.0)], vertices).prop_map(|(centre, radius, vertices)| {
        let radii: Vec<f64> = vertices.iter().map(|(r, _)| r * radius).collect();
        let around = star(centre, &radii).into_iter().zip(vertices);
        around
            .flat_map(|(p, (_, spike))| match spike {
                None => vec![p],
                Some((dx, dy, off)) => vec![p, [p[0] + dx, p[1] + dy], [p[0] + off, p[1]]],
            })
            .collect()
    })
}

/// What no constraint would let in: crossing, spiked, doubled and degenerate rings, on whole units so that
/// they touch, with holes anywhere.
fn scribbles() -> impl Strategy<Value = Vec<Vec<[f64; 2]>>> {
    let coordinate = prop_oneof![
        4 => (-20..40i32).prop_map(f64::from),
        2 => (4000..4300i32).prop_map(f64::from),
        1 => Just(-64.0), 1 => Just(4160.0), 1 => -20000.0..20000.0f64
    ];
    let point = [coordinate.clone(), coordinate];
    prop::collection::vec(prop::collection::vec(point, 3..14), 1..4)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, ..Default::default() })]

    #[test]
    fn any_scribble_comes_out_valid_and_where_it_is(rings in scribbles(), bits in 0u8..12, on in any_grid()) {
        choose(on);
        let tile = home(18 - bits);
        judge_around(&polygon(tile, &rings), tile)?;
    }

    #[test]
    fn rings_that_touch_come_out_valid_and_where_they_are(rings in touching(), z in 11u8..=18, on in any_grid()) {
        choose(on);
        let tile = home(z);
        judge_around(&polygon(tile, &rings), tile)?;
    }

    #[test]
    fn spikes_and_slivers_come_out_valid_and_where_they_are(ring in spiked(), z in 11u8..=18, on in any_grid()) {
        choose(on);
        let tile = home(z);
        judge_around(&polygon(tile, &[ring]), tile)?;
    }

    #[test]
    fn neighbouring_tiles_together_hold_the_whole(rings in stars(), on in any_grid()) {
        choose(on);
        let tile = home(14);
        let prepared = prepare(Polygon, [polygon(tile, &rings)]);
        let mut drawn = 0.0;
        for dx in -3i32..=3 {
            for dy in -3i32..=3 {
                let near = TileCoord { x: tile.x.wrapping_add_signed(dx), y: tile.y.wrapping_add_signed(dy), ..tile };
                check(&prepared, near)?;
                drawn += features(&prepared, near).iter().map(|f| area_in_tile(&f.paths)).sum::<f64>();
            }
        }
        let whole: f64 = rings.iter().map(|r| area(r)).sum();
        let length: f64 = rings.iter().map(|r| perimeter(r)).sum();
        // Rounding moves an outline by up to 0.71 of a unit.
        prop_assert!((drawn - whole).abs() <= 0.75 * length + 3.0, "{drawn} of {whole}");
    }

    #[test]
    fn low_zooms_are_valid_too(rings in stars(), z in 3u8..=10, on in any_grid()) {
        choose(on);
        let tile = home(14);
        let prepared = prepare(Polygon, [polygon(tile, &rings)]);
        check(&prepared, home(z))?;
    }
}

#[test]
fn touching_and_nested_rings_come_out_valid() {
    on_each(all_grids(), || {
        let square = |x: f64, y: f64, s: f64| vec![[x, y], [x + s, y], [x + s, y + s], [x, y + s]];
        let cases: Vec<Vec<Vec<[f64; 2]>>> = vec![
            // A hole that shares an edge, a corner, the whole exterior.
            vec![square(0.0, 0.0, 90.0), square(0.0, 10.0, 30.0)],
            vec![square(0.0, 0.0, 90.0), vec![[0.0, 0.0], [40.0, 10.0], [10.0, 40.0]]],
            vec![square(0.0, 0.0, 90.0), square(0.0, 0.0, 90.0)],
            // Two holes that touch at a corner, overlap, lie in each other; a hole outside.
            vec![square(0.0, 0.0, 90.0), square(10.0, 10.0, 20.0), square(30.0, 30.0, 20.0)],
            vec![square(0.0, 0.0, 90.0), square(10.0, 10.0, 30.0), square(30.0, 30.0, 20.0)],
            vec![square(0.0, 0.0, 90.0), square(10.0, 10.0, 60.0), square(30.0, 30.0, 20.0)],
            vec![square(0.0, 0.0, 90.0), square(200.0, 200.0, 20.0)],
            // A bow-tie, a spike, a sliver, a ring with a repeated tail.
            vec![vec![[0.0, 0.0], [90.0, 90.0], [90.0, 0.0], [0.0, 90.0]]],
            vec![vec![[0.0, 0.0], [90.0, 0.0], [90.0, 90.0], [90.0, 300.0], [90.0, 90.0], [0.0, 90.0]]],
            vec![vec![[0.0, 0.0], [4000.0, 0.4], [4000.0, 0.6], [0.0, 0.3]]],
            vec![vec![[0.0, 0.0], [50.0, 0.0], [50.0, 50.0], [0.0, 0.0], [50.0, 0.0], [50.0, 50.0]]],
        ];
        for rings in cases {
            for z in [8, 10, 11, 14, 18] {
                let prepared = prepare(Polygon, [polygon(home(z), &rings)]);
                for feature in features(&prepared, home(z)) {
                    assert_eq!(valid::fault(&feature.paths), None, "{rings:?} at {z}");
                }
            }
        }
    });
}

#[test]
fn a_comb_that_leaves_the_tile_often_falls_into_its_teeth() {
    let tile = home(14);
    let mut comb = vec![[-1000.0, -1000.0]];
    for i in 0..8 {
        let x = f64::from(i) * 400.0;
        comb.extend([[x, -1000.0], [x, 2000.0], [x + 200.0, 2000.0], [x + 200.0, -1000.0]]);
    }
    comb.extend([[5000.0, -1000.0], [5000.0, -2000.0], [-1000.0, -2000.0]]);
    let prepared = prepare(Polygon, [polygon(tile, &[comb])]);
    let features = features(&prepared, tile);
    assert_eq!(features[0].paths.len(), 8);
    assert_eq!(valid::fault(&features[0].paths), None);
    assert_eq!(area_in_tile(&features[0].paths), 8.0 * 200.0 * 2000.0);
}

/// A jagged ring of 120,000 vertices crosses itself millions of times once it is on whole units. It comes out small,
/// valid and where it is; the seconds that an exact answer would take are not for a test to count.
#[test]
fn an_outline_denser_than_the_eye_is_drawn_as_its_area() {
    let radii: Vec<f64> =
        (0..120_000).map(|i| 3000.0 + 800.0 * f64::from(i * 7919 % 1000) / 1000.0).collect();
    let prepared = prepare(Polygon, [polygon(home(14), &[star([2048.0, 2048.0], &radii)])]);
    for z in [5, 9, 11, 12, 13, 16, 18] {
        check(&prepared, home(z)).unwrap();
        assert!(cut(&[&prepared], home(z)).bytes.len() < 20_000);
    }
    let drawn: f64 = features(&prepared, home(11)).iter().map(|f| area_in_tile(&f.paths)).sum();
    // Needles of all lengths between two circles cover their ring by half.
    let expected = TAU / 2.0 * (3000.0f64.powi(2) + 3800.0f64.powi(2)) / 2.0 / 64.0;
    assert!((drawn / expected - 1.0).abs() < 0.05, "{drawn} of {expected}");
}

#[test]
fn a_million_vertices_are_drawn_true() {
    let wave = |i: u32| 3300.0 + 300.0 * (f64::from(i) * TAU / 50_000.0).sin();
    let ring = star([2048.0, 2048.0], &(0..1_000_000).map(wave).collect::<Vec<_>>());
    let whole = area(&ring);
    let prepared = prepare(Polygon, [polygon(home(14), &[ring])]);
    check(&prepared, home(7)).unwrap();
    for z in [4, 7, 10, 11] {
        let drawn: f64 = features(&prepared, home(z)).iter().map(|f| area_in_tile(&f.paths)).sum();
        let expected = whole / 4f64.powi(14 - i32::from(z));
        assert!((drawn - expected).abs() <= 0.01 * expected + 2.0, "zoom {z}: {drawn} of {expected}");
    }
    for z in [14, 18] {
        let drawn: f64 = features(&prepared, home(z)).iter().map(|f| area_in_tile(&f.paths)).sum();
        assert_eq!(drawn, 4096.0 * 4096.0, "zoom {z} is inside");
    }
}

#[test]
fn hostile_coordinates_do_no_harm() {
    on_each(all_grids(), || {
        let odd = [f64::NAN, f64::INFINITY, -1e308, 180.0, 90.0, -90.0, 0.0, 1e-308];
        for &a in &odd {
            for &b in &odd {
                let rings = vec![vec![[a, b], [b, 10.0], [112.8, 36.2], [a, a]]];
                let prepared = prepare(Polygon, [crate::fixture::Geometry::Polygons(vec![rings])]);
                for z in [0, 1, 10, 14, 18] {
                    check(&prepared, home(z)).unwrap();
                    check(&prepared, TileCoord { z, x: 0, y: 0 }).unwrap();
                }
            }
        }
    });
}
