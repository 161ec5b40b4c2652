//! Styles as OGC API has them: `/ogc/styles`, `/ogc/styles/{id}`.

use crate::{
    describe::{self, ogc},
    http::{
        App, Problem, Routes, Segments,
        asked::Asked,
        media::{Form, HTML, JSON},
    },
    style::StyleId,
};
use axum::{extract::State, response::Response, routing::get};
use std::sync::Arc;

pub fn routes() -> Routes {
    Routes::new().route("/ogc/styles", get(styles)).route("/ogc/styles/{style}", get(style))
}

const MAPBOX: Form = Form { name: "mapbox", media_type: ogc::MAPBOX };
const SLD: Form = Form { name: "sld11", media_type: ogc::SLD };
const QML: Form = Form { name: "qml", media_type: ogc::QML };

async fn styles(State(app): State<Arc<App>>, asked: Asked) -> Result<Response, Problem> {
    let form = asked.form(&[JSON, HTML])?;
    let styles = app.service.sheets.styles(&asked.catalog);
    let text = match form {
        HTML => ogc::styles_page(styles, &asked.base),
        _ => ogc::styles(styles, &asked.base).to_string(),
    };
    asked.answer(text, form)
}

/// The stylesheet in the form that is asked for, or the page of the style.
async fn style(
    State(app): State<Arc<App>>,
    asked: Asked,
    Segments(id): Segments<String>,
) -> Result<Response, Problem> {
    let found = StyleId::parse(&id).and_then(|id| app.service.sheets.style(id, &asked.catalog));
    let style =
        found.ok_or_else(|| Problem::not_found("there is no style of this name; /ogc/styles lists them"))?;
    let layer = style.only_layer();
    let forms: &[Form] = if layer.is_some() { &[MAPBOX, SLD, QML, HTML] } else { &[MAPBOX, SLD, HTML] };
    let form = asked.form(forms)?;
    let text = match (form, layer) {
        (SLD, _) => describe::sld(&style, Some(&asked.base)),
        (QML, Some(layer)) => describe::qml(&style, layer),
        (HTML, _) => ogc::style_page(&style, &asked.base),
        _ => describe::style(&style, None, &asked.base),
    };
    asked.answer(text, form)
}
