//! OGC API, Features, Part 1 (OGC 17-069r4) and Part 5 (OGC 23-058r1), each test under the name of abstract tests.

use crate::ogc_common::{check_page, declared, linked};
use crate::support::{
    ogc::{CRS84, all_ids, items, items_path, next, page_ids, refused},
    plan,
    server::shared,
};
use flatgeobuf::{FallibleStreamingIterator, FeatureProperties, FgbReader};
use serde_json::{Value, json};
use std::collections::BTreeSet;

/// `ogcapi-features-1/1.0/conf/core`: `/conf/core/root-op`, `root-success`, `api-definition-op`, `api-definition-success`,
/// `conformance-op`, `conformance-success`
#[test]
fn core_root_success() {
    let server = shared();
    let page = server.get("/ogc").expect(200).json();
    for (rel, media_type) in [
        ("service-desc", "application/vnd.oai.openapi+json;version=3.0"),
        ("service-doc", "text/html"),
        ("conformance", "application/json"),
        ("data", "application/json"),
    ] {
        let answer = server.get(&linked(&server, &page, rel, media_type)).expect(200);
        assert!(answer.expect_header("content-type").starts_with(media_type));
    }
    for class in ["core", "geojson", "html", "oas30"] {
        assert!(
            declared().contains(&format!("http://www.opengis.net/spec/ogcapi-features-1/1.0/conf/{class}"))
        );
    }
}

/// `/conf/core/fc-md-items`, `fc-md-items-links`, `fc-md-extent`, `sfc-md-success`
#[test]
fn core_fc_md_success() {
    let server = shared();
    let mut limited = 0;
    for layer in plan::LAYERS.iter() {
        let collection = server.get(&format!("/ogc/collections/{}", layer.id)).expect(200).json();
        for media_type in ["application/geo+json", "text/html", "application/flatgeobuf"] {
            let path = linked(&server, &collection, "items", media_type);
            let answer = server.get(&path).expect(200);
            assert!(answer.expect_header("content-type").starts_with(media_type), "{path}");
        }
        let box_of = layer.features.iter().map(plan::bounds_of).reduce(plan::union).unwrap();
        assert_eq!(collection["extent"]["spatial"]["bbox"], json!([box_of]), "{}", layer.id);
        // A feature without a limit leaves its layer without one.
        let days = |name: &str| {
            let days: Vec<_> = layer.features.iter().map(|f| f["properties"][name].as_str()).collect();
            days.into_iter().collect::<Option<Vec<_>>>()
        };
        let from = days("valid_from").map(|days| format!("{}T00:00:00Z", days.iter().min().unwrap()));
        let to = days("valid_to").map(|days| format!("{}T23:59:59Z", days.iter().max().unwrap()));
        assert_eq!(collection["extent"]["temporal"]["interval"], json!([[from, to]]), "{}", layer.id);
        limited += usize::from(from.is_some()) + usize::from(to.is_some());
    }
    assert!(limited > 0, "no layer has a limit in time");
}

/// `/conf/core/crs84`, `fc-op`, `fc-response`, `fc-links`, `fc-rel-type`, `fc-timeStamp`, `fc-numberMatched`, `fc-numberReturned` and
/// `ogcapi-features-1/1.0/conf/geojson`: `/conf/geojson/definition`, `/conf/geojson/content`
#[test]
fn core_fc_response() {
    let server = shared();
    for layer in plan::LAYERS.iter() {
        let answer = items(&server, &layer.id, &[("limit", "10000")]);
        assert_eq!(answer.expect_header("content-type"), "application/geo+json");
        let page = answer.json();
        assert_eq!(page["type"], "FeatureCollection");
        assert_eq!(answer.expect_header("content-crs"), format!("<{CRS84}>"));
        // Of a snapshot, not of a moment.
        assert!(page.get("timeStamp").is_none());
        assert_eq!(
            (&page["numberMatched"], &page["numberReturned"]),
            (&json!(layer.features.len()), &json!(layer.features.len()))
        );
        assert_eq!(next(&server, &page), None);
        linked(&server, &page, "self", "application/geo+json");
        for media_type in ["text/html", "application/flatgeobuf"] {
            server.get(&linked(&server, &page, "alternate", media_type)).expect(200);
        }
        for feature in page["features"].as_array().unwrap() {
            check_feature(layer, feature);
        }
        let found: BTreeSet<_> = page_ids(&page).into_iter().collect();
        assert_eq!(found, layer.ids().into_iter().collect(), "{}", layer.id);
    }
}

