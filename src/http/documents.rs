//! Documents that describe what is served: TileJSON and the catalog.

use super::{App, Problem, Segments, base_url::base_url, connection::Peer, respond::Representation};
use crate::describe;
use axum::{Extension, extract::State, http::HeaderMap, response::Response};
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
