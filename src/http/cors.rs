//! Anyone may read and ask, from any page (Fetch Standard, CORS protocol). The answer is the same for every origin.

use axum::{
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};

/// What clients of ranges and of features look at.
const EXPOSED: HeaderValue = HeaderValue::from_static(
    "etag, content-range, content-length, accept-ranges, last-modified, link, content-crs, ogc-numbermatched, \
     ogc-numberreturned, plantiles-dropped-features",
);
const METHODS: HeaderValue = HeaderValue::from_static("GET, HEAD, POST, OPTIONS");
/// What range clients send, those with a body and those with a key.
const HEADERS: HeaderValue = HeaderValue::from_static(
    "range, if-range, if-none-match, if-match, cache-control, content-type, prefer, authorization, x-api-key",
);
const A_DAY: HeaderValue = HeaderValue::from_static("86400");

/// Opens an answer to every origin.
pub fn open(headers: &mut HeaderMap) {
    headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("*"));
    headers.insert(header::ACCESS_CONTROL_EXPOSE_HEADERS, EXPOSED);
}

/// The answer to OPTIONS: what a page may ask for.
pub fn preflight() -> Response {
    let allowed = [
        (header::ALLOW, METHODS),
        (header::ACCESS_CONTROL_ALLOW_METHODS, METHODS),
        (header::ACCESS_CONTROL_ALLOW_HEADERS, HEADERS),
        (header::ACCESS_CONTROL_MAX_AGE, A_DAY),
    ];
    (StatusCode::NO_CONTENT, allowed).into_response()
}
