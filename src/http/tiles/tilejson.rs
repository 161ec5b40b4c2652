//! TileJSON 3.0: of the current edition, or of that after `@`.

use super::pictures;
use crate::{
    catalog::Catalog,
    describe,
    editions::{At, Edition},
    http::{Problem, Segments, asked::Asked, parameters::filter, respond::Representation, segments::at},
};
use axum::response::Response;
use serde_json::Value;
use std::sync::Arc;

/// `/tiles/{tileset}[@{edition}].json`, and of pictures `/tiles/{tileset}[@{edition}].png.json[?style=dark]`; both with a
/// `filter`, which the tile URLs carry.
pub async fn tilejson(asked: Asked, Segments(document): Segments<String>) -> Result<Response, Problem> {
    let Some(name) = document.strip_suffix(".json") else {
        return Err(Problem::not_found("a tileset is described at /tiles/{tileset}.json"));
    };
    let document = match name.strip_suffix(".png") {
        Some(name) => of_pictures(&asked, name).await?,
        None => of_vectors(&asked, name).await?,
    };
    Representation::document(document.to_string(), &asked.headers)?.answer(&asked.headers)
}

/// Of the tileset `name`, `{tileset}[@{edition}]`.
async fn of_vectors(asked: &Asked, name: &str) -> Result<Value, Problem> {
    let (name, at) = at(name)?;
    let (catalog, between) = described(asked, at).await?;
    let tileset = catalog.tileset(name)?;
    let filter = filter::carried(&asked.parameters, &tileset)?;
    Ok(describe::tilejson(&tileset, catalog.origin, between.as_ref(), filter.as_deref(), &asked.base))
}

/// The same of its pictures.
async fn of_pictures(asked: &Asked, name: &str) -> Result<Value, Problem> {
    let theme = pictures::theme(&asked.parameters)?;
    let (name, at) = at(name)?;
    let named = at.as_ref().filter(|at| !matches!(at, At::One(Edition::Version(_)))).map(At::to_string);
    let (catalog, _) = described(asked, at).await?;
    let tileset = catalog.tileset(name)?;
    let filter = filter::carried(&asked.parameters, &tileset)?;
    let at = named.unwrap_or_else(|| asked.app.service.picture_version(&tileset, theme).to_string());
    let pictures = describe::Pictures { at: &at, theme, filter: filter.as_deref() };
    Ok(describe::picture_tilejson(&tileset, &pictures, catalog.origin, &asked.base))
}

/// The catalog that is asked for; of a difference also how it is called by versions.
async fn described(asked: &Asked, at: Option<At>) -> Result<(Arc<Catalog>, Option<At>), Problem> {
    let service = &asked.app.service;
    match at {
        None => Ok((Arc::clone(&asked.catalog), None)),
        Some(At::One(edition)) => Ok((service.edition(&edition).await?, None)),
        Some(At::Between([old, new])) => {
            let difference = service.difference(&old, &new).await?;
            let between = At::between(difference.versions);
            Ok((service.drawn(difference).await?, Some(between)))
        }
    }
}
