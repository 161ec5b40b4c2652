//! What is wrong with a request is told with its name, in every dialect, by problem+json; by WMTS in its own way, see
//! `wmts`.

use crate::support::{
    database::TestDatabase,
    plan,
    postgis::{load_plan, query},
    server::{Server, Setup, shared},
};

/// Checks that `path` is refused with `status` and that the answer names what is wrong.
#[track_caller]
fn refused(server: &Server, path: &str, status: u16, named: &str) {
    let problem = server.get(path).expect_problem(status);
    assert_eq!(problem["status"], status);
    let detail = problem["detail"].as_str().unwrap();
    assert!(detail.contains(named), "{path}: {detail} does not name {named}");
}

const ITEMS: &str = "/ogc/collections/mining_rights/items";

/// Everything that takes parameters: each refuses one that it does not know.
#[test]
fn an_unknown_parameter_is_named() {
    let server = shared();
    let feature = format!("{ITEMS}/{}", plan::id(&plan::layer_named("mining_rights").features[0]));
    for path in [
        "/ogc",
        "/ogc/conformance",
        "/ogc/api",
        "/ogc/collections",
        "/ogc/collections/mining_rights",
        "/ogc/collections/mining_rights/queryables",
        "/ogc/collections/mining_rights/schema",
        ITEMS,
        &feature,
        "/ogc/tileMatrixSets",
        "/ogc/tileMatrixSets/c",
        "/ogc/tiles",
        "/ogc/tiles/c",
        "/ogc/tiles/c/7/19/104",
        "/ogc/collections/mining_rights/tiles",
        "/ogc/collections/mining_rights/tiles/c",
        "/ogc/styles",
        "/ogc/styles/plan",
        "/arcgis/rest/info",
        "/arcgis/rest/services",
        "/arcgis/rest/services/plan/VectorTileServer",
        "/arcgis/rest/services/plan/VectorTileServer/iteminfo",
        "/arcgis/rest/services/plan/VectorTileServer/tile/7/48/104.pbf",
        "/arcgis/rest/services/plan/VectorTileServer/resources/styles/root.json",
        "/tiles/plan/7/104/49.png",
        "/tiles/plan.png.json",
        "/connect",
    ] {
        server.get(path).expect(200);
        refused(&server, &format!("{path}?surprise=1"), 400, "surprise");
        refused(&server, &format!("{path}?surprise"), 400, "surprise");
    }
}

#[test]
fn a_wrong_value_is_named() {
    let server = shared();
    for (parameter, values) in [
        ("limit", &["0", "-1", "many", "1.5", ""][..]),
        ("bbox", &["1,2,3", "1,2,3,4,5", "a,b,c,d", "1,9,2,3", "1,2,NaN,4", ""]),
        ("bbox-crs", &["EPSG:2000", "4000", "http://www.opengis.net/def/crs/EPSG/0/2000", ""]),
        ("crs", &["EPSG:2000", "4000", "http://www.opengis.net/def/crs/EPSG/0/1", ""]),
        ("filter-crs", &["EPSG:2000", ""]),
        ("filter-lang", &["sql", "CQL2-TEXT", ""]),
        ("datetime", &["2021", "2021-13-01", "2022-01-01/2021-01-01", "../..", "now", ""]),
        ("sortby", &["nothing", "-", ""]),
        ("properties", &["nothing"]),
        ("cursor", &["1", "x.y", ""]),
        ("seq", &["one", "1.5"]),
        ("id", &["one"]),
        ("f", &["gml", ""]),
    ] {
        for value in values {
            refused(
                &server,
                &format!("{ITEMS}?{parameter}={value}"),
                400,
                &format!("parameter `{parameter}`: "),
            );
        }
    }
    for (path, named) in [
        ("/ogc/tiles/c?collections=nowhere", "`collections`"),
        ("/ogc/tiles/c/7/19/104?f=png", "`f`"),
        ("/ogc/styles/plan?f=qml", "`f`"),
        ("/ogc/styles/plan?f=css", "`f`"),
        ("/arcgis/rest/services/plan/VectorTileServer?f=xml", "`f`"),
        ("/arcgis/rest/services/plan/VectorTileServer/tilemap/7/48/104/0/1", "width"),
        ("/tiles/plan/7/104/49.png?style=neon", "`style`"),
        ("/tiles/plan/7/104/49.png?style=dark&style=dark", "`style`"),
        ("/tiles/plan.png.json?style=neon", "`style`"),
        ("/tiles/roads,roads/7/104/49.mvt", "roads"),
        ("/connect?lang=de", "lang"),
    ] {
        refused(&server, path, 400, named);
    }
}

/// A filter is refused with the place of what is wrong in it, wherever it may be given.
#[test]
fn the_place_in_a_filter_is_told() {
    let server = shared();
    for path in [
        ITEMS,
        "/tiles/mining_rights/7/104/49.mvt",
        "/tiles/mining_rights/7/104/49.png",
        "/tiles/mining_rights.json",
        "/tiles/mining_rights.png.json",
        "/ogc/tiles?collections=mining_rights",
        "/ogc/tiles/c?collections=mining_rights",
        "/ogc/tiles/c/7/19/104?collections=mining_rights",
        "/ogc/collections/mining_rights/tiles",
        "/ogc/collections/mining_rights/tiles/c",
        "/ogc/collections/mining_rights/tiles/c/7/19/104",
    ] {
        let mark = if path.contains('?') { '&' } else { '?' };
        for (filter, place) in [
            ("seq=1+AND+nam='x'", "at character 11: there is no property `nam`"),
            ("seq+=", "at character 6: something is missing"),
            ("seq='x'", "at character 5"),
            (
                "S_INTERSECTS(geom,POLYGON((0+0,1+1,1+0,0+1,0+0)))",
                "at character 19: the geometry is not valid",
            ),
        ] {
            refused(
                &server,
                &format!("{path}{mark}filter={filter}"),
                400,
                &format!("parameter `filter`: {place}"),
            );
        }
        let json = "%7B%22op%22:%22=%22,%22args%22:[%7B%22property%22:%22nam%22%7D,1]%7D";
        let json = format!("{path}{mark}filter={json}&filter-lang=cql2-json");
        refused(&server, &json, 400, "parameter `filter`: at /args/0: there is no property `nam`");
        refused(&server, &format!("{path}{mark}filter=seq=1&filter-lang=sql"), 400, "`filter-lang`");
        refused(&server, &format!("{path}{mark}filter=seq=1&filter-crs=EPSG:1"), 400, "`filter-crs`");
    }
}

