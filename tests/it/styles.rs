//! Styles, their legends, and the same symbols for QGIS.

use crate::support::database::TestDatabase;
use crate::support::plan;
use crate::support::postgis::{load_plan, query};
use crate::support::server::{Server, Setup, shared};
use serde_json::Value;
use std::collections::BTreeSet;

/// Maps of the plan, `styles/maps.json`.
const MAPS: usize = 4;

fn get(server: &Server, url: &Value) -> crate::support::http::Response {
    let url = url.as_str().unwrap();
    let path = url.strip_prefix(&server.url("")).unwrap_or_else(|| panic!("{url} leaves the server"));
    server.get(path).expect(200)
}

#[test]
fn every_style_is_listed_with_titles_and_answers_in_all_its_forms() {
    let server = shared();
    let list = server.get("/styles").expect(200).json();
    let styles = list["styles"].as_array().unwrap();
    assert_eq!(styles.len(), 3 * (1 + MAPS + plan::LAYERS.len()));
    for style in styles {
        assert!(["zh", "en"].iter().all(|l| !style["title"][l].as_str().unwrap().is_empty()), "{style}");
        let document = get(&server, &style["url"]).json();
        assert_eq!(document["name"], style["title"]["zh"]);
        let tileset = style["tileset"].as_str().unwrap();
        assert_eq!(document["sources"][tileset]["url"], server.url(&format!("/tiles/{tileset}.json")));
        for part in document["layers"].as_array().unwrap().iter().filter(|part| part["type"] != "background")
        {
            assert!(tileset == "plan" || part["metadata"]["plantiles:layer"] == tileset, "{part}");
            assert_eq!(part["source"], tileset);
        }
        let legend = get(&server, &style["legend"]);
        let svg = get(&server, &legend.json()["svg"]);
        assert_eq!(svg.expect_header("content-type"), "image/svg+xml");
        for line in
            legend.json()["layers"].as_array().unwrap().iter().flat_map(|l| l["symbols"].as_array().unwrap())
        {
            for language in ["zh", "en"] {
                assert!(svg.text().contains(line["title"][language].as_str().unwrap()), "{line}");
            }
            let swatch = line["svg"].as_str().unwrap();
            assert!(["<rect", "<path", "<circle"].iter().any(|shape| swatch.contains(shape)), "{line}");
        }
        assert!(get(&server, &style["sld"]).text().contains("<StyledLayerDescriptor "));
        assert_eq!(style.get("qml").is_none(), tileset == "plan");
        if let Some(qml) = style.get("qml") {
            assert!(get(&server, qml).text().contains("<renderer-v2 "), "{qml}");
        }
    }
    for unknown in [
        "/styles/nowhere.json",
        "/styles/plan-light.json",
        "/styles/plan.qml",
        "/styles/plan",
        "/styles/plan.txt",
        "/styles/plan/legend.png",
        "/styles/nowhere/legend.svg",
        "/sprites/plan/nowhere.svg",
    ] {
        server.get(unknown).expect_problem(404);
    }
}

#[test]
fn ogc_api_has_every_style_with_its_stylesheets() {
    let server = shared();
    let landing = server.get("/ogc").expect(200).json();
    let links = landing["links"].as_array().unwrap();
    let to_styles =
        links.iter().find(|l| l["rel"] == "http://www.opengis.net/def/rel/ogc/1.0/styles").unwrap();
    let list = get(&server, &to_styles["href"]).json();
    let listed: Vec<_> = list["styles"].as_array().unwrap().iter().map(|style| style["id"].clone()).collect();
    let styles = server.get("/styles").expect(200).json();
    let expected: Vec<_> =
        styles["styles"].as_array().unwrap().iter().map(|style| style["id"].clone()).collect();
    assert_eq!((listed, &list["default"]), (expected, &"plan".into()));
    for style in list["styles"].as_array().unwrap().iter().take(3 * (1 + MAPS) + 3) {
        let of = |rel: &str| {
            let links = style["links"].as_array().unwrap().iter();
            links.filter(|link| link["rel"] == rel).cloned().collect::<Vec<_>>()
        };
        let id = style["id"].as_str().unwrap();
        assert_eq!(
            of("stylesheet").len(),
            if id.starts_with("plan") || id.contains("-map") { 2 } else { 3 },
            "{style}"
        );
        for link in of("stylesheet") {
            let sheet = get(&server, &link["href"]);
            assert_eq!(sheet.expect_header("content-type"), link["type"].as_str().unwrap());
            let suffix = match sheet.body[..2] {
                [b'{', _] => "json",
                [b'<', b'?'] => "sld",
                _ => "qml",
            };
            assert_eq!(sheet.body, server.get(&format!("/styles/{id}.{suffix}")).expect(200).body);
        }
        for link in of("alternate") {
            assert!(get(&server, &link["href"]).text().contains("<svg "), "{link}");
        }
    }
    assert!(server.get("/ogc/styles?f=html").expect(200).text().contains("plan-dark"));
    server.get("/ogc/styles/nowhere").expect_problem(404);
    server.get("/ogc/styles/plan?f=qml").expect_problem(400);
}

