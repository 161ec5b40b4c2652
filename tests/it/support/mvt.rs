//! Tiles decoded by a reader that is not ours, and checked for what every tile must be.

use geo::{Area, Coord, Geometry, LineString, MultiPolygon, Validation};
use mvt_reader::Reader;
pub use mvt_reader::feature::Value;
use std::collections::{BTreeMap, BTreeSet};

pub const EXTENT: i32 = 4096;
pub const BUFFER: i32 = 64;

#[derive(Debug)]
pub struct Feature {
    pub id: u64,
    pub geometry: Geometry<i32>,
    pub properties: BTreeMap<String, Value>,
}

#[derive(Debug)]
pub struct Layer {
    pub name: String,
    pub features: Vec<Feature>,
}

impl Layer {
    pub fn ids(&self) -> Vec<u64> {
        self.features.iter().map(|f| f.id).collect()
    }
}

/// Decodes a tile and fails unless it keeps every promise that can be seen in one tile alone.
#[track_caller]
pub fn decode(tile: &[u8], named: &str) -> Vec<Layer> {
    let reader = Reader::new(tile.to_vec()).unwrap_or_else(|e| panic!("{named}: {e}"));
    let mut names = BTreeSet::new();
    let layers = reader.get_layer_metadata().unwrap_or_else(|e| panic!("{named}: {e}"));
    let layer = |meta: mvt_reader::layer::Layer| {
        let named = format!("{named} {}", meta.name);
        assert!(names.insert(meta.name.clone()), "{named} twice");
        assert_eq!(meta.version, 2, "{named}");
        assert_eq!(meta.extent, EXTENT as u32, "{named}");
        assert!(meta.feature_count > 0, "{named} is empty");
        let decoded = reader.get_features_as::<i32>(meta.layer_index);
        let decoded = decoded.unwrap_or_else(|e| panic!("{named}: {e}"));
        // The reader drops a feature without a geometry type.
        assert_eq!(decoded.len(), meta.feature_count, "{named}");
        let mut ids = BTreeSet::new();
        let feature = |feature: mvt_reader::feature::Feature<i32>| {
            let id = feature.id.unwrap_or_else(|| panic!("{named}: a feature without an id"));
            assert!(ids.insert(id), "{named}: feature {id} twice");
            check_geometry(&feature.geometry, &format!("{named} {id}"));
            Feature {
                id,
                geometry: feature.geometry,
                properties: feature.properties.unwrap().into_iter().collect(),
            }
        };
        Layer { name: meta.name, features: decoded.into_iter().map(feature).collect() }
    };
    layers.into_iter().map(layer).collect()
}

/// Inside the buffer, valid on the tile's grid and wound as MVT 2.1 asks.
#[track_caller]
fn check_geometry(geometry: &Geometry<i32>, named: &str) {
    use geo::CoordsIter;
    let reach = -BUFFER..=EXTENT + BUFFER;
    for c in geometry.coords_iter() {
        assert!(reach.contains(&c.x) && reach.contains(&c.y), "{named}: {c:?} is outside the buffer");
    }
    match geometry {
        Geometry::MultiPoint(points) => assert!(!points.0.is_empty(), "{named}: no point"),
        Geometry::LineString(line) => check_line(line, named),
        Geometry::MultiLineString(lines) => lines.iter().for_each(|line| check_line(line, named)),
        Geometry::MultiPolygon(polygons) => check_polygons(polygons, named),
        other => panic!("{named}: {other:?}"),
    }
}

fn check_line(line: &LineString<i32>, named: &str) {
    assert!(line.0.len() >= 2, "{named}: a line of {} points", line.0.len());
    assert!(line.lines().all(|part| part.start != part.end), "{named}: a point twice in a row");
}

fn check_polygons(polygons: &MultiPolygon<i32>, named: &str) {
    for polygon in polygons {
        // Tile space has y downwards, so what is clockwise there has a positive shoelace sum.
        assert!(twice_area(polygon.exterior()) > 0, "{named}: an exterior ring runs counter-clockwise");
        for hole in polygon.interiors() {
            assert!(twice_area(hole) < 0, "{named}: an interior ring runs clockwise");
        }
        for ring in polygon.interiors().iter().chain([polygon.exterior()]) {
            assert!(ring.lines().all(|part| part.start != part.end), "{named}: a point twice in a row");
        }
    }
    let errors = to_float(polygons).validation_errors();
    assert!(errors.is_empty(), "{named}: {errors:?} in {polygons:?}");
}

fn twice_area(ring: &LineString<i32>) -> i64 {
    ring.lines()
        .map(|l| i64::from(l.start.x) * i64::from(l.end.y) - i64::from(l.end.x) * i64::from(l.start.y))
        .sum()
}

pub fn to_float(polygons: &MultiPolygon<i32>) -> MultiPolygon<f64> {
    use geo::MapCoords;
    polygons.map_coords(|c: Coord<i32>| Coord { x: f64::from(c.x), y: f64::from(c.y) })
}

pub fn area(geometry: &Geometry<i32>) -> f64 {
    match geometry {
        Geometry::MultiPolygon(polygons) => to_float(polygons).unsigned_area(),
        _ => 0.0,
    }
}

/// All vertices, in tile units.
pub fn vertices(geometry: &Geometry<i32>) -> Vec<(i32, i32)> {
    use geo::CoordsIter;
    geometry.coords_iter().map(|c| (c.x, c.y)).collect()
}
