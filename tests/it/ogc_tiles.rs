//! Tiles under `/ogc`, each test under the name of the abstract test (OGC API Tiles 1, 20-057, annex A; OGC TMS 2.0,
//! 17-083r4, annex A), and what a client may get wrong.

use crate::ogc_common::{declared, linked, links};
use crate::support::{grid::tile_at, mvt, plan, server::shared};
use serde_json::{Value, json};
use std::collections::BTreeSet;

const JSON: &str = "application/json";
const MVT: &str = "application/vnd.mapbox-vector-tile";
const TILING_SCHEME: &str = "http://www.opengis.net/def/rel/ogc/1.0/tiling-scheme";
const TILESETS: &str = "http://www.opengis.net/def/rel/ogc/1.0/tilesets-vector";
const SETS: [&str; 4] = ["WebMercatorQuad", "WorldCRS84Quad", "c", "w"];

#[track_caller]
fn json(path: &str) -> Value {
    let answer = shared().get(path).expect(200);
    assert_eq!(answer.expect_header("content-type"), JSON, "{path}");
    answer.json()
}

/// A tile of `c` with mining blocks in it: level, row, column.
fn busy_c(level: u32) -> [u32; 3] {
    let [west, south, east, north] = plan::bounds_of(&plan::layer_named("mining_blocks").features[0]);
    let side = 360.0 / f64::from(1u32 << level);
    let column = ((west + east) / 2.0 + 180.0) / side;
    let row = (90.0 - (south + north) / 2.0) / side;
    [level, row as u32, column as u32]
}

fn busy_path(level: u32) -> String {
    let [level, row, column] = busy_c(level);
    format!("c/{level}/{row}/{column}")
}

/// `ogcapi-tiles-1/1.0/conf/core`: `/conf/core/conformance-success` and those of the other classes.
#[test]
fn core_conformance_success() {
    let classes = declared();
    for class in [
        "core",
        "tileset",
        "tilesets-list",
        "dataset-tilesets",
        "geodata-tilesets",
        "collections-selection",
        "mvt",
        "oas30",
    ] {
        assert!(
            classes.contains(&format!("http://www.opengis.net/spec/ogcapi-tiles-1/1.0/conf/{class}")),
            "{class}"
        );
    }
    // What is not done is not declared.
    for class in ["png", "geojson", "datetime", "xml"] {
        assert!(
            !classes.contains(&format!("http://www.opengis.net/spec/ogcapi-tiles-1/1.0/conf/{class}")),
            "{class}"
        );
    }
}

/// `/conf/core/tc-op`, `tc-tilematrix-definition`, `tc-tilerow-definition` and `tc-tilecol-definition`: row before
/// column.
#[test]
fn core_tc_op() {
    let server = shared();
    let tile = tile_at(112.8, 36.3, 11);
    assert_ne!(tile.x, tile.y);
    let ogc = server.get(&format!("/ogc/tiles/WebMercatorQuad/{}/{}/{}", tile.z, tile.y, tile.x)).expect(200);
    let xyz = server.get(&format!("/tiles/plan/{tile}.mvt")).expect(200);
    assert_eq!(ogc.body, xyz.body);
    assert_eq!(ogc.expect_header("etag"), xyz.expect_header("etag"));
    let w = server.get(&format!("/ogc/tiles/w/{}/{}/{}", tile.z, tile.y, tile.x)).expect(200);
    assert_eq!(w.body, xyz.body);
}

/// `/conf/core/tc-success`
#[test]
fn core_tc_success() {
    let server = shared();
    for path in ["/ogc/tiles/", "/ogc/collections/mining_blocks/tiles/"] {
        for level in [6, 11, 14, 18] {
            let path = format!("{path}{}", busy_path(level));
            let answer = server.get(&path).expect(200);
            assert_eq!(answer.expect_header("content-type"), MVT);
            let layers = mvt::decode(&answer.body, &path);
            assert!(layers.iter().any(|layer| layer.name == "mining_blocks"), "{path}");
            assert_eq!(server.get(&format!("{path}?f=mvt")).expect(200).body, answer.body);
        }
    }
}

