//! `/connect`: addresses for every client, and files for QGIS.

use super::{
    Problem, Routes, Segments, asked::Asked, media::HTML, parameters::language, policy::Policy,
    respond::Representation,
};
use crate::{
    catalog::PLAN,
    describe::{Language, connect},
    plan::LayerId,
    style::{StyleId, Subject, Theme},
};
use axum::{response::Response, routing::get};

const QLR: &str = "application/x-qgis-layer-definition";

pub fn routes() -> Routes {
    Routes::new().route("/connect", get(page)).route("/connect/{file}", get(file))
}

async fn page(asked: Asked) -> Result<Response, Problem> {
    asked.parameters.check(&["lang"])?;
    let page = connect::page(&asked.catalog, &asked.base, language(&asked.parameters)?);
    let document = Representation::text(page, HTML.content_type(), &asked.headers)?;
    let mut response = document.answer(&asked.headers)?;
    Policy::Live.guard(response.headers_mut());
    Ok(response)
}

/// `/connect/plan.qlr`: the plan as vector tiles; `/connect/layers.qlr`, `/connect/{layer}.qlr`: features.
async fn file(asked: Asked, Segments(file): Segments<String>) -> Result<Response, Problem> {
    asked.parameters.check(&["lang"])?;
    let text = definition(&asked, &file, language(&asked.parameters)?)?;
    Representation::text(text, QLR, &asked.headers)?.answer(&asked.headers)
}

fn definition(asked: &Asked, file: &str, language: Language) -> Result<String, Problem> {
    let Asked { app, catalog, base, .. } = asked;
    let unknown = || Problem::not_found("there are plan.qlr, layers.qlr and {layer}.qlr");
    let subject = match file.strip_suffix(".qlr").ok_or_else(unknown)? {
        "plan" | "layers" => Subject::Plan,
        id => Subject::Layer(LayerId::new(id).map_err(|_| unknown())?),
    };
    let id = StyleId { subject, theme: Theme::Light };
    let style = app.service.sheets.style(id, catalog).ok_or_else(unknown)?;
    match file {
        "plan.qlr" => Ok(connect::plan_qlr(&style, &*catalog.tileset(PLAN)?, base, language)),
        _ => Ok(connect::features_qlr(&style, base, language)),
    }
}