/// A feature as the plan's file has it: every property, and the same positions in rings that go the right way.
fn check_feature(layer: &plan::Layer, feature: &Value) {
    let original = layer.feature(plan::id(feature));
    assert_eq!(feature["type"], "Feature");
    for (name, kind) in &layer.fields {
        let (found, expected) = (&feature["properties"][name], &original["properties"][name]);
        let equal = match kind.as_str() {
            "real" => found.as_f64() == expected.as_f64(),
            _ => found == expected,
        };
        assert!(equal, "{} {name}: {found} for {expected}", layer.id);
    }
    let expected = if layer.geometry == "polygon" { "MultiPolygon" } else { "MultiLineString" };
    assert_eq!(feature["geometry"]["type"], expected);
    assert_eq!(plan::bounds_of(feature), plan::bounds_of(original));
    if layer.geometry == "polygon" {
        for polygon in feature["geometry"]["coordinates"].as_array().unwrap() {
            for (i, ring) in polygon.as_array().unwrap().iter().enumerate() {
                let xy = |position: &Value| [0, 1].map(|axis| position[axis].as_f64().unwrap());
                let ring: Vec<_> = ring.as_array().unwrap().iter().map(xy).collect();
                let area: f64 = ring
                    .windows(2)
                    .map(|p| {
                        (p[0][0] - ring[0][0]) * (p[1][1] - ring[0][1])
                            - (p[1][0] - ring[0][0]) * (p[0][1] - ring[0][1])
                    })
                    .sum();
                assert_eq!(area > 0.0, i == 0, "ring {i} of {} {}", layer.id, feature["id"]);
            }
        }
    }
}

/// `/conf/core/fc-limit-definition`, `fc-limit-response-1`, `limit-response`
#[test]
fn core_limit_response() {
    let server = shared();
    let layer = plan::layer_named("map_sheets_50k");
    let whole = all_ids(&server, &layer.id, &[("limit", "10000")]);
    for limit in ["1", "3", "7", "100"] {
        assert_eq!(all_ids(&server, &layer.id, &[("limit", limit)]), whole, "limit {limit}");
        assert_eq!(all_ids(&server, &layer.id, &[("limit", limit), ("sortby", "-id")]).len(), whole.len());
    }
    let page = items(&server, &layer.id, &[("limit", "99999999999999999999")]).expect(200).json();
    assert_eq!(page_ids(&page).len(), whole.len());
    for bad in ["0", "-1", "x", "", "1.5", "+5"] {
        refused(&server, &layer.id, &[("limit", bad)], "limit");
    }
}

/// `/conf/core/fc-bbox-definition`, `fc-bbox-response`: what PostGIS would call intersecting, told here by an
/// independent test of the plan's own positions.
#[test]
fn core_bbox_response() {
    let server = shared();
    let [west, south, east, north] = plan::bounds();
    for (a, b, c, d) in
        [(0.0, 0.0, 1.0, 1.0), (0.3, 0.3, 0.6, 0.6), (0.5, 0.1, 0.52, 0.12), (0.9, 0.9, 2.0, 2.0)]
    {
        let edges = [
            west + a * (east - west),
            south + b * (north - south),
            west + c * (east - west),
            south + d * (north - south),
        ];
        let bbox = edges.map(|edge| edge.to_string()).join(",");
        let bbox_6 = format!("{},{},-10,{},{},10", edges[0], edges[1], edges[2], edges[3]);
        for layer in plan::LAYERS.iter() {
            let expected: BTreeSet<_> =
                layer.features.iter().filter(|feature| touches(feature, edges)).map(plan::id).collect();
            for text in [&bbox, &bbox_6] {
                let found = all_ids(&server, &layer.id, &[("bbox", text), ("limit", "5")]);
                assert_eq!(found.iter().copied().collect::<BTreeSet<_>>(), expected, "{} {text}", layer.id);
                assert_eq!(found.len(), expected.len(), "one of {} twice", layer.id);
            }
            let page = items(&server, &layer.id, &[("bbox", &bbox), ("limit", "1")]).json();
            assert_eq!(page["numberMatched"], expected.len());
        }
    }
    // Around the other side of the globe: everything but what lies between.
    let outside = format!("{},-90,{},90", east + 1.0, west - 1.0);
    assert_eq!(all_ids(&server, "townships", &[("bbox", &outside)]), [] as [u64; 0]);
    let around = format!("{},-90,{},90", west - 1.0, west - 2.0);
    assert_eq!(
        all_ids(&server, "townships", &[("bbox", &around)]).len(),
        plan::layer_named("townships").features.len()
    );
    for bad in ["", "1,2,3", "1,2,3,4,5", "a,b,c,d", "0,1,1,0", "1,2,3,nan", "1,2,3,inf", "1 2 3 4"] {
        refused(&server, "townships", &[("bbox", bad)], "bbox");
    }
}

