//! GDAL as a client: what QGIS and most desktop programs read with.

use crate::support::plan;
use crate::support::server::shared;
use serde_json::Value;
use std::collections::BTreeSet;
use std::process::Command;

#[track_caller]
fn run(program: &str, arguments: &[&str]) -> String {
    let output = Command::new(program)
        .args(arguments)
        .env("CPL_VSIL_CURL_NON_CACHED", "/vsicurl/http://127.0.0.1")
        .output()
        .unwrap_or_else(|e| panic!("{program}: {e}"));
    let error = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success() && error.is_empty(), "{program} {arguments:?}: {error}");
    String::from_utf8(output.stdout).unwrap()
}

fn ids(geojson: &str) -> BTreeSet<u64> {
    let collection: Value = serde_json::from_str(geojson).unwrap();
    collection["features"].as_array().unwrap().iter().map(plan::id).collect()
}

#[test]
fn it_opens_every_download_by_url() {
    let server = shared();
    for layer in plan::LAYERS.iter() {
        let source = format!("/vsicurl/{}", server.url(&format!("/downloads/{}.fgb", layer.id)));
        let summary = run("ogrinfo", &["-ro", "-so", "-al", &source]);
        for expected in [
            format!("Layer name: {}\n", layer.id),
            format!("Feature Count: {}\n", layer.features.len()),
            "ID[\"EPSG\",4490]".into(),
            "Data axis to CRS axis mapping: 2,1".into(),
        ] {
            assert!(summary.contains(&expected), "{}: no {expected} in\n{summary}", layer.id);
        }
        for (name, kind) in &layer.fields {
            let types = match kind.as_str() {
                "integer" => "Integer64 ",
                "real" => "Real ",
                "boolean" => "Integer(Boolean) ",
                "date" => "DateTime ",
                _ => "String ",
            };
            // FlatGeobuf has one type for dates and times; GDAL shows a column of it as DateTime.
            assert!(
                summary.contains(&format!("\n{name}: {types}")),
                "{}: no {name}: {types} in\n{summary}",
                layer.id
            );
        }
    }
}

#[test]
fn it_finds_the_features_of_a_box() {
    let server = shared();
    let [west, south, east, north] = plan::bounds();
    let (width, height) = ((east - west) / 3.0, (north - south) / 3.0);
    let mut found = 0;
    for layer in plan::LAYERS.iter() {
        let source = format!("/vsicurl/{}", server.url(&format!("/downloads/{}.fgb", layer.id)));
        let (west, south) = (west + width, south + height);
        let edges = [west, south, west + width, south + height];
        let text = edges.map(|e| format!("{e:.9}"));
        let read = |file: &str| {
            let spatial = ["-spat", &text[0], &text[1], &text[2], &text[3]];
            run("ogr2ogr", &[&["-f", "GeoJSON", "/vsistdout/", file][..], &spatial[..]].concat())
        };
        let original = format!("{}/data/tunliu/{}.geojson", env!("CARGO_MANIFEST_DIR"), layer.id);
        let (ours, expected) = (ids(&read(&source)), ids(&read(&original)));
        assert_eq!(ours, expected, "{}", layer.id);
        found += expected.len();
    }
    assert!(found > 10, "the box holds only {found} features");
}

#[test]
fn it_reads_a_tile() {
    let server = shared();
    let tile = crate::tiles::busy_tile(10);
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("tile.mvt");
    std::fs::write(&file, server.get(&format!("/tiles/plan/{tile}.mvt")).expect(200).body).unwrap();
    let (x, y, z) = (format!("X={}", tile.x), format!("Y={}", tile.y), format!("Z={}", tile.z));
    let summary =
        run("ogrinfo", &["-ro", "-so", "-al", "-oo", &x, "-oo", &y, "-oo", &z, file.to_str().unwrap()]);
    for layer in ["mining_blocks", "townships", "roads"] {
        assert!(summary.contains(&format!("Layer name: {layer}\n")), "{summary}");
    }
}
