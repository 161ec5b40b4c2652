//! Files that are written while they go out, on the workers, in the content coding that the client likes best.

use super::{Source, wanted::Wanted};
use crate::{
    encoding::Encoding,
    export::{self, Format},
    http::{
        App, Problem,
        body::{self, Made},
        negotiate,
        respond::{IMMUTABLE, REVALIDATE, VARY_ENCODING, acceptable, etag, insert, unchanged},
    },
    snapshot::SnapshotId,
};
use axum::{
    body::{Body, Bytes},
    http::{HeaderMap, HeaderValue, Method, header},
    response::Response,
};
use futures_util::stream;
use std::{io, sync::Arc};

/// Part of every entity tag: to be changed whenever the same file may be written in other bytes.
const FORMAT: u32 = 1;

pub async fn answer(
    app: &App,
    source: &Source,
    format: Format,
    wanted: Wanted,
    method: &Method,
    headers: &HeaderMap,
) -> Result<Response, Problem> {
    let encoding = match format.is_text() {
        true => acceptable(negotiate::accepted(headers))?,
        false => Encoding::Identity,
    };
    let snapshot = &source.dated.snapshot;
    let name = format!("{FORMAT} {} {} {}", snapshot.id, format.suffix(), wanted.normal);
    let tag = etag(&SnapshotId::of(name.as_bytes()), encoding);
    let cache_control = if source.fixed { IMMUTABLE } else { REVALIDATE };
    if let Some(unchanged) = unchanged(&tag, headers, cache_control.clone(), VARY_ENCODING)? {
        return Ok(unchanged);
    }
    let mut response = match *method {
        Method::HEAD => {
            app.service.work(move || wanted.check()).await??;
            unmade()
        }
        _ => body::response(begin(app, format, wanted, encoding).await?, Arc::clone(&app.service)),
    };
    let headers = response.headers_mut();
    insert(headers, header::ETAG, &tag)?;
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(format.media_type()));
    headers.insert(header::CACHE_CONTROL, cache_control);
    headers.insert(header::VARY, VARY_ENCODING);
    headers.insert(header::ACCEPT_RANGES, HeaderValue::from_static("none"));
    insert(headers, header::CONTENT_DISPOSITION, &source.disposition(format.suffix()))?;
    if let Some(token) = encoding.token() {
        insert(headers, header::CONTENT_ENCODING, token)?;
    }
    Ok(response)
}

/// The file with its first piece made on a worker.
async fn begin(app: &App, format: Format, wanted: Wanted, encoding: Encoding) -> Result<Made, Problem> {
    let indexes = app.indexes.clone();
    let work = move || {
        wanted.check()?;
        let Wanted { request, spreadsheet, .. } = wanted;
        let rows = (format == Format::FlatGeobuf).then(|| request.most_rows());
        let pieces = export::pieces(request, format, spreadsheet);
        let pieces = match rows {
            Some(rows) => indexes.hold(rows, pieces)?,
            None => pieces,
        };
        Made::begin(pieces, encoding)
    };
    app.service.work(work).await?
}

/// A body that nobody reads: how long it would be is not known.
fn unmade() -> Response {
    Response::new(Body::from_stream(stream::empty::<io::Result<Bytes>>()))
}
