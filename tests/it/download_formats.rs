//! Downloads of a layer in every format and of a part of it, read back by GDAL.

use crate::ogc_features::{gunzip, unbrotli};
use crate::support::{
    gdal,
    ogc::all_ids,
    plan,
    server::{Server, shared},
};
use flatgeobuf::{FallibleStreamingIterator, FeatureProperties, FgbReader};
use serde_json::{Map, Value};
use std::{
    collections::{BTreeMap, BTreeSet},
    io::Cursor,
    path::{Path, PathBuf},
};

const FORMATS: [&str; 3] = ["fgb", "geojson", "csv"];

/// A feature as any of the formats has it: texts of its properties, those that are nothing left out, and its rings
/// or lines, exteriors counterclockwise.
type Plain = (BTreeMap<String, String>, Vec<Vec<[f64; 2]>>);

/// The path of a download with the parameters.
fn path(layer: &str, format: &str, parameters: &[(&str, &str)]) -> String {
    let mut query = form_urlencoded::Serializer::new(String::new());
    query.extend_pairs(parameters);
    format!("/downloads/{layer}.{format}?{}", query.finish())
}

/// A download in a file of its own.
fn saved(server: &Server, folder: &Path, layer: &str, format: &str, parameters: &[(&str, &str)]) -> PathBuf {
    let body = server.get(&path(layer, format, parameters)).expect(200).body;
    let file = folder.join(format!("{layer}.{format}"));
    std::fs::write(&file, body).unwrap();
    file
}

/// What GDAL reads from a file, by id.
#[track_caller]
fn read(file: &Path, more: &[&str]) -> BTreeMap<u64, Plain> {
    let to = ["-preserve_fid", "-f", "GeoJSON", "/vsistdout/", file.to_str().unwrap()];
    let read: Value = serde_json::from_str(&gdal::run("ogr2ogr", &[&to[..], more].concat())).unwrap();
    plain(read["features"].as_array().unwrap())
}

fn plain(features: &[Value]) -> BTreeMap<u64, Plain> {
    features.iter().map(|feature| (id(feature), (properties(feature), rings(&feature["geometry"])))).collect()
}

/// A column where the format has no ids of features; in CSV a text.
fn id(feature: &Value) -> u64 {
    match &feature["properties"]["id"] {
        Value::String(text) => text.parse().unwrap(),
        Value::Number(number) => number.as_u64().unwrap(),
        _ => plan::id(feature),
    }
}

fn properties(feature: &Value) -> BTreeMap<String, String> {
    let texts = feature["properties"].as_object().unwrap().iter().filter_map(|(name, value)| {
        let text = match value {
            Value::Null => return None,
            Value::String(text) => text.clone(),
            other => other.to_string(),
        };
        // GDAL writes fewer digits than it reads.
        let text = match text.parse::<f64>() {
            Ok(real) if text.contains('.') => format!("{real:.10}"),
            _ => text,
        };
        // FlatGeobuf has no type for a day without a time.
        let day = text.strip_suffix("T00:00:00").unwrap_or(&text).replace('/', "-");
        let is_day = day.len() == 10 && day.chars().filter(|c| *c == '-').count() == 2;
        (!["id", "WKT"].contains(&name.as_str()) && !text.is_empty())
            .then(|| (name.clone(), if is_day { day } else { text }))
    });
    texts.collect()
}

fn rings(geometry: &Value) -> Vec<Vec<[f64; 2]>> {
    fn collect(coordinates: &Value, rings: &mut Vec<Vec<[f64; 2]>>) {
        let parts = coordinates.as_array().unwrap();
        match &parts[0][0] {
            Value::Number(_) => rings.push(parts.iter().map(position).collect()),
            Value::Array(_) => parts.iter().for_each(|part| collect(part, rings)),
            _ => rings.push(vec![position(coordinates)]),
        }
    }
    let mut found = vec![];
    collect(&geometry["coordinates"], &mut found);
    if geometry["type"].as_str().unwrap().ends_with("Polygon") {
        // Which way they go round is not part of the shape.
        for ring in &mut found {
            let twice_area: f64 = ring.windows(2).map(|p| (p[1][0] - p[0][0]) * (p[1][1] + p[0][1])).sum();
            if twice_area > 0.0 {
                ring.reverse();
            }
        }
    }
    found
}

