//! MapLibre styles with absolute URLs.

use crate::{
    config::PublicUrl,
    editions::Edition,
    plan::Text,
    style::{Style, StyleId, Subject},
};
use serde_json::{Map, Value, json};

/// Stands for the base URL in the files of `styles/`.
const BASE: &str = "{base}";

/// The MapLibre document of `style`, version 8, with absolute URLs and a view of all that it draws; for the
/// tiles of `edition` or, without one, the current ones.
///
/// A [`PublicUrl`] has no character that means anything in JSON, so replacing text is safe.
pub fn style(style: &Style, edition: Option<&Edition>, base: &PublicUrl) -> String {
    let tileset = style.id.subject.tileset();
    let at = edition.map(|edition| format!("@{edition}")).unwrap_or_default();
    let mut document = style.sheet.document.clone();
    let parts = style.parts.iter().map(|part| {
        let mut part = part.json.clone();
        part["source"] = json!(tileset);
        part
    });
    let classes = style.layers.iter().map(|layer| {
        let classes = layer.classes.iter();
        let classes = classes.map(|c| json!({ "id": c.id, "zh": c.title.zh, "en": c.title.en })).collect();
        (layer.published.id().to_string(), classes)
    });
    let members = [
        ("name", json!(style.title.zh)),
        (
            "metadata",
            json!({ "plantiles:title": style.title, "plantiles:classes": classes.collect::<Map<_, Value>>() }),
        ),
        (
            "sources",
            json!({ tileset: { "type": "vector", "url": format!("{BASE}/tiles/{tileset}{at}.json") } }),
        ),
        ("layers", style.sheet.ground.iter().cloned().chain(parts).collect()),
    ];
    document.extend(members.map(|(name, value)| (name.to_owned(), value)));
    if let Some(bounds) = style.bounds() {
        let center = [(bounds.min_x + bounds.max_x) / 2.0, (bounds.min_y + bounds.max_y) / 2.0];
        document.insert("center".into(), json!(center));
        // As wide as a screen of two tiles.
        let zoom = (720.0 / (bounds.max_x - bounds.min_x)).log2().clamp(0.0, 14.0);
        document.insert("zoom".into(), json!((zoom * 10.0).round() / 10.0));
    }
    Value::Object(document).to_string().replace(BASE, base.as_str())
}

/// All styles, with the addresses of every form that they have.
pub fn styles(styles: impl Iterator<Item = (StyleId, Text)>, base: &PublicUrl) -> Value {
    let base = base.as_str();
    let entry = |(id, title): (StyleId, Text)| {
        let mut entry = json!({
            "id": id.to_string(),
            "title": title,
            "tileset": id.subject.tileset(),
            "theme": id.theme.name(),
            "url": format!("{base}/styles/{id}.json"),
            "legend": format!("{base}/styles/{id}/legend.json"),
            "sld": format!("{base}/styles/{id}.sld"),
        });
        if matches!(id.subject, Subject::Layer(_)) {
            entry["qml"] = json!(format!("{base}/styles/{id}.qml"));
        }
        entry
    };
    json!({ "default": "plan", "styles": styles.map(entry).collect::<Vec<_>>() })
}
