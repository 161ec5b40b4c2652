//! The same documents as plain pages: no script, one style sheet, Chinese first.

use super::{DESCRIPTION, Items, TITLE, conformance::classes, title};
use crate::{
    catalog::{Catalog, PublishedLayer},
    config::PublicUrl,
    crs::Crs,
    describe::page::frame,
    document::Document,
    export::Offer,
    plan::Layer,
    snapshot::{Row, Snapshot, Value},
};
use maud::{Markup, html};
use serde_json::Value as Json;

/// A page: the way to it from the landing page, its title in both languages, and what is on it.
pub(in crate::describe) fn page(
    base: &PublicUrl,
    way: &[(&str, &str)],
    heading: &str,
    content: Markup,
) -> String {
    let base = base.as_str();
    let head = html! {
        link rel="icon" href={ (base) "/assets/icon.svg" } type="image/svg+xml";
        link rel="stylesheet" href={ (base) "/ogc/style.css" };
    };
    let body = html! {
        nav {
            a href={ (base) "/" } { "地图 Map" } " "
            a href={ (base) "/ogc?f=html" } { "OGC API" } " "
            @for (path, name) in way { a href={ (base) "/ogc/" (path) "?f=html" } { (name) } " " }
        }
        main { h1 { (heading) } (content) }
    };
    frame("zh-CN", heading, head, body)
}

/// A document as it is.
pub fn verbatim(base: &PublicUrl, heading: &str, text: &str) -> String {
    page(base, &[], heading, html! { pre { (text) } })
}

pub fn landing_page(catalog: &Catalog, document: Option<&Document>, base: &PublicUrl) -> String {
    let root = base.as_str();
    let content = html! {
        p { (DESCRIPTION) }
        ul {
            li { a href={ (root) "/ogc/collections?f=html" } { "图层 Collections" } " (" (catalog.layers().len()) ")" }
            li { a href={ (root) "/ogc/tiles?f=html" } { "瓦片集 Tilesets" } }
            li { a href={ (root) "/ogc/tileMatrixSets?f=html" } { "瓦片矩阵集 Tile matrix sets" } }
            li { a href={ (root) "/ogc/processes?f=html" } { "处理 Processes" } }
            li { a href={ (root) "/ogc/styles?f=html" } { "样式 Styles" } }
            li { a href={ (root) "/ogc/api?f=html" } { "接口说明 API documentation" } }
            @if let Some(document) = document { li { a href={ (root) "/plan?f=html" } { (document.title) } } }
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
            li { a href={ (root) "/ogc/collections/" (id) "/items?f=html" } { "要素 Features" } }
            li { a href={ (root) "/ogc/collections/" (id) "/queryables?f=html" } { "可查询属性 Queryables" } }
            li { a href={ (root) "/ogc/collections/" (id) "/schema?f=html" } { "结构 Schema" } }
            @for offer in Offer::all() {
                li { a href={ (root) "/downloads/" (id) "." (offer.suffix) } { (offer.title) } }
            }
            li { a href={ (root) "/ogc/collections/" (id) "/tiles?f=html" } { "瓦片集 Tilesets" } }
            li { a href={ (root) "/ogc/collections/" (id) "?f=json" } { "JSON" } }
        }
    };
    page(base, &[COLLECTIONS], &title(&snapshot.layer.title), content)
}

/// The way to a collection from the landing page.
fn way(layer: &Layer) -> [(String, String); 2] {
    let (path, name) = COLLECTIONS;
    [(path.into(), name.into()), (format!("collections/{}", layer.id), title(&layer.title))]
}

fn page_of(layer: &Layer, base: &PublicUrl, heading: &str, content: Markup) -> String {
    let way = way(layer);
    let way: Vec<(&str, &str)> = way.iter().map(|(path, name)| (path.as_str(), name.as_str())).collect();
    page(base, &way, heading, content)
}

