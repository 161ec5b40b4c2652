//! The layers and their fields, for the viewer and for anyone who wants to know what is here.

use crate::{
    catalog::{Catalog, PublishedLayer},
    config::PublicUrl,
};
use serde_json::{Value, json};

pub fn catalog(catalog: &Catalog, base: &PublicUrl) -> Value {
    json!({
        "version": catalog.version().to_string(),
        "source": catalog.origin,
        "layers": catalog.layers().iter().map(|published| layer(published, base.as_str())).collect::<Vec<_>>(),
    })
}

/// The layer as `data/layers.json` describes it, with what is known of its snapshot.
fn layer(published: &PublishedLayer, base: &str) -> Value {
    let snapshot = &published.snapshot;
    let id = published.id();
    let mut entry = json!(*snapshot.layer);
    entry["minzoom"] = json!(published.tiles.minzoom());
    entry["count"] = json!(snapshot.feature_count());
    entry["bounds"] = json!(snapshot.bounds.map(|b| [b.min_x, b.min_y, b.max_x, b.max_y]));
    entry["snapshot"] = json!(snapshot.id);
    entry["size"] = json!(snapshot.bytes().len());
    entry["published"] = json!(published.published_at);
    entry["download"] = json!(format!("{base}/downloads/{id}.fgb"));
    entry["download_version"] = json!(format!("{base}/downloads/{id}@{}.fgb", snapshot.id));
    entry["tilejson"] = json!(format!("{base}/tiles/{id}.json"));
    entry
}
