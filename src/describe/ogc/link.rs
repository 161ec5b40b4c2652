//! Links (RFC 8288) as OGC API writes them.

use serde_json::{Value, json};

/// A link with an absolute URL.
pub fn link(rel: &str, media_type: &str, title: &str, href: &str) -> Value {
    json!({ "rel": rel, "type": media_type, "title": title, "href": href })
}

pub const JSON: &str = "application/json";
pub const HTML: &str = "text/html";
pub const GEOJSON: &str = "application/geo+json";
pub const FLATGEOBUF: &str = "application/flatgeobuf";
pub const SCHEMA: &str = "application/schema+json";
pub const OPENAPI: &str = "application/vnd.oai.openapi+json;version=3.0";

/// The links of a resource to itself and to its page.
pub fn self_and_page(title: &str, href: &str) -> Vec<Value> {
    vec![link("self", JSON, title, href), link("alternate", HTML, title, &format!("{href}?f=html"))]
}
