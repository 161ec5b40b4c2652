//! `/search?q=`: features of all layers by name, code, holder and mineral, the best first.

use super::{
    App, Problem,
    parameters::{Parameters, limit, wrong},
    respond::Representation,
};
use crate::{catalog::Catalog, describe, features::Words};
use axum::{
    extract::State,
    http::{HeaderMap, Uri},
    response::Response,
};
use std::sync::Arc;

/// Results in an answer, unless told, and at most.
const LIMIT: usize = 20;
const MOST: usize = 100;

pub async fn search(State(app): State<Arc<App>>, uri: Uri, headers: HeaderMap) -> Result<Response, Problem> {
    found(&app, &*app.catalog()?, &uri, &headers).await
}

/// What is found in the layers of `catalog`.
pub async fn found(
    app: &App,
    catalog: &Catalog,
    uri: &Uri,
    headers: &HeaderMap,
) -> Result<Response, Problem> {
    let parameters = Parameters::of(uri)?;
    parameters.check(&["q", "limit"])?;
    let words = parameters.get("q").and_then(Words::new).ok_or_else(|| wrong("q", "say what to look for"))?;
    let limit = limit(&parameters, LIMIT, MOST)?;
    let snapshots: Vec<_> = catalog.layers().iter().map(|layer| Arc::clone(&layer.snapshot)).collect();
    let texts = Arc::clone(&app.service.texts);
    let work = move || {
        let (matched, best) = texts.search(&snapshots, &words, limit);
        describe::found(&snapshots, matched, &best).to_string()
    };
    Representation::document(app.service.work(work).await?, headers)?.answer(headers)
}
