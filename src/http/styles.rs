//! `/styles`: MapLibre styles, legends, and the same symbols for QGIS.

use super::{App, Problem, Routes, Segments, asked::Asked, respond::Representation, segments::at};
use crate::{
    describe::{
        self,
        ogc::{QML, SLD},
    },
    editions::{At, Edition},
    style::{Style, StyleId},
};
use axum::{response::Response, routing::get};

pub fn routes() -> Routes {
    Routes::new()
        .route("/styles", get(styles))
        .route("/styles/{document}", get(style))
        .route("/styles/{style}/{document}", get(legend))
}

async fn styles(asked: Asked) -> Result<Response, Problem> {
    let Asked { app, catalog, base, headers, .. } = asked;
    let document = describe::styles(app.service.sheets.styles(&catalog), &base);
    Representation::document(document.to_string(), &headers)?.answer(&headers)
}

/// `/styles/{id}[@{edition}].json`, `.sld`, `.qml`
async fn style(asked: Asked, Segments(document): Segments<String>) -> Result<Response, Problem> {
    let Asked { app, base, headers, .. } = asked;
    let Some((id, form)) = document.rsplit_once('.') else { return Err(no_such_style()) };
    let answer = |text, content_type| Representation::text(text, content_type, &headers)?.answer(&headers);
    with_style(&app, id, |style, edition| match form {
        "json" => answer(describe::style(style, edition, &base), "application/json"),
        "sld" => answer(describe::sld(style, Some(&base)), SLD),
        "qml" => match style.only_layer() {
            Some(layer) => answer(describe::qml(style, layer), QML),
            None => Err(Problem::not_found("a QML file is of one layer; the plan is in .json and .sld")),
        },
        _ => Err(Problem::not_found("a style ends in .json, .sld or .qml")),
    })
    .await
}

/// `/styles/{id}[@{edition}]/legend.json`, `.svg`
async fn legend(
    asked: Asked,
    Segments((id, document)): Segments<(String, String)>,
) -> Result<Response, Problem> {
    let Asked { app, base, headers, .. } = asked;
    let answer = |text, content_type| Representation::text(text, content_type, &headers)?.answer(&headers);
    with_style(&app, &id, |style, _| match document.as_str() {
        "legend.json" => answer(describe::legend(style, &base).to_string(), "application/json"),
        "legend.svg" => answer(describe::legend_svg(style), "image/svg+xml"),
        _ => Err(Problem::not_found("a style has a legend.json and a legend.svg")),
    })
    .await
}

/// Answers with the style that is called `{id}[@{edition}]`.
async fn with_style(
    app: &App,
    name: &str,
    answer: impl FnOnce(&Style, Option<&Edition>) -> Result<Response, Problem>,
) -> Result<Response, Problem> {
    let (id, at) = at(name)?;
    let id = StyleId::parse(id).ok_or_else(no_such_style)?;
    let edition = match at {
        None => None,
        Some(At::One(edition)) => Some(edition),
        Some(At::Between(_)) => return Err(Problem::not_found("what changed has no style")),
    };
    let catalog = app.service.edition(edition.as_ref().unwrap_or(&Edition::Current)).await?;
    let style = app.service.sheets.style(id, &catalog);
    answer(&style.ok_or_else(no_such_style)?, edition.as_ref())
}

fn no_such_style() -> Problem {
    Problem::not_found("there is no style of this name; /styles lists them")
}
