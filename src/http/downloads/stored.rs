//! Files whose bytes are stored: whole or by range, never content-encoded.

use super::Source;
use crate::{
    export::Format,
    http::{
        Problem,
        conditional::{Outcome, Validators},
        range::{self, Requested},
        respond::{HEADERS, NO_STORE, insert},
    },
    snapshot::{Snapshot, SnapshotId},
};
use axum::{
    body::Body,
    http::{HeaderMap, HeaderValue, Method, StatusCode, header},
    response::{IntoResponse, Response},
};
use bytes::Bytes;
use std::{sync::Arc, time::SystemTime};

/// `no-transform`: a proxy that compresses breaks every range.
const CURRENT: HeaderValue = HeaderValue::from_static("public, no-cache, no-transform");
const IMMUTABLE: HeaderValue = HeaderValue::from_static("public, max-age=31536000, immutable, no-transform");

/// A file and what is said of it.
pub struct Stored {
    pub file: Bytes,
    /// What it hashes to, or all that it follows from.
    pub etag: SnapshotId,
    pub modified: SystemTime,
    pub media_type: &'static str,
    pub disposition: String,
    /// Whether its URL can never have another.
    pub fixed: bool,
    /// Whether it stays; one that is made for each request would be made for each range.
    pub by_range: bool,
}

/// The snapshot itself.
pub fn snapshot(
    source: &Source,
    format: Format,
    method: &Method,
    headers: &HeaderMap,
) -> Result<Response, Problem> {
    let Source { dated, fixed, .. } = source;
    let stored = Stored {
        file: Bytes::from_owner(FileBytes(Arc::clone(&dated.snapshot))),
        etag: dated.snapshot.id,
        modified: dated.published_at.into(),
        media_type: format.media_type(),
        disposition: source.disposition(format.suffix()),
        fixed: *fixed,
        by_range: true,
    };
    answer(stored, method, headers)
}

pub fn answer(stored: Stored, method: &Method, headers: &HeaderMap) -> Result<Response, Problem> {
    let Stored { file, etag, modified, media_type, disposition, fixed, by_range } = stored;
    let etag = format!("\"{etag}\"");
    let validators = Validators { etag: &etag, last_modified: Some(modified) };
    let mut response = match validators.evaluate(headers) {
        Outcome::PreconditionFailed => return Err(Problem::precondition_failed()),
        Outcome::NotModified => StatusCode::NOT_MODIFIED.into_response(),
        Outcome::Send => {
            let mut response = body(file, range(method, headers, &validators).filter(|_| by_range))?;
            insert(response.headers_mut(), header::CONTENT_DISPOSITION, &disposition)?;
            insert(response.headers_mut(), header::CONTENT_TYPE, media_type)?;
            response
        }
    };
    // A cache would give this to who asks for the whole.
    let cache_control = match response.status() {
        StatusCode::RANGE_NOT_SATISFIABLE => NO_STORE,
        _ if fixed => IMMUTABLE,
        _ => CURRENT,
    };
    let headers = response.headers_mut();
    headers.insert(header::ACCEPT_RANGES, HeaderValue::from_static(if by_range { "bytes" } else { "none" }));
    headers.insert(header::CACHE_CONTROL, cache_control);
    insert(headers, header::ETAG, &etag)?;
    // Never after the answer itself (RFC 9110 §8.8.2.1), though the clock was set back since.
    insert(headers, header::LAST_MODIFIED, &httpdate::fmt_http_date(modified.min(SystemTime::now())))?;
    Ok(response)
}

/// The `Range` header, when it applies: to GET alone (RFC 9110 §14.2), and under `If-Range`.
fn range<'a>(method: &Method, headers: &'a HeaderMap, validators: &Validators) -> Option<&'a str> {
    if method != Method::GET {
        return None;
    }
    let range = headers.get(header::RANGE)?.to_str().ok()?;
    validators.range_applies(headers).then_some(range)
}

fn body(file: Bytes, range: Option<&str>) -> Result<Response, Problem> {
    let length = file.len();
    let requested = range.map_or(Requested::Whole, |range| range::requested(range, length));
    let (status, bytes, content_range) = match requested {
        Requested::Whole => (StatusCode::OK, file, None),
        Requested::Part(part) => {
            let content_range = format!("bytes {}-{}/{length}", part.start, part.end - 1);
            (StatusCode::PARTIAL_CONTENT, file.slice(part), Some(content_range))
        }
        Requested::Unsatisfiable => {
            (StatusCode::RANGE_NOT_SATISFIABLE, Bytes::new(), Some(format!("bytes */{length}")))
        }
    };
    let mut response = Response::new(Body::from(bytes));
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.reserve(HEADERS);
    if let Some(content_range) = content_range {
        insert(headers, header::CONTENT_RANGE, &content_range)?;
    }
    Ok(response)
}

/// The mapped file as the owner of a response body: nothing is copied, and the file lives while it is sent.
struct FileBytes(Arc<Snapshot>);

impl AsRef<[u8]> for FileBytes {
    fn as_ref(&self) -> &[u8] {
        self.0.bytes()
    }
}