fn touches(feature: &Value, [west, south, east, north]: [f64; 4]) -> bool {
    use geo::Intersects;
    use geozero::{ToGeo, geojson::GeoJson};
    let geometry = GeoJson(&feature["geometry"].to_string()).to_geo().unwrap();
    let area = geo::Rect::new(geo::coord! { x: west, y: south }, geo::coord! { x: east, y: north });
    geometry.intersects(&area.to_polygon())
}

/// `/conf/core/fc-time-definition`, `fc-time-response`
#[test]
fn core_time_response() {
    let server = shared();
    let layer = plan::layer_named("mining_rights");
    let day = |feature: &Value, name: &str, open: &str| {
        feature["properties"][name].as_str().unwrap_or(open).to_owned()
    };
    for (datetime, first, last) in [
        ("2021-06-30", "2021-06-30", "2021-06-30"),
        ("2021-06-30T12:00:00Z", "2021-06-30", "2021-06-30"),
        ("2018-01-01/2018-12-31", "2018-01-01", "2018-12-31"),
        ("../2016-01-01", "0000-01-01", "2016-01-01"),
        ("/2016-01-01", "0000-01-01", "2016-01-01"),
        ("2030-01-01/..", "2030-01-01", "9999-12-31"),
        ("2030-01-01/", "2030-01-01", "9999-12-31"),
    ] {
        let meets = |feature: &&Value| {
            day(feature, "valid_from", "0000-01-01").as_str() <= last
                && first <= day(feature, "valid_to", "9999-12-31").as_str()
        };
        let expected: BTreeSet<_> = layer.features.iter().filter(meets).map(plan::id).collect();
        let found: BTreeSet<_> = all_ids(&server, &layer.id, &[("datetime", datetime)]).into_iter().collect();
        assert_eq!(found, expected, "{datetime}");
    }
    for bad in ["", "yesterday", "2021-02-30", "2022-01-01/2021-01-01", "../.."] {
        refused(&server, &layer.id, &[("datetime", bad)], "datetime");
    }
}

/// `/conf/core/query-param-unknown`, `query-param-invalid`, `query-param-specified`
#[test]
fn core_query_param_unknown() {
    let server = shared();
    refused(&server, "mining_rights", &[("limmit", "1")], "limmit");
    refused(&server, "mining_rights", &[("geom", "1")], "geom");
    let detail = refused(&server, "mining_rights", &[("f", "json"), ("f", "html")], "f");
    assert!(detail.contains("twice"), "{detail}");
    refused(&server, "mining_rights", &[("f", "gml")], "f");
    refused(&server, "mining_rights", &[("cursor", "next")], "cursor");
    let gone = format!("{}.0", "0".repeat(32));
    let detail = refused(&server, "mining_rights", &[("cursor", &gone)], "cursor");
    assert!(detail.contains("not kept"), "{detail}");
    server.get("/ogc/collections/nowhere/items").expect_problem(404);
    server.get("/ogc/collections/mining_rights/items/1?limit=1").expect_problem(400);
}

