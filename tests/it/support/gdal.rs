//! GDAL's programs.

use super::plan;
use serde_json::Value;
use std::{collections::BTreeSet, process::Command};

/// Runs a program that must have nothing to complain of; gives what it prints.
#[track_caller]
pub fn run(program: &str, arguments: &[&str]) -> String {
    let output = Command::new(program)
        .args(arguments)
        .env("CPL_VSIL_CURL_NON_CACHED", "/vsicurl/http://127.0.0.1")
        .env("GDAL_ENABLE_WMS_CACHE", "NO")
        .output()
        .unwrap_or_else(|e| panic!("{program}: {e}"));
    let error = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success() && error.is_empty(), "{program} {arguments:?}: {error}");
    String::from_utf8(output.stdout).unwrap()
}

/// The ids of the features in a FeatureCollection.
pub fn ids(geojson: &str) -> BTreeSet<u64> {
    let collection: Value = serde_json::from_str(geojson).unwrap();
    collection["features"].as_array().unwrap().iter().map(plan::id).collect()
}
