//! Liveness, readiness and metrics.

use super::{App, Problem};
use axum::{
    Json,
    extract::State,
    http::{HeaderName, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use jiff::Timestamp;
use serde_json::{Value, json};
use std::sync::Arc;

const NO_STORE: (HeaderName, HeaderValue) = (header::CACHE_CONTROL, HeaderValue::from_static("no-store"));

/// The process answers.
pub async fn alive() -> Response {
    ([NO_STORE], "ok\n").into_response()
}

/// 200 as soon as a plan is served, however old; 503 before. The body says how fresh it is, layer by layer.
pub async fn ready(State(app): State<Arc<App>>) -> Response {
    let freshness = app.service.freshness();
    let catalog = app.service.catalog();
    let layers: Vec<Value> = catalog
        .iter()
        .flat_map(|catalog| catalog.layers())
        .map(|layer| {
            let export = freshness.exports.get(layer.id());
            json!({
                "id": layer.id(),
                "snapshot": layer.snapshot.id,
                "features": layer.snapshot.feature_count(),
                "published": layer.published_at,
                "age_seconds": Timestamp::now().as_second() - layer.published_at.as_second(),
                "exported": export.map(|export| export.at),
                "export_seconds": export.map(|export| export.seconds),
                "error": export.and_then(|export| export.error.as_deref()),
            })
        })
        .collect();
    let (code, status) = match (&catalog, &freshness.error) {
        (None, _) => (StatusCode::SERVICE_UNAVAILABLE, "starting"),
        (Some(_), Some(_)) => (StatusCode::OK, "stale"),
        (Some(_), None) => (StatusCode::OK, "ready"),
    };
    let body = json!({
        "status": status,
        "source": catalog.as_ref().map(|catalog| catalog.origin),
        "version": catalog.as_ref().map(|catalog| catalog.version().to_string()),
        "confirmed": freshness.confirmed_at,
        "error": freshness.error,
        "layers": layers,
    });
    (code, [NO_STORE], Json(body)).into_response()
}

pub async fn metrics(State(app): State<Arc<App>>) -> Result<Response, Problem> {
    let text = HeaderValue::from_static("application/openmetrics-text; version=1.0.0; charset=utf-8");
    Ok(([NO_STORE, (header::CONTENT_TYPE, text)], app.service.metrics_text()).into_response())
}
