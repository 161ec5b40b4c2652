//! What is in a tile.

use crate::support::grid::{self, Tile};
use crate::support::mvt::{self, Layer, Value};
use crate::support::plan;
use crate::support::server::{Server, Setup, shared};
use std::collections::{BTreeMap, BTreeSet};

fn cut(server: &Server, tileset: &str, tile: Tile) -> Vec<Layer> {
    let path = format!("/tiles/{tileset}/{tile}.mvt");
    let answer = server.get(&path);
    if answer.status == 204 {
        return Vec::new();
    }
    mvt::decode(&answer.expect(200).body, &path)
}

#[test]
fn every_tile_is_valid_and_says_what_the_plan_says() {
    let server = shared();
    let known: BTreeMap<_, _> = plan::LAYERS.iter().map(|l| (l.id.as_str(), l)).collect();
    for tile in (0..=13).flat_map(|z| grid::tiles_over(plan::bounds(), z)) {
        for layer in cut(&server, "plan", tile) {
            let source = known[layer.name.as_str()];
            assert!(tile.z >= source.minzoom, "{tile} {} below its first zoom", layer.name);
            for feature in layer.features {
                let named = format!("{tile} {} {}", layer.name, feature.id);
                expect_properties(source, &feature, &named);
                let kind = match feature.geometry {
                    geo::Geometry::MultiPoint(_) => "point",
                    geo::Geometry::MultiPolygon(_) => "polygon",
                    _ => "line",
                };
                assert_eq!(kind, source.geometry, "{named}");
            }
        }
    }
}

/// Each column keeps its name and its type; a null is left out.
fn expect_properties(layer: &plan::Layer, feature: &mvt::Feature, named: &str) {
    let properties = &layer.feature(feature.id)["properties"];
    let mut expected = BTreeMap::new();
    for (name, kind) in &layer.fields {
        let value = &properties[name];
        if value.is_null() {
            continue;
        }
        let typed = match kind.as_str() {
            "integer" => Value::Int(value.as_i64().unwrap()),
            "real" => Value::Double(value.as_f64().unwrap()),
            "boolean" => Value::Bool(value.as_bool().unwrap()),
            "text" | "date" => Value::String(value.as_str().unwrap().to_owned()),
            other => panic!("{named}: a field of type {other}"),
        };
        expected.insert(name.clone(), typed);
    }
    let found: BTreeMap<_, _> = feature.properties.iter().map(|(n, v)| (n.clone(), widened(v))).collect();
    assert_eq!(found, expected, "{named}");
}

/// MVT has three encodings of a whole number and two of a real one; a client sees no difference.
fn widened(value: &Value) -> Value {
    match value {
        Value::UInt(n) => Value::Int(i64::try_from(*n).unwrap()),
        Value::SInt(n) => Value::Int(*n),
        Value::Float(n) => Value::Double(f64::from(*n)),
        other => other.clone(),
    }
}

#[test]
fn no_feature_is_lost_from_zoom_12_on() {
    let server = shared();
    let mut seen: BTreeMap<String, BTreeSet<u64>> = BTreeMap::new();
    for tile in grid::tiles_over(plan::bounds(), 12) {
        for layer in cut(&server, "plan", tile) {
            seen.entry(layer.name.clone()).or_default().extend(layer.ids());
        }
    }
    for layer in plan::LAYERS.iter() {
        let ids: BTreeSet<_> = layer.ids().into_iter().collect();
        let shown = seen.remove(&layer.id).unwrap_or_default();
        if layer.minzoom <= 12 {
            assert_eq!(shown, ids, "{}", layer.id);
        }
    }
}

/// Small polygons may be drawn simpler at low zooms, but what is drawn must still cover the land it stands for.
#[test]
fn low_zooms_keep_the_area_of_a_layer() {
    let server = shared();
    let layer = "mining_rights";
    let area = |z: u32| -> f64 {
        let tiles = grid::tiles_over(plan::bounds(), z);
        let parts = tiles.into_iter().flat_map(|t| cut(&server, layer, t)).flat_map(|l| l.features);
        // In units of zoom 13.
        parts.map(|f| mvt::area(&f.geometry)).sum::<f64>() * f64::from(1u32 << (2 * (13 - z)))
    };
    let full = area(13);
    assert!(full > 0.0);
    for z in plan::layer_named(layer).minzoom.max(7)..13 {
        let kept = area(z) / full;
        // Buffers count twice where features cross tile edges, so the sum may exceed one.
        assert!((0.9..1.2).contains(&kept), "z{z} draws {kept} of the area");
    }
}

#[test]
fn layers_joined_by_commas_are_the_layers_in_one_tile() {
    let server = shared();
    let tile = busy_tile(9);
    let names = ["mining_blocks", "prohibited_zones", "admin_boundary"];
    let joined = cut(&server, &names.join(","), tile);
    let found: BTreeSet<_> = joined.iter().map(|l| l.name.as_str()).collect();
    assert_eq!(found, BTreeSet::from(names), "{tile}");
    for layer in &joined {
        let alone = cut(&server, &layer.name, tile);
        assert_eq!(format!("{:?}", alone[0]), format!("{layer:?}"));
    }
}

#[test]
fn two_servers_send_the_same_bytes_under_the_same_etag() {
    let (one, other) = (shared(), Setup::default().start());
    for z in [6, 9, 11, 13] {
        let path = format!("/tiles/plan/{}.mvt", busy_tile(z));
        let (a, b) = (one.get(&path).expect(200), other.get(&path).expect(200));
        assert_eq!(a.expect_header("etag"), b.expect_header("etag"), "{path}");
        assert!(a.body == b.body, "{path} differs");
    }
    let version = |server: &Server| {
        server.get("/tiles/plan.json").json()["tiles"].to_string().replace(&server.address, "")
    };
    assert_eq!(version(&one), version(&other));
}

/// A tile that holds a mining block.
pub fn busy_tile(z: u32) -> Tile {
    let [west, south, east, north] = plan::bounds_of(&plan::layer_named("mining_blocks").features[0]);
    grid::tile_at((west + east) / 2.0, (south + north) / 2.0, z)
}