/// `/conf/core/tc-error`
#[test]
fn core_tc_error() {
    let server = shared();
    let [level, row, column] = busy_c(12);
    let limits = json("/ogc/collections/mining_blocks/tiles/c")["tileMatrixSetLimits"].clone();
    let limit = limits.as_array().unwrap().iter().find(|l| l["tileMatrix"] == "12").unwrap().clone();
    let beyond = limit["maxTileCol"].as_u64().unwrap() + 1;
    for (place, named) in [
        (format!("0/{row}/{column}"), "tileMatrix"),
        (format!("19/{row}/{column}"), "tileMatrix"),
        (format!("x/{row}/{column}"), "tileMatrix"),
        (format!("{level}/2048/{column}"), "tileRow"),
        (format!("{level}/-1/{column}"), "tileRow"),
        (format!("{level}/+1/{column}"), "tileRow"),
        (format!("{level}/{row}/4096"), "tileCol"),
        (format!("{level}/{row}/x"), "tileCol"),
        (format!("{level}/{row}/{beyond}"), "tileCol"),
        (format!("{level}/0/{column}"), "tileRow"),
    ] {
        let problem =
            server.get(&format!("/ogc/collections/mining_blocks/tiles/c/{place}")).expect_problem(404);
        assert!(problem["detail"].as_str().unwrap().contains(named), "{place}: {problem}");
    }
    // Within the limits, without anything in it: 200 and no byte.
    let empty = (limit["minTileRow"].as_u64().unwrap()..=limit["maxTileRow"].as_u64().unwrap())
        .flat_map(|row| (limit["minTileCol"].as_u64().unwrap()..beyond).map(move |column| (row, column)))
        .map(|(row, column)| format!("/ogc/collections/mining_blocks/tiles/c/12/{row}/{column}"))
        .map(|path| server.get(&path).expect(200))
        .find(|answer| answer.body.is_empty())
        .expect("an empty tile within the limits");
    assert_eq!(empty.expect_header("content-type"), MVT);
    assert_eq!(empty.expect_header("content-length"), "0");
}

/// `ogcapi-tiles-1/1.0/conf/tileset`: `/conf/tileset/description`; `tms/2.0/conf/tilesetmetadata`,
/// `tms/2.0/conf/json-tilesetmetadata`
#[test]
fn tileset_description() {
    let server = shared();
    for path in ["/ogc/tiles", "/ogc/collections/mining_blocks/tiles"] {
        for set in SETS {
            let document = json(&format!("{path}/{set}"));
            let scheme = json(&linked(&server, &document, TILING_SCHEME, JSON));
            assert_eq!(scheme["id"], set);
            assert_eq!(scheme["crs"], document["crs"]);
            assert_eq!(document["dataType"], "vector");
            assert_eq!(document["tileMatrixSetURI"], scheme["uri"], "{set}");
            assert_eq!(linked(&server, &document, "self", JSON), format!("{path}/{set}"));
            let template = linked(&server, &document, "item", MVT);
            let item = document["links"].as_array().unwrap().iter().find(|l| l["rel"] == "item").unwrap();
            assert_eq!(item["templated"], true);
            // The template with the limits filled in leads to tiles.
            let limits = document["tileMatrixSetLimits"].as_array().unwrap();
            let last = limits.last().unwrap();
            let filled = template
                .replace("{tileMatrix}", last["tileMatrix"].as_str().unwrap())
                .replace("{tileRow}", &last["minTileRow"].to_string())
                .replace("{tileCol}", &last["minTileCol"].to_string());
            server.get(&filled).expect(200);
            let corners = |corner: &str| document["boundingBox"][corner].as_array().unwrap().clone();
            let [west, south] = [0, 1].map(|i| corners("lowerLeft")[i].as_f64().unwrap());
            let [east, north] = [0, 1].map(|i| corners("upperRight")[i].as_f64().unwrap());
            assert!(west < east && south < north && (112.0..114.0).contains(&west) && north < 37.0);
        }
    }
    let document = json("/ogc/collections/mining_blocks/tiles/c");
    let layers = document["layers"].as_array().unwrap();
    assert_eq!(layers.iter().map(|l| &l["id"]).collect::<Vec<_>>(), ["mining_blocks", "mining_blocks_label"]);
    assert_eq!(layers[0]["geometryDimension"], 2);
    let fields: BTreeSet<_> =
        layers[0]["propertiesSchema"]["properties"].as_object().unwrap().keys().collect();
    let expected: BTreeSet<_> =
        plan::layer_named("mining_blocks").fields.iter().map(|(name, _)| name).collect();
    assert_eq!(fields, expected);
}