fn position(position: &Value) -> [f64; 2] {
    [position[0].as_f64().unwrap(), position[1].as_f64().unwrap()]
}

/// Checks that the features are the same, their positions to within `tolerance`.
#[track_caller]
fn assert_same(found: &BTreeMap<u64, Plain>, expected: &BTreeMap<u64, Plain>, tolerance: f64, what: &str) {
    assert!(found.keys().eq(expected.keys()), "{what}: {:?} for {:?}", found.keys(), expected.keys());
    for ((id, (properties, rings)), (_, (expected, expected_rings))) in found.iter().zip(expected) {
        assert_eq!(properties, expected, "{what} {id}");
        let lengths = |rings: &[Vec<_>]| rings.iter().map(Vec::len).collect::<Vec<_>>();
        assert_eq!(lengths(rings), lengths(expected_rings), "{what} {id}");
        for (found, expected) in rings.iter().flatten().zip(expected_rings.iter().flatten()) {
            let near = (0..2).all(|axis| (found[axis] - expected[axis]).abs() <= tolerance);
            assert!(near, "{what} {id}: {found:?} for {expected:?}");
        }
    }
}

#[test]
fn gdal_reads_the_same_from_every_format() {
    let (server, folder) = (shared(), tempfile::tempdir().unwrap());
    for layer in plan::LAYERS.iter() {
        let expected = plain(&layer.features);
        for format in FORMATS {
            let file = saved(&server, folder.path(), &layer.id, format, &[]);
            assert_same(&read(&file, &[]), &expected, 1e-12, &format!("{}.{format}", layer.id));
        }
        // Read without another program in between, it is the same to the last bit.
        let text = server.get(&path(&layer.id, "geojson", &[])).expect(200).json();
        assert_same(&plain(text["features"].as_array().unwrap()), &expected, 0.0, &layer.id);
        for feature in text["features"].as_array().unwrap() {
            let mut expected = layer.feature(plan::id(feature))["properties"].as_object().unwrap().clone();
            expected.remove("id");
            assert_eq!(feature["properties"].as_object().unwrap(), &expected, "{}", layer.id);
        }
        assert!(text.get("crs").is_none() && text["name"] == layer.id, "RFC 7946, §4");
    }
}

#[test]
fn coordinates_are_those_that_gdal_computes() {
    let (server, folder) = (shared(), tempfile::tempdir().unwrap());
    let there = tempfile::tempdir().unwrap();
    for (layer, code, tolerance) in [
        ("townships", "4490", 1e-12),
        ("townships", "4326", 1e-12),
        ("townships", "3857", 0.001),
        ("townships", "4526", 0.001),
        ("rivers", "4547", 0.001),
        ("mining_rights", "4508", 0.001),
    ] {
        let stored = saved(&server, folder.path(), layer, "fgb", &[]);
        let expected = read(&stored, &["-t_srs", &format!("EPSG:{code}")]);
        for format in FORMATS {
            let file = saved(&server, there.path(), layer, format, &[("crs", code)]);
            assert_same(&read(&file, &[]), &expected, tolerance, &format!("{layer}.{format} in {code}"));
            if format == "csv" {
                continue;
            }
            let summary = gdal::run("ogrinfo", &["-ro", "-so", "-al", file.to_str().unwrap()]);
            assert!(summary.contains(&format!("ID[\"EPSG\",{code}]]\nData axis")), "{code}: {summary}");
        }
    }
}

