//! TileJSON 3.0: of the current edition, or of that after `@`.

use super::pictures;
use crate::{
    catalog::Catalog,
    config::PublicUrl,
    describe,
    editions::{At, Edition},
    http::{
        App, Problem, Segments,
        base_url::base_url,
        connection::Peer,
        parameters::{Parameters, filter},
        respond::Representation,
        segments::at,
    },
};
use axum::{
    Extension,
    extract::State,
    http::{HeaderMap, Uri},
    response::Response,
};
use serde_json::Value;
use std::sync::Arc;

/// `/tiles/{tileset}[@{edition}].json`, and of pictures `/tiles/{tileset}[@{edition}].png.json[?style=dark]`; both with a
/// `filter`, which the tile URLs carry.
pub async fn tilejson(
    State(app): State<Arc<App>>,
    Extension(Peer(peer)): Extension<Peer>,
    Segments(document): Segments<String>,
    uri: Uri,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let Some(name) = document.strip_suffix(".json") else {
        return Err(Problem::not_found("a tileset is described at /tiles/{tileset}.json"));
    };
    let base = base_url(&app.server, peer, &headers);
    let parameters = Parameters::of(&uri)?;
    let document = match name.strip_suffix(".png") {
        Some(name) => picture_tilejson(&app, name, &parameters, &base).await?,
        None => {
            let (name, at) = at(name)?;
            let (catalog, between) = described(&app, at).await?;
            let tileset = catalog.tileset(name)?;
            let filter = filter::carried(&parameters, &tileset)?;
            describe::tilejson(&tileset, catalog.origin, between.as_ref(), filter.as_deref(), &base)
        }
    };
    Representation::document(document.to_string(), &headers)?.answer(&headers)
}

/// The TileJSON of pictures of the tileset `name`, `{tileset}[@{edition}]`.
async fn picture_tilejson(
    app: &App,
    name: &str,
    parameters: &Parameters,
    base: &PublicUrl,
) -> Result<Value, Problem> {
    let theme = pictures::theme(parameters)?;
    let (name, at) = at(name)?;
    let named = at.as_ref().filter(|at| !matches!(at, At::One(Edition::Version(_)))).map(At::to_string);
    let (catalog, _) = described(app, at).await?;
    let tileset = catalog.tileset(name)?;
    let filter = filter::carried(parameters, &tileset)?;
    let at = named.unwrap_or_else(|| app.service.picture_version(&tileset, theme).to_string());
    let pictures = describe::Pictures { at: &at, theme, filter: filter.as_deref() };
    Ok(describe::picture_tilejson(&tileset, &pictures, catalog.origin, base))
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