/// `ogcapi-tiles-1/1.0/conf/tilesets-list`: `/conf/tilesets-list/tileset-links`
#[test]
fn tilesets_list_tileset_links() {
    let server = shared();
    for path in ["/ogc/tiles", "/ogc/collections/roads/tiles"] {
        let document = json(path);
        let tilesets = document["tilesets"].as_array().unwrap();
        assert_eq!(tilesets.len(), SETS.len());
        for (tileset, set) in tilesets.iter().zip(SETS) {
            assert_eq!(tileset["dataType"], "vector");
            let own = linked(&server, tileset, "self", JSON);
            assert_eq!(own, format!("{path}/{set}"));
            let full = json(&own);
            for member in ["crs", "title", "dataType", "tileMatrixSetURI"] {
                assert_eq!(tileset[member], full[member], "{member}");
            }
            linked(&server, tileset, TILING_SCHEME, JSON);
        }
    }
}

/// `ogcapi-tiles-1/1.0/conf/dataset-tilesets`: `/conf/dataset-tilesets/landingpage` and `/conf/dataset-tilesets/operation`
#[test]
fn dataset_tilesets_landingpage() {
    let server = shared();
    assert_eq!(linked(&server, &json("/ogc"), TILESETS, JSON), "/ogc/tiles");
    let schemes = linked(&server, &json("/ogc"), &TILING_SCHEME.replace("scheme", "schemes"), JSON);
    assert_eq!(json(&schemes)["tileMatrixSets"].as_array().unwrap().len(), SETS.len());
}

/// `ogcapi-tiles-1/1.0/conf/geodata-tilesets`: `/conf/geodata-tilesets/desc-links` and `/conf/geodata-tilesets/operation`
#[test]
fn geodata_tilesets_desc_links() {
    let server = shared();
    for collection in json("/ogc/collections")["collections"].as_array().unwrap() {
        let path = linked(&server, collection, TILESETS, JSON);
        assert_eq!(json(&path)["tilesets"].as_array().unwrap().len(), SETS.len());
    }
}

/// `ogcapi-tiles-1/1.0/conf/collections-selection`: `/conf/collections-selection/query-collections` and
/// `collections-response`
#[test]
fn collections_selection_collections_response() {
    let server = shared();
    let chosen = "townships,mining_blocks";
    let document = json(&format!("/ogc/tiles/c?collections={chosen}"));
    let features: Vec<_> = document["layers"].as_array().unwrap().iter().map(|l| &l["featureType"]).collect();
    assert_eq!(features, ["townships", "townships", "mining_blocks", "mining_blocks"]);
    let template = linked(&server, &document, "item", MVT);
    assert!(template.ends_with(&format!("?collections={chosen}")), "{template}");
    let path = format!("/ogc/tiles/{}?collections={chosen}", busy_path(12));
    let layers = mvt::decode(&server.get(&path).expect(200).body, &path);
    let names: Vec<_> = layers.iter().map(|l| l.name.trim_end_matches("_label")).collect();
    assert!(names.is_sorted_by(|a, b| a == b || *a == "townships"), "{names:?}");
    assert_eq!(BTreeSet::from_iter(names), BTreeSet::from(["townships", "mining_blocks"]));
    for wrong in ["nowhere", "mining_blocks,nowhere", "mining_blocks,mining_blocks", ""] {
        for path in ["/ogc/tiles/c", &format!("/ogc/tiles/{}", busy_path(12)), "/ogc/tiles"] {
            let problem = server.get(&format!("{path}?collections={wrong}")).expect_problem(400);
            assert!(problem["detail"].as_str().unwrap().contains("`collections`"), "{problem}");
        }
    }
}

