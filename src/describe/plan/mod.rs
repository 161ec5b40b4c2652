//! `/plan`: the plan's document as JSON and as pages, its tables as CSV too, and what it says of a feature.

mod feature;
mod inconsistencies;
mod indicators;
mod search;
mod tables;
mod text;

pub use feature::feature;
pub use inconsistencies::{inconsistencies, inconsistencies_page};
pub use indicators::Evaluated;
pub use search::Searched;
pub use tables::{Shown, tables, tables_page};
pub use text::{Read, contents, contents_page};

use super::ogc::html::page;
use crate::{config::PublicUrl, document::Document};
use maud::{Markup, html};
use serde_json::{Value, json};

// What there is: path under `/plan/`, and title.
const TEXT: (&str, &str) = ("text", "规划文本 Text");
const TABLES: (&str, &str) = ("tables", "规划附表 Tables");
const INCONSISTENCIES: (&str, &str) = ("inconsistencies", "文本矛盾 Inconsistencies");
const INDICATORS: (&str, &str) = ("indicators", "规划指标 Indicators");
const PARTS: [(&str, &str); 4] = [TEXT, TABLES, INCONSISTENCIES, INDICATORS];

pub fn plan(document: &Document, base: &PublicUrl) -> Value {
    let root = base.as_str();
    let links = PARTS.iter().map(|(path, title)| {
        json!({ "rel": "item", "type": "application/json", "title": title, "href": format!("{root}/plan/{path}") })
    });
    json!({ "title": document.title, "links": links.collect::<Vec<_>>() })
}

pub fn plan_page(document: &Document, base: &PublicUrl) -> String {
    let content = html! {
        (search::form("", base))
        ul { @for (path, title) in PARTS { li { a href={ (base.as_str()) "/plan/" (path) "?f=html" } { (title) } } } }
        ul { li { a href={ (base.as_str()) "/plan?f=json" } { "JSON" } } }
    };
    page(base, &[], &document.title, content)
}

/// A page with the way back.
fn part(base: &PublicUrl, way: &[(&str, &str)], heading: &str, content: &Markup) -> String {
    let content = html! {
        p {
            a href={ (base.as_str()) "/plan?f=html" } { "规划 Plan" }
            @for (path, title) in way { " / " a href={ (base.as_str()) "/plan/" (path) "?f=html" } { (title) } }
        }
        (content)
    };
    page(base, &[], heading, content)
}