#[test]
fn a_part_has_the_features_of_the_same_query_by_ogc_api() {
    let (server, folder) = (shared(), tempfile::tempdir().unwrap());
    let [west, south, east, north] = plan::bounds();
    let (x, y) = ((west + east) / 2.0, (south + north) / 2.0);
    let quarter = format!("{west},{south},{x},{y}");
    let turned = format!("{south},{west},{y},{x}");
    for layer in ["townships", "mining_rights", "rivers", "map_sheets_50k"] {
        let mut sizes = BTreeSet::new();
        for parameters in [
            &[("bbox", &*quarter)][..],
            &[("bbox", &*turned), ("bbox-crs", "EPSG:4490")],
            &[("filter", "name LIKE '%村%' OR code IS NULL")],
            &[("bbox", &*quarter), ("filter", &*format!("S_INTERSECTS(geom, BBOX({quarter})) AND id < 8"))],
            &[("bbox", "0,0,1,1")],
            &[("filter", "name = '无此名'")],
        ] {
            let crs = |(name, value)| match value {
                "EPSG:4490" => (name, "http://www.opengis.net/def/crs/EPSG/0/4490"),
                _ => (name, value),
            };
            let asked: Vec<_> =
                parameters.iter().map(|&pair| crs(pair)).chain([("limit", "10000")]).collect();
            let expected: BTreeSet<u64> = all_ids(&server, layer, &asked).into_iter().collect();
            for format in FORMATS {
                let file = saved(&server, folder.path(), layer, format, parameters);
                let found: BTreeSet<u64> = read(&file, &[]).into_keys().collect();
                assert_eq!(found, expected, "{layer}.{format} {parameters:?}");
            }
            sizes.insert(expected.len());
        }
        assert!(sizes.len() > 1 && sizes.contains(&0), "{layer}: {sizes:?}");
    }
}

#[test]
fn a_part_has_the_properties_that_are_asked_for() {
    let (server, folder) = (shared(), tempfile::tempdir().unwrap());
    let names = BTreeSet::from(["code".to_owned(), "name".to_owned()]);
    for format in FORMATS {
        let file = saved(&server, folder.path(), "townships", format, &[("properties", "name,code")]);
        let read = read(&file, &[]);
        assert_eq!(read.len(), plan::layer_named("townships").features.len());
        for (id, (properties, _)) in read {
            let expected = plan::layer_named("townships").feature(id)["properties"].as_object().unwrap();
            let expected: Map<String, Value> = expected
                .clone()
                .into_iter()
                .filter(|(name, value)| names.contains(name) && !value.is_null())
                .collect();
            assert_eq!(serde_json::to_value(properties).unwrap(), Value::Object(expected), "{format} {id}");
        }
    }
}

/// A part of a layer in another CRS is found by box through its own index, by GDAL and by the crate.
#[test]
fn a_part_in_flatgeobuf_has_an_index_that_is_used() {
    let (server, folder) = (shared(), tempfile::tempdir().unwrap());
    let layer = "map_sheets_50k";
    let file = saved(&server, folder.path(), layer, "fgb", &[("crs", "4526"), ("filter", "id > 1")]);
    let all = read(&file, &[]);
    let xy = || all.values().flat_map(|(_, rings)| rings.iter().flatten());
    let middle = |axis: usize| xy().map(|p| p[axis]).sum::<f64>() / xy().count() as f64;
    let (x, y) = (middle(0), middle(1));
    let spat = [x - 1.0, y - 1.0, x + 1.0, y + 1.0].map(|edge| edge.to_string());
    let spat = ["-spat", &spat[0], &spat[1], &spat[2], &spat[3]];
    let found = read(&file, &spat);
    assert!(!found.is_empty() && found.len() < all.len(), "{} of {}", found.len(), all.len());

    let mut bytes = std::fs::read(&file).unwrap();
    let reader = FgbReader::open(Cursor::new(&bytes)).unwrap();
    let count = reader.header().features_count() as usize;
    assert_eq!((count, reader.header().crs().unwrap().code()), (all.len(), 4526));
    let mut rows = reader.select_bbox(x - 1.0, y - 1.0, x + 1.0, y + 1.0).unwrap();
    let mut by_crate = BTreeSet::new();
    while let Some(row) = rows.next().unwrap() {
        by_crate.insert(row.property::<i64>("id").unwrap() as u64);
    }
    assert!(found.keys().all(|id| by_crate.contains(id)), "{by_crate:?}");

    // With an index that has every row elsewhere GDAL finds nothing: it asks the index.
    let start = 12 + u32::from_le_bytes(bytes[8..12].try_into().unwrap()) as usize;
    let size = flatgeobuf::packed_r_tree::PackedRTree::index_size(count, 16);
    for node in bytes[start..start + size].chunks_exact_mut(40) {
        node[..32].as_chunks_mut::<8>().0.iter_mut().for_each(|edge| *edge = 1f64.to_le_bytes());
    }
    let misled = folder.path().join("misled.fgb");
    std::fs::write(&misled, bytes).unwrap();
    assert!(read(&misled, &spat).is_empty());
}

