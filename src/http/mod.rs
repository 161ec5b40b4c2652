//! HTTP: every route, and what all answers have in common.

mod assets;
mod base_url;
mod conditional;
mod documents;
mod downloads;
mod error;
mod health;
mod negotiate;
mod observe;
mod range;
mod respond;
mod serve;
mod tiles;

pub use serve::serve;

use crate::{catalog::Catalog, config, service::Service};
use assets::Assets;
use axum::{
    Router,
    extract::{FromRequestParts, Path, Request},
    http::{HeaderName, Method, header, request::Parts},
    middleware::{self, Next},
    response::{IntoResponse, Response},
    routing::get,
};
use error::Problem;
use serde::de::DeserializeOwned;
use std::{sync::Arc, time::Duration};
use tower_http::{catch_panic::CatchPanicLayer, cors};

/// What every handler shares.
pub struct App {
    pub service: Arc<Service>,
    pub server: config::Server,
    assets: Assets,
}

impl App {
    pub fn new(service: Arc<Service>, server: config::Server) -> Self {
        Self { service, server, assets: Assets::embedded() }
    }
}

impl App {
    /// What is served now.
    fn catalog(&self) -> Result<Arc<Catalog>, Problem> {
        self.service.catalog().ok_or_else(|| Problem::unavailable("nothing is published yet"))
    }
}

/// Every route of the server.
pub fn router(app: Arc<App>) -> Router {
    Router::new()
        .route("/", get(assets::viewer))
        .route("/assets/{*file}", get(assets::viewer_file))
        .route("/layers.json", get(documents::catalog))
        .route("/tiles/{document}", get(documents::tilejson))
        .route("/tiles/{tileset}/{z}/{x}/{y}", get(tiles::tile))
        .route("/downloads/{file}", get(downloads::download))
        .route("/styles", get(documents::styles))
        .route("/styles/{document}", get(documents::style))
        .route("/sprites/{file}", get(assets::sprite))
        .route("/fonts/{stack}/{range}", get(assets::glyphs))
        .route("/healthz", get(health::alive))
        .route("/readyz", get(health::ready))
        .route("/metrics", get(health::metrics))
        .fallback(async || Problem::not_found("there is nothing at this path"))
        .method_not_allowed_fallback(async || Problem::method_not_allowed())
        .layer(middleware::from_fn(bounded_uri))
        .layer(cors())
        .layer(CatchPanicLayer::custom(|_| Problem::internal().into_response()))
        .layer(middleware::from_fn_with_state(Arc::clone(&app), observe::observe))
        .with_state(app)
}

/// The longest path and query: the ids of all layers of a plan, joined, take a tenth of it.
const LONGEST_URI: usize = 4096;

async fn bounded_uri(request: Request, next: Next) -> Response {
    if request.uri().path_and_query().is_some_and(|path| path.as_str().len() > LONGEST_URI) {
        return Problem::uri_too_long().into_response();
    }
    next.run(request).await
}

/// Anyone may read; range clients need the exposed headers, and a preflight that is kept for a day.
fn cors() -> cors::CorsLayer {
    const RANGE_CLIENTS: [HeaderName; 5] =
        [header::RANGE, header::IF_RANGE, header::IF_NONE_MATCH, header::IF_MATCH, header::CACHE_CONTROL];
    cors::CorsLayer::new()
        .allow_origin(cors::Any)
        .allow_methods([Method::GET, Method::HEAD, Method::OPTIONS])
        .allow_headers(RANGE_CLIENTS)
        .expose_headers([
            header::ETAG,
            header::CONTENT_RANGE,
            header::CONTENT_LENGTH,
            header::ACCEPT_RANGES,
            header::LAST_MODIFIED,
            tiles::DROPPED_FEATURES,
        ])
        .max_age(Duration::from_secs(86400))
        // The answer is the same for every origin.
        .vary([])
}

/// The segments of the path, percent-decoded; what is not UTF-8 is a problem like any other.
struct Segments<T>(T);

impl<T: DeserializeOwned + Send, S: Send + Sync> FromRequestParts<S> for Segments<T> {
    type Rejection = Problem;
    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let segments = Path::<T>::from_request_parts(parts, state).await;
        segments
            .map(|Path(segments)| Self(segments))
            .map_err(|_| Problem::bad_request("the path is not valid UTF-8"))
    }
}
