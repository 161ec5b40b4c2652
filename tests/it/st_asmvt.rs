//! Tiles against `ST_AsMVT` on the same rows: the same features, geometry within one tile unit.

use crate::support::database::TestDatabase;
use crate::support::grid::{self, Tile};
use crate::support::mvt::{self, Feature};
use crate::support::plan;
use crate::support::postgis::{load_plan, query};
use crate::support::server::{Server, Setup};
use geo::{
    Closest, ClosestPoint, CoordsIter, Distance, Euclidean, Geometry, LineString, MapCoords, MultiLineString,
    Point,
};
use plantiles::crs::Crs;
use std::collections::BTreeMap;

/// From this zoom on nothing is simplified.
const EXACT: u32 = 12;

/// Where the cut runs, a shallow edge meets it somewhere else for half a unit of rounding; nobody sees it there.
const TOLERANCE_AT_THE_CUT: f64 = 32.0;

/// Half a unit of rounding on either side in each direction, and a little for the projections' arithmetic.
const TOLERANCE: f64 = std::f64::consts::SQRT_2 + 0.01;

/// A quad grid as PostGIS knows it: the box of its level 0 in a CRS, west, south, east, north.
struct Grid {
    srid: u32,
    square: [f64; 4],
    /// Level at which a tile is as wide as at zoom 0 of Web Mercator, or would be.
    first: i32,
    tile_at: fn(f64, f64, u32) -> Tile,
    path: fn(&str, Tile) -> String,
}

const MERCATOR: f64 = 20_037_508.342_789_244;

const ZONE: &str = "[[tiles.grid]]\nid = \"zone38\"\ncrs = 4526\norigin = [38300000.0, 4150000.0]\nsize = 262144.0\nzooms = [0, 11]\n";
const ZONE_SQUARE: [f64; 4] = [38_300_000.0, 3_887_856.0, 38_562_144.0, 4_150_000.0];

fn grids() -> [Grid; 3] {
    [
        Grid {
            srid: 3857,
            square: [-MERCATOR, -MERCATOR, MERCATOR, MERCATOR],
            first: 0,
            tile_at: grid::tile_at,
            path: |layer, tile| format!("/tiles/{layer}/{tile}.mvt"),
        },
        // The square of 360° of which `c` is the upper half.
        Grid {
            srid: 4490,
            square: [-180.0, -270.0, 180.0, 90.0],
            first: 0,
            tile_at: |lon, lat, z| {
                let side = 360.0 / f64::from(1u32 << z);
                Tile { z, x: ((lon + 180.0) / side) as u32, y: ((90.0 - lat) / side) as u32 }
            },
            path: |layer, Tile { z, x, y }| format!("/ogc/collections/{layer}/tiles/c/{z}/{y}/{x}"),
        },
        Grid {
            srid: 4526,
            square: ZONE_SQUARE,
            first: -7,
            tile_at: |lon, lat, z| {
                let [x, y] = Crs::of_epsg(4526).unwrap().forward([lon, lat]);
                let side = 262_144.0 / f64::from(1u32 << z);
                Tile { z, x: ((x - ZONE_SQUARE[0]) / side) as u32, y: ((ZONE_SQUARE[3] - y) / side) as u32 }
            },
            path: |layer, Tile { z, x, y }| format!("/ogc/collections/{layer}/tiles/zone38/{z}/{y}/{x}"),
        },
    ]
}

#[tokio::test]
async fn tiles_agree_with_postgis_in_every_grid() {
    let database = TestDatabase::new().await;
    load_plan(&database.url());
    let server = Setup::default().database(&database.url()).config(ZONE).start();
    grids().iter().for_each(|grid| compare_all(&server, &database.url(), grid));
}

fn compare_all(server: &Server, url: &str, grid: &Grid) {
    let mut compared = BTreeMap::new();
    for layer in plan::LAYERS.iter() {
        let tiles = tiles_to_compare(layer, grid);
        for (tile, expected) in tiles.iter().zip(postgis_tiles(url, &layer.id, grid, &tiles)) {
            let named = format!("{} {} {tile}", grid.srid, layer.id);
            let answer = server.get(&(grid.path)(&layer.id, *tile));
            assert!([200, 204, 404].contains(&answer.status), "{named}: {}", answer.status);
            // Beside the limits of its tileset a tile is not there.
            let ours = if answer.status == 200 { by_id(&answer.body, &named) } else { BTreeMap::new() };
            let theirs = by_id(&expected, &format!("ST_AsMVT {named}"));
            for id in ours.keys().chain(theirs.keys()) {
                compare(ours.get(id), theirs.get(id), &format!("{named} {id}"));
            }
            *compared.entry(&layer.id).or_insert(0) += theirs.len();
        }
    }
    assert!(compared.len() == plan::LAYERS.len() && compared.values().all(|n| *n > 0), "{compared:?}");
}