#[test]
fn csv_is_as_rfc_4180_has_it() {
    let server = shared();
    let text = server.get("/downloads/townships.csv?properties=name,area_km2").expect(200);
    assert_eq!(text.expect_header("content-type"), "text/csv; charset=utf-8; header=present");
    let mut lines = text.text().split("\r\n");
    assert_eq!(lines.next(), Some("id,name,area_km2,WKT"));
    assert!(lines.next().unwrap().contains(",\"MULTIPOLYGON((("), "{}", text.text());
    let marked = server.get("/downloads/townships.csv?properties=name,area_km2&bom=true").expect(200);
    assert_eq!(marked.text(), format!("\u{feff}{}", text.text()));
    let unmarked = server.get("/downloads/townships.csv?properties=name,area_km2&bom=false").expect(200);
    assert_eq!(unmarked.header("etag"), text.header("etag"));
    assert_ne!(marked.header("etag"), text.header("etag"));
}

#[test]
fn a_download_is_conditional_and_coded_and_has_a_name() {
    let server = shared();
    let catalog = server.get("/layers.json").expect(200).json();
    let layer = catalog["layers"].as_array().unwrap().iter().find(|layer| layer["id"] == "rivers").unwrap();
    let (title, snapshot) = (layer["title"]["zh"].as_str().unwrap(), layer["snapshot"].as_str().unwrap());
    let mut tags = BTreeSet::new();
    for (path, coded) in [
        ("/downloads/rivers.geojson".to_owned(), true),
        (format!("/downloads/rivers@{snapshot}.geojson"), true),
        ("/downloads/rivers.csv".into(), true),
        ("/downloads/rivers.fgb".into(), false),
        ("/downloads/rivers.fgb?crs=3857".into(), false),
    ] {
        let plain = server.get(&path).expect(200);
        let suffix = path.split('?').next().unwrap().rsplit_once('.').unwrap().1;
        let disposition = plain.expect_header("content-disposition");
        let (ascii, utf8) = disposition.split_once("; filename*=UTF-8''").unwrap();
        let version = &snapshot[..8];
        assert_eq!(ascii, format!("attachment; filename=\"rivers@{version}.{suffix}\""));
        let decoded = format!("name={utf8}");
        let (_, name) = form_urlencoded::parse(decoded.as_bytes()).next().unwrap();
        assert_eq!(name, format!("{title}@{version}.{suffix}"));
        assert_eq!(plain.lists("cache-control", "immutable"), path.contains('@'), "{path}");
        assert_eq!(
            plain.expect_header("accept-ranges"),
            if path.ends_with(".fgb") { "bytes" } else { "none" }
        );

        let head = server.ask("HEAD", &path, &[]).expect(200);
        assert!(head.body.is_empty());
        let mut headers = plain.lasting_headers();
        // What is written when it is asked for may leave its length open.
        headers.retain(|(name, _)| name != "content-length" || head.header(name).is_some());
        assert_eq!(head.lasting_headers(), headers, "{path}");

        let tag = plain.expect_header("etag").to_owned();
        server.ask("GET", &path, &[("if-none-match", &tag)]).expect(304);
        server.ask("HEAD", &path, &[("if-none-match", &tag)]).expect(304);
        server.ask("GET", &path, &[("if-match", "\"other\"")]).expect_problem(412);
        assert_eq!(tags.insert(tag), !path.contains('@'), "{path}");
        for (coding, decode) in [
            ("gzip", gunzip as fn(&[u8]) -> Vec<u8>),
            ("br", unbrotli),
            ("zstd", |bytes| zstd::decode_all(bytes).unwrap()),
        ] {
            let answer = server.ask("GET", &path, &[("accept-encoding", coding)]).expect(200);
            assert_eq!(answer.header("content-encoding"), coded.then_some(coding), "{path}");
            let body = if coded { decode(&answer.body) } else { answer.body.clone() };
            assert_eq!(body, plain.body, "{path} {coding}");
            let tag = answer.expect_header("etag").to_owned();
            assert_eq!(tags.insert(tag), coded && !path.contains('@'), "{path} {coding}");
        }
    }
}