/// A page of features as a table.
pub fn items(
    snapshot: &Snapshot,
    positions: &[u32],
    crs: Crs,
    fields: &[usize],
    items: &Items,
    base: &PublicUrl,
) -> String {
    let layer = &snapshot.layer;
    let href = format!("{}/ogc/collections/{}/items", base.as_str(), layer.id);
    let content = html! {
        p {
            (items.returned)
            @if let Some(matched) = items.matched { " / " (matched) }
            " 个要素 features; 坐标系 CRS: " code { (crs) }
        }
        ul {
            @for (media_type, href) in &items.forms { li { a href=(href) { (media_type) } } }
            @if let Some(next) = &items.next { li { a rel="next" href=(next) { "下一页 Next page" } } }
        }
        div.wide { table {
            tr { th { "id" } @for &field in fields { th { (title(&layer.fields[field].title)) } } }
            @for &position in positions {
                @let row = snapshot.row(position as usize);
                tr {
                    td.number { a href={ (href) "/" (row.id()) "?f=html" } { (row.id()) } }
                    @for &field in fields { (cell(&row.value(field))) }
                }
            }
        } }
    };
    page_of(layer, base, &format!("{} · 要素 Features", title(&layer.title)), content)
}

/// One feature.
pub fn item(snapshot: &Snapshot, row: &Row, crs: Crs, base: &PublicUrl) -> String {
    let layer = &snapshot.layer;
    let href = format!("{}/ogc/collections/{}/items/{}", base.as_str(), layer.id, row.id());
    let mut vertices = 0;
    let mut first = None;
    row.for_each_path(|path, _| {
        for vertex in path {
            first = first.or(Some(crs.in_order(crs.forward(vertex))));
            vertices += 1;
        }
        true
    });
    let content = html! {
        table {
            tr { th { "id" } td { (row.id()) } }
            @for (number, field) in layer.fields.iter().enumerate() {
                tr { th { (title(&field.title)) } (cell(&row.value(number))) }
            }
            tr { th { "顶点 Vertices" } td { (vertices) } }
            @if let Some([a, b]) = first { tr { th { "首点 First" } td { (a) ", " (b) } } }
            tr { th { "坐标系 CRS" } td { code { (crs) } } }
        }
        ul { li { a href={ (href) "?f=json" } { "GeoJSON" } } }
    };
    page_of(layer, base, &format!("{} · {}", title(&layer.title), row.id()), content)
}

fn cell(value: &Value) -> Markup {
    match value {
        Value::Null => html! { td {} },
        Value::Integer(number) => html! { td.number { (number) } },
        Value::Real(number) => html! { td.number { (number) } },
        Value::Boolean(truth) => html! { td { (if *truth { "是 yes" } else { "否 no" }) } },
        Value::Text(text) => html! { td { (text) } },
        Value::Date(date) => html! { td { (date) } },
    }
}

/// A JSON Schema as a table of its properties: `document` is the one at `resource` of the collection.
pub fn properties(layer: &Layer, resource: &str, document: &Json, base: &PublicUrl) -> String {
    let text = |member: &Json| member.as_str().unwrap_or_default().to_owned();
    let heading = if resource == "schema" { "结构 Schema" } else { "可查询属性 Queryables" };
    let content = html! {
        table {
            tr { th { "属性 Property" } th { "名称 Title" } th { "类型 Type" } th { "角色 Role" } }
            @for (name, property) in document["properties"].as_object().into_iter().flatten() {
                tr {
                    td { code { (name) } }
                    td { (text(&property["title"])) }
                    td { (text(&property["type"])) " " (text(&property["format"])) }
                    td { (text(&property["x-ogc-role"])) }
                }
            }
        }
        ul { li { a href={ (base.as_str()) "/ogc/collections/" (layer.id) "/" (resource) "?f=json" } { "JSON Schema" } } }
    };
    page_of(layer, base, &format!("{} · {heading}", title(&layer.title)), content)
}

/// The API definition `document` for people.
pub fn api(document: &Json, base: &PublicUrl) -> String {
    let text = |member: &Json| member.as_str().unwrap_or_default().to_owned();
    let named = |reference: &Json| {
        let pointer = text(&reference["$ref"]);
        document.pointer(pointer.trim_start_matches('#')).cloned().unwrap_or_default()
    };
    let content = html! {
        @for (path, resource) in document["paths"].as_object().into_iter().flatten() {
            @let get = resource.get("get").unwrap_or(&resource["post"]);
            h2 { code { "/ogc" (path) } " " (text(&get["summary"])) }
            table {
                @for parameter in get["parameters"].as_array().into_iter().flatten().map(named) {
                    tr {
                        td { code { (text(&parameter["name"])) } }
                        td { (text(&parameter["in"])) }
                        td { (text(&parameter["description"])) }
                    }
                }
            }
        }
        ul { li { a href={ (base.as_str()) "/ogc/api?f=json" } { "OpenAPI 3.0" } } }
    };
    page(base, &[], "接口说明 API documentation", content)
}
