//! What all answers have in common: they are bounded, open to every origin, counted and logged, and no panic
//! ends a connection.
//!
//! This is a function around the router rather than layers on its routes: axum clones and boxes each layer for
//! each request, which took more than a quarter of the processor time of a ready tile.

use super::{PLACES, Problem, Reception, cors, credentials::Presented};
use crate::metrics::{Metrics, RequestLabels};
use axum::{
    extract::Request,
    http::{Method, StatusCode, Uri, header},
    response::{IntoResponse, Response},
};
use futures_util::FutureExt;
use hyper::body::Incoming;
use std::{panic::AssertUnwindSafe, time::Instant};
use tower::Service;

/// The longest path and query: the ids of all layers of a plan, joined, take a tenth of it.
const LONGEST_URI: usize = 4096;

pub async fn answer(reception: &Reception, mut request: Request<Incoming>) -> Response {
    let start = Instant::now();
    let presented = reception.presented(&mut request);
    let (method, uri) = (request.method().clone(), request.uri().clone());
    let mut response =
        route(reception, &presented, request).await.unwrap_or_else(IntoResponse::into_response);
    cors::open(response.headers_mut());
    if response.status() == StatusCode::NO_CONTENT {
        // axum gives every answer a length; a 204 must not have one (RFC 9110 §8.6).
        response.headers_mut().remove(header::CONTENT_LENGTH);
    }
    let metrics = &reception.public().service.metrics;
    observe(metrics, &method, &uri, response.status(), start.elapsed().as_secs_f64());
    response
}

async fn route(
    reception: &Reception,
    presented: &Presented,
    mut request: Request<Incoming>,
) -> Result<Response, Problem> {
    if request.method() == Method::OPTIONS {
        return Ok(cors::preflight());
    }
    if request.uri().path_and_query().is_some_and(|path| path.as_str().len() > LONGEST_URI) {
        return Err(Problem::uri_too_long());
    }
    let admitted = reception.admit(presented)?;
    if let Some(elsewhere) = admitted.pass_on(presented, &mut request)? {
        return Ok(elsewhere);
    }
    let mut response = match AssertUnwindSafe(admitted.router().call(request)).catch_unwind().await {
        Ok(Ok(response)) => response,
        Ok(Err(never)) => match never {},
        Err(_panic) => return Err(Problem::internal()),
    };
    reception.mark(presented, &admitted, &mut response);
    Ok(response)
}

/// One count and one log line.
fn observe(metrics: &Metrics, method: &Method, uri: &Uri, status: StatusCode, seconds: f64) {
    let code = status.as_u16();
    let labels = RequestLabels { place: place(uri.path()), method: method_label(method), status: code };
    metrics.requests.get_or_create(&labels).inc();
    metrics.request_seconds.observe(seconds);
    // 503 is an answer by design, before the first publication and when the queue is full: it is counted, and a
    // line for each would flood the log just when there is too much to do. 501 is said of what the client asks for.
    let by_design = [StatusCode::SERVICE_UNAVAILABLE, StatusCode::NOT_IMPLEMENTED].contains(&status);
    if status.is_server_error() && !by_design {
        tracing::warn!(%method, path = uri.path(), status = code, seconds, "request failed");
    } else {
        tracing::debug!(%method, path = uri.path(), status = code, seconds, "request");
    }
}

/// Paths are endless; a label must not be.
fn place(path: &str) -> &'static str {
    let first = path.split('/').nth(1).unwrap_or_default();
    PLACES.iter().copied().find(|place| *place == first).unwrap_or("other")
}

/// Methods are free text; a label must not be.
fn method_label(method: &Method) -> &'static str {
    ["GET", "HEAD", "POST", "OPTIONS"].into_iter().find(|known| *known == method.as_str()).unwrap_or("other")
}