#[test]
fn requests_that_say_the_same_have_one_tag() {
    let server = shared();
    let tag = |parameters: &[(&str, &str)]| {
        server.get(&path("townships", "geojson", parameters)).expect(200).expect_header("etag").to_owned()
    };
    let once = tag(&[("bbox", "112,36,113,37"), ("filter", "area_km2 > 1"), ("properties", "code,name")]);
    let again = [
        ("filter", "\"area_km2\">1.0"),
        ("properties", "name,code,name"),
        ("bbox", "112.0, 36.0,113,37.00"),
        ("crs", "http://www.opengis.net/def/crs/OGC/1.3/CRS84"),
    ];
    assert_eq!(tag(&again), once);
    assert_ne!(tag(&again[1..]), once);
}

#[test]
fn what_is_wrong_is_told_by_name() {
    let server = shared();
    for (format, parameters, named) in [
        ("geojson", &[("bbox", "1,2,3")][..], "bbox"),
        ("geojson", &[("bbox", "a,b,c,d")], "bbox"),
        ("csv", &[("bbox", "1,5,2,3")], "bbox"),
        ("fgb", &[("bbox", "nan,nan,inf,inf")], "bbox"),
        ("fgb", &[("bbox-crs", "2000")], "bbox-crs"),
        ("fgb", &[("crs", "4555")], "crs"),
        ("csv", &[("crs", "http://example.org/4490")], "crs"),
        ("csv", &[("crs", "4490"), ("crs", "4490")], "crs"),
        ("csv", &[("properties", "name,colour")], "properties"),
        ("geojson", &[("filter", "colour = 1")], "filter"),
        ("geojson", &[("filter", "name = ")], "filter"),
        ("geojson", &[("filter", "name = 'a'"), ("filter-lang", "sql")], "filter-lang"),
        ("fgb", &[("limit", "5")], "limit"),
        ("csv", &[("bom", "1")], "bom"),
        ("geojson", &[("bom", "true")], "bom"),
    ] {
        let problem = server.get(&path("townships", format, parameters)).expect_problem(400);
        let detail = problem["detail"].as_str().unwrap();
        assert!(detail.starts_with(&format!("parameter `{named}`: ")), "{parameters:?}: {detail}");
    }
    for missing in ["nowhere.csv", "townships.txt", "townships@2020.geojson", "townships.geojson.csv"] {
        server.get(&format!("/downloads/{missing}")).expect_problem(404);
    }
    server.ask("GET", "/downloads/rivers.csv", &[("accept-encoding", "identity;q=0")]).expect_problem(406);
}

#[test]
fn every_layer_lists_its_files_and_the_plan_its_own() {
    let server = shared();
    let catalog = server.get("/layers.json").expect(200).json();
    let whole = &catalog["downloads"][0];
    let path = whole["href"].as_str().unwrap().strip_prefix(&server.url("")).unwrap().to_owned();
    assert_eq!(server.ask("HEAD", &path, &[]).expect(200).expect_header("content-type"), whole["type"]);
    for layer in catalog["layers"].as_array().unwrap() {
        let collection =
            server.get(&format!("/ogc/collections/{}", layer["id"].as_str().unwrap())).expect(200);
        let links = collection.json()["links"].as_array().unwrap().clone();
        let enclosures: Vec<_> = links.iter().filter(|link| link["rel"] == "enclosure").collect();
        let downloads = layer["downloads"].as_array().unwrap();
        assert_eq!((downloads.len(), enclosures.len()), (5, 5));
        for (download, enclosure) in downloads.iter().zip(enclosures) {
            assert_eq!(download["href"], enclosure["href"]);
            let path = download["href"].as_str().unwrap().strip_prefix(&server.url("")).unwrap().to_owned();
            let answer = server.ask("HEAD", &path, &[]).expect(200);
            assert_eq!(answer.expect_header("content-type"), download["type"]);
        }
    }
}