#[test]
fn a_legend_has_a_line_for_each_class_and_shows_patterns_and_pictures() {
    let server = shared();
    let style = server.get("/styles/plan.json").expect(200).json();
    let legend = server.get("/styles/plan/legend.json").expect(200).json();
    for layer in legend["layers"].as_array().unwrap() {
        let classes =
            style["metadata"]["plantiles:classes"][layer["id"].as_str().unwrap()].as_array().unwrap();
        let found: Vec<_> =
            layer["symbols"].as_array().unwrap().iter().map(|line| line["class"].clone()).collect();
        let expected: Vec<_> = classes.iter().map(|class| class["id"].clone()).collect();
        assert_eq!(found, if expected.is_empty() { vec![Value::Null] } else { expected }, "{layer}");
        let swatches: BTreeSet<_> =
            layer["symbols"].as_array().unwrap().iter().map(|line| line["svg"].as_str()).collect();
        assert_eq!(swatches.len(), found.len(), "every class looks different");
    }
    let swatch = |layer: &str, n: usize| {
        let layers = legend["layers"].as_array().unwrap();
        let layer = layers.iter().find(|l| l["id"] == layer).unwrap();
        layer["symbols"][n]["svg"].as_str().unwrap().to_owned()
    };
    let symbol = |name: &str| {
        let svg = server.get(&format!("/sprites/plan/{name}.svg")).expect(200).text().to_owned();
        svg.lines().nth(1).unwrap().trim().to_owned()
    };
    assert!(swatch("prohibited_zones", 0).contains(&symbol("hatch-prohibited")));
    assert!(swatch("faults", 1).contains(&symbol("fault-reverse-right")));
    assert!(swatch("exploration_survey_areas", 0).contains("stroke-dasharray"));
}

#[test]
fn themes_differ_in_colours_and_in_nothing_else() {
    let server = shared();
    let light = server.get("/styles/plan.json").expect(200).json();
    for theme in ["dark", "print"] {
        let other = server.get(&format!("/styles/plan-{theme}.json")).expect(200).json();
        assert_eq!(other["sprite"], server.url(&format!("/sprites/plan-{theme}")));
        let (mut same, mut colours) = (0, 0);
        for (a, b) in light["layers"].as_array().unwrap().iter().zip(other["layers"].as_array().unwrap()) {
            for member in ["id", "filter", "layout", "minzoom", "maxzoom"] {
                assert_eq!(a[member], b[member], "{a}");
            }
            same += usize::from(a["paint"] == b["paint"]);
            colours += usize::from(a["paint"] != b["paint"]);
        }
        assert!(colours > 10, "{theme}: {same} parts have the same paint, {colours} another");
        let symbol =
            |sprite: &str| server.get(&format!("/sprites/{sprite}/fault-normal-right.svg")).expect(200).body;
        assert_ne!(symbol("plan"), symbol(&format!("plan-{theme}")));
    }
}

#[tokio::test]
async fn a_layer_of_the_configuration_has_a_style_by_its_geometry() {
    let database = TestDatabase::new().await;
    load_plan(&database.url());
    let tables = [("wells", "Point"), ("pipes", "MultiLineString"), ("lots", "MultiPolygon")];
    let mut config = String::new();
    for (table, kind) in tables {
        let shape = match kind {
            "Point" => "ST_MakePoint(112.7, 36.3)",
            "MultiLineString" => {
                "ST_Multi(ST_MakeLine(ST_MakePoint(112.7, 36.3), ST_MakePoint(112.8, 36.4)))"
            }
            _ => "ST_Multi(ST_MakeEnvelope(112.7, 36.3, 112.8, 36.4))",
        };
        query(
            &database.url(),
            &format!(
                "CREATE TABLE {table} (id bigint PRIMARY KEY, name text, geom geometry({kind}, 4490));
                 INSERT INTO {table} VALUES (1, '一号', ST_SetSRID({shape}, 4490));"
            ),
        );
        config += &format!(
            "[[layer]]\nid = \"{table}\"\nschema = \"public\"\ntable = \"{table}\"\nid_column = \"id\"\ngeometry_column = \"geom\"\n"
        );
    }
    let server = Setup::default().database(&database.url()).config(&config).start();
    let plan = server.get("/styles/plan.json").expect(200).json();
    let of = |style: &Value, layer: &str| -> Vec<(String, String)> {
        let parts = style["layers"].as_array().unwrap().iter();
        let own = parts.filter(|part| part["metadata"]["plantiles:layer"] == layer);
        own.map(|p| (p["type"].as_str().unwrap().into(), p["source-layer"].as_str().unwrap().into()))
            .collect()
    };
    let pair = |a: &str, b: &str| (a.to_owned(), b.to_owned());
    for (layer, expected) in [
        ("wells", vec![pair("circle", "wells"), pair("symbol", "wells")]),
        ("pipes", vec![pair("line", "pipes"), pair("symbol", "pipes")]),
        ("lots", vec![pair("fill", "lots"), pair("line", "lots"), pair("symbol", "lots_label")]),
    ] {
        assert_eq!(of(&plan, layer), expected, "{layer} in the plan");
        let style = server.get(&format!("/styles/{layer}.json")).expect(200).json();
        assert_eq!(of(&style, layer), expected, "{layer}");
        let legend = server.get(&format!("/styles/{layer}-dark/legend.json")).expect(200).json();
        assert_eq!(legend["layers"][0]["symbols"].as_array().unwrap().len(), 1);
        server.get(&format!("/styles/{layer}.qml")).expect(200);
        server.get(&format!("/styles/{layer}.sld")).expect(200);
    }
}
