//! What a page may load and run (Content Security Policy, level 3).

use axum::http::{HeaderMap, HeaderValue, header};

/// The map and its companions: files of this server.
pub const OWN_FILES: HeaderValue = HeaderValue::from_static(
    "default-src 'self'; object-src 'none'; base-uri 'none'; frame-ancestors 'self'",
);
/// A page of text: a style sheet of this server, and a form that goes to it.
pub const STYLED: HeaderValue = HeaderValue::from_static(
    "default-src 'none'; style-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'self'",
);
/// A page that is one file, with its style and its pictures in it.
pub const ALONE: HeaderValue = HeaderValue::from_static(
    "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; frame-ancestors 'self'",
);

pub fn guard(headers: &mut HeaderMap, policy: HeaderValue) {
    headers.insert(header::CONTENT_SECURITY_POLICY, policy);
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
}
