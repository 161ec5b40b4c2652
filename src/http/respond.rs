//! What answers have in common: validators, `Vary`, caching, codings.

use super::{
    conditional::{Outcome, Validators},
    error::Problem,
    negotiate::{self, Accepted},
};
use crate::{
    encoding::{self, Encoding},
    snapshot::SnapshotId,
};
use axum::{
    body::Body,
    http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use bytes::Bytes;

/// `no-cache` lets caches keep an answer and ask each time whether it still holds.
pub const REVALIDATE: HeaderValue = HeaderValue::from_static("public, no-cache");
/// For what is of one request alone.
pub const NO_STORE: HeaderValue = HeaderValue::from_static("no-store");
/// For URLs that name a version.
pub const IMMUTABLE: HeaderValue = HeaderValue::from_static("public, max-age=31536000, immutable");

/// The entity tag of `encoding` of the representation called `name`: each coding has other bytes, so another tag.
pub fn etag(name: &impl std::fmt::Display, encoding: Encoding) -> String {
    match encoding.token() {
        None => format!("\"{name}\""),
        Some(token) => format!("\"{name}-{token}\""),
    }
}

/// Room for all headers of an answer, so that the map does not grow under way.
pub const HEADERS: usize = 10;

/// One representation as it goes out: its bytes are encoded already.
pub struct Representation {
    pub bytes: Bytes,
    pub encoding: Encoding,
    /// A strong tag of these very bytes, with its quotes.
    pub etag: String,
    pub content_type: HeaderValue,
    pub cache_control: HeaderValue,
    pub vary: HeaderValue,
}

/// `Vary` of what depends on the coding alone.
pub const VARY_ENCODING: HeaderValue = HeaderValue::from_static("accept-encoding");
/// `Vary` of documents with absolute URLs, see [`super::base_url`].
const VARY_BASE_URL: HeaderValue = HeaderValue::from_static(
    "accept-encoding, host, forwarded, x-forwarded-host, x-forwarded-proto, x-forwarded-prefix",
);
/// `Vary` of what has absolute URLs and is in the form that the client asks for, see [`super::media`].
pub const VARY_FORM: HeaderValue = HeaderValue::from_static(
    "accept, accept-encoding, host, forwarded, x-forwarded-host, x-forwarded-proto, x-forwarded-prefix",
);

impl Representation {
    /// A JSON document with absolute URLs, in the coding that the client likes best.
    pub fn document(json: String, headers: &HeaderMap) -> Result<Self, Problem> {
        Self::text(json, "application/json", headers)
    }

    /// Text with absolute URLs, in the coding that the client likes best.
    pub fn text(
        text: impl Into<Bytes>,
        content_type: &'static str,
        headers: &HeaderMap,
    ) -> Result<Self, Problem> {
        let text = text.into();
        let name = SnapshotId::of(&text);
        let (bytes, encoding) = encoding::encode(text, acceptable(negotiate::accepted(headers))?);
        Ok(Self {
            bytes,
            encoding,
            etag: etag(&name, encoding),
            content_type: HeaderValue::from_static(content_type),
            cache_control: REVALIDATE,
            vary: VARY_BASE_URL,
        })
    }

    /// 200, or 304 or 412 when the preconditions in `headers` say so; 204 when there are no bytes.
    pub fn answer(self, headers: &HeaderMap) -> Result<Response, Problem> {
        let outcome = Validators { etag: &self.etag, last_modified: None }.evaluate(headers);
        let mut response = match outcome {
            Outcome::PreconditionFailed => return Err(Problem::precondition_failed()),
            Outcome::NotModified => StatusCode::NOT_MODIFIED.into_response(),
            Outcome::Send if self.bytes.is_empty() => StatusCode::NO_CONTENT.into_response(),
            Outcome::Send => {
                let mut response = Response::new(Body::from(self.bytes));
                response.headers_mut().reserve(HEADERS);
                response.headers_mut().insert(header::CONTENT_TYPE, self.content_type);
                response
            }
        };
        let headers = response.headers_mut();
        insert(headers, header::ETAG, &self.etag)?;
        headers.insert(header::CACHE_CONTROL, self.cache_control);
        headers.insert(header::VARY, self.vary);
        if let Some(token) = self.encoding.token() {
            headers.insert(header::CONTENT_ENCODING, HeaderValue::from_static(token));
        }
        Ok(response)
    }
}

/// The coding to send, or 406 when the client refuses all of them.
pub fn acceptable(accepted: Accepted) -> Result<Encoding, Problem> {
    accepted
        .best
        .ok_or_else(|| Problem::not_acceptable("the content codings here are gzip, br, zstd and identity"))
}

/// 304, when the preconditions say that the client has what it asks for.
///
/// # Errors
/// 412, when they say that it wants nothing else.
pub fn unchanged(
    etag: &str,
    headers: &HeaderMap,
    cache_control: HeaderValue,
    vary: HeaderValue,
) -> Result<Option<Response>, Problem> {
    match (Validators { etag, last_modified: None }).evaluate(headers) {
        Outcome::Send => Ok(None),
        Outcome::PreconditionFailed => Err(Problem::precondition_failed()),
        Outcome::NotModified => {
            let mut response = StatusCode::NOT_MODIFIED.into_response();
            insert(response.headers_mut(), header::ETAG, etag)?;
            response.headers_mut().insert(header::CACHE_CONTROL, cache_control);
            response.headers_mut().insert(header::VARY, vary);
            Ok(Some(response))
        }
    }
}

/// Sets a header to text made here, which has no character that a header may not have.
pub fn insert(headers: &mut HeaderMap, name: HeaderName, value: &str) -> Result<(), Problem> {
    headers.insert(name, HeaderValue::from_str(value).map_err(|_| Problem::internal())?);
    Ok(())
}

/// 307 to where something is now, kept by nobody: of what stays for good the way to it does not.
pub fn redirect(url: &str) -> Result<Response, Problem> {
    let location = HeaderValue::from_str(url).map_err(|_| Problem::internal())?;
    let headers =
        [(header::LOCATION, location), (header::CACHE_CONTROL, HeaderValue::from_static("no-store"))];
    Ok((StatusCode::TEMPORARY_REDIRECT, headers).into_response())
}
