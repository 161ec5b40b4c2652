//! The plan that is part of the program: Tunliu 2021–2025, so that a server without a database has a map.

use crate::plan::{Layer, LayerId};
use include_dir::{Dir, include_dir};

const LAYERS: &str = include_str!("../data/layers.json");
/// Its tables and contradictions.
pub const DOCUMENT: &str = include_str!("../data/tunliu/document.json");
static FEATURES: Dir = include_dir!("$CARGO_MANIFEST_DIR/data/tunliu");

#[derive(Debug, thiserror::Error)]
pub enum BundleError {
    #[error("data/layers.json: {0}")]
    Layers(serde_json::Error),
    #[error("data/tunliu has no file for layer {0}")]
    Missing(LayerId),
}

/// The standard layers of a plan, in the order in which they are listed.
pub fn layers() -> Result<Vec<Layer>, BundleError> {
    serde_json::from_str(LAYERS).map_err(BundleError::Layers)
}

/// The features of `layer` as GeoJSON in EPSG:4490.
pub fn geojson(layer: &LayerId) -> Result<&'static [u8], BundleError> {
    let file = FEATURES.get_file(format!("{layer}.geojson"));
    file.map(|file| file.contents()).ok_or_else(|| BundleError::Missing(layer.clone()))
}