#[test]
fn what_is_not_there_is_named() {
    let server = shared();
    let arcgis = "/arcgis/rest/services/plan/VectorTileServer";
    for (path, named) in [
        ("/ogc/collections/nowhere", "nowhere"),
        ("/ogc/collections/nowhere/items", "nowhere"),
        ("/ogc/collections/nowhere/tiles/c", "nowhere"),
        ("/ogc/tileMatrixSets/nowhere", "nowhere"),
        ("/ogc/tiles/nowhere", "nowhere"),
        ("/ogc/tiles/c/0/0/0", "tileMatrix"),
        ("/ogc/tiles/c/x/0/0", "tileMatrix"),
        ("/ogc/tiles/c/7/64/104", "tileRow"),
        ("/ogc/tiles/c/7/19/128", "tileCol"),
        ("/ogc/tiles/c/7/0/104", "tileRow"),
        ("/ogc/styles/nowhere", "style"),
        ("/styles/nowhere.json", "style"),
        ("/styles/plan-neon.json", "style"),
        ("/styles/nowhere/legend.json", "style"),
        ("/styles/plan.css", ".json"),
        ("/tiles/nowhere/0/0/0.mvt", "nowhere"),
        ("/tiles/nowhere.json", "nowhere"),
        ("/tiles/plan@nowhen/0/0/0.mvt", "nowhen"),
        ("/tiles/plan/19/0/0.mvt", "z is 0 to 18"),
        ("/tiles/plan/7/128/0.png", "below 2^z"),
        (&format!("{arcgis}/tile/19/0/0.pbf"), "level"),
        (&format!("{arcgis}/tile/7/128/0.pbf"), "row"),
        (&format!("{arcgis}/tile/7/0/128.pbf"), "column"),
        ("/arcgis/rest/services/nowhere/VectorTileServer", "nowhere"),
    ] {
        refused(&server, path, 404, named);
    }
}

/// Rows enough that so many relations of each are too many: see `features::query`.
const MANY: &str = "
    CREATE EXTENSION IF NOT EXISTS postgis;
    CREATE TABLE many (id bigint PRIMARY KEY, geom geometry(Point, 4490));
    INSERT INTO many SELECT n, ST_SetSRID(ST_MakePoint(112 + n % 100 * 0.01, 36 + n / 100 * 0.01), 4490)
      FROM generate_series(1, 12000) AS n;";

const CONFIG: &str = r#"
    [[layer]]
    id = "many"
    schema = "public"
    table = "many"
    id_column = "id"
    geometry_column = "geom"
"#;

#[tokio::test]
async fn a_filter_that_is_too_expensive_is_refused_before_it_runs() {
    let database = TestDatabase::new().await;
    load_plan(&database.url());
    query(&database.url(), MANY);
    let server = Setup::default().database(&database.url()).config(CONFIG).start();
    let relation = |n: usize| format!("NOT+S_WITHIN(geom,POINT({n}+1))");
    let filter = |count: usize| (0..count).map(relation).collect::<Vec<_>>().join("+AND+");
    let (much, too_much) = (filter(40), filter(50));
    let paths = [
        "/ogc/collections/many/items?limit=1",
        "/tiles/many/7/104/49.mvt?v=1",
        "/tiles/many/7/104/49.png?style=light",
        "/tiles/many.json?v=1",
        "/tiles/many.png.json?style=light",
        "/ogc/tiles/c?collections=many",
        "/ogc/tiles/c/7/19/104?collections=many",
        "/ogc/collections/many/tiles/c?f=json",
        "/ogc/collections/many/tiles/c/7/19/104?f=mvt",
    ];
    let cut = || server.metric("plantiles_tile_cache_misses_total");
    let before = cut();
    for path in paths {
        let said = "parameter `filter`: it would have to relate 600000 pairs of geometries";
        refused(&server, &format!("{path}&filter={too_much}"), 400, said);
    }
    assert_eq!(cut(), before, "nothing is cut for it");
    // Downloads too, and who asks for the head alone is told the same.
    for suffix in ["geojson", "csv", "fgb", "gpkg", "shp.zip"] {
        let path = format!("/downloads/many.{suffix}?filter={too_much}");
        refused(&server, &path, 400, "parameter `filter`: it would have to relate 600000 pairs");
        assert_eq!(server.ask("HEAD", &path, &[]).status, 400, "{suffix}");
    }
    server.ask("HEAD", &format!("/downloads/many.csv?filter={much}"), &[]).expect(200);
    // Within the bound, and by a box that narrows it down, it is answered.
    for path in [paths[0], paths[3]] {
        server.get(&format!("{path}&filter={much}")).expect(200);
    }
    server.get(&format!("{}&bbox=112,36,112.1,36.1&filter={too_much}", paths[0])).expect(200);
}
