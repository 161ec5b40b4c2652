//! Documents that describe what is served: TileJSON, the catalog, styles.

use super::{App, Problem, Segments, assets, base_url::base_url, connection::Peer, respond::Representation};
use crate::describe;
use axum::{Extension, extract::State, http::HeaderMap, response::Response};
use serde_json::json;
use std::sync::Arc;

pub async fn catalog(
    State(app): State<Arc<App>>,
    Extension(Peer(peer)): Extension<Peer>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let document = describe::catalog(&*app.catalog()?, &base_url(&app.server, peer, &headers));
    Representation::document(document.to_string(), &headers)?.answer(&headers)
}

/// `/tiles/{tileset}.json`
pub async fn tilejson(
    State(app): State<Arc<App>>,
    Extension(Peer(peer)): Extension<Peer>,
    Segments(document): Segments<String>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let Some(name) = document.strip_suffix(".json") else {
        return Err(Problem::not_found("a tileset is described at /tiles/{tileset}.json"));
    };
    let catalog = app.catalog()?;
    let tileset = catalog.tileset(name)?;
    let document = describe::tilejson(&tileset, catalog.origin, &base_url(&app.server, peer, &headers));
    Representation::document(document.to_string(), &headers)?.answer(&headers)
}

pub async fn styles(
    State(app): State<Arc<App>>,
    Extension(Peer(peer)): Extension<Peer>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let base = base_url(&app.server, peer, &headers);
    let styles: Vec<_> = assets::STYLES
        .iter()
        .map(|(id, _)| json!({ "id": id, "url": format!("{}/styles/{id}.json", base.as_str()) }))
        .collect();
    Representation::document(json!({ "default": "plan", "styles": styles }).to_string(), &headers)?
        .answer(&headers)
}

/// `/styles/{id}.json`
pub async fn style(
    State(app): State<Arc<App>>,
    Extension(Peer(peer)): Extension<Peer>,
    Segments(document): Segments<String>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let id = document.strip_suffix(".json");
    let source = assets::STYLES.iter().find(|(style, _)| Some(*style) == id).map(|(_, source)| source);
    let source =
        source.ok_or_else(|| Problem::not_found("there is no style of this name; /styles lists them"))?;
    let document = describe::style(source, &base_url(&app.server, peer, &headers));
    Representation::document(document, &headers)?.answer(&headers)
}