/// `/conf/core/f-op`, `f-success`, `f-links`
#[test]
fn core_f_success() {
    let server = shared();
    for layer in plan::LAYERS.iter() {
        let id = plan::id(&layer.features[0]);
        let path = format!("/ogc/collections/{}/items/{id}", layer.id);
        let answer = server.get(&path).expect(200);
        assert_eq!(answer.expect_header("content-type"), "application/geo+json");
        let feature = answer.json();
        assert_eq!(feature["id"], id);
        check_feature(layer, &feature);
        assert_eq!(linked(&server, &feature, "self", "application/geo+json"), path);
        assert_eq!(
            linked(&server, &feature, "collection", "application/json"),
            format!("/ogc/collections/{}", layer.id)
        );
        server.get(&linked(&server, &feature, "alternate", "text/html")).expect(200);
    }
    for unknown in ["0", "99999999", "-1", "x", "1.0", "9999999999999999999999"] {
        server.get(&format!("/ogc/collections/townships/items/{unknown}")).expect_problem(404);
    }
}

/// `ogcapi-features-1/1.0/conf/html`: `/conf/html/definition`, `/conf/html/content`
#[test]
fn html_content() {
    let server = shared();
    let layer = plan::layer_named("mining_rights");
    let resources =
        ["/ogc/api", "/ogc/collections/mining_rights/schema", "/ogc/collections/mining_rights/queryables"];
    for path in resources.map(str::to_owned).into_iter().chain([
        "/ogc/collections/mining_rights/items".to_owned(),
        format!("/ogc/collections/mining_rights/items/{}", plan::id(&layer.features[0])),
    ]) {
        let page = server.ask("GET", &path, &[("accept", "text/html")]);
        check_page(&server, &path, &page);
        assert!(page.lists("vary", "accept"), "{path}");
    }
    let page = items(&server, "mining_rights", &[("f", "html")]);
    for feature in &layer.features {
        assert!(page.text().contains(feature["properties"]["name"].as_str().unwrap()));
    }
    // What is in the data is never taken for markup.
    let page = items(&server, "mining_rights", &[("f", "html"), ("name", "<script>\"&")]).expect(200);
    assert!(!page.text().contains("<script>"), "{}", page.text());
}

/// `ogcapi-features-1/1.0/conf/oas30` and `ogcapi-common-1/1.0/conf/oas30`: `/conf/oas30/oas-definition-1`,
/// `completeness`, `exceptions-codes`; a fuzzer checks the rest, tests/api.
#[test]
fn oas30_completeness() {
    let server = shared();
    let answer = server.get("/ogc/api").expect(200);
    assert_eq!(answer.expect_header("content-type"), "application/vnd.oai.openapi+json;version=3.0");
    let document = answer.json();
    assert!(document["openapi"].as_str().unwrap().starts_with("3.0."));
    // QGIS reads its page size here.
    let limit = &document["components"]["parameters"]["limit"]["schema"];
    assert_eq!((&limit["maximum"], &limit["default"]), (&json!(10_000), &json!(100)));
    let operations = document["paths"].as_object().unwrap().iter().flat_map(|(path, resource)| {
        resource
            .as_object()
            .unwrap()
            .iter()
            .map(move |(method, operation)| (path, method.as_str(), operation))
    });
    for (path, method, operation) in operations {
        if method == "get" && !path.contains('{') {
            server.get(&format!("/ogc{path}")).expect(200);
        }
        for parameter in operation["parameters"].as_array().into_iter().flatten() {
            if let Some(reference) = parameter["$ref"].as_str() {
                assert!(document.pointer(reference.trim_start_matches('#')).is_some(), "{path}: {reference}");
            }
        }
        for status in ["200", "400"] {
            assert!(!operation["responses"][status].is_null(), "{method} {path} {status}");
        }
    }
    for layer in plan::LAYERS.iter() {
        let items = &document["paths"][format!("/collections/{}/items", layer.id)]["get"]["parameters"];
        let named: BTreeSet<_> =
            items.as_array().unwrap().iter().filter_map(|p| p["name"].as_str()).collect();
        assert_eq!(named, layer.fields.iter().map(|(name, _)| name.as_str()).collect(), "{}", layer.id);
    }
}

