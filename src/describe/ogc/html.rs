//! The same documents as plain pages: no script, one style sheet, Chinese first.

use super::{DESCRIPTION, TITLE, conformance::classes, title};
use crate::{
    catalog::{Catalog, PublishedLayer},
    config::PublicUrl,
};
use maud::{DOCTYPE, Markup, html};

/// A page: the way to it from the landing page, its title in both languages, and what is on it.
pub(super) fn page(base: &PublicUrl, way: &[(&str, &str)], heading: &str, content: Markup) -> String {
    let base = base.as_str();
    let page = html! {
        (DOCTYPE)
        html lang="zh-CN" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                title { (heading) }
                link rel="stylesheet" href={ (base) "/ogc/style.css" };
            }
            body {
                nav {
                    a href={ (base) "/" } { "地图 Map" } " "
                    a href={ (base) "/ogc?f=html" } { "OGC API" } " "
                    @for (path, name) in way { a href={ (base) "/ogc/" (path) "?f=html" } { (name) } " " }
                }
                main { h1 { (heading) } (content) }
            }
        }
    };
    page.into_string()
}

pub fn landing_page(catalog: &Catalog, base: &PublicUrl) -> String {
    let root = base.as_str();
    let content = html! {
        p { (DESCRIPTION) }
        ul {
            li { a href={ (root) "/ogc/collections?f=html" } { "图层 Collections" } " (" (catalog.layers().len()) ")" }
            li { a href={ (root) "/ogc/tiles?f=html" } { "瓦片集 Tilesets" } }
            li { a href={ (root) "/ogc/tileMatrixSets?f=html" } { "瓦片矩阵集 Tile matrix sets" } }
            li { a href={ (root) "/ogc/conformance?f=html" } { "一致性类 Conformance classes" } }
            li { a href={ (root) "/ogc?f=json" } { "JSON" } }
        }
    };
    page(base, &[], TITLE, content)
}

pub fn conformance(base: &PublicUrl) -> String {
    let content = html! {
        ul { @for class in classes() { li { code { (class) } } } }
    };
    page(base, &[], "一致性类 Conformance classes", content)
}

pub fn collections(catalog: &Catalog, base: &PublicUrl) -> String {
    let content = html! {
        div.wide { table {
            tr { th { "图层 Collection" } th { "要素 Features" } th { "说明 Description" } }
            @for layer in catalog.layers() {
                tr {
                    td { a href={ (base.as_str()) "/ogc/collections/" (layer.id()) "?f=html" } { (title(&layer.snapshot.layer.title)) } }
                    td.number { (layer.snapshot.feature_count()) }
                    td { (title(&layer.snapshot.layer.description)) }
                }
            }
        } }
    };
    page(base, &[], "图层 Collections", content)
}

pub(super) const COLLECTIONS: (&str, &str) = ("collections", "图层 Collections");

pub fn collection(layer: &PublishedLayer, base: &PublicUrl) -> String {
    let (root, id, snapshot) = (base.as_str(), layer.id(), &layer.snapshot);
    let content = html! {
        p { (title(&snapshot.layer.description)) }
        table {
            tr { th { "标识 Id" } td { code { (id) } } }
            tr { th { "来源 Source" } td { (snapshot.layer.source) } }
            tr { th { "要素 Features" } td { (snapshot.feature_count()) } }
            @if let Some(b) = snapshot.bounds {
                tr { th { "范围 Extent" } td { (b.min_x) ", " (b.min_y) " – " (b.max_x) ", " (b.max_y) } }
            }
            tr { th { "发布 Published" } td { (layer.published_at) } }
        }
        ul {
            li { a href={ (root) "/downloads/" (id) ".fgb" } { "FlatGeobuf" } }
            li { a href={ (root) "/ogc/collections/" (id) "/tiles?f=html" } { "瓦片集 Tilesets" } }
            li { a href={ (root) "/ogc/collections/" (id) "?f=json" } { "JSON" } }
        }
    };
    page(base, &[COLLECTIONS], &title(&snapshot.layer.title), content)
}
