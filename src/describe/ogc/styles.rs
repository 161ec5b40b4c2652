//! Styles as OGC API has them (OGC API – Styles, draft 20-009): what there is, and the stylesheets of each.

use super::{
    html::page,
    link::{HTML, JSON, link, self_and_page},
    title,
};
use crate::{
    config::PublicUrl,
    describe::legend_svg,
    plan::Text,
    style::{Style, StyleId, Subject},
};
use maud::{PreEscaped, html};
use serde_json::{Value, json};

/// Relation of the landing page's link to the styles.
pub const STYLES: &str = "http://www.opengis.net/def/rel/ogc/1.0/styles";

pub const MAPBOX: &str = "application/vnd.mapbox.style+json";
pub const SLD: &str = "application/vnd.ogc.sld+xml;version=1.1";
/// The media type by which QGIS knows its files of layer settings (its freedesktop.org MIME database entry).
pub const QML: &str = "application/x-qgis-layer-settings";

const HEADING: &str = "样式 Styles";

/// Name in `f=`, media type and title of the stylesheets of `id`; QML is of one layer.
fn stylesheets(id: &StyleId) -> Vec<(&'static str, &'static str, &'static str)> {
    let mut sheets = vec![("mapbox", MAPBOX, "MapLibre"), ("sld11", SLD, "SLD 1.1")];
    if matches!(id.subject, Subject::Layer(_)) {
        sheets.push(("qml", QML, "QGIS"));
    }
    sheets
}

/// All styles with links to their stylesheets (§7.4).
pub fn styles(styles: impl Iterator<Item = (StyleId, Text)>, base: &PublicUrl) -> Value {
    let base = base.as_str();
    let entry = |(id, name): (StyleId, Text)| {
        let sheets = stylesheets(&id).into_iter();
        let mut links: Vec<_> = sheets
            .map(|(f, media_type, name)| {
                link("stylesheet", media_type, name, &format!("{base}/ogc/styles/{id}?f={f}"))
            })
            .collect();
        links.push(link("alternate", HTML, "图例 Legend", &format!("{base}/ogc/styles/{id}?f=html")));
        json!({ "id": id.to_string(), "title": title(&name), "links": links })
    };
    json!({
        "default": "plan",
        "styles": styles.map(entry).collect::<Vec<_>>(),
        "links": self_and_page(HEADING, &format!("{base}/ogc/styles")),
    })
}

/// All styles as a page.
pub fn styles_page(styles: impl Iterator<Item = (StyleId, Text)>, base: &PublicUrl) -> String {
    let root = base.as_str();
    let content = html! {
        ul {
            @for (id, name) in styles {
                li { a href={ (root) "/ogc/styles/" (id) "?f=html" } { (title(&name)) } }
            }
        }
        p { a href={ (root) "/ogc/styles?f=json" } { (JSON) } }
    };
    page(base, &[], HEADING, content)
}

/// One style as a page: its stylesheets and its legend.
pub fn style_page(style: &Style, base: &PublicUrl) -> String {
    let content = html! {
        ul {
            @for (f, media_type, name) in stylesheets(&style.id) {
                li { a href={ (base.as_str()) "/ogc/styles/" (style.id) "?f=" (f) } { (name) } " " code { (media_type) } }
            }
        }
        (PreEscaped(legend_svg(style)))
    };
    page(base, &[("styles", HEADING)], &title(&style.title), content)
}
