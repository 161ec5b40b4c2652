//! The ArcGIS vector tile services, field by field: against Esri's reference (ArcGIS REST API, Vector Tile Service and
//! its children) and what QGIS reads (`qgsvectortilematrixset.cpp`, `qgsarcgisvectortileservicedataprovider.cpp`).

use crate::support::{grid::tile_at, mvt, plan, server::shared};
use serde_json::{Value, json};

const PLAN: &str = "/arcgis/rest/services/plan/VectorTileServer";
const PLAN_4490: &str = "/arcgis/rest/services/plan_4490/VectorTileServer";

#[track_caller]
fn json(path: &str) -> Value {
    let answer = shared().get(path).expect(200);
    assert_eq!(answer.expect_header("content-type"), "application/json", "{path}");
    answer.json()
}

#[track_caller]
fn near(value: &Value, expected: f64) {
    let value = value.as_f64().unwrap_or_else(|| panic!("{value}"));
    assert!((value - expected).abs() <= expected.abs() * 1e-9, "{value}, not {expected}");
}

#[test]
fn services_are_listed() {
    assert_eq!(json("/arcgis/rest/info?f=json")["authInfo"]["isTokenBasedSecurity"], false);
    let document = json("/arcgis/rest/services?f=json");
    assert!(document["currentVersion"].is_number() && document["folders"] == json!([]));
    let services = document["services"].as_array().unwrap();
    assert_eq!(services.len(), 2 * (1 + plan::LAYERS.len()));
    for service in services {
        assert_eq!(service["type"], "VectorTileServer");
        json(&format!("/arcgis/rest/services/{}/VectorTileServer?f=json", service["name"].as_str().unwrap()));
    }
}

/// What QGIS makes of a service: the side of the one tile of level 0, its corner and its CRS.
fn qgis_matrix(document: &Value) -> (f64, [f64; 2], u64) {
    let info = &document["tileInfo"];
    let level0 = info["lods"].as_array().unwrap().iter().find(|lod| lod["level"] == 0).expect("level 0");
    let side = level0["resolution"].as_f64().unwrap() * info["rows"].as_f64().unwrap();
    let origin = ["x", "y"].map(|axis| info["origin"][axis].as_f64().unwrap());
    (side, origin, info["spatialReference"]["latestWkid"].as_u64().unwrap())
}

#[test]
fn a_service_describes_itself_as_the_reference_says() {
    for (path, name, wkid) in [(PLAN, "plan", [102_100, 3857]), (PLAN_4490, "plan_4490", [4490, 4490])] {
        let document = json(&format!("{path}?f=pjson"));
        let reference = json!({ "wkid": wkid[0], "latestWkid": wkid[1] });
        assert_eq!(document["name"], name);
        assert_eq!(document["type"], "indexedVector");
        assert_eq!(document["tiles"], json!(["tile/{z}/{y}/{x}.pbf"]));
        assert_eq!(document["defaultStyles"], "resources/styles");
        assert_eq!(document["exportTilesAllowed"], false);
        // QGIS reads a tile map that is named, and fails without it; ours has another form.
        assert!(document.get("tileMap").is_none());
        let resources = &document["resourceInfo"];
        assert_eq!((&resources["styleVersion"], &resources["tileCompression"]), (&json!(8), &json!("gzip")));
        for extent in ["initialExtent", "fullExtent"] {
            let extent = &document[extent];
            assert_eq!(extent["spatialReference"], reference);
            let [w, s, e, n] = ["xmin", "ymin", "xmax", "ymax"].map(|edge| extent[edge].as_f64().unwrap());
            assert!(w < e && s < n);
        }
        let info = &document["tileInfo"];
        assert_eq!(
            (&info["rows"], &info["cols"], &info["format"]),
            (&json!(512), &json!(512), &json!("pbf"))
        );
        near(&info["dpi"], 96.0);
        assert_eq!(info["spatialReference"], reference);
        let lods = info["lods"].as_array().unwrap();
        for (level, lod) in lods.iter().enumerate() {
            assert_eq!(lod["level"], level);
            near(&lod["resolution"], lods[0]["resolution"].as_f64().unwrap() / f64::from(1 << level));
            // That of Esri's own services, at 96 dots an inch.
            near(&lod["scale"], 295_828_763.795_777_9 / f64::from(1 << level));
        }
        for (lod, zoom) in [("minLOD", "minzoom"), ("maxLOD", "maxzoom")] {
            assert_eq!(document[lod], document[zoom]);
        }
        assert_eq!(document["maxLOD"], 18);
        assert_eq!(document["minScale"], lods[document["minLOD"].as_u64().unwrap() as usize]["scale"]);
        assert_eq!(document["maxScale"], lods[18]["scale"]);
    }
}

