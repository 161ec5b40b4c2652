//! `/statistics`: PostGIS counts, sums and measures the same rows in SQL, areas on the ellipsoid of CGCS2000.

use crate::{
    ogc_filter::{CONFIG, SAMPLES},
    support::{
        database::TestDatabase,
        gdal,
        http::Response,
        plan::LAYERS,
        postgis::{load_plan, query},
        server::{Server, Setup, shared},
    },
};
use serde_json::{Value, json};

fn path(parameters: &[(&str, &str)]) -> String {
    let mut query = form_urlencoded::Serializer::new(String::new());
    query.extend_pairs(parameters);
    format!("/statistics?{}", query.finish())
}

#[track_caller]
fn ask(server: &Server, parameters: &[(&str, &str)]) -> Response {
    server.get(&path(parameters))
}

#[track_caller]
fn asked(server: &Server, parameters: &[(&str, &str)]) -> Value {
    ask(server, parameters).expect(200).json()
}

#[track_caller]
fn close(found: &Value, expected: &str) {
    if expected.is_empty() {
        return assert!(found.is_null(), "{found} for null");
    }
    let (found, expected) =
        (found.as_f64().unwrap_or_else(|| panic!("{found}")), expected.parse::<f64>().unwrap());
    assert!((found - expected).abs() <= 1e-6 * expected.abs(), "{found} {expected}");
}

