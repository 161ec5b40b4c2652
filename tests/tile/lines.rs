//! Lines and points: nothing is lost at seams, nothing is drawn twice, direction stays.

use crate::{any_grid::any_grid, fixture::Geometry, judge, place::*};
use plantiles::{
    grid::TileCoord,
    plan::GeometryKind::{Line, Point},
};
use proptest::prelude::*;

/// Tiles around the one in which coordinates are given.
const REACH: i32 = 2;

fn around(tile: TileCoord) -> impl Iterator<Item = ([i32; 2], TileCoord)> {
    let shift = |v: u32, d: i32| v.wrapping_add_signed(d);
    (-REACH..=REACH).flat_map(move |dx| {
        (-REACH..=REACH)
            .map(move |dy| ([dx, dy], TileCoord { x: shift(tile.x, dx), y: shift(tile.y, dy), ..tile }))
    })
}

/// Within the tiles around, on whole units so that corners and sides are met.
fn coordinate() -> impl Strategy<Value = f64> {
    prop_oneof![
        3 => (-8000..12000i32).prop_map(f64::from),
        1 => (0..4).prop_map(|n| f64::from(4096 * n - 4096)),
        1 => Just(-64.0), 1 => Just(4160.0)
    ]
}

fn vertices(least: usize) -> impl Strategy<Value = Vec<[f64; 2]>> {
    prop::collection::vec([coordinate(), coordinate()], least..12)
}

/// Length of the part of a segment inside the tile itself, by Liang and Barsky in floating point; half of it for
/// what runs along the side that the neighbour has too.
fn length_in_tile(a: [f64; 2], b: [f64; 2]) -> f64 {
    let (mut from, mut to) = (0.0f64, 1.0f64);
    let mut share = 1.0;
    for axis in [0, 1] {
        let d = b[axis] - a[axis];
        for (limit, sign) in [(0.0, 1.0), (4096.0, -1.0)] {
            let (start, step) = ((a[axis] - limit) * sign, d * sign);
            if step == 0.0 && start == 0.0 {
                share = 0.5;
            } else if step == 0.0 && start < 0.0 {
                return 0.0;
            } else if step > 0.0 {
                from = from.max(-start / step);
            } else if step < 0.0 {
                to = to.min(-start / step);
            }
        }
    }
    share * (to - from).max(0.0) * (b[0] - a[0]).hypot(b[1] - a[1])
}

fn length(line: &[[f64; 2]]) -> f64 {
    line.windows(2).map(|p| (p[1][0] - p[0][0]).hypot(p[1][1] - p[0][1])).sum()
}

/// How far along `line` the point `p` lies, at `after` or beyond it; `None` when it is not on that part.
fn progress(line: &[[f64; 2]], p: [f64; 2], after: f64) -> Option<f64> {
    let mut done = 0.0;
    for pair in line.windows(2) {
        let (a, d) = (pair[0], [pair[1][0] - pair[0][0], pair[1][1] - pair[0][1]]);
        let size = d[0].hypot(d[1]);
        if size > 0.0 {
            let least = ((after - done) / size).max(0.0);
            let t = ((p[0] - a[0]) * d[0] + (p[1] - a[1]) * d[1]) / (size * size);
            let t = t.clamp(least.min(1.0), 1.0);
            let off = (a[0] + t * d[0] - p[0]).hypot(a[1] + t * d[1] - p[1]);
            if least <= 1.0 && off <= 1.5 {
                return Some(done + t * size);
            }
        }
        done += size;
    }
    None
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, ..Default::default() })]

    #[test]
    fn the_tiles_together_hold_the_whole_line(line in vertices(2), on in any_grid()) {
        choose(on);
        let tile = home(14);
        let geometry = Geometry::Lines(vec![ring(tile, &line)]);
        let prepared = prepare(Line, [geometry.clone()]);
        let mut drawn = 0.0;
        for (_, near) in around(tile) {
            let fault = judge::fault(&prepared, &geometry, near);
            prop_assert!(fault.is_none(), "{}", fault.unwrap());
            for path in features(&prepared, near).iter().flat_map(|f| &f.paths) {
                let segment = |p: &[[i64; 2]]| length_in_tile(p[0].map(|v| v as f64), p[1].map(|v| v as f64));
                drawn += path.windows(2).map(segment).sum::<f64>();
            }
        }
        // Each segment is rounded at its ends and where it is cut, in up to nine tiles.
        let slack = 1.5 * 10.0 * line.len() as f64;
        prop_assert!((drawn - length(&line)).abs() <= slack, "{drawn} of {}", length(&line));
    }

    #[test]
    fn parts_of_a_line_keep_its_direction_and_order(line in vertices(2), on in any_grid()) {
        choose(on);
        let tile = home(14);
        let prepared = prepare(Line, [Geometry::Lines(vec![ring(tile, &line)])]);
        for ([dx, dy], near) in around(tile) {
            let mut at = 0.0;
            for point in features(&prepared, near).iter().flat_map(|f| f.paths.iter().flatten()) {
                let point = [point[0] as f64 + f64::from(dx * 4096), point[1] as f64 + f64::from(dy * 4096)];
                let next = progress(&line, point, at - 3.0);
                prop_assert!(next.is_some(), "{near}: {point:?} does not follow {at} on the line");
                at = next.unwrap().max(at);
            }
        }
    }

    #[test]
    fn every_point_is_in_its_tile_and_in_the_buffers_around(points in vertices(1), on in any_grid()) {
        choose(on);
        let tile = home(14);
        let geometry = Geometry::Points(ring(tile, &points));
        let prepared = prepare(Point, [geometry.clone()]);
        for ([dx, dy], near) in around(tile) {
            let fault = judge::fault(&prepared, &geometry, near);
            prop_assert!(fault.is_none(), "{}", fault.unwrap());
            let drawn: Vec<_> = features(&prepared, near).iter().flat_map(|f| f.paths.concat()).collect();
            let there = points.iter().map(|p| [p[0] as i64 - i64::from(dx) * 4096, p[1] as i64 - i64::from(dy) * 4096]);
            let expected: Vec<_> = there.filter(|p| p.iter().all(|v| (-64..=4160).contains(v))).collect();
            prop_assert_eq!(drawn, expected, "{}", near);
        }
    }
}
