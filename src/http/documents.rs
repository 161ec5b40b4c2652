//! Documents that describe what is served: TileJSON and the catalog; of the current edition, or of that after `@`.

use super::{App, Problem, Segments, base_url::base_url, connection::Peer, respond::Representation};
use crate::{catalog::Catalog, describe, editions::At};
use axum::{Extension, extract::State, http::HeaderMap, response::Response};
use std::sync::Arc;

/// `{name}[@{edition}]`, taken apart.
pub fn at(text: &str) -> Result<(&str, Option<At>), Problem> {
    match text.split_once('@') {
        None => Ok((text, None)),
        Some((name, at)) => Ok((name, Some(at.parse()?))),
    }
}

pub async fn catalog(
    State(app): State<Arc<App>>,
    Extension(Peer(peer)): Extension<Peer>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let document = describe::catalog(&*app.catalog()?, None, &base_url(&app.server, peer, &headers));
    Representation::document(document.to_string(), &headers)?.answer(&headers)
}

/// `/layers@{edition}.json`
pub async fn catalog_at(
    State(app): State<Arc<App>>,
    Extension(Peer(peer)): Extension<Peer>,
    Segments(document): Segments<String>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let edition = document.strip_prefix("layers@").and_then(|rest| rest.strip_suffix(".json"));
    let at: At = edition.ok_or_else(Problem::nothing_here)?.parse()?;
    let catalog = app.service.at(&at).await?;
    let document = describe::catalog(&catalog, Some(&at), &base_url(&app.server, peer, &headers));
    Representation::document(document.to_string(), &headers)?.answer(&headers)
}

/// `/tiles/{tileset}[@{edition}].json`
pub async fn tilejson(
    State(app): State<Arc<App>>,
    Extension(Peer(peer)): Extension<Peer>,
    Segments(document): Segments<String>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let Some(name) = document.strip_suffix(".json") else {
        return Err(Problem::not_found("a tileset is described at /tiles/{tileset}.json"));
    };
    let (name, at) = at(name)?;
    let (catalog, between) = described(&app, at).await?;
    let tileset = catalog.tileset(name)?;
    let base = base_url(&app.server, peer, &headers);
    let document = describe::tilejson(&tileset, catalog.origin, between.as_ref(), &base);
    Representation::document(document.to_string(), &headers)?.answer(&headers)
}

/// The catalog that is asked for; of a difference also how it is called by versions.
async fn described(app: &App, at: Option<At>) -> Result<(Arc<Catalog>, Option<At>), Problem> {
    match at {
        None => Ok((app.catalog()?, None)),
        Some(At::One(edition)) => Ok((app.service.edition(&edition).await?, None)),
        Some(At::Between([old, new])) => {
            let difference = app.service.difference(&old, &new).await?;
            let between = At::between(difference.versions);
            Ok((app.service.drawn(difference).await?, Some(between)))
        }
    }
}
