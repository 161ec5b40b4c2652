//! `/plan/text`, `/plan/search`, `/plan/features`: the plan's text, and what it says of a feature.

use super::document;
use crate::{
    describe::plan::{self, Read, Searched},
    document::{Document, Found, Words},
    http::{
        Problem, Segments,
        asked::Asked,
        media::{HTML, JSON},
        parameters::{limit, wrong},
    },
    plan::LayerId,
};
use axum::response::Response;
use std::sync::Arc;

/// The document where it has its text.
fn text(asked: &Asked) -> Result<&Arc<Document>, Problem> {
    let none = || Problem::not_found("the document of this plan has no text");
    document(asked)
        .and_then(|document| Some(document).filter(|document| !document.text.is_empty()).ok_or_else(none))
}

pub async fn contents(asked: Asked) -> Result<Response, Problem> {
    let (document, form) = (text(&asked)?, asked.form(&[JSON, HTML])?);
    let text = match form {
        HTML => plan::contents_page(document, &asked.base),
        _ => plan::contents(document, &asked.base).to_string(),
    };
    asked.answer(text, form)
}

/// `/plan/text/{section}`
pub async fn section(asked: Asked, Segments(id): Segments<String>) -> Result<Response, Problem> {
    let document = Arc::clone(text(&asked)?);
    let number = document.text.iter().position(|section| section.id == id);
    let number = number.ok_or_else(|| Problem::no_such("the plan has no section", &id))?;
    let form = asked.form(&[JSON, HTML])?;
    let (catalog, rules) = (Arc::clone(&asked.catalog), Arc::clone(&asked.app.rules));
    let base = asked.base.clone();
    let work = move || {
        let mentions = document.text[number].paragraphs.iter().flat_map(|paragraph| &paragraph.features);
        let layer = |id: &LayerId| catalog.layer(id).map(|layer| Arc::clone(&layer.snapshot));
        let found = Found::new(mentions, layer);
        let read = Read { document: &document, number, found: &found, rules: &rules, base: &base };
        if form == HTML { read.html() } else { read.json().to_string() }
    };
    let made = asked.app.service.work(work).await?;
    asked.answer(made, form)
}

/// Hits in an answer, unless told, and at most.
const HITS: usize = 20;
const MOST_HITS: usize = 100;

/// `/plan/search?q=[&limit=]`
pub async fn search(asked: Asked) -> Result<Response, Problem> {
    let document = Arc::clone(text(&asked)?);
    let form = asked.form_with(&["q", "limit", "f"], &[JSON, HTML])?;
    let query = asked.parameters.get("q").unwrap_or_default().to_owned();
    let words = Words::read(&query).map_err(|reason| wrong("q", &reason))?;
    let limit = limit(&asked.parameters, HITS, MOST_HITS)?;
    let base = asked.base.clone();
    let work = move || {
        let (matched, hits) = document.search(&words, limit);
        let searched = Searched { document: &document, asked: &query, matched, hits: &hits, base: &base };
        if form == HTML { searched.html() } else { searched.json().to_string() }
    };
    let made = asked.app.service.work(work).await?;
    asked.answer(made, form)
}

/// `/plan/features/{layer}/{id}`
pub async fn feature(
    asked: Asked,
    Segments((layer, feature)): Segments<(String, String)>,
) -> Result<Response, Problem> {
    let document = Arc::clone(document(&asked)?);
    let found = LayerId::new(&layer).ok().and_then(|id| asked.catalog.layer(&id));
    let layer = found.ok_or_else(|| Problem::no_such("there is no layer", &layer))?;
    let form = asked.form(&[JSON])?;
    let unknown = || Problem::not_found("there is no such feature in the layer");
    let plain = feature.bytes().all(|b| b.is_ascii_digit());
    let id: i64 = feature.parse().ok().filter(|_| plain).ok_or_else(unknown)?;
    let (snapshot, orders) = (Arc::clone(&layer.snapshot), Arc::clone(&asked.app.service.orders));
    let (rules, base) = (Arc::clone(&asked.app.rules), asked.base.clone());
    let work = move || {
        let position = orders.find(&snapshot, id)?;
        Some(plan::feature(&document, &rules, &snapshot, position, &base).to_string())
    };
    let made = asked.app.service.work(work).await?.ok_or_else(unknown)?;
    asked.answer(made, form)
}
