//! The resources that describe what is here.

use super::wanted::{LIMIT, MOST_ITEMS, PARAMETERS};
use crate::{
    describe::ogc,
    http::{
        Problem, Segments,
        asked::Asked,
        media::{HTML, JSON, OPENAPI, SCHEMA},
        respond::{REVALIDATE, Representation, VARY_ENCODING},
    },
    plan::Layer,
};
use axum::{
    http::{HeaderMap, HeaderValue},
    response::Response,
};
use serde_json::Value;
use std::sync::Arc;

/// `/ogc`
pub async fn landing_page(asked: Asked) -> Result<Response, Problem> {
    let form = asked.form(&[JSON, HTML])?;
    let document = asked.app.document.as_deref();
    let text = match form {
        HTML => ogc::html::landing_page(&asked.catalog, document, &asked.base),
        _ => ogc::landing_page(document, &asked.base).to_string(),
    };
    asked.answer(text, form)
}

/// `/ogc/conformance`
pub async fn conformance(asked: Asked) -> Result<Response, Problem> {
    let form = asked.form(&[JSON, HTML])?;
    let text = match form {
        HTML => ogc::html::conformance(&asked.base),
        _ => ogc::conformance().to_string(),
    };
    asked.answer(text, form)
}

/// `/ogc/collections`
pub async fn collections(asked: Asked) -> Result<Response, Problem> {
    let form = asked.form(&[JSON, HTML])?;
    let text = match form {
        HTML => ogc::html::collections(&asked.catalog, &asked.base),
        _ => {
            let (catalog, base) = (Arc::clone(&asked.catalog), asked.base.clone());
            // The first time the rows are read for the extents in time.
            asked.app.service.work(move || ogc::collections(&catalog, &base).to_string()).await?
        }
    };
    asked.answer(text, form)
}

/// `/ogc/collections/{collection}`
pub async fn collection(asked: Asked, Segments(id): Segments<String>) -> Result<Response, Problem> {
    let layer = asked.collection(&id)?;
    let form = asked.form(&[JSON, HTML])?;
    let text = match form {
        HTML => ogc::html::collection(layer, &asked.base),
        _ => {
            let (layer, base) = (Arc::clone(layer), asked.base.clone());
            asked.app.service.work(move || ogc::collection(&layer, &base).to_string()).await?
        }
    };
    asked.answer(text, form)
}

/// `/ogc/collections/{collection}/queryables`
pub async fn queryables(asked: Asked, Segments(id): Segments<String>) -> Result<Response, Problem> {
    let layer = &asked.collection(&id)?.snapshot.layer;
    properties(&asked, layer, "queryables", &ogc::queryables(layer, &asked.base))
}

/// `/ogc/collections/{collection}/schema`
pub async fn schema(asked: Asked, Segments(id): Segments<String>) -> Result<Response, Problem> {
    let layer = &asked.collection(&id)?.snapshot.layer;
    properties(&asked, layer, "schema", &ogc::schema(layer, &asked.base))
}

fn properties(asked: &Asked, layer: &Layer, resource: &str, document: &Value) -> Result<Response, Problem> {
    let form = asked.form(&[SCHEMA, HTML])?;
    let text = match form {
        HTML => ogc::html::properties(layer, resource, document, &asked.base),
        _ => document.to_string(),
    };
    asked.answer(text, form)
}

/// `/ogc/api`
pub async fn api(asked: Asked) -> Result<Response, Problem> {
    let form = asked.form(&[OPENAPI, HTML])?;
    let items = ogc::ItemsRequest { parameters: &PARAMETERS, limit: LIMIT, most: MOST_ITEMS };
    let document = ogc::openapi(&asked.catalog, &asked.base, &items);
    let text = match form {
        HTML => ogc::html::api(&document, &asked.base),
        _ => document.to_string(),
    };
    asked.answer(text, form)
}

/// `/ogc/style.css`, of the HTML pages
pub async fn style(headers: HeaderMap) -> Result<Response, Problem> {
    let mut sheet = Representation::document(include_str!("style.css").to_owned(), &headers)?;
    sheet.content_type = HeaderValue::from_static("text/css; charset=utf-8");
    (sheet.cache_control, sheet.vary) = (REVALIDATE, VARY_ENCODING);
    sheet.answer(&headers)
}