/// `ogcapi-features-5/1.0/conf/schemas`, `ogcapi-features-5/1.0/conf/core-roles-features`,
/// `ogcapi-features-5/1.0/conf/returnables-and-receivables`, `ogcapi-features-3/1.0/conf/queryables`:
/// `/conf/queryables/get-conformance`, `queryables-op`
#[test]
fn schemas_are_of_what_is_sent() {
    let server = shared();
    for layer in plan::LAYERS.iter() {
        let collection = server.get(&format!("/ogc/collections/{}", layer.id)).expect(200).json();
        for resource in ["schema", "queryables"] {
            let rel = format!("http://www.opengis.net/def/rel/ogc/1.0/{resource}");
            let path = linked(&server, &collection, &rel, "application/schema+json");
            let answer = server.get(&path).expect(200);
            assert_eq!(answer.expect_header("content-type"), "application/schema+json");
            let schema = answer.json();
            assert_eq!(schema["$schema"], "https://json-schema.org/draft/2020-12/schema");
            assert_eq!(schema["$id"], server.url(&path));
            let names: BTreeSet<_> = schema["properties"].as_object().unwrap().keys().cloned().collect();
            let fields = layer.fields.iter().map(|(name, _)| name.clone());
            assert_eq!(names, fields.chain(["id".into(), "geom".into()]).collect());
            let roles: BTreeSet<_> = schema["properties"]
                .as_object()
                .unwrap()
                .values()
                .filter_map(|p| p["x-ogc-role"].as_str())
                .collect();
            let times = ["primary-interval-start", "primary-interval-end"];
            assert_eq!(roles, BTreeSet::from(["id", "primary-geometry", times[0], times[1]]));
            for (name, kind) in &layer.fields {
                let expected = match kind.as_str() {
                    "real" => "number",
                    "text" | "date" => "string",
                    other => other,
                };
                assert_eq!(schema["properties"][name]["type"], expected, "{} {name}", layer.id);
            }
        }
    }
}

/// `sortby` and `properties`, which no published part has yet.
#[test]
fn sorted_and_selected() {
    let server = shared();
    let layer = plan::layer_named("townships");
    let sorted = |key: &dyn Fn(&Value) -> (bool, String), descending: bool| {
        let mut features: Vec<_> = layer.features.iter().collect();
        features.sort_by(|a, b| {
            let ((a_null, a_key), (b_null, b_key)) = (key(a), key(b));
            let by_key = if descending { b_key.cmp(&a_key) } else { a_key.cmp(&b_key) };
            a_null.cmp(&b_null).then(by_key).then(plan::id(a).cmp(&plan::id(b)))
        });
        features.into_iter().map(plan::id).collect::<Vec<_>>()
    };
    let text = |name: &'static str| {
        move |f: &Value| {
            (f["properties"][name].is_null(), f["properties"][name].as_str().unwrap_or("").to_owned())
        }
    };
    assert_eq!(
        all_ids(&server, "townships", &[("sortby", "name"), ("limit", "4")]),
        sorted(&text("name"), false)
    );
    assert_eq!(
        all_ids(&server, "townships", &[("sortby", "-kind"), ("limit", "4")]),
        sorted(&text("kind"), true)
    );
    let mut ids = layer.ids();
    ids.sort_unstable();
    assert_eq!(all_ids(&server, "townships", &[("sortby", "+id"), ("limit", "4")]), ids);
    refused(&server, "townships", &[("sortby", "colour")], "sortby");
    refused(&server, "townships", &[("sortby", "geom")], "sortby");
    refused(&server, "townships", &[("sortby", "a,b,c,d,e")], "sortby");
    let page = items(&server, "townships", &[("properties", "name,code")]).expect(200).json();
    let names: BTreeSet<_> = page["features"][0]["properties"].as_object().unwrap().keys().cloned().collect();
    assert_eq!(names, BTreeSet::from(["code".into(), "name".into()]));
    let page = items(&server, "townships", &[("properties", "")]).expect(200).json();
    assert_eq!(page["features"][0]["properties"], json!({}));
    refused(&server, "townships", &[("properties", "name,colour")], "properties");
}