/// The tiles at a few vertices of each feature, where borders are.
fn tiles_to_compare(layer: &plan::Layer, grid: &Grid) -> Vec<Tile> {
    let mut tiles = Vec::new();
    for feature in &layer.features {
        let [west, south, east, north] = plan::bounds_of(feature);
        for z in [EXACT, 14].map(|z: u32| z.wrapping_add_signed(grid.first)) {
            tiles.extend([
                (grid.tile_at)(west, (south + north) / 2.0, z),
                (grid.tile_at)((west + east) / 2.0, south, z),
            ]);
        }
    }
    tiles.sort_by_key(|t| (t.z, t.x, t.y));
    tiles.dedup();
    tiles
}

/// What PostGIS makes of the tiles, in one query: starting psql for each would take most of the time.
fn postgis_tiles(url: &str, layer: &str, grid: &Grid, tiles: &[Tile]) -> Vec<Vec<u8>> {
    let Grid { srid, square: [west, south, east, north], .. } = grid;
    let rows: Vec<_> = tiles.iter().map(|t| format!("({}, {}, {})", t.z, t.x, t.y)).collect();
    let sql = format!(
        "SELECT (SELECT encode(ST_AsMVT(cut, '{layer}', 4096, 'geom', 'id'), 'hex') FROM (
           SELECT id, ST_AsMVTGeom(ST_Transform(geom, {srid}),
             ST_TileEnvelope(z, x, y, ST_MakeEnvelope({west}, {south}, {east}, {north}, {srid})), 4096, 64, true) AS geom
           FROM plan.{layer} ORDER BY id) AS cut WHERE geom IS NOT NULL)
         FROM (VALUES {}) AS tile (z, x, y)",
        rows.join(", ")
    );
    let answer = query(url, &sql);
    let found: Vec<_> = answer.split('\n').map(unhex).collect();
    assert_eq!(found.len(), tiles.len());
    found
}

fn unhex(hex: &str) -> Vec<u8> {
    let byte = |at| u8::from_str_radix(&hex[at..at + 2], 16).unwrap();
    (0..hex.len()).step_by(2).map(byte).collect()
}

fn by_id(tile: &[u8], named: &str) -> BTreeMap<u64, Feature> {
    // The points of names are ours alone.
    let layers = mvt::decode(tile, named).into_iter().filter(|l| !l.name.ends_with("_label"));
    layers.flat_map(|l| l.features).map(|f| (f.id, f)).collect()
}

fn compare(ours: Option<&Feature>, theirs: Option<&Feature>, named: &str) {
    match (ours, theirs) {
        (Some(ours), Some(theirs)) => {
            let (a, b) = (lines(&ours.geometry), lines(&theirs.geometry));
            for (from, to, direction) in [(&a, &b, "ours is off theirs"), (&b, &a, "theirs is off ours")] {
                if let Some((distance, at)) = farthest_off(from, to) {
                    panic!("{named}: {direction} by {distance} at {at:?}");
                }
            }
        }
        // What only grazes the tile may vanish in one rounding and leave a sliver in the other.
        (Some(only), None) | (None, Some(only)) => {
            let whose = if ours.is_some() { "ours" } else { "PostGIS" };
            assert!(is_sliver(&only.geometry), "{named}: only {whose} has it: {:?}", only.geometry);
        }
        (None, None) => unreachable!(),
    }
}

/// Less than a unit wide on the average, or nothing but points within a unit.
fn is_sliver(geometry: &Geometry<i32>) -> bool {
    use geo::{Euclidean as Plane, Length};
    let length = Plane.length(&lines(geometry));
    match geometry {
        Geometry::MultiPolygon(_) => mvt::area(geometry) <= length,
        _ => length <= 2.0,
    }
}

/// The boundary of a polygon, or the line itself.
fn lines(geometry: &Geometry<i32>) -> MultiLineString<f64> {
    let float =
        |line: &LineString<i32>| line.map_coords(|c| geo::Coord { x: f64::from(c.x), y: f64::from(c.y) });
    match geometry {
        Geometry::LineString(line) => MultiLineString::new(vec![float(line)]),
        Geometry::MultiLineString(lines) => lines.iter().map(float).collect(),
        Geometry::MultiPolygon(polygons) => {
            polygons.iter().flat_map(|p| p.interiors().iter().chain([p.exterior()])).map(float).collect()
        }
        other => panic!("{other:?}"),
    }
}

/// The vertex that lies farthest from the other geometry, if that is too far.
fn farthest_off(from: &MultiLineString<f64>, to: &MultiLineString<f64>) -> Option<(f64, Point)> {
    let away = |point: Point| match to.closest_point(&point) {
        Closest::Intersection(near) | Closest::SinglePoint(near) => (Euclidean.distance(point, near), point),
        Closest::Indeterminate => (f64::INFINITY, point),
    };
    let cut = |v: f64| v <= f64::from(-mvt::BUFFER) || v >= f64::from(mvt::EXTENT + mvt::BUFFER);
    let too_far = |&(distance, at): &(f64, Point)| {
        distance > if cut(at.x()) || cut(at.y()) { TOLERANCE_AT_THE_CUT } else { TOLERANCE }
    };
    from.coords_iter().map(|c| away(c.into())).filter(too_far).max_by(|a, b| a.0.total_cmp(&b.0))
}
