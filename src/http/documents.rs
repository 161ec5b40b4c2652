//! Documents that describe what is served: the catalog; of the current edition, or of that after `@`.

use super::{
    App, Problem, Segments, asked::Asked, base_url::base_url, connection::Peer, respond::Representation,
    search,
};
use crate::{describe, editions::At};
use axum::{
    Extension,
    extract::State,
    http::{HeaderMap, Uri},
    response::Response,
};
use std::sync::Arc;

pub async fn catalog(asked: Asked) -> Result<Response, Problem> {
    let document = describe::catalog(&asked.catalog, None, asked.app.document.as_deref(), &asked.base);
    Representation::document(document.to_string(), &asked.headers)?.answer(&asked.headers)
}

/// `/layers@{edition}.json` and `/search@{edition}`
pub async fn of_edition(
    State(app): State<Arc<App>>,
    Extension(Peer(peer)): Extension<Peer>,
    Segments(document): Segments<String>,
    uri: Uri,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    if let Some(edition) = document.strip_prefix("search@") {
        return search::found(&app, &*app.service.at(&edition.parse()?).await?, &uri, &headers).await;
    }
    let edition = document.strip_prefix("layers@").and_then(|rest| rest.strip_suffix(".json"));
    let at: At = edition.ok_or_else(Problem::nothing_here)?.parse()?;
    let catalog = app.service.at(&at).await?;
    // The document is about what is current.
    let document = describe::catalog(&catalog, Some(&at), None, &base_url(&app.server, peer, &headers));
    Representation::document(document.to_string(), &headers)?.answer(&headers)
}
