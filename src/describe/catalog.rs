//! The layers and their fields, for the viewer and for anyone who wants to know what is here.

use crate::{
    catalog::{Catalog, PublishedLayer},
    config::PublicUrl,
    editions::{At, Edition},
    export::Format,
};
use serde_json::{Value, json};

/// The layers of `catalog`, which is called `at` in their URLs, if it is.
pub fn catalog(catalog: &Catalog, at: Option<&At>, base: &PublicUrl) -> Value {
    let base = base.as_str();
    let revision = match at {
        Some(At::One(Edition::Version(_))) => None,
        at => Some(at.map_or("current".to_owned(), At::to_string)),
    };
    json!({
        "version": catalog.version().to_string(),
        "revision": revision,
        "revisions": format!("{base}/revisions"),
        "source": catalog.origin,
        "layers": catalog.layers().iter().map(|published| layer(published, at, base)).collect::<Vec<_>>(),
    })
}

/// The layer as `data/layers.json` describes it, with what is known of its snapshot.
fn layer(published: &PublishedLayer, at: Option<&At>, base: &str) -> Value {
    let snapshot = &published.snapshot;
    let id = published.id();
    let name = at.map_or(id.to_string(), |at| format!("{id}@{at}"));
    let version = format!("{base}/downloads/{id}@{}", snapshot.id);
    // A download by version is one of the layer, not of the plan.
    let download = match at {
        Some(At::One(Edition::Version(_))) => version.clone(),
        _ => format!("{base}/downloads/{name}"),
    };
    let downloads = Format::ALL.map(|format| {
        let href = format!("{download}.{}", format.suffix());
        json!({ "format": format.suffix(), "title": format.title(), "type": format.media_type(), "href": href })
    });
    let mut entry = json!(*snapshot.layer);
    entry["minzoom"] = json!(published.tiles.minzoom());
    entry["count"] = json!(snapshot.feature_count());
    entry["bounds"] = json!(snapshot.bounds.map(|b| [b.min_x, b.min_y, b.max_x, b.max_y]));
    entry["snapshot"] = json!(snapshot.id);
    entry["size"] = json!(snapshot.bytes().len());
    entry["published"] = json!(published.published_at);
    entry["download"] = json!(format!("{download}.fgb"));
    entry["download_version"] = json!(format!("{version}.fgb"));
    entry["downloads"] = json!(downloads);
    entry["tilejson"] = json!(format!("{base}/tiles/{name}.json"));
    entry
}
