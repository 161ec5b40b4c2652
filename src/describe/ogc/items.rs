//! What stands beside features: numbers and links (OGC 17-069r4, §7.15.8, §7.16.2).

use super::{
    link::{GEOJSON, HTML, JSON, link},
    title,
};
use crate::{config::PublicUrl, plan::Layer};
use serde_json::{Value, json};

/// A page of features.
pub struct Items {
    pub returned: usize,
    /// Features in all pages, where that is known.
    pub matched: Option<usize>,
    /// The URL of this page.
    pub this: String,
    /// Media types and URLs of the same page in other forms.
    pub forms: Vec<(&'static str, String)>,
    /// The URL of the next page.
    pub next: Option<String>,
}

/// The members of the feature collection beside its features, with a comma in front.
pub fn items_members(items: &Items) -> String {
    let mut links = vec![link("self", GEOJSON, "本页 This page", &items.this)];
    links
        .extend(items.forms.iter().map(|(media_type, href)| link("alternate", media_type, media_type, href)));
    links.extend(items.next.iter().map(|next| link("next", GEOJSON, "下一页 Next page", next)));
    let mut members = json!({ "numberReturned": items.returned, "links": links });
    if let Some(matched) = items.matched {
        members["numberMatched"] = json!(matched);
    }
    inner(&members)
}

/// The members of a feature by itself, with a comma in front.
pub fn item_members(layer: &Layer, id: i64, base: &PublicUrl) -> String {
    let collection = format!("{}/ogc/collections/{}", base.as_str(), layer.id);
    let href = format!("{collection}/items/{id}");
    let links = [
        link("self", GEOJSON, "本要素 This feature", &href),
        link("alternate", HTML, "网页 Page", &format!("{href}?f=html")),
        link("collection", JSON, &title(&layer.title), &collection),
    ];
    inner(&json!({ "links": links }))
}

/// The members of an object without its braces.
fn inner(object: &Value) -> String {
    let text = object.to_string();
    format!(",{}", text.trim_start_matches('{').strip_suffix('}').unwrap_or_default())
}
