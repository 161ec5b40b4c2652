//! The bundled plan as its files say it, read without the server's code.

use super::grid::Bounds;
use serde_json::Value;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;

pub struct Layer {
    pub id: String,
    pub geometry: String,
    pub minzoom: u32,
    /// Names and types of the columns, in order.
    pub fields: Vec<(String, String)>,
    pub features: Vec<Value>,
}

impl Layer {
    pub fn feature(&self, id: u64) -> &Value {
        let found = self.features.iter().find(|f| f["id"] == id || f["properties"]["id"] == id);
        found.unwrap_or_else(|| panic!("{} has no feature {id}", self.id))
    }

    pub fn ids(&self) -> Vec<u64> {
        self.features.iter().map(id).collect()
    }
}

pub fn id(feature: &Value) -> u64 {
    feature["id"].as_u64().or(feature["properties"]["id"].as_u64()).expect("a whole-number id")
}

pub static LAYERS: LazyLock<Vec<Layer>> = LazyLock::new(|| {
    let layers = read(&data().join("layers.json"));
    layers.as_array().expect("a list of layers").iter().map(layer).collect()
});

pub fn layer_named(id: &str) -> &'static Layer {
    LAYERS.iter().find(|l| l.id == id).unwrap_or_else(|| panic!("no layer {id}"))
}

/// The box of the whole plan.
pub fn bounds() -> Bounds {
    let features = LAYERS.iter().flat_map(|l| &l.features);
    features.map(bounds_of).reduce(union).expect("a plan")
}

/// The box of one feature.
pub fn bounds_of(feature: &Value) -> Bounds {
    let mut bounds = [f64::INFINITY, f64::INFINITY, f64::NEG_INFINITY, f64::NEG_INFINITY];
    grow(&mut bounds, &feature["geometry"]["coordinates"]);
    bounds
}

pub fn union(a: Bounds, b: Bounds) -> Bounds {
    [a[0].min(b[0]), a[1].min(b[1]), a[2].max(b[2]), a[3].max(b[3])]
}

fn grow(bounds: &mut Bounds, coordinates: &Value) {
    let coordinates = coordinates.as_array().expect("coordinates");
    match coordinates[0].as_f64() {
        Some(lon) => {
            let lat = coordinates[1].as_f64().unwrap();
            *bounds = union(*bounds, [lon, lat, lon, lat]);
        }
        None => coordinates.iter().for_each(|part| grow(bounds, part)),
    }
}

fn data() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("data")
}

fn read(file: &Path) -> Value {
    let text = std::fs::read(file).unwrap_or_else(|e| panic!("{}: {e}", file.display()));
    serde_json::from_slice(&text).unwrap_or_else(|e| panic!("{}: {e}", file.display()))
}

fn layer(description: &Value) -> Layer {
    let text = |value: &Value| value.as_str().expect("text").to_owned();
    let id = text(&description["id"]);
    let file = read(&data().join("tunliu").join(format!("{id}.geojson")));
    Layer {
        geometry: text(&description["geometry"]),
        minzoom: description["minzoom"].as_u64().expect("minzoom") as u32,
        fields: description["fields"]
            .as_array()
            .expect("fields")
            .iter()
            .map(|f| (text(&f["name"]), text(&f["type"])))
            .collect(),
        features: file["features"].as_array().expect("features").clone(),
        id,
    }
}
