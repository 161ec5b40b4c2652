//! What an archive says of itself.

use super::Pyramid;
use crate::describe;
use serde_json::{Value, json};

impl Pyramid {
    /// The members that PMTiles (v3 §5) and MBTiles 1.3 have in common, and `tileset_version`, which is the server's.
    pub fn metadata(&self) -> Value {
        let mut document = json!({
            "name": self.tileset.name,
            "type": "overlay",
            "vector_layers": describe::vector_layers(&self.tileset, *self.zooms.end()),
            "tileset_version": self.tileset.version.to_string(),
        });
        let attribution = describe::attribution(self.origin);
        if !attribution.is_empty() {
            document["attribution"] = json!(attribution);
        }
        document
    }
}
