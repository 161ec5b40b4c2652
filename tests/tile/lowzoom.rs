//! The pyramid: partitions stay partitions, areas stay what they are, nothing is lost.

use crate::{
    decode,
    fixture::{Geometry, Row, layer, snapshot},
    place::*,
    valid,
};
use plantiles::{
    grid::TileCoord,
    plan::{
        GeometryKind::{Line, Point, Polygon},
        Rules,
    },
    tile::TileLayer,
};

/// A number in −1 to 1 that depends on its seeds alone.
pub fn noise(a: usize, b: usize, c: usize) -> f64 {
    let mut k = (a as u64) << 40 ^ (b as u64) << 20 ^ c as u64;
    k = (k ^ (k >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    k = (k ^ (k >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    ((k ^ (k >> 31)) >> 11) as f64 / (1u64 << 52) as f64 - 1.0
}

/// Cells of a square `n` by `n`, `side` units of `tile` wide, with wavy borders that neighbours share.
pub fn partition(tile: TileCoord, n: usize, side: f64, wave: f64) -> Vec<Geometry> {
    const STEPS: usize = 12;
    let cell = side / n as f64;
    let corner = |i: usize, j: usize| {
        let inner = |k: usize| if k == 0 || k == n { 0.0 } else { 0.2 };
        let (dx, dy) = (noise(i, j, 1) * inner(i), noise(i, j, 2) * inner(j));
        [1000.0 + (i as f64 + dx) * cell, 1000.0 + (j as f64 + dy) * cell]
    };
    // From a corner east (axis 0) or south (axis 1), without its end.
    let border = |i: usize, j: usize, axis: usize| -> Vec<[f64; 2]> {
        let (a, b) = (corner(i, j), corner(i + 1 - axis, j + axis));
        let outline = if axis == 0 { j == 0 || j == n } else { i == 0 || i == n };
        (0..STEPS)
            .map(|s| {
                let t = s as f64 / STEPS as f64;
                let d = if s == 0 || outline {
                    0.0
                } else {
                    noise(i * 1000 + j, s, axis + 3) * wave * cell * (std::f64::consts::PI * t).sin()
                };
                let mut p = [a[0] + (b[0] - a[0]) * t, a[1] + (b[1] - a[1]) * t];
                p[1 - axis] += d;
                p
            })
            .collect()
    };
    let back = |mut line: Vec<[f64; 2]>, end: [f64; 2]| {
        line.push(end);
        line.reverse();
        line.pop();
        line
    };
    (0..n * n)
        .map(|k| {
            let (i, j) = (k % n, k / n);
            let mut ring = border(i, j, 0);
            ring.extend(border(i + 1, j, 1));
            ring.extend(back(border(i, j + 1, 0), corner(i + 1, j + 1)));
            ring.extend(back(border(i, j, 1), corner(i, j + 1)));
            polygon(tile, &[ring])
        })
        .collect()
}

/// How many polygons cover `p`, counted by crossings with a ray, holes taken off.
fn cover(features: &[decode::Feature], [x, y]: [f64; 2]) -> i32 {
    let crossing = |a: [i64; 2], b: [i64; 2]| {
        let ([ax, ay], [bx, by]) = (a.map(|v| v as f64), b.map(|v| v as f64));
        let met = (ay > y) != (by > y) && x < ax + (bx - ax) * (y - ay) / (by - ay);
        i32::from(met) * if by > ay { 1 } else { -1 }
    };
    let ring = |r: &Vec<[i64; 2]>| (0..r.len()).map(|i| crossing(r[i], r[(i + 1) % r.len()])).sum::<i32>();
    let near = |r: &&Vec<[i64; 2]>| {
        r.iter().any(|p| p[0] as f64 > x)
            && r.iter().any(|p| p[1] as f64 > y)
            && r.iter().any(|p| (p[1] as f64) < y)
    };
    features.iter().flat_map(|f| &f.paths).filter(near).map(ring).sum()
}

/// The box around all that is drawn, as west, north, east, south.
fn outline(features: &[decode::Feature]) -> [i64; 4] {
    let points = || features.iter().flat_map(|f| f.paths.iter().flatten());
    let [w, n] = [0, 1].map(|i| points().map(|p| p[i]).min().unwrap());
    let [e, s] = [0, 1].map(|i| points().map(|p| p[i]).max().unwrap());
    [w, n, e, s]
}

#[test]
fn a_partition_covers_its_outline_exactly_at_every_zoom() {
    on_each(all_grids(), || {
        for (n, wave) in [(2, 0.1), (8, 0.05), (16, 0.1)] {
            let side = 2000.0;
            let prepared = prepare(Polygon, partition(home(10), n, side, wave));
            for z in 4..=10 {
                let features = features(&prepared, home(z));
                let [w, n, e, s] = outline(&features);
                let expected = side / f64::from(1 << (10 - z));
                assert!(((e - w) as f64 - expected).abs() <= 1.0 && ((s - n) as f64 - expected).abs() <= 1.0);
                // No area is missing or drawn twice …
                let area2: i64 = features.iter().flat_map(|f| &f.paths).map(|r| valid::area2(r)).sum();
                assert_eq!(area2, 2 * (e - w) * (s - n), "zoom {z}");
                // … anywhere.
                let step = (e - w) as f64 / 50.0;
                for (i, j) in (0..50).flat_map(|i| (0..50).map(move |j| (f64::from(i), f64::from(j)))) {
                    let p = [w as f64 + (i + 0.37) * step, n as f64 + (j + 0.41) * step];
                    assert_eq!(cover(&features, p), 1, "zoom {z} at {p:?}");
                }
                for feature in &features {
                    assert_eq!(valid::fault(&feature.paths), None);
                }
            }
        }
    });
}

#[test]
fn drawn_area_is_true_area_at_every_zoom() {
    on_each(all_grids(), || {
        let tile = home(10);
        for radius in [0.2, 1.0, 3.0, 10.0, 40.0] {
            let ring = |i: usize| -> Vec<[f64; 2]> {
                let centre = [2048.0 + 1900.0 * noise(i, 0, 7), 2048.0 + 1900.0 * noise(i, 1, 7)];
                (0..24)
                    .map(|k| {
                        let a = f64::from(k) * std::f64::consts::TAU / 24.0;
                        let r = radius * (1.0 + 0.5 * noise(i, 2, 9)) * (1.0 + 0.2 * noise(i, k as usize, 8));
                        [centre[0] + r * a.cos(), centre[1] + 0.6 * r * a.sin()]
                    })
                    .collect()
            };
            let rings: Vec<_> = (0..2000).map(ring).collect();
            let whole: f64 = rings.iter().map(|r| area(r)).sum();
            let prepared = prepare(Polygon, rings.iter().map(|r| polygon(tile, std::slice::from_ref(r))));
            for z in 4..=10 {
                let whole = whole / 4f64.powi(10 - i32::from(z));
                let drawn: f64 = features(&prepared, home(z))
                    .iter()
                    .map(|f| f.paths.iter().map(|r| valid::area2(r)).sum::<i64>() as f64 / 2.0)
                    .sum();
                // Where it is a few units in all, whole units are as near as it gets.
                assert!(
                    (drawn - whole).abs() <= 0.03 * whole + 1.0,
                    "radius {radius} z{z}: {drawn} of {whole}"
                );
            }
        }
    });
}

#[test]
fn every_line_and_point_is_in_every_low_zoom() {
    on_each(all_grids(), || {
        let tile = home(10);
        let place = |i: usize| [2048.0 + 900.0 * noise(i, 0, 3), 2048.0 + 900.0 * noise(i, 1, 3)];
        let lines = (0..300).map(|i| {
            let [x, y] = place(i);
            let bend = |k: i32| [x + 4.0 * f64::from(k), y + 3.0 * noise(i, k as usize, 4)];
            Geometry::Lines(vec![ring(tile, &(0..20).map(bend).collect::<Vec<_>>())])
        });
        let points = (0..300).map(|i| Geometry::Points(vec![lonlat(tile, place(i))]));
        let prepared = [prepare(Line, lines), prepare(Point, points)];
        for z in 3..=10 {
            for layer in &prepared {
                assert_eq!(features(layer, home(z)).len(), 300, "zoom {z}");
            }
        }
        let vertices =
            |z| features(&prepared[0], home(z)).iter().flat_map(|f| &f.paths).map(Vec::len).sum::<usize>();
        assert!(vertices(6) < vertices(10) / 3);
    });
}

#[test]
fn a_tile_too_large_loses_its_smallest_features() {
    let tile = home(11);
    let side = |i: usize| 4.0 + (i % 97) as f64 / 10.0;
    let square = |i: usize| {
        let ([x, y], s) = ([2048.0 + 1900.0 * noise(i, 0, 5), 2048.0 + 1900.0 * noise(i, 1, 5)], side(i));
        polygon(tile, &[vec![[x, y], [x + s, y], [x + s, y + s], [x, y + s]]])
    };
    let rows = (0..12_000).map(|i| {
        let mut row = Row::new(i as i64, square(i));
        row.name = Some(format!("a name of some length, for it to take its space, {i}"));
        row
    });
    let prepared =
        TileLayer::prepare(snapshot(&layer("blocks", Polygon), rows), &grid(), &Rules::default()).unwrap();
    let cut = cut(&[&prepared], tile);
    assert!(cut.bytes.len() <= MAX_TILE && cut.bytes.len() > MAX_TILE * 8 / 10, "{}", cut.bytes.len());
    let kept = features(&prepared, tile);
    assert_eq!(kept.len() + cut.dropped, 12_000);
    let least = kept.iter().map(|f| side(f.id.unwrap() as usize)).fold(f64::INFINITY, f64::min);
    assert!(least > side(30), "{least}");
}
