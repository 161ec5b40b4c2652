//! `/tiles/{tileset}[@{edition}]/{z}/{x}/{y}.mvt`

use super::{place, tell_dropped};
use crate::{
    cache::ReadyTile,
    catalog::Tileset,
    config::PublicUrl,
    editions::{At, Edition},
    encoding::{self, Encoding},
    grid::{QuadGrid, TileCoord},
    http::{
        App, Problem, negotiate,
        parameters::{Parameters, filter},
        respond::{IMMUTABLE, REVALIDATE, Representation, VARY_ENCODING, acceptable, etag, redirect},
        segments::at,
    },
    publisher::served_grid,
    view::View,
};
use axum::{
    http::{HeaderMap, HeaderValue, StatusCode, Uri, header},
    response::Response,
};
use std::{fmt::Display, sync::Arc};

const MVT: HeaderValue = HeaderValue::from_static("application/vnd.mapbox-vector-tile");

/// The tile at `path`, `{z}/{x}/{y}.mvt` or `.pbf`, of the tileset `name`.
pub async fn answer(
    app: &App,
    name: &str,
    path: &str,
    uri: &Uri,
    base: impl FnOnce() -> PublicUrl,
    headers: &HeaderMap,
) -> Result<Response, Problem> {
    let (name, at) = at(name)?;
    if let Some(early) = early(app, name, at.as_ref(), path, uri, headers).await {
        return early;
    }
    let (tileset, cache_control) = match at {
        None => (app.catalog()?.tileset(name)?, REVALIDATE),
        // Of the tileset, not of the whole plan.
        Some(At::One(Edition::Version(version))) => match app.service.tileset_at(name, version).await? {
            Some(tileset) => (tileset, IMMUTABLE),
            None => {
                let current = app.catalog()?.tileset(name)?;
                let coord = coordinate(&current.grid, path)?;
                let (name, version) = (&current.name, current.version);
                let query = uri.query().map(|query| format!("?{query}")).unwrap_or_default();
                return redirect(&format!("{}/tiles/{name}@{version}/{coord}.mvt{query}", base().as_str()));
            }
        },
        Some(at) => {
            let cache_control = if at.is_fixed() { IMMUTABLE } else { REVALIDATE };
            (app.service.at(&at).await?.tileset(name)?, cache_control)
        }
    };
    let coord = coordinate(&tileset.grid, path)?;
    let view = view(uri, &tileset)?;
    send(app, &tileset, coord, &view, cache_control, headers).await
}

/// The tile of a layer that is not here yet, if it can be had already.
async fn early(
    app: &App,
    name: &str,
    at: Option<&At>,
    path: &str,
    uri: &Uri,
    headers: &HeaderMap,
) -> Option<Result<Response, Problem>> {
    if !app.service.is_starting() || uri.query().is_some() {
        return None;
    }
    let version = match at {
        None => None,
        Some(At::One(Edition::Version(version))) => Some(*version),
        Some(_) => return None,
    };
    let (coord, accepted) = (coordinate(&served_grid(), path).ok()?, negotiate::accepted(headers));
    let encoding = accepted.best.filter(|_| accepted.identity)?;
    let (version, ready) = app.service.early_tile(name, version, coord, encoding).await?;
    Some(represent(ready, &View::OPEN.id().name(version), REVALIDATE, headers))
}

/// What `?filter=` leaves of the tileset.
fn view(uri: &Uri, tileset: &Tileset) -> Result<View, Problem> {
    if uri.query().is_none() {
        return Ok(View::OPEN);
    }
    filter::view(&Parameters::of(uri)?, tileset)
}

/// The tile; 204 when it is empty.
async fn send(
    app: &App,
    tileset: &Arc<Tileset>,
    coord: TileCoord,
    view: &View,
    cache_control: HeaderValue,
    headers: &HeaderMap,
) -> Result<Response, Problem> {
    let accepted = negotiate::accepted(headers);
    let encoding = acceptable(accepted)?;
    let mut ready = app.service.tile(tileset, coord, encoding, view).await?;
    if ready.encoding == Encoding::Identity && !accepted.identity && !ready.bytes.is_empty() {
        // A small tile is kept as it is, but this client takes only codings.
        (ready.bytes, ready.encoding) = encoding::compress(ready.bytes, acceptable(accepted)?);
    }
    represent(ready, &view.id().name(tileset.version), cache_control, headers)
}

/// A tile of what `name` names.
fn represent(
    ready: ReadyTile,
    name: &impl Display,
    cache_control: HeaderValue,
    headers: &HeaderMap,
) -> Result<Response, Problem> {
    let ReadyTile { bytes, encoding, dropped } = ready;
    let representation = Representation {
        bytes,
        encoding,
        etag: etag(name, encoding),
        content_type: MVT,
        cache_control,
        vary: VARY_ENCODING,
    };
    tell_dropped(representation.answer(headers)?, dropped)
}

/// The tile; 200 without a byte when it is empty, for clients that take a tile to be there.
pub async fn send_there(
    app: &App,
    tileset: &Arc<Tileset>,
    coord: TileCoord,
    view: &View,
    cache_control: HeaderValue,
    headers: &HeaderMap,
) -> Result<Response, Problem> {
    let mut response = send(app, tileset, coord, view, cache_control, headers).await?;
    if response.status() == StatusCode::NO_CONTENT {
        *response.status_mut() = StatusCode::OK;
        response.headers_mut().insert(header::CONTENT_TYPE, MVT);
    }
    Ok(response)
}

/// The coordinate in `{z}/{x}/{y}.mvt` or `.pbf`.
fn coordinate(grid: &QuadGrid, tile: &str) -> Result<TileCoord, Problem> {
    let path = tile.strip_suffix(".mvt").or_else(|| tile.strip_suffix(".pbf"));
    place(grid, path.ok_or_else(|| Problem::not_found("a tile ends in .mvt, .pbf or .png"))?)
}