/// `ogcapi-tiles-1/1.0/conf/mvt`: `/conf/mvt/content`: the grid of a tile maps linearly to its extent in the CRS of the tileset.
#[test]
fn mvt_content() {
    let server = shared();
    let layer = plan::layer_named("mining_blocks");
    let [level, row, column] = busy_c(13);
    let path = format!("/ogc/collections/mining_blocks/tiles/c/{level}/{row}/{column}");
    let layers = mvt::decode(&server.get(&path).expect(200).body, &path);
    let side = 360.0 / f64::from(1u32 << level);
    let mut met = 0;
    for feature in &layers.iter().find(|l| l.name == "mining_blocks").unwrap().features {
        let [west, south, east, north] = plan::bounds_of(layer.feature(feature.id));
        for (x, y) in mvt::vertices(&feature.geometry) {
            let lon = -180.0 + (f64::from(column) + f64::from(x) / 4096.0) * side;
            let lat = 90.0 - (f64::from(row) + f64::from(y) / 4096.0) * side;
            let slack = side / 4096.0;
            assert!(
                (west - slack..=east + slack).contains(&lon)
                    && (south - slack..=north + slack).contains(&lat)
            );
            met += 1;
        }
    }
    assert!(met > 0);
}

/// `ogcapi-tiles-1/1.0/conf/oas30`: `/conf/oas30/operation-id` and `/conf/oas30/oas-definition-1`: operations are called as the standard says, and the
/// document has the paths of all of them.
#[test]
fn oas30_operation_id() {
    let document = shared().get("/ogc/api").expect(200).json();
    for (path, operation) in [
        ("/", "getLandingPage"),
        ("/conformance", "getConformance"),
        ("/api", "getAPI"),
        ("/collections", "getCollectionsList"),
        ("/tileMatrixSets", "getTileMatrixSetsList"),
        ("/tileMatrixSets/{tileMatrixSetId}", "getTileMatrixSet"),
        ("/tiles", ".dataset.vector.getTileSetsList"),
        ("/tiles/{tileMatrixSetId}", ".dataset.vector.getTileSet"),
        ("/tiles/{tileMatrixSetId}/{tileMatrix}/{tileRow}/{tileCol}", ".dataset.vector.getTile"),
        ("/collections/{collectionId}/tiles", ".collection.vector.getTileSetsList"),
        ("/collections/{collectionId}/tiles/{tileMatrixSetId}", ".collection.vector.getTileSet"),
        (
            "/collections/{collectionId}/tiles/{tileMatrixSetId}/{tileMatrix}/{tileRow}/{tileCol}",
            ".collection.vector.getTile",
        ),
    ] {
        let found = document["paths"][path]["get"]["operationId"].as_str();
        assert!(found.is_some_and(|found| found.ends_with(operation)), "{path}: {found:?}");
    }
}

/// `tms/2.0/conf/tilematrixset` and `tms/2.0/conf/json-tilematrixset`: the definitions of the register, to the digit.
#[test]
fn tms_tilematrixset() {
    let set = json("/ogc/tileMatrixSets/WorldCRS84Quad");
    assert_eq!(set["crs"], "http://www.opengis.net/def/crs/OGC/1.3/CRS84");
    assert_eq!(set["uri"], "http://www.opengis.net/def/tilematrixset/OGC/1.0/WorldCRS84Quad");
    assert_eq!(
        set["tileMatrices"][0],
        json!({
            "id": "0", "scaleDenominator": 279541132.0143589, "cellSize": 0.703125, "cornerOfOrigin": "topLeft",
            "pointOfOrigin": [-180.0, 90.0], "tileWidth": 256, "tileHeight": 256, "matrixWidth": 2, "matrixHeight": 1,
        })
    );
    // Latitude first, as EPSG:4490 has it.
    let c = json("/ogc/tileMatrixSets/c");
    assert_eq!(c["crs"], "http://www.opengis.net/def/crs/EPSG/0/4490");
    assert_eq!(c["orderedAxes"], json!(["Lat", "Lon"]));
    let matrices = c["tileMatrices"].as_array().unwrap();
    assert_eq!(matrices.len(), 18);
    assert_eq!(matrices[0]["id"], "1");
    assert_eq!(matrices[0]["pointOfOrigin"], json!([90.0, -180.0]));
    assert_eq!(matrices[0]["cellSize"], set["tileMatrices"][0]["cellSize"]);
    assert_eq!(c["boundingBox"]["lowerLeft"], json!([-90.0, -180.0]));
    let mercator = json("/ogc/tileMatrixSets/WebMercatorQuad");
    assert_eq!(mercator["tileMatrices"][0]["scaleDenominator"], 559082264.0287178);
    assert_eq!(mercator["tileMatrices"].as_array().unwrap().len(), 19);
    shared().get("/ogc/tileMatrixSets/nowhere").expect_problem(404);
}

