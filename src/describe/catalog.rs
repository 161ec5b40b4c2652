//! The layers and their fields, for the viewer and for anyone who wants to know what is here.

use crate::{
    catalog::{Catalog, PLAN, PublishedLayer},
    config::PublicUrl,
    document::Document,
    editions::{At, Edition},
    export::Offer,
};
use serde_json::{Value, json};

/// The layers of `catalog`, which is called `at` in their URLs, if it is, and which `document` is about, if there is one.
pub fn catalog(catalog: &Catalog, at: Option<&At>, document: Option<&Document>, base: &PublicUrl) -> Value {
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
        "plan_text": document.filter(|document| !document.text.is_empty()).map(|_| format!("{base}/plan/text")),
        // Of an edition; what changed between two, or one version of a layer, is no plan.
        "downloads": match at {
            None | Some(At::One(Edition::Current | Edition::Named(_))) => plan(at, base),
            Some(At::One(Edition::Version(_)) | At::Between(_)) => json!([]),
        },
        "layers": catalog.layers().iter().map(|published| layer(published, at, base)).collect::<Vec<_>>(),
    })
}

/// The files of the whole plan.
fn plan(at: Option<&At>, base: &str) -> Value {
    let name = at.map_or(PLAN.to_owned(), |at| format!("{PLAN}@{at}"));
    let files = [
        ("zip", "GeoPackage, FlatGeobuf …", "application/zip"),
        ("pmtiles", "PMTiles", "application/vnd.pmtiles"),
    ];
    let files = files.map(|(suffix, title, media_type)| {
        json!({ "format": suffix, "title": title, "type": media_type, "href": format!("{base}/downloads/{name}.{suffix}") })
    });
    json!(files)
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
    let offered: Vec<Offer> = match at {
        None | Some(At::One(Edition::Current | Edition::Named(_))) => Offer::all().collect(),
        Some(At::One(Edition::Version(_)) | At::Between(_)) => Offer::streamed().collect(),
    };
    let downloads = offered.into_iter().map(|Offer { suffix, title, media_type }| {
        json!({ "format": suffix, "title": title, "type": media_type, "href": format!("{download}.{suffix}") })
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
    entry["downloads"] = json!(downloads.collect::<Vec<_>>());
    entry["tilejson"] = json!(format!("{base}/tiles/{name}.json"));
    entry
}
