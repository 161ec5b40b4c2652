//! GDAL as a client: what QGIS and most desktop programs read with.

use crate::support::{
    gdal::{ids, run},
    grid, plan,
    server::shared,
};
use serde_json::Value;

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

/// A tile of Tianditu's `c` lies in EPSG:4490 where its level, row and column say, and holds the layer's features there.
#[test]
fn it_reads_a_tile_in_degrees() {
    let server = shared();
    let layer = plan::layer_named("mining_blocks");
    let [west, south, east, north] = plan::bounds_of(&layer.features[0]);
    let side = 360.0 / 4096.0;
    let (x, y) =
        ((((west + east) / 2.0 + 180.0) / side) as u32, ((90.0 - (south + north) / 2.0) / side) as u32);
    let folder = tempfile::tempdir().unwrap();
    let [file, metadata] = ["tile.mvt", "metadata.json"].map(|name| folder.path().join(name));
    let tile = server.get(&format!("/ogc/collections/mining_blocks/tiles/c/12/{y}/{x}")).expect(200);
    std::fs::write(&file, tile.body).unwrap();
    let grid = r#"{"crs": "EPSG:4490", "tile_origin_upper_left_x": -180, "tile_origin_upper_left_y": 90, "tile_dimension_zoom_0": 360}"#;
    std::fs::write(&metadata, grid).unwrap();
    let options =
        [format!("X={x}"), format!("Y={y}"), "Z=12".into(), format!("METADATA_FILE={}", metadata.display())];
    let options = options.iter().flat_map(|option| ["-oo", option.as_str()]);
    let arguments: Vec<&str> =
        ["-f", "GeoJSON", "-lco", "RFC7946=NO", "/vsistdout/", file.to_str().unwrap(), "mining_blocks"]
            .into_iter()
            .chain(options)
            .collect();
    let collection: Value = serde_json::from_str(&run("ogr2ogr", &arguments)).unwrap();
    assert!(
        collection["crs"]["properties"]["name"].as_str().unwrap().ends_with("::4490"),
        "{}",
        collection["crs"]
    );
    let features = collection["features"].as_array().unwrap();
    assert!(!features.is_empty());
    for feature in features {
        let drawn = plan::bounds_of(feature);
        let whole = plan::bounds_of(layer.feature(feature["properties"]["mvt_id"].as_u64().unwrap()));
        let unit = side / 4096.0;
        assert!(whole[0] - unit <= drawn[0] && drawn[2] <= whole[2] + unit, "{drawn:?} in {whole:?}");
        assert!(whole[1] - unit <= drawn[1] && drawn[3] <= whole[3] + unit, "{drawn:?} in {whole:?}");
    }
}

/// That its WMTS driver lists all layers in all grids shows that it reads the capabilities.
#[test]
fn it_lists_the_layers_of_wmts() {
    let server = shared();
    let url = server.url("/wmts/1.0.0/WMTSCapabilities.xml");
    let listed = run("gdalinfo", &[&format!("WMTS:{url}")]);
    for layer in plan::LAYERS.iter().map(|layer| layer.id.as_str()).chain(["plan"]) {
        for set in ["WebMercatorQuad", "WorldCRS84Quad", "c", "w"] {
            assert!(
                listed.contains(&format!("layer={layer},tilematrixset={set}\n")),
                "{layer} {set}: {listed}"
            );
        }
    }
}

/// What it makes of the place of a tile is the picture of that tile, to the pixel.
#[test]
fn it_draws_pictures_by_wmts() {
    let server = shared();
    let url = server.url("/wmts/1.0.0/WMTSCapabilities.xml");
    let folder = tempfile::tempdir().unwrap();
    let web = grid::tile_at(112.85, 36.3, 11);
    let metres = 20_037_508.342_789_244;
    for (set, side, [west, north], [column, row]) in [
        (
            "c",
            360.0 / 2048.0,
            [-180.0, 90.0],
            [(292.85 / 360.0 * 2048.0) as u32, (53.7 / 360.0 * 2048.0) as u32],
        ),
        ("WebMercatorQuad", 2.0 * metres / 2048.0, [-metres, metres], [web.x, web.y]),
    ] {
        let left = west + f64::from(column) * side;
        let top = north - f64::from(row) * side;
        let window = [left, top, left + side, top - side].map(|edge| edge.to_string());
        let file = folder.path().join(format!("{set}.png"));
        let source = format!("WMTS:{url},layer=plan,tilematrixset={set}");
        let [left, top, right, bottom] = &window;
        let whole = ["-projwin", left, top, right, bottom, "-outsize", "256", "256", "-of", "PNG", &source];
        run("gdal_translate", &[&["-q"], &whole[..], &[file.to_str().unwrap()]].concat());
        let drawn = tiny_skia::Pixmap::load_png(&file).unwrap();
        let path = format!("/wmts/1.0.0/plan/default/{set}/11/{row}/{column}.png");
        let tile = tiny_skia::Pixmap::decode_png(&server.get(&path).expect(200).body).unwrap();
        assert!(tile.pixels().iter().filter(|pixel| pixel.alpha() > 0).count() > 10_000, "{path} is empty");
        assert!(drawn.pixels() == tile.pixels(), "{set}");
    }
}
