//! One log line and one count for each answer.

use super::App;
use crate::metrics::RequestLabels;
use axum::{
    extract::{MatchedPath, Request, State},
    http::StatusCode,
    middleware::Next,
    response::Response,
};
use std::{sync::Arc, time::Instant};

pub async fn observe(State(app): State<Arc<App>>, request: Request, next: Next) -> Response {
    let start = Instant::now();
    let route = request.extensions().get::<MatchedPath>().map_or("unmatched", MatchedPath::as_str).to_owned();
    let method = method_label(request.method().as_str());
    let uri = request.uri().clone();
    let response = next.run(request).await;
    let seconds = start.elapsed().as_secs_f64();
    let status = response.status();
    app.service.metrics.request_seconds.observe(seconds);
    let labels = RequestLabels { route, method: method.to_owned(), status: status.as_u16() };
    app.service.metrics.requests.get_or_create(&labels).inc();
    // 503 is an answer by design, before the first publication and when the queue is full: it is counted, and a
    // line for each would flood the log just when there is too much to do.
    if status.is_server_error() && status != StatusCode::SERVICE_UNAVAILABLE {
        tracing::warn!(method, path = uri.path(), status = status.as_u16(), seconds, "request failed");
    } else {
        tracing::debug!(method, path = uri.path(), status = status.as_u16(), seconds, "request");
    }
    response
}

/// Methods are free text; a label must not be.
fn method_label(method: &str) -> &'static str {
    ["GET", "HEAD", "OPTIONS"].into_iter().find(|known| *known == method).unwrap_or("other")
}
