//! The table of contents.

use super::{
    super::{TEXT, part},
    below, brief, links, origin,
};
use crate::{config::PublicUrl, describe::plan::search, document::Document};
use maud::html;
use serde_json::{Value, json};

/// `/plan/text`
pub fn contents(document: &Document, base: &PublicUrl) -> Value {
    let sections = document.text.iter().map(|section| {
        let mut described = brief(section, base);
        described["level"] = json!(document.above(section).len() + 1);
        described["line"] = json!(section.line);
        described["lines"] = json!(section.lines);
        described
    });
    json!({
        "title": document.title,
        "origin": document.origin,
        "sections": sections.collect::<Vec<_>>(),
        "links": links(&format!("{}/plan/text", base.as_str())),
    })
}

pub fn contents_page(document: &Document, base: &PublicUrl) -> String {
    let content = html! {
        (search::form("", base))
        (below(document, None, base))
        (origin(document))
        ul { li { a href={ (base.as_str()) "/plan/text?f=json" } { "JSON" } } }
    };
    part(base, &[], TEXT.1, &content)
}