/// `tms/2.0/conf/tilematrixsetlimits` and `tms/2.0/conf/json-tilematrixsetlimits`: just the tiles that the extent meets.
#[test]
fn tms_tilematrixsetlimits() {
    let [west, south, east, north] = plan::bounds();
    let document = json("/ogc/tiles/WebMercatorQuad");
    for limit in document["tileMatrixSetLimits"].as_array().unwrap() {
        let z: u32 = limit["tileMatrix"].as_str().unwrap().parse().unwrap();
        let (first, last) = (tile_at(west, north, z), tile_at(east, south, z));
        assert_eq!(
            *limit,
            json!({
                "tileMatrix": z.to_string(), "minTileRow": first.y, "maxTileRow": last.y,
                "minTileCol": first.x, "maxTileCol": last.x,
            })
        );
    }
}

#[test]
fn tilejson_has_levels_of_the_tile_matrix_set() {
    let server = shared();
    let document = server.get("/ogc/tiles/c?f=tilejson&collections=mining_blocks").expect(200).json();
    assert_eq!(document["tilejson"], "3.0.0");
    assert_eq!(document["maxzoom"], 18);
    let crs84 =
        server.get("/ogc/collections/mining_blocks/tiles/WorldCRS84Quad?f=tilejson").expect(200).json();
    assert_eq!(crs84["maxzoom"], 17);
    assert_eq!(crs84["minzoom"].as_u64().unwrap() + 1, document["minzoom"].as_u64().unwrap());
    let [level, row, column] = busy_c(12);
    let template = document["tiles"][0].as_str().unwrap().strip_prefix(&server.url("")).unwrap();
    let path = template
        .replace("{z}", &level.to_string())
        .replace("{y}", &row.to_string())
        .replace("{x}", &column.to_string());
    assert!(!server.get(&path).expect(200).body.is_empty());
}

#[test]
fn every_resource_has_a_page_and_refuses_what_it_does_not_know() {
    let server = shared();
    let tile = format!("/ogc/tiles/{}", busy_path(12));
    for path in [
        "/ogc/tileMatrixSets",
        "/ogc/tileMatrixSets/c",
        "/ogc/tiles",
        "/ogc/tiles/c",
        "/ogc/collections/roads/tiles",
        "/ogc/collections/roads/tiles/w",
        &tile,
    ] {
        if path != tile {
            let page = server.get(&format!("{path}?f=html")).expect(200);
            assert!(page.expect_header("content-type").starts_with("text/html"));
        }
        for (query, named) in [("f=xml", "`f`"), ("style=x", "`style`"), ("f=mvt&f=mvt", "`f`")] {
            let problem = server.get(&format!("{path}?{query}")).expect_problem(400);
            assert!(problem["detail"].as_str().unwrap().contains(named), "{path}?{query}: {problem}");
        }
    }
    let problem = server.get("/ogc/collections/roads/tiles/c?collections=roads").expect_problem(400);
    assert!(problem["detail"].as_str().unwrap().contains("`collections`"));
    for path in
        ["/ogc/tiles/x", "/ogc/tiles/x/1/1/1", "/ogc/collections/x/tiles", "/ogc/collections/x/tiles/c"]
    {
        server.get(path).expect_problem(404);
    }
}

/// Every link of every document leads somewhere.
#[test]
fn no_link_is_dead() {
    let server = shared();
    for path in
        ["/ogc/tileMatrixSets", "/ogc/tiles", "/ogc/tiles/c", "/ogc/collections/roads/tiles/WorldCRS84Quad"]
    {
        let document = json(path);
        for (rel, _, href) in links(&server, &document) {
            if rel != "item" {
                server.get(&href).expect(200);
            }
        }
    }
}
