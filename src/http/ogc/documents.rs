//! The resources that describe what is here.

use super::{
    Asked,
    media::{HTML, JSON},
};
use crate::{
    describe::ogc,
    http::{
        Problem, Segments,
        respond::{REVALIDATE, Representation, VARY_ENCODING},
    },
};
use axum::{
    http::{HeaderMap, HeaderValue},
    response::Response,
};

/// `/ogc`
pub async fn landing_page(asked: Asked) -> Result<Response, Problem> {
    let form = asked.form(&[JSON, HTML])?;
    let text = match form {
        HTML => ogc::html::landing_page(&asked.catalog, &asked.base),
        _ => ogc::landing_page(&asked.base).to_string(),
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
        _ => ogc::collections(&asked.catalog, &asked.base).to_string(),
    };
    asked.answer(text, form)
}

/// `/ogc/collections/{collection}`
pub async fn collection(asked: Asked, Segments(id): Segments<String>) -> Result<Response, Problem> {
    let layer = asked.collection(&id)?;
    let form = asked.form(&[JSON, HTML])?;
    let text = match form {
        HTML => ogc::html::collection(layer, &asked.base),
        _ => ogc::collection(layer, &asked.base).to_string(),
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
