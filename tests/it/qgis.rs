//! QGIS as a client, without a screen.

use crate::support::{plan::LAYERS, server::shared};
use serde_json::Value;
use std::{fs, path::Path, process::Command};

/// What QGIS makes of layer definition files of the shared server, which the caller holds.
#[track_caller]
fn open(paths: &[&str]) -> Vec<Value> {
    let folder = tempfile::tempdir().unwrap();
    let save = |path: &&str| {
        let file = folder.path().join(path.rsplit('/').next().unwrap().split('?').next().unwrap());
        fs::write(&file, shared().get(path).expect(200).body).unwrap();
        file
    };
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/qgis/open.py");
    // Debian's QGIS is for Debian's Python.
    let output = Command::new("/usr/bin/python3")
        .arg(script)
        .args(paths.iter().map(save))
        .envs([("QT_QPA_PLATFORM", "offscreen"), ("XDG_RUNTIME_DIR", folder.path().to_str().unwrap())])
        .env("HOME", folder.path())
        .output()
        .unwrap();
    let error = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{error}");
    serde_json::from_slice(&output.stdout).unwrap_or_else(|e| panic!("{e}: {error}"))
}

#[test]
fn it_opens_the_layer_definitions() {
    let server = shared();
    let layers = open(&["/connect/layers.qlr", "/connect/plan.qlr"]);
    assert_eq!(layers.len(), LAYERS.len() + 1);
    let catalog = server.get("/layers.json").json();
    for published in catalog["layers"].as_array().unwrap() {
        let layer = layers.iter().find(|layer| layer["name"] == published["title"]["zh"]).expect("the layer");
        assert_eq!(layer["valid"], true, "{layer}");
        assert_eq!(layer["crs"], "EPSG:4490", "{layer}");
        assert_eq!(layer["features"], published["count"], "{layer}");
        for field in published["fields"].as_array().unwrap() {
            assert_eq!(layer["aliases"][field["name"].as_str().unwrap()], field["title"]["zh"], "{layer}");
        }
        let groups = [("planning", "规划"), ("status", "现状"), ("base", "基础地理与地质")];
        let (_, group) = groups.into_iter().find(|(id, _)| published["group"] == *id).unwrap();
        assert_eq!(layer["group"], group);
        assert!(layer["pixels"].as_u64().unwrap() > 0, "{layer}");
    }
    let tiles = layers.iter().find(|layer| layer["kind"] == "QgsVectorTileLayer").expect("the tiles");
    assert_eq!((&tiles["valid"], &tiles["crs"]), (&Value::Bool(true), &"EPSG:3857".into()), "{tiles}");
    assert!(tiles["source"].as_str().unwrap().contains(&server.url("/styles/plan.json")));
    assert!(tiles["pixels"].as_u64().unwrap() > 1000, "{tiles}");
}

#[test]
fn it_opens_the_definition_of_one_layer_in_english() {
    let _server = shared();
    let layers = open(&["/connect/mining_blocks.qlr?lang=en"]);
    let [layer] = layers.as_slice() else { panic!("{layers:?}") };
    assert_eq!(layer["name"], "Planned mining blocks");
    assert_eq!((&layer["valid"], &layer["aliases"]["code"]), (&Value::Bool(true), &"Code".into()), "{layer}");
}
