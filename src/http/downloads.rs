//! `/downloads/{layer}[@{snapshot or edition}].fgb`: the snapshot itself, whole or by range, never content-encoded.

use super::{
    App, Problem, Segments,
    conditional::{Outcome, Validators},
    range::{self, Requested},
    respond::{HEADERS, insert},
};
use crate::{
    catalog::Dated,
    editions::{At, Edition},
    plan::LayerId,
    snapshot::{Snapshot, SnapshotId},
};
use axum::{
    body::Body,
    extract::State,
    http::{HeaderMap, HeaderValue, Method, StatusCode, header},
    response::{IntoResponse, Response},
};
use bytes::Bytes;
use std::{sync::Arc, time::SystemTime};

/// `no-transform`: a proxy that compresses breaks every range.
const CURRENT: HeaderValue = HeaderValue::from_static("public, no-cache, no-transform");
const IMMUTABLE: HeaderValue = HeaderValue::from_static("public, max-age=31536000, immutable, no-transform");

pub async fn download(
    State(app): State<Arc<App>>,
    Segments(file): Segments<String>,
    method: Method,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let Some(name) = file.strip_suffix(".fgb") else {
        return Err(Problem::not_found("downloads end in .fgb"));
    };
    let (layer, edition) = name.split_once('@').map_or((name, None), |(layer, at)| (layer, Some(at)));
    let unknown =
        || Problem::not_found(format!("there is no layer `{}`", layer.chars().take(80).collect::<String>()));
    let id = LayerId::new(layer).map_err(|_| unknown())?;
    // Of a layer, not of the whole plan.
    if let Some(snapshot) = edition.and_then(|edition| edition.parse().ok()) {
        let dated = version(&app, &id, snapshot).await?;
        return answer(&dated, IMMUTABLE, &method, &headers);
    }
    let at: At = edition.map_or(Ok(At::One(Edition::Current)), str::parse)?;
    let dated = match &at {
        At::One(edition) => app.service.edition(edition).await?.layer(&id).map(|layer| layer.dated()),
        At::Between([old, new]) => app.service.difference(old, new).await?.dated(&id),
    };
    let cache_control = if at.is_fixed() { IMMUTABLE } else { CURRENT };
    answer(&dated.ok_or_else(unknown)?, cache_control, &method, &headers)
}

async fn version(app: &App, layer: &LayerId, id: SnapshotId) -> Result<Arc<Dated>, Problem> {
    match app.service.snapshot(layer, id).await {
        Ok(Some(dated)) => Ok(dated),
        Ok(None) => Err(Problem::not_found("this snapshot is not kept")),
        Err(error) => {
            tracing::error!(%error, "a kept snapshot cannot be served");
            Err(Problem::internal())
        }
    }
}

fn answer(
    dated: &Dated,
    cache_control: HeaderValue,
    method: &Method,
    headers: &HeaderMap,
) -> Result<Response, Problem> {
    let file = Bytes::from_owner(FileBytes(Arc::clone(&dated.snapshot)));
    let etag = format!("\"{}\"", dated.snapshot.id);
    let modified = SystemTime::from(dated.published_at);
    let validators = Validators { etag: &etag, last_modified: Some(modified) };
    let mut response = match validators.evaluate(headers) {
        Outcome::PreconditionFailed => return Err(Problem::precondition_failed()),
        Outcome::NotModified => StatusCode::NOT_MODIFIED.into_response(),
        Outcome::Send => body(file, range(method, headers, &validators))?,
    };
    let headers = response.headers_mut();
    headers.insert(header::ACCEPT_RANGES, HeaderValue::from_static("bytes"));
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
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/flatgeobuf"));
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