/// What is asked, and the rows and groups of it in SQL.
type Case = (&'static [(&'static str, &'static str)], &'static str, &'static str);

const CASES: [Case; 7] = [
    (&[("layers", "samples")], "samples", ""),
    (&[("layers", "samples"), ("group_by", "name")], "samples", "name"),
    (&[("layers", "samples"), ("group_by", "open,other")], "samples", "open, other"),
    (
        &[("layers", "samples"), ("group_by", "number"), ("filter", "amount > 12.5 AND NOT name LIKE '煤%'")],
        "samples where amount > 12.5 and not name like '煤%'",
        "number",
    ),
    (
        &[("layers", "samples"), ("group_by", "valid_from"), ("bbox", "112.3,36.2,113,37")],
        "samples where st_intersects(geom, st_makeenvelope(112.3,36.2,113,37,4490))",
        "valid_from",
    ),
    (
        &[
            ("layers", "samples"),
            ("group_by", "amount"),
            ("filter", "S_INTERSECTS(geom, POLYGON((112.1 36.1, 113.2 36.4, 112.4 37.5, 112.1 36.1)))"),
        ],
        "samples where st_intersects(geom, 'SRID=4490;POLYGON((112.1 36.1, 113.2 36.4, 112.4 37.5, 112.1 36.1))')",
        "amount",
    ),
    (
        &[("layers", "samples"), ("group_by", "other"), ("datetime", "2020-07-01/..")],
        "samples where (valid_to is null or valid_to >= '2020-07-01')",
        "other",
    ),
];

const NUMBERS: &str =
    "count(*), sum(st_area(geom::geography)) / 1e6, sum(amount), count(amount), sum(number), count(number)";

#[tokio::test(flavor = "multi_thread")]
async fn postgis_counts_sums_and_measures_the_same() {
    let database = TestDatabase::new().await;
    load_plan(&database.url());
    query(&database.url(), SAMPLES);
    let server = Setup::default().database(&database.url()).config(CONFIG).start();
    for (parameters, rows, groups) in CASES {
        let found = asked(&server, &[parameters, &[("sum", "amount,number")]].concat());
        let grouped = if groups.is_empty() { String::new() } else { format!("{groups},") };
        // Texts by their code points, null last, as every property here.
        let order = groups.split(", ").map(|name| {
            if ["name", "other"].contains(&name) { format!("{name} collate \"C\"") } else { name.into() }
        });
        let order = order.collect::<Vec<_>>().join(", ");
        let tail =
            if groups.is_empty() { String::new() } else { format!("group by {groups} order by {order}") };
        let table = query(&database.url(), &format!("select {grouped} {NUMBERS} from {rows} {tail}"));
        let expected: Vec<Vec<&str>> = table.lines().map(|line| line.split('|').collect()).collect();
        let found_groups = found["groups"].as_array().unwrap();
        assert_eq!(found_groups.len(), expected.len(), "{parameters:?} {found}");
        for (found, expected) in found_groups.iter().zip(&expected) {
            let names: Vec<&str> = groups.split(", ").filter(|name| !name.is_empty()).collect();
            for (name, expected) in names.iter().zip(expected) {
                match &found["key"][name] {
                    Value::Null => assert_eq!(*expected, ""),
                    Value::String(text) => assert_eq!(text, expected),
                    Value::Bool(truth) => assert_eq!(*expected, if *truth { "t" } else { "f" }),
                    number => close(number, expected),
                }
            }
            numbers(found, &expected[names.len()..]);
        }
        let total = query(&database.url(), &format!("select {NUMBERS} from {rows}"));
        numbers(&found["total"], &total.split('|').collect::<Vec<_>>());
    }
    bundled(&server, &database);
}

#[track_caller]
fn numbers(found: &Value, expected: &[&str]) {
    let [count, drawn, amount, amounts, number, numbers] = expected[..] else { panic!("{expected:?}") };
    assert_eq!(found["features"].to_string(), count);
    close(&found["area_drawn_km2"]["sum"], drawn);
    close(&found["sums"]["amount"]["sum"], amount);
    assert_eq!(found["sums"]["amount"]["features"].to_string(), amounts);
    close(&found["sums"]["number"]["sum"], number);
    assert_eq!(found["sums"]["number"]["features"].to_string(), numbers);
}

/// Every layer of the plan: lines have no area.
fn bundled(server: &Server, database: &TestDatabase) {
    let found = asked(server, &[("group_by", "layer")]);
    let groups = found["groups"].as_array().unwrap();
    // The layers of the plan, then the samples.
    assert_eq!(groups.len(), LAYERS.len() + 1);
    for (group, layer) in groups.iter().zip(LAYERS.iter()) {
        assert_eq!(group["key"]["layer"], layer.id);
        let area = if layer.geometry == "polygon" { "sum(st_area(geom::geography)) / 1e6" } else { "null" };
        let sql = format!("select count(*), {area}, sum(area_km2), count(area_km2) from plan.{}", layer.id);
        let row = query(&database.url(), &sql);
        let [count, drawn, stated, stating] = row.split('|').collect::<Vec<_>>()[..] else { panic!("{row}") };
        assert_eq!(group["features"].to_string(), count);
        close(&group["area_drawn_km2"]["sum"], drawn);
        close(&group["area_stated_km2"]["sum"], stated);
        assert_eq!(group["area_stated_km2"]["features"].to_string(), stating);
    }
}

#[test]
fn the_plans_own_sums_come_out() {
    let server = shared();
    // OK-sums of the plan's contradictions, and what 表1-2 adds up to.
    let blocks =
        asked(&server, &[("layers", "mining_blocks,exploration_blocks"), ("group_by", "layer,mineral")]);
    let stated = |group: &Value| group["area_stated_km2"]["sum"].as_f64().unwrap();
    let groups = blocks["groups"].as_array().unwrap();
    let named: Vec<_> = groups
        .iter()
        .map(|g| (g["key"]["layer"].as_str().unwrap(), g["key"]["mineral"].as_str().unwrap(), stated(g)))
        .collect();
    assert_eq!(
        named,
        [
            ("exploration_blocks", "煤", 159.496),
            ("exploration_blocks", "煤层气", 13.91),
            ("mining_blocks", "煤", 52.73),
            ("mining_blocks", "煤层气", 13.91),
        ]
    );
    assert_eq!(stated(&blocks["total"]), 240.046);
    assert_eq!(groups[0]["share"], json!(0.428571428571));
    let rights = asked(&server, &[("layers", "mining_rights"), ("sum", "capacity_10kt_per_year")]);
    let total = &rights["total"];
    assert_eq!(total["sums"]["capacity_10kt_per_year"], json!({ "sum": 2070.0, "features": 5 }));
    assert_eq!((stated(total), &rights["groups"][0]["share"]), (373.7, &json!(1.0)));
    // 3-1: the third base has no area, which is not an area of 0.
    let bases = asked(&server, &[("layers", "energy_bases"), ("group_by", "level")]);
    let province = &bases["groups"][1];
    assert_eq!(province["area_stated_km2"], json!({ "sum": null, "features": 0, "share": null }));
    assert_eq!(stated(&bases["groups"][0]), 1188.78);
}

#[test]
fn groups_without_a_value_are_named() {
    let server = shared();
    let parameters = [("layers", "exploration_survey_areas,faults"), ("group_by", "size_class,layer")];
    let found = asked(&server, &parameters);
    let groups = found["groups"].as_array().unwrap();
    let last = groups.last().unwrap();
    // A layer without the property has no value either.
    assert_eq!(last["key"], json!({ "size_class": null, "layer": "faults" }));
    assert_eq!(last["label"][0], json!({ "zh": "未注明", "en": "not stated" }));
    assert_eq!(last["label"][1], json!({ "zh": "断层", "en": "Faults" }));
    let page = ask(&server, &[&parameters[..], &[("f", "html")]].concat()).expect(200);
    assert!(page.text().contains("未注明") && page.text().contains("特大型"));
    assert_eq!(page.header("content-type"), Some("text/html; charset=utf-8"));
    // As GDAL reads it.
    for bom in ["false", "true"] {
        let csv = ask(&server, &[&parameters[..], &[("f", "csv"), ("bom", bom)]].concat()).expect(200);
        assert_eq!(csv.text().starts_with('\u{feff}'), bom == "true");
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("statistics.csv");
        std::fs::write(&file, &csv.body).unwrap();
        let read = gdal::run(
            "ogr2ogr",
            &["-f", "GeoJSON", "/vsistdout/", "-oo", "AUTODETECT_TYPE=YES", file.to_str().unwrap()],
        );
        let read: Value = serde_json::from_str(&read).unwrap();
        let rows = read["features"].as_array().unwrap();
        assert_eq!(rows.len(), groups.len());
        for (row, group) in rows.iter().zip(groups) {
            let row = &row["properties"];
            assert_eq!(row["features"], group["features"]);
            assert_eq!(row["layer"], group["key"]["layer"]);
            assert_eq!(row["size_class"], group["label"][0]["zh"]);
            let drawn = group["area_drawn_km2"]["sum"].as_f64();
            assert_eq!(row["area_drawn_km2"].as_f64(), drawn);
        }
    }
    let accepted = server.ask("GET", "/statistics", &[("accept", "text/csv")]).expect(200);
    assert_eq!(accepted.header("content-type"), Some("text/csv; charset=utf-8; header=present"));
}

#[test]
fn the_same_question_has_one_answer_and_one_tag() {
    let server = shared();
    let first =
        ask(&server, &[("group_by", "mineral,layer"), ("layers", "faults,mining_blocks")]).expect(200);
    let again =
        ask(&server, &[("group_by", "mineral,layer"), ("layers", "faults,mining_blocks")]).expect(200);
    assert_eq!(first.body, again.body);
    let tag = first.expect_header("etag");
    let path = path(&[("group_by", "mineral,layer"), ("layers", "faults,mining_blocks")]);
    server.ask("GET", &path, &[("if-none-match", tag)]).expect(304);
    let zipped = server.ask("GET", &path, &[("accept-encoding", "gzip")]).expect(200);
    assert_ne!(zipped.expect_header("etag"), tag);
}

#[test]
fn what_cannot_be_asked_is_named() {
    let server = shared();
    for (parameters, named) in [
        (&[("group_by", "colour")][..], "group_by"),
        (&[("group_by", "layer,layer")], "group_by"),
        (&[("group_by", "layer,name,code,mineral,level")], "group_by"),
        (&[("group_by", "geom")], "group_by"),
        (&[("sum", "name")], "sum"),
        (&[("sum", "colour")], "sum"),
        (&[("layers", "mining_rights"), ("sum", "seq"), ("group_by", "stage")], "group_by"),
        (&[("layers", "clouds")], "layers"),
        (&[("layers", "faults,faults")], "layers"),
        (&[("filter", "colour = 1")], "filter"),
        (&[("filter", "name = ")], "filter"),
        (&[("bbox", "1,2,3")], "bbox"),
        (&[("datetime", "soon")], "datetime"),
        (&[("bom", "yes")], "bom"),
        (&[("f", "xml")], "f"),
        (&[("groupby", "layer")], "groupby"),
    ] {
        let problem = ask(&server, parameters).expect_problem(400);
        let detail = problem["detail"].as_str().unwrap();
        assert!(detail.starts_with(&format!("parameter `{named}`: ")), "{parameters:?}: {detail}");
    }
    // No layer has no groups, and sums of nothing are not 0.
    let nothing = asked(&server, &[("filter", "id < 0"), ("group_by", "layer")]);
    assert_eq!(nothing["groups"], json!([]));
    assert_eq!(nothing["total"]["area_stated_km2"]["sum"], Value::Null);
}