/// Levels of the service in 4490 are those of Tianditu's `c`, as QGIS builds its matrix.
#[test]
fn the_levels_in_4490_are_those_of_tianditu() {
    let (side, origin, wkid) = qgis_matrix(&json(&format!("{PLAN_4490}?f=pjson")));
    assert_eq!((side, origin, wkid), (360.0, [-180.0, 90.0], 4490));
    let (side, origin, wkid) = qgis_matrix(&json(&format!("{PLAN}?f=pjson")));
    assert!((side - 40_075_016.685_578_49).abs() < 1e-6 && wkid == 3857);
    assert!(origin.iter().all(|v| (v.abs() - side / 2.0).abs() < 1e-6));
    let server = shared();
    let [lon, lat] = [112.85, 36.3];
    for level in [0, 1, 7, 12] {
        let side = 360.0 / f64::from(1u32 << level);
        let (row, column) = (((90.0 - lat) / side) as u32, ((lon + 180.0) / side) as u32);
        let esri = server.get(&format!("{PLAN_4490}/tile/{level}/{row}/{column}.pbf")).expect(200);
        if level > 0 {
            let c = server.get(&format!("/ogc/tiles/c/{level}/{row}/{column}")).expect(200);
            assert_eq!(esri.body, c.body, "{level}");
        }
    }
}

#[test]
fn tiles_are_asked_for_row_before_column() {
    let server = shared();
    let tile = tile_at(112.85, 36.3, 11);
    let path = format!("{PLAN}/tile/{}/{}/{}.pbf", tile.z, tile.y, tile.x);
    let answer = server.ask("GET", &path, &[("accept-encoding", "gzip")]).expect(200);
    assert_eq!(answer.expect_header("content-encoding"), "gzip");
    assert_eq!(server.get(&path).body, server.get(&format!("/tiles/plan/{tile}.mvt")).body);
    // Beside the plan there is nothing, and that is said with a tile.
    let empty = server.get(&format!("{PLAN}/tile/11/0/0.pbf")).expect(200);
    assert!(empty.body.is_empty());
    // The lower half of the square of 360° is beyond the pole.
    assert!(server.get(&format!("{PLAN_4490}/tile/1/1/1.pbf")).expect(200).body.is_empty());
    for (wrong, named) in [
        ("tile/19/0/0.pbf", "level"),
        ("tile/x/0/0.pbf", "level"),
        ("tile/2/4/0.pbf", "row"),
        ("tile/2/0/4.pbf", "column"),
        ("tile/2/0/0", "pbf"),
        ("tile/2/-1/0.pbf", "row"),
    ] {
        let problem = server.get(&format!("{PLAN}/{wrong}")).expect_problem(404);
        assert!(problem["detail"].as_str().unwrap().contains(named), "{wrong}: {problem}");
    }
}

/// A tile map has a 1 for each tile that holds something, and a 0 only where there is nothing.
#[test]
fn the_tile_map_is_true() {
    let server = shared();
    for (service, level) in [(PLAN, 9), (PLAN, 12), (PLAN_4490, 10)] {
        let tile = match service {
            PLAN => tile_at(112.5, 36.7, level),
            _ => {
                let side = 360.0 / f64::from(1u32 << level);
                crate::support::grid::Tile { z: level, x: (292.5 / side) as u32, y: (53.3 / side) as u32 }
            }
        };
        let (top, left) = (tile.y - 2, tile.x - 2);
        let map = json(&format!("{service}/tilemap/{level}/{top}/{left}/10/10?f=json"));
        assert_eq!(map["valid"], true);
        assert_eq!(map["location"], json!({ "left": left, "top": top, "width": 10, "height": 10 }));
        assert!(map.get("adjusted").is_none());
        let data = map["data"].as_array().unwrap();
        assert_eq!(data.len(), 100);
        let (mut there, mut gone) = (0, 0);
        for (i, present) in (0u32..).zip(data) {
            let (row, column) = (top + i / 10, left + i % 10);
            let body = server.get(&format!("{service}/tile/{level}/{row}/{column}.pbf")).expect(200).body;
            match present.as_u64() {
                Some(0) => {
                    gone += 1;
                    assert!(body.is_empty(), "{level}/{row}/{column}");
                }
                Some(1) => there += u32::from(!body.is_empty()),
                _ => panic!("{present}"),
            }
        }
        assert!(there > 0 && gone > 0, "{there} {gone}");
    }
    // More than is looked up at a time is said to be less.
    let map = json(&format!("{PLAN}/tilemap/12/1600/3320/128/128"));
    assert_eq!((&map["adjusted"], &map["location"]["width"]), (&json!(true), &json!(32)));
    assert_eq!(map["data"].as_array().unwrap().len(), 32 * 32);
    server.get(&format!("{PLAN}/tilemap/12/1600/3320/0/1")).expect_problem(400);
    server.get(&format!("{PLAN}/tilemap/12/5000/0/1/1")).expect_problem(404);
}