/// FlatGeobuf pages as QGIS reads them: count and next page in the headers, all columns.
#[test]
fn flatgeobuf_pages() {
    let server = shared();
    for layer in plan::LAYERS.iter() {
        let mut path = Some(items_path(&layer.id, &[("f", "fgb"), ("limit", "7")]));
        let mut found = BTreeSet::new();
        while let Some(asked) = path {
            let answer = server.get(&asked).expect(200);
            assert_eq!(answer.expect_header("content-type"), "application/flatgeobuf");
            assert_eq!(answer.expect_header("ogc-numbermatched"), layer.features.len().to_string());
            let mut rows = FgbReader::open(&answer.body[..]).unwrap().select_all_seq().unwrap();
            assert_eq!(
                rows.features_count().unwrap().to_string(),
                answer.expect_header("ogc-numberreturned")
            );
            let columns: Vec<_> =
                rows.header().columns().unwrap().iter().map(|c| c.name().to_owned()).collect();
            assert_eq!(columns.len(), layer.fields.len() + 1);
            while let Some(row) = rows.next().unwrap() {
                let properties = row.properties().unwrap();
                let id: u64 = properties["id"].parse().unwrap();
                let name = layer.feature(id)["properties"]["name"].as_str();
                assert_eq!(properties.get("name").map(String::as_str), name);
                assert!(found.insert(id), "{id} twice");
            }
            let link = answer.header("link").map(|link| {
                let (url, rest) = link.trim_start_matches('<').split_once('>').unwrap();
                assert_eq!(rest, "; rel=\"next\"; type=\"application/flatgeobuf\"");
                url.strip_prefix(&server.url("")).unwrap().to_owned()
            });
            path = link;
        }
        assert_eq!(found, layer.ids().into_iter().collect(), "{}", layer.id);
    }
}

/// The same again costs nothing; another coding, form or query is another thing.
#[test]
fn pages_are_conditional_and_coded() {
    let server = shared();
    let path = items_path("map_sheets_50k", &[("filter", "area_km2 > 1"), ("limit", "50")]);
    let plain = server.get(&path).expect(200);
    let mut tags = BTreeSet::from([plain.expect_header("etag").to_owned()]);
    for (coding, decode) in [
        ("gzip", gunzip as fn(&[u8]) -> Vec<u8>),
        ("br", unbrotli),
        ("zstd", |bytes| zstd::decode_all(bytes).unwrap()),
    ] {
        let coded = server.ask("GET", &path, &[("accept-encoding", coding)]).expect(200);
        assert_eq!(coded.expect_header("content-encoding"), coding);
        assert_eq!(decode(&coded.body), plain.body, "{coding}");
        let tag = coded.expect_header("etag").to_owned();
        server.ask("GET", &path, &[("accept-encoding", coding), ("if-none-match", &tag)]).expect(304);
        assert!(tags.insert(tag));
    }
    // The same in other words.
    let same = items_path("map_sheets_50k", &[("limit", "050"), ("filter", "\"area_km2\">1.0")]);
    let same = server.get(&same).expect(200);
    assert_eq!((same.expect_header("etag"), &same.body), (plain.expect_header("etag"), &plain.body));
    for other in [&[("filter", "area_km2 > 2"), ("limit", "50")][..], &[("filter", "area_km2 > 1")]] {
        assert!(tags.insert(items(&server, "map_sheets_50k", other).expect_header("etag").to_owned()));
    }
    let head = server.ask("HEAD", &path, &[]).expect(200);
    assert_eq!(head.expect_header("content-length"), plain.body.len().to_string());
    server.ask("GET", &path, &[("if-match", "\"other\"")]).expect_problem(412);
}

pub fn gunzip(bytes: &[u8]) -> Vec<u8> {
    let mut decoded = vec![];
    std::io::Read::read_to_end(&mut flate2::read::GzDecoder::new(bytes), &mut decoded).unwrap();
    decoded
}

pub fn unbrotli(bytes: &[u8]) -> Vec<u8> {
    let mut decoded = vec![];
    brotli::BrotliDecompress(&mut &bytes[..], &mut decoded).unwrap();
    decoded
}
