//! `/tiles/{tileset}[@{edition}]/{z}/{x}/{y}.mvt`

use super::{
    App, Problem, Segments,
    base_url::base_url,
    connection::Peer,
    documents::at,
    negotiate,
    parameters::{Parameters, filter},
    pictures,
    respond::{IMMUTABLE, REVALIDATE, Representation, VARY_ENCODING, acceptable, etag, insert},
};
use crate::{
    catalog::Tileset,
    editions::{At, Edition},
    encoding::{self, Encoding},
    grid::{MAX_ZOOM, QuadGrid, TileCoord},
    view::View,
};
use axum::{
    Extension,
    extract::State,
    http::{HeaderMap, HeaderName, HeaderValue, StatusCode, Uri, header},
    response::{IntoResponse, Response},
};
use std::sync::Arc;

/// How many features were left out of a tile that would be too large; absent when none was.
pub const DROPPED_FEATURES: HeaderName = HeaderName::from_static("plantiles-dropped-features");

const MVT: HeaderValue = HeaderValue::from_static("application/vnd.mapbox-vector-tile");

pub async fn tile(
    State(app): State<Arc<App>>,
    Extension(Peer(peer)): Extension<Peer>,
    Segments((name, tile)): Segments<(String, String)>,
    uri: Uri,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    if let Some(path) = tile.strip_suffix(".png") {
        let base = base_url(&app.server, peer, &headers);
        return pictures::picture(&app, &name, path, &uri, &base, &headers).await;
    }
    let (name, at) = at(&name)?;
    let (tileset, cache_control) = match at {
        None => (app.catalog()?.tileset(name)?, REVALIDATE),
        // Of the tileset, not of the whole plan.
        Some(At::One(Edition::Version(version))) => match app.service.tileset_at(name, version).await? {
            Some(tileset) => (tileset, IMMUTABLE),
            None => {
                let current = app.catalog()?.tileset(name)?;
                let coord = coordinate(&current.grid, &tile)?;
                let (base, name, version) =
                    (base_url(&app.server, peer, &headers), &current.name, current.version);
                let query = uri.query().map(|query| format!("?{query}")).unwrap_or_default();
                return redirect(&format!("{}/tiles/{name}@{version}/{coord}.mvt{query}", base.as_str()));
            }
        },
        Some(at) => {
            let cache_control = if at.is_fixed() { IMMUTABLE } else { REVALIDATE };
            (app.service.at(&at).await?.tileset(name)?, cache_control)
        }
    };
    let coord = coordinate(&tileset.grid, &tile)?;
    let view = view(&uri, &tileset)?;
    send(&app, &tileset, coord, &view, cache_control, &headers).await
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
    let ready = app.service.tile(tileset, coord, encoding, view).await?;
    let (mut bytes, mut encoding, dropped) = (ready.bytes, ready.encoding, ready.dropped);
    if encoding == Encoding::Identity && !accepted.identity && !bytes.is_empty() {
        // A small tile is kept as it is, but this client takes only codings.
        (bytes, encoding) = encoding::compress(bytes, acceptable(accepted)?);
    }
    let representation = Representation {
        bytes,
        encoding,
        etag: etag(&view.id().name(tileset.version), encoding),
        content_type: MVT,
        cache_control,
        vary: VARY_ENCODING,
    };
    let mut response = representation.answer(headers)?;
    if dropped > 0 {
        insert(response.headers_mut(), DROPPED_FEATURES, &dropped.to_string())?;
    }
    Ok(response)
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

/// Digits alone: no sign, no space.
pub fn number(text: &str) -> Option<u32> {
    text.parse().ok().filter(|_| text.bytes().all(|b| b.is_ascii_digit()))
}

/// The coordinate in `{z}/{x}/{y}.mvt` or `.pbf`; what cannot be one is not found, like one outside the matrix.
fn coordinate(grid: &QuadGrid, tile: &str) -> Result<TileCoord, Problem> {
    let path = tile.strip_suffix(".mvt").or_else(|| tile.strip_suffix(".pbf"));
    place(grid, path.ok_or_else(|| Problem::not_found("a tile ends in .mvt, .pbf or .png"))?)
}

/// The coordinate `{z}/{x}/{y}`.
pub fn place(grid: &QuadGrid, path: &str) -> Result<TileCoord, Problem> {
    let mut segments = path.split('/');
    let (Some(z), Some(x), Some(y), None) =
        (segments.next(), segments.next(), segments.next(), segments.next())
    else {
        return Err(Problem::not_found("a tile is at /tiles/{tileset}/{z}/{x}/{y}.mvt"));
    };
    let coord = match (number(z).and_then(|z| z.try_into().ok()), number(x), number(y)) {
        (Some(z), Some(x), Some(y)) => grid.tile(z, x, y),
        _ => None,
    };
    coord.ok_or_else(|| {
        Problem::not_found(format!("no such tile: z is 0 to {MAX_ZOOM}, x and y are below 2^z"))
    })
}

/// 307 to the current version: what is kept for good may not be redirected for good.
pub fn redirect(url: &str) -> Result<Response, Problem> {
    let location = HeaderValue::from_str(url).map_err(|_| Problem::internal())?;
    let headers =
        [(header::LOCATION, location), (header::CACHE_CONTROL, HeaderValue::from_static("no-store"))];
    Ok((StatusCode::TEMPORARY_REDIRECT, headers).into_response())
}
