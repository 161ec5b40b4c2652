//! `/ogc/collections`: the layers as OGC API calls them (OGC 20-024, §9; OGC 17-069r4, §7.13).

use super::{
    link::{JSON, link, self_and_page},
    tiles::TILESETS,
    title,
};
use crate::{
    catalog::{Catalog, PublishedLayer},
    config::PublicUrl,
};
use serde_json::{Value, json};

pub fn collections(catalog: &Catalog, base: &PublicUrl) -> Value {
    let href = format!("{}/ogc/collections", base.as_str());
    let collections: Vec<_> = catalog.layers().iter().map(|layer| collection(layer, base)).collect();
    json!({ "links": self_and_page("图层 Collections", &href), "collections": collections })
}

pub fn collection(layer: &PublishedLayer, base: &PublicUrl) -> Value {
    let (id, snapshot) = (layer.id(), &layer.snapshot);
    let title = title(&snapshot.layer.title);
    let collections = format!("{}/ogc/collections", base.as_str());
    let mut links = self_and_page(&title, &format!("{collections}/{id}"));
    links.push(link("up", JSON, "图层 Collections", &collections));
    links.push(enclosure(layer, base));
    links.push(link(TILESETS, JSON, "瓦片集 Tilesets", &format!("{collections}/{id}/tiles")));
    let mut document = json!({
        "id": id,
        "title": title,
        "description": super::title(&snapshot.layer.description),
        "itemType": "feature",
        "itemCount": snapshot.feature_count(),
        "links": links,
    });
    if let Some(b) = snapshot.bounds {
        document["extent"] = json!({ "spatial": {
            "bbox": [[b.min_x, b.min_y, b.max_x, b.max_y]],
            "crs": "http://www.opengis.net/def/crs/OGC/1.3/CRS84",
        }});
    }
    document
}

/// The whole layer as a file.
fn enclosure(layer: &PublishedLayer, base: &PublicUrl) -> Value {
    let href = format!("{}/downloads/{}.fgb", base.as_str(), layer.id());
    let mut enclosure = link("enclosure", "application/flatgeobuf", "FlatGeobuf", &href);
    enclosure["length"] = json!(layer.snapshot.bytes().len());
    enclosure
}