/// The path that a relative address in a style leads to: joined to the folder of `resources/styles/root.json`, as
/// browsers do, or, as QGIS does, to `resources/styles` with a slash behind it; the same either way.
fn resolve(relative: &str) -> String {
    let mut path: Vec<&str> = PLAN.split('/').chain(["resources", "styles"]).collect();
    for part in relative.split('/') {
        match part {
            ".." => drop(path.pop()),
            part => path.push(part),
        }
    }
    path.join("/")
}

#[test]
fn the_style_leads_to_its_sources_sprites_and_fonts() {
    let server = shared();
    let style = json(&format!("{PLAN}/resources/styles/root.json"));
    // QGIS asks without a slash at the end, ArcGIS Pro with one.
    assert_eq!(json(&format!("{PLAN}/resources/styles")), style);
    assert_eq!(json(&format!("{PLAN}/resources/styles/?f=json")), style);
    assert_eq!(style["version"], 8);
    let url = style["sources"]["esri"]["url"].as_str().unwrap();
    assert_eq!(json(&resolve(url))["name"], "plan");
    for layer in style["layers"].as_array().unwrap() {
        assert!(layer.get("source").is_none_or(|source| source == "esri"), "{layer}");
    }
    let sprite = resolve(style["sprite"].as_str().unwrap());
    for end in [".json", ".png", "@2x.json", "@2x.png"] {
        server.get(&format!("{sprite}{end}")).expect(200);
    }
    let font = style["layers"].as_array().unwrap().iter().find_map(|l| l["layout"]["text-font"][0].as_str());
    let glyphs = resolve(style["glyphs"].as_str().unwrap())
        .replace("{fontstack}", &font.unwrap().replace(' ', "%20"))
        .replace("{range}", "0-255");
    server.get(&glyphs).expect(200);
    // The style of a layer, and of the service in 4490.
    json("/arcgis/rest/services/mining_blocks/VectorTileServer/resources/styles/root.json");
    assert_eq!(json(&format!("{PLAN_4490}/resources/styles")), style);
    // All that is listed is there.
    let info = json(&format!("{PLAN}/resources/info/root.json"));
    let listed = info["resourceInfo"].as_array().unwrap();
    assert!(listed.len() > 50);
    for file in listed.iter().step_by(17).chain(&listed[..5]) {
        let path = resolve(file.as_str().unwrap()).replace(' ', "%20");
        server.get(&path).expect(200);
    }
}

#[test]
fn an_item_says_what_it_is() {
    let item = json(&format!("{PLAN_4490}/iteminfo?f=json"));
    assert_eq!(item["type"], "Vector Tile Service");
    assert!(item["url"].as_str().unwrap().ends_with(PLAN_4490));
    let [west, south, east, north] = plan::bounds();
    let corner = |i: usize, j: usize| item["extent"][i][j].as_f64().unwrap();
    assert!((corner(0, 0) - west).abs() < 1e-6 && (corner(1, 1) - north).abs() < 1e-6);
    assert!((corner(0, 1) - south).abs() < 1e-6 && (corner(1, 0) - east).abs() < 1e-6);
}

#[test]
fn forms_are_json_pjson_and_html() {
    let server = shared();
    let plain = server.get(&format!("{PLAN}?f=json")).expect(200);
    let pretty = server.get(&format!("{PLAN}?f=pjson")).expect(200);
    assert_eq!(plain.json(), pretty.json());
    assert!(!plain.text().contains('\n') && pretty.text().contains("\n  \"name\": \"plan\""));
    let page = server.get(&format!("{PLAN}?f=html")).expect(200);
    assert!(page.expect_header("content-type").starts_with("text/html"));
    assert_eq!(server.get(&format!("{PLAN}/?f=json")).expect(200).json(), plain.json());
    for (query, named) in [("f=xml", "`f`"), ("where=1", "`where`")] {
        let problem = server.get(&format!("{PLAN}?{query}")).expect_problem(400);
        assert!(problem["detail"].as_str().unwrap().contains(named), "{problem}");
    }
    for wrong in ["nowhere", "nowhere_4490", "plan_4326", "roads,rivers"] {
        server.get(&format!("/arcgis/rest/services/{wrong}/VectorTileServer?f=json")).expect_problem(404);
    }
}

#[test]
fn a_layer_has_its_own_service() {
    let server = shared();
    let tile = tile_at(112.85, 36.3, 12);
    let path =
        format!("/arcgis/rest/services/roads/VectorTileServer/tile/{}/{}/{}.pbf", tile.z, tile.y, tile.x);
    let layers = mvt::decode(&server.get(&path).expect(200).body, &path);
    assert!(layers.iter().all(|layer| layer.name == "roads"));
}
