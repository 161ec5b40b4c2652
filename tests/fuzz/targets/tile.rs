//! Any geometry at all, cut into tiles at several zooms and places.
//!
//! Two bytes choose the place, the kind and the size of the lattice on which the vertices lie; every four bytes
//! after them are a vertex, or begin another path or part.
#![no_main]

#[path = "../../tile/decode.rs"]
#[allow(dead_code)]
mod decode;
#[path = "../../tile/fixture.rs"]
#[allow(dead_code)]
mod fixture;
#[path = "../../tile/judge.rs"]
#[allow(dead_code)]
mod judge;
#[path = "../../tile/place.rs"]
#[allow(dead_code)]
mod place;
#[path = "../../tile/truth.rs"]
#[allow(dead_code)]
mod truth;
#[path = "../../tile/valid.rs"]
#[allow(dead_code)]
mod valid;

use fixture::Geometry;
use libfuzzer_sys::fuzz_target;
use place::{home, lonlat, prepare};
use plantiles::{grid::TileCoord, plan::GeometryKind};

fuzz_target!(|data: &[u8]| {
    let Some((tile, kind, geometry)) = input(data) else { return };
    let prepared = prepare(kind, [geometry.clone()]);
    let last = (1 << tile.z) - 1;
    let east = TileCoord { x: (tile.x + 1).min(last), ..tile };
    let south = TileCoord { y: (tile.y + 1).min(last), ..tile };
    let above = |z: u8| TileCoord { z, x: tile.x >> (tile.z - z), y: tile.y >> (tile.z - z) };
    for tile in [tile, east, south, above(tile.z.min(10)), above(tile.z.min(5)), above(0)] {
        if let Some(fault) = judge::fault(&prepared, &geometry, tile) {
            panic!("{fault}\n{geometry:?}");
        }
    }
});

fn input(data: &[u8]) -> Option<(TileCoord, GeometryKind, Geometry)> {
    let (&[what, lattice], rest) = data.split_first_chunk()?;
    let tile = match what >> 2 & 7 {
        0 => home(18),
        1 => home(11),
        2 => TileCoord { z: 14, x: 0, y: 6000 },
        3 => TileCoord { z: 14, x: (1 << 14) - 1, y: 6000 },
        4 => TileCoord { z: 12, x: 3000, y: 0 },
        5 => TileCoord { z: 12, x: 3000, y: (1 << 12) - 1 },
        6 => TileCoord { z: 4, x: 3, y: 2 },
        _ => home(14),
    };
    let mut parts = vec![vec![vec![]]];
    let (vertices, _) = rest.as_chunks::<4>();
    for &[a, b, c, d] in vertices {
        let [x, y] = [i16::from_le_bytes([a, b]), i16::from_le_bytes([c, d])];
        match (x, y & 1) {
            (i16::MIN, 0) => parts.push(vec![vec![]]),
            (i16::MIN, _) => parts.last_mut()?.push(vec![]),
            _ => {
                let unit = |v: i16| f64::from(i32::from(v) << (lattice % 12));
                parts.last_mut()?.last_mut()?.push(lonlat(tile, [unit(x), unit(y)]));
            }
        }
    }
    parts.iter_mut().for_each(|part| part.retain(|path| !path.is_empty()));
    parts.retain(|part| !part.is_empty());
    if parts.is_empty() {
        return None;
    }
    Some(match what & 3 {
        0 | 1 => (tile, GeometryKind::Polygon, Geometry::Polygons(parts)),
        2 => (tile, GeometryKind::Line, Geometry::Lines(parts.concat())),
        _ => (tile, GeometryKind::Point, Geometry::Points(parts.concat().concat())),
    })
}
