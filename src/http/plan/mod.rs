//! `/plan`: the plan's document: its text, its tables made again from the layers, where it contradicts itself, how far its
//! targets are reached, and what it says of a feature.

mod indicators;
mod text;

use super::{
    Problem, Routes, Segments,
    asked::Asked,
    media::{CSV, HTML, JSON},
    parameters::flag,
};
use crate::{
    describe::plan::{self, Shown},
    document::Document,
};
use axum::{response::Response, routing::get};
use std::sync::Arc;

pub fn routes() -> Routes {
    Routes::new()
        .route("/plan", get(landing_page))
        .route("/plan/text", get(text::contents))
        .route("/plan/text/{section}", get(text::section))
        .route("/plan/search", get(text::search))
        .route("/plan/tables", get(tables))
        .route("/plan/tables/{table}", get(table))
        .route("/plan/inconsistencies", get(inconsistencies))
        .route("/plan/indicators", get(indicators::indicators))
        .route("/plan/features/{layer}/{feature}", get(text::feature))
}

/// The document of the plan that is served.
fn document(asked: &Asked) -> Result<&Arc<Document>, Problem> {
    let none = "this server has no document of its plan: `plan.document` in the configuration names one";
    asked.app.document.as_ref().ok_or_else(|| Problem::not_found(none))
}

async fn landing_page(asked: Asked) -> Result<Response, Problem> {
    let (document, form) = (document(&asked)?, asked.form(&[JSON, HTML])?);
    let text = match form {
        HTML => plan::plan_page(document, &asked.base),
        _ => plan::plan(document, &asked.base).to_string(),
    };
    asked.answer(text, form)
}

async fn tables(asked: Asked) -> Result<Response, Problem> {
    let (document, form) = (document(&asked)?, asked.form(&[JSON, HTML])?);
    let text = match form {
        HTML => plan::tables_page(document, &asked.base),
        _ => plan::tables(document, &asked.base).to_string(),
    };
    asked.answer(text, form)
}

async fn inconsistencies(asked: Asked) -> Result<Response, Problem> {
    let (document, form) = (document(&asked)?, asked.form(&[JSON, HTML])?);
    let text = match form {
        HTML => plan::inconsistencies_page(document, &asked.base),
        _ => plan::inconsistencies(document, &asked.base).to_string(),
    };
    asked.answer(text, form)
}

/// `/plan/tables/{id}`
async fn table(asked: Asked, Segments(id): Segments<String>) -> Result<Response, Problem> {
    let document = Arc::clone(document(&asked)?);
    let number = document.tables.iter().position(|table| table.id == id);
    let number = number.ok_or_else(|| Problem::no_such("the plan has no table", &id))?;
    let form = asked.form_with(&["f", "bom"], &[JSON, CSV, HTML])?;
    let spreadsheet = flag(&asked.parameters, "bom")?;
    let lists = document.tables[number].lists.as_ref();
    let layer = lists.and_then(|lists| asked.catalog.layer(&lists.layer));
    let (snapshot, base) = (layer.map(|layer| Arc::clone(&layer.snapshot)), asked.base.clone());
    let work = move || {
        let table = &document.tables[number];
        let reproduced = table.reproduce(snapshot.as_deref());
        let shown = Shown { document: &document, table, reproduced: &reproduced, base: &base };
        match form {
            HTML => shown.html().into_bytes(),
            CSV => reproduced.csv(spreadsheet),
            _ => shown.json().to_string().into_bytes(),
        }
    };
    let made = asked.app.service.work(work).await?;
    asked.answer(made, form)
}
