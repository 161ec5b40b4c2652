//! Pages of the sites that are configured, of every site unless others are named, may read and ask (Fetch Standard, CORS
//! protocol).

use crate::config::Origins;
use axum::{
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};

/// What clients of ranges and of features look at.
const EXPOSED: HeaderValue = HeaderValue::from_static(
    "etag, content-range, content-length, accept-ranges, last-modified, link, content-crs, ogc-numbermatched, \
     ogc-numberreturned, plantiles-dropped-features, ratelimit, ratelimit-policy, retry-after",
);
const METHODS: HeaderValue = HeaderValue::from_static("GET, HEAD, POST, OPTIONS");
/// What range clients send, those with a body and those with a key.
const HEADERS: HeaderValue = HeaderValue::from_static(
    "range, if-range, if-none-match, if-match, cache-control, content-type, prefer, authorization, x-api-key",
);
const A_DAY: HeaderValue = HeaderValue::from_static("86400");

/// Whose page asks.
pub enum Site {
    /// It is all the same.
    Any,
    /// One that may read, by its origin.
    Known(HeaderValue),
    /// Another, or no page at all.
    Other,
}

pub fn site(allowed: &Origins, headers: &HeaderMap) -> Site {
    if *allowed == Origins::Every {
        return Site::Any;
    }
    let origin = headers.get(header::ORIGIN).filter(|origin| allowed.has(origin.as_bytes()));
    origin.map_or(Site::Other, |origin| Site::Known(origin.clone()))
}

/// Opens an answer to pages of the site.
pub fn open(site: Site, headers: &mut HeaderMap) {
    let origin = match site {
        Site::Any => HeaderValue::from_static("*"),
        Site::Known(_) | Site::Other => {
            // A cache must not give a site the answer for another.
            headers.append(header::VARY, HeaderValue::from_static("origin"));
            let Site::Known(origin) = site else { return };
            origin
        }
    };
    headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, origin);
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
