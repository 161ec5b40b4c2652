//! `/tiles/{tileset}[@{edition}]`: tiles as vectors and as pictures, and the TileJSON of both.

pub mod pictures;
mod tilejson;
pub mod vectors;

use super::{
    App, Problem, Routes, Segments, base_url::base_url, connection::Peer, respond::insert, segments::number,
};
use crate::grid::{MAX_ZOOM, QuadGrid, TileCoord};
use axum::{
    Extension,
    extract::State,
    http::{HeaderMap, HeaderName, Uri},
    response::Response,
    routing::get,
};
use std::sync::Arc;

pub fn routes() -> Routes {
    Routes::new()
        .route("/tiles/{document}", get(tilejson::tilejson))
        .route("/tiles/{tileset}/{*tile}", get(tile))
}

async fn tile(
    State(app): State<Arc<App>>,
    Extension(Peer(peer)): Extension<Peer>,
    Segments((name, tile)): Segments<(String, String)>,
    uri: Uri,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    // Only who is sent elsewhere needs it.
    let base = || base_url(&app.server, peer, &headers);
    match tile.strip_suffix(".png") {
        Some(path) => pictures::answer(&app, &name, path, &uri, base, &headers).await,
        None => vectors::answer(&app, &name, &tile, &uri, base, &headers).await,
    }
}

/// The coordinate `{z}/{x}/{y}`; what cannot be one is not found, like one outside the matrix.
fn place(grid: &QuadGrid, path: &str) -> Result<TileCoord, Problem> {
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

/// How many features were left out of a tile that would be too large; absent when none was.
const DROPPED_FEATURES: HeaderName = HeaderName::from_static("plantiles-dropped-features");

fn tell_dropped(mut response: Response, dropped: usize) -> Result<Response, Problem> {
    if dropped > 0 {
        insert(response.headers_mut(), DROPPED_FEATURES, &dropped.to_string())?;
    }
    Ok(response)
}
