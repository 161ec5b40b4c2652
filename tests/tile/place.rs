//! Drawing in tile units and looking at tiles.

use crate::{
    decode,
    fixture::{Geometry, Ring, Row, layer, snapshot},
};
use plantiles::{
    crs::Crs,
    grid::{QuadGrid, TileCoord},
    plan::{GeometryKind, Rules},
    tile::{self, Tile, TileLayer},
};
use std::cell::RefCell;

/// Most bytes of a tile, as without a configuration.
pub const MAX_TILE: usize = 500_000;

pub fn cut(layers: &[&TileLayer], tile: TileCoord) -> Tile {
    tile::cut(layers, &grid(), tile, MAX_TILE)
}

thread_local! {
    static GRID: RefCell<QuadGrid> = RefCell::new(QuadGrid::web_mercator());
}

/// The grid of all places here: that of the web unless the test has chosen another.
pub fn grid() -> QuadGrid {
    GRID.with_borrow(QuadGrid::clone)
}

/// From here on the test, which has a thread of its own, is about `grid`.
pub fn choose(grid: QuadGrid) {
    GRID.set(grid);
}

/// Runs `test` on each of `grids`.
pub fn on_each(grids: impl IntoIterator<Item = QuadGrid>, test: impl Fn()) {
    for grid in grids {
        choose(grid);
        test();
    }
}

/// The grids that go around the world.
pub fn around_the_world() -> [QuadGrid; 3] {
    let projection = QuadGrid::geographic().projection;
    let own = QuadGrid { id: "own".into(), projection, origin: [-40.3, 95.3], size: 211.0 };
    [QuadGrid::web_mercator(), QuadGrid::geographic(), own]
}

/// Those, and one of a Gauss–Krüger zone, which does not.
pub fn all_grids() -> Vec<QuadGrid> {
    let projection = Crs::of_epsg(4526).unwrap().projection();
    let zone = QuadGrid { id: "zone".into(), projection, origin: [36_912_345.0, 6_054_321.0], size: 2e7 };
    around_the_world().into_iter().chain([zone]).collect()
}

/// The tile at `z` over a place in Tunliu.
pub fn home(z: u8) -> TileCoord {
    at(z, 112.81, 36.21)
}

pub fn at(z: u8, lon: f64, lat: f64) -> TileCoord {
    let [x, y] = grid().position(z, lon, lat);
    grid().tile(z, x as u32, y as u32).unwrap()
}

/// Longitude and latitude of a point in the units of `tile`.
pub fn lonlat(tile: TileCoord, [x, y]: [f64; 2]) -> [f64; 2] {
    let b = grid().bounds(tile, 0.0);
    let unit = (b.max_x - b.min_x) / 4096.0;
    grid().projection.inverse([b.min_x + x * unit, b.max_y - y * unit])
}

pub fn ring(tile: TileCoord, points: &[[f64; 2]]) -> Ring {
    points.iter().map(|&p| lonlat(tile, p)).collect()
}

pub fn polygon(tile: TileCoord, rings: &[Vec<[f64; 2]>]) -> Geometry {
    Geometry::Polygons(vec![rings.iter().map(|r| ring(tile, r)).collect()])
}

pub fn prepare(kind: GeometryKind, geometries: impl IntoIterator<Item = Geometry>) -> TileLayer {
    let rows = geometries.into_iter().enumerate().map(|(i, g)| Row::new(i as i64, g));
    TileLayer::prepare(snapshot(&layer("blocks", kind), rows), &grid(), &Rules::default()).unwrap()
}

/// The features of the layer in `tile`.
pub fn features(prepared: &TileLayer, tile: TileCoord) -> Vec<decode::Feature> {
    of_layer(prepared, tile, "blocks")
}

/// The points of its names.
pub fn labels(prepared: &TileLayer, tile: TileCoord) -> Vec<decode::Feature> {
    of_layer(prepared, tile, "blocks_label")
}

fn of_layer(prepared: &TileLayer, tile: TileCoord, name: &str) -> Vec<decode::Feature> {
    let layers = decode::tile(&cut(&[prepared], tile).bytes);
    layers.into_iter().find(|l| l.name == name).map_or(vec![], |l| l.features)
}

/// Area of `rings` inside the tile itself, without its buffer. Sutherland and Hodgman in floating point:
/// overlapping edges on the sides take no area.
pub fn area_in_tile(rings: &[Vec<[i64; 2]>]) -> f64 {
    let clip = |ring: Vec<[f64; 2]>, axis: usize, limit: f64, sign: f64| {
        let mut out = vec![];
        for i in 0..ring.len() {
            let (a, b) = (ring[i], ring[(i + 1) % ring.len()]);
            let (da, db) = ((a[axis] - limit) * sign, (b[axis] - limit) * sign);
            if da >= 0.0 {
                out.push(a);
            }
            if da * db < 0.0 {
                let t = da / (da - db);
                out.push([a[0] + (b[0] - a[0]) * t, a[1] + (b[1] - a[1]) * t]);
            }
        }
        out
    };
    let area = |ring: &Vec<[i64; 2]>| {
        let mut r: Vec<[f64; 2]> = ring.iter().map(|p| p.map(|v| v as f64)).collect();
        for (axis, limit, sign) in [(0, 0.0, 1.0), (0, 4096.0, -1.0), (1, 0.0, 1.0), (1, 4096.0, -1.0)] {
            r = clip(r, axis, limit, sign);
        }
        area(&r)
    };
    rings.iter().map(area).sum()
}

/// Signed area of a ring.
pub fn area(ring: &[[f64; 2]]) -> f64 {
    let cross = |i: usize| {
        let (a, b) = (ring[i], ring[(i + 1) % ring.len()]);
        a[0] * b[1] - b[0] * a[1]
    };
    (0..ring.len()).map(cross).sum::<f64>() / 2.0
}

pub fn perimeter(ring: &[[f64; 2]]) -> f64 {
    (0..ring.len())
        .map(|i| {
            let (a, b) = (ring[i], ring[(i + 1) % ring.len()]);
            (a[0] - b[0]).hypot(a[1] - b[1])
        })
        .sum()
}
