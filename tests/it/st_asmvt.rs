//! Tiles against `ST_AsMVT` on the same rows: the same features, geometry within one tile unit.

use crate::support::database::TestDatabase;
use crate::support::grid::{self, Tile};
use crate::support::mvt::{self, Feature};
use crate::support::plan;
use crate::support::postgis::{load_plan, query};
use crate::support::server::Setup;
use geo::{
    Closest, ClosestPoint, CoordsIter, Distance, Euclidean, Geometry, LineString, MapCoords, MultiLineString,
    Point,
};
use std::collections::BTreeMap;

/// From this zoom on nothing is simplified.
const EXACT: u32 = 12;

/// Where the cut runs, a shallow edge meets it somewhere else for half a unit of rounding; nobody sees it there.
const TOLERANCE_AT_THE_CUT: f64 = 32.0;

/// Half a unit of rounding on either side in each direction, and a little for the projections' arithmetic.
const TOLERANCE: f64 = std::f64::consts::SQRT_2 + 0.01;

#[tokio::test]
async fn tiles_agree_with_postgis() {
    let database = TestDatabase::new().await;
    load_plan(&database.url());
    let server = Setup::default().database(&database.url()).start();
    let mut compared = BTreeMap::new();
    for layer in plan::LAYERS.iter() {
        let tiles = tiles_to_compare(layer);
        for (tile, expected) in tiles.iter().zip(postgis_tiles(&database.url(), &layer.id, &tiles)) {
            let named = format!("{} {tile}", layer.id);
            let answer = server.get(&format!("/tiles/{}/{tile}.mvt", layer.id));
            let ours = by_id(&answer.body, &named);
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
fn tiles_to_compare(layer: &plan::Layer) -> Vec<Tile> {
    let mut tiles = Vec::new();
    for feature in &layer.features {
        let [west, south, east, north] = plan::bounds_of(feature);
        for z in [EXACT, 14] {
            tiles.extend([
                grid::tile_at(west, (south + north) / 2.0, z),
                grid::tile_at((west + east) / 2.0, south, z),
            ]);
        }
    }
    tiles.sort_by_key(|t| (t.z, t.x, t.y));
    tiles.dedup();
    tiles
}

/// What PostGIS makes of the tiles, in one query: starting psql for each would take most of the time.
fn postgis_tiles(url: &str, layer: &str, tiles: &[Tile]) -> Vec<Vec<u8>> {
    let rows: Vec<_> = tiles.iter().map(|t| format!("({}, {}, {})", t.z, t.x, t.y)).collect();
    let sql = format!(
        "SELECT (SELECT encode(ST_AsMVT(cut, '{layer}', 4096, 'geom', 'id'), 'hex') FROM (
           SELECT id, ST_AsMVTGeom(ST_Transform(geom, 3857), ST_TileEnvelope(z, x, y), 4096, 64, true) AS geom
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
    let layers = mvt::decode(tile, named);
    assert!(layers.len() <= 1, "{named}");
    layers.into_iter().flat_map(|l| l.features).map(|f| (f.id, f)).collect()
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
