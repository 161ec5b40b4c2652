//! `/ogc/collections`: the layers as OGC API calls them (OGC 20-024, §9; OGC 17-069r4, §7.13).

use super::{
    link::{FLATGEOBUF, GEOJSON, HTML, JSON, SCHEMA, link, self_and_page},
    tiles::TILESETS,
    title,
};
use crate::{
    catalog::{Catalog, PublishedLayer},
    config::PublicUrl,
    crs::Crs,
    export::Offer,
    snapshot::Span,
};
use serde_json::{Value, json};

/// As OGC 17-069r4 has it.
const GREGORIAN: &str = "http://www.opengis.net/def/uom/ISO-8601/0/Gregorian";

pub fn collections(catalog: &Catalog, base: &PublicUrl) -> Value {
    let href = format!("{}/ogc/collections", base.as_str());
    let collections: Vec<_> = catalog.layers().iter().map(|layer| collection(layer, base)).collect();
    json!({
        "links": self_and_page("图层 Collections", &href),
        "crs": crs_list(),
        "collections": collections.into_iter().map(with_common_crs).collect::<Vec<_>>(),
    })
}

pub fn collection(layer: &PublishedLayer, base: &PublicUrl) -> Value {
    let (id, snapshot) = (layer.id(), &layer.snapshot);
    let title = title(&snapshot.layer.title);
    let collections = format!("{}/ogc/collections", base.as_str());
    let mut links = self_and_page(&title, &format!("{collections}/{id}"));
    links.push(link("up", JSON, "图层 Collections", &collections));
    links.extend(Offer::all().map(|offer| enclosure(layer, offer, base)));
    links.push(link(TILESETS, JSON, "瓦片集 Tilesets", &format!("{collections}/{id}/tiles")));
    links.extend(features(&format!("{collections}/{id}")));
    let mut document = json!({
        "id": id,
        "title": title,
        "description": super::title(&snapshot.layer.description),
        "itemType": "feature",
        "crs": crs_list(),
        "storageCrs": Crs::Cgcs2000.to_string(),
        "itemCount": snapshot.feature_count(),
        "links": links,
    });
    if let Some(b) = snapshot.bounds {
        document["extent"] = json!({ "spatial": {
            "bbox": [[b.min_x, b.min_y, b.max_x, b.max_y]],
            "crs": Crs::Crs84.to_string(),
        }});
    }
    if let Some(Span { from, to }) = snapshot.span() {
        let [from, to] =
            [from.map(|day| format!("{day}T00:00:00Z")), to.map(|day| format!("{day}T23:59:59Z"))];
        document["extent"]["temporal"] = json!({ "interval": [[from, to]], "trs": GREGORIAN });
    }
    document
}

/// The links to what Features adds to a collection at `href`.
fn features(href: &str) -> Vec<Value> {
    let items = format!("{href}/items");
    vec![
        link("items", GEOJSON, "要素 Features (GeoJSON)", &items),
        link("items", HTML, "要素 Features (HTML)", &format!("{items}?f=html")),
        link("items", FLATGEOBUF, "要素 Features (FlatGeobuf)", &format!("{items}?f=fgb")),
        link(QUERYABLES_RELATION, SCHEMA, "可查询属性 Queryables", &format!("{href}/queryables")),
        link(SCHEMA_RELATION, SCHEMA, "结构 Schema", &format!("{href}/schema")),
    ]
}

const QUERYABLES_RELATION: &str = "http://www.opengis.net/def/rel/ogc/1.0/queryables";
const SCHEMA_RELATION: &str = "http://www.opengis.net/def/rel/ogc/1.0/schema";

fn crs_list() -> Vec<String> {
    Crs::all().map(|crs| crs.to_string()).collect()
}

/// A collection in the list, which has the CRSs of all (OGC 18-058r1, `/req/crs/fc-md-crs-list-global`).
fn with_common_crs(mut collection: Value) -> Value {
    collection["crs"] = json!(["#/crs"]);
    collection
}

/// The whole layer as a file; how long it is where that is known before it is made.
fn enclosure(layer: &PublishedLayer, offer: Offer, base: &PublicUrl) -> Value {
    let href = format!("{}/downloads/{}.{}", base.as_str(), layer.id(), offer.suffix);
    let mut enclosure = link("enclosure", offer.media_type, offer.title, &href);
    if offer.media_type == FLATGEOBUF {
        enclosure["length"] = json!(layer.snapshot.bytes().len());
    }
    enclosure
}
