//! GDAL's OGC API, Features driver as a client.

use crate::support::{
    gdal::{ids, run},
    plan,
    server::shared,
};
use std::process::Command;

#[test]
fn it_finds_layers_counts_and_columns() {
    let server = shared();
    let source = format!("OAPIF:{}", server.url("/ogc"));
    let list = run("ogrinfo", &["-ro", "-q", &source]);
    for layer in plan::LAYERS.iter() {
        assert!(list.contains(&layer.id), "no {} in\n{list}", layer.id);
        let summary = run("ogrinfo", &["-ro", "-so", &source, &layer.id]);
        assert!(summary.contains(&format!("Feature Count: {}\n", layer.features.len())), "{summary}");
        for (name, kind) in &layer.fields {
            let types = match kind.as_str() {
                "integer" => "Integer",
                "real" => "Real ",
                "date" => "Date ",
                _ => "String ",
            };
            // A column without any value has no type in GeoJSON.
            let empty = layer.features.iter().all(|feature| feature["properties"][name].is_null());
            let typed = summary.contains(&format!("\n{name}: {types}"));
            assert!(
                typed || (empty && summary.contains(&format!("\n{name}: "))),
                "{} {name}: {types} in\n{summary}",
                layer.id
            );
        }
    }
}

#[test]
fn it_pages_through_a_layer_and_filters() {
    let server = shared();
    let source = format!("OAPIF:{}", server.url("/ogc"));
    let [west, south, east, north] = plan::bounds();
    let (width, height) = ((east - west) / 3.0, (north - south) / 3.0);
    let edges = [west + width, south + height, west + 2.0 * width, south + 2.0 * height];
    let edges = edges.map(|edge| format!("{edge:.9}"));
    for layer in ["townships", "mining_rights", "rivers", "map_sheets_50k"] {
        let features = &plan::layer_named(layer).features;
        let original = format!("{}/data/tunliu/{layer}.geojson", env!("CARGO_MANIFEST_DIR"));
        let read = |file: &str, more: &[&str]| {
            let layers: &[&str] = if file == source { &[layer] } else { &[] };
            let to = ["-preserve_fid", "-f", "GeoJSON", "/vsistdout/", file];
            ids(&run("ogr2ogr", &[&to[..], layers, more].concat()))
        };
        let paged = read(&source, &["-oo", "PAGE_SIZE=3"]);
        assert_eq!(paged, plan::layer_named(layer).ids().into_iter().collect(), "{layer}");
        for more in [
            &["-spat", &edges[0], &edges[1], &edges[2], &edges[3]][..],
            &["-where", "area_km2 > 20"],
            &["-where", "geometry_status = 'schematic'"],
            &["-where", "name LIKE '%村%' OR code IS NULL"],
            &["-where", "name <> 'x' AND NOT (area_km2 < 50)"],
        ] {
            // A column without a value has no type in GeoJSON, so GDAL takes it for texts.
            let untyped = features.iter().all(|feature| feature["properties"]["area_km2"].is_null());
            if untyped && more[1].contains("area_km2") {
                continue;
            }
            assert_eq!(read(&source, more), read(&original, more), "{layer} {more:?}");
        }
    }
}

#[test]
fn it_leaves_boxes_and_equal_values_to_the_server() {
    let server = shared();
    let asked = |more: &[&str]| {
        let source = format!("OAPIF:{}", server.url("/ogc"));
        let arguments = [&["-ro", "-q", &source, "mining_rights"][..], more].concat();
        let output = Command::new("ogrinfo").args(arguments).env("CPL_DEBUG", "HTTP").output().unwrap();
        String::from_utf8_lossy(&output.stderr).into_owned()
    };
    let urls = asked(&["-spat", "112.5", "36.1", "112.9", "36.5"]);
    assert!(urls.contains("&bbox=112.5,36.1"), "{urls}");
    let urls = asked(&["-where", "mineral = '煤' AND area_km2 > 50"]);
    assert!(urls.contains("&mineral=%E7%85%A4"), "{urls}");
}

#[test]
fn it_reads_a_zone() {
    let server = shared();
    let extent = |arguments: &[&str]| {
        let text = run("ogrinfo", arguments);
        let line = text.lines().find(|line| line.starts_with("Extent: ")).unwrap_or_else(|| panic!("{text}"));
        let numbers =
            line.split(|c: char| !(c.is_ascii_digit() || c == '.')).filter_map(|n| n.parse::<f64>().ok());
        numbers.collect::<Vec<_>>()
    };
    let original = format!("{}/data/tunliu/townships.geojson", env!("CARGO_MANIFEST_DIR"));
    let folder = tempfile::tempdir().unwrap();
    let projected = folder.path().join("projected.fgb");
    let (projected, page) = (projected.to_str().unwrap(), format!("/vsicurl/{}", server.url("/ogc/collections/townships/items?f=fgb&limit=10000&crs=http://www.opengis.net/def/crs/EPSG/0/4526")));
    run("ogr2ogr", &["-s_srs", "EPSG:4490", "-t_srs", "EPSG:4526", projected, &original]);
    let expected = extent(&["-ro", "-so", "-al", projected]);
    let by_page = run("ogrinfo", &["-ro", "-so", "-al", &page]);
    assert!(by_page.contains("ID[\"EPSG\",4526]"), "{by_page}");
    for (found, expected) in extent(&["-ro", "-so", "-al", &page]).iter().zip(&expected) {
        assert!((found - expected).abs() < 0.001, "{found} for {expected}");
    }
}

/// Its driver of all kinds of OGC API finds the collections. Tiles it reads by definitions of tile matrix sets as they were
/// before 2.0: not from here.
#[test]
fn its_other_driver_lists_the_collections() {
    let server = shared();
    let url = server.url("/ogc");
    let listed = run("gdalinfo", &[&format!("OGCAPI:{url}")]);
    for layer in plan::LAYERS.iter() {
        assert!(listed.contains(&format!("_NAME=OGCAPI:{url}/collections/{}\n", layer.id)), "{listed}");
    }
}
