//! Liveness, readiness and metrics.

use super::{App, Problem};
use crate::{catalog::PublishedLayer, plan::LayerId, publisher::Export};
use axum::{
    Json,
    extract::State,
    http::{HeaderName, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use serde_json::{Value, json};
use std::sync::Arc;

const NO_STORE: (HeaderName, HeaderValue) = (header::CACHE_CONTROL, HeaderValue::from_static("no-store"));

/// The process answers.
pub async fn alive() -> Response {
    ([NO_STORE], "ok\n").into_response()
}

/// 200 as soon as a plan is served, over a bucket the one that it has, and from then on however old; 503 before. The body says how fresh it is, layer by layer.
pub async fn ready(State(app): State<Arc<App>>) -> Response {
    let freshness = app.service.freshness();
    let catalog = app.service.catalog();
    let served = catalog.iter().flat_map(|catalog| catalog.layers());
    let served = served.map(|layer| served_layer(layer, freshness.exports.get(layer.id())));
    let is_served = |id: &LayerId| catalog.as_ref().is_some_and(|catalog| catalog.layer(id).is_some());
    let missing = freshness.exports.values().filter(|export| !is_served(&export.layer));
    let layers: Vec<Value> = served.chain(missing.map(missing_layer)).collect();
    let (code, status) = match (&catalog, &freshness.error) {
        (None, _) => (StatusCode::SERVICE_UNAVAILABLE, "starting"),
        (Some(_), _) if !freshness.caught_up => (StatusCode::SERVICE_UNAVAILABLE, "starting"),
        (Some(_), Some(_)) => (StatusCode::OK, "stale"),
        (Some(_), None) => (StatusCode::OK, "ready"),
    };
    let body = json!({
        "status": status,
        "source": catalog.as_ref().map(|catalog| catalog.origin),
        "version": catalog.as_ref().map(|catalog| catalog.version().to_string()),
        "exported": freshness.exported,
        "confirmed": freshness.confirmed_at,
        "error": freshness.error,
        "layers": layers,
    });
    (code, [NO_STORE], Json(body)).into_response()
}

fn served_layer(layer: &PublishedLayer, export: Option<&Export>) -> Value {
    json!({
        "id": layer.id(),
        "snapshot": layer.snapshot.id,
        "features": layer.snapshot.feature_count(),
        "published": layer.published_at,
        "age_seconds": layer.age_seconds(),
        "exported": export.map(|export| export.at),
        "export_seconds": export.map(|export| export.seconds),
        "error": export.and_then(|export| export.error.as_deref()),
    })
}

/// A layer of which there is no snapshot to serve.
fn missing_layer(export: &Export) -> Value {
    json!({
        "id": export.layer,
        "snapshot": null,
        "exported": export.at,
        "export_seconds": export.seconds,
        "error": export.error,
    })
}

pub async fn metrics(State(app): State<Arc<App>>) -> Result<Response, Problem> {
    let text = HeaderValue::from_static("application/openmetrics-text; version=1.0.0; charset=utf-8");
    Ok(([NO_STORE, (header::CONTENT_TYPE, text)], app.service.metrics_text()).into_response())
}
