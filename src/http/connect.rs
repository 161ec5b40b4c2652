//! `/connect`: addresses for every client, and files for QGIS.

use super::{
    App, Problem, Segments,
    base_url::base_url,
    connection::Peer,
    page::Policy,
    parameters::{Parameters, wrong},
    respond::Representation,
};
use crate::{
    catalog::PLAN,
    config::PublicUrl,
    describe::connect::{self, Language},
    plan::LayerId,
    style::{StyleId, Subject, Theme},
};
use axum::{
    Extension, Router,
    extract::State,
    http::{HeaderMap, Uri},
    response::Response,
    routing::get,
};
use std::sync::Arc;

const QLR: &str = "application/x-qgis-layer-definition";

pub fn routes() -> Router<Arc<App>> {
    Router::new().route("/connect", get(page)).route("/connect/{file}", get(file))
}

/// `?lang=zh`, which is the default, or `?lang=en`.
fn language(uri: &Uri) -> Result<Language, Problem> {
    let parameters = Parameters::of(uri)?;
    parameters.check(&["lang"])?;
    match parameters.get("lang") {
        None | Some("zh") => Ok(Language::Zh),
        Some("en") => Ok(Language::En),
        Some(_) => Err(wrong("lang", "it is zh or en")),
    }
}

async fn page(
    State(app): State<Arc<App>>,
    Extension(Peer(peer)): Extension<Peer>,
    uri: Uri,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let base = base_url(&app.server, peer, &headers);
    let page = connect::page(&*app.catalog()?, &base, language(&uri)?);
    let mut response = Representation::text(page, "text/html; charset=utf-8", &headers)?.answer(&headers)?;
    Policy::Live.guard(response.headers_mut());
    Ok(response)
}

/// `/connect/plan.qlr`: the plan as vector tiles; `/connect/layers.qlr`, `/connect/{layer}.qlr`: features.
async fn file(
    State(app): State<Arc<App>>,
    Extension(Peer(peer)): Extension<Peer>,
    Segments(file): Segments<String>,
    uri: Uri,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let base = base_url(&app.server, peer, &headers);
    let text = definition(&app, &file, &base, language(&uri)?)?;
    Representation::text(text, QLR, &headers)?.answer(&headers)
}

fn definition(app: &App, file: &str, base: &PublicUrl, language: Language) -> Result<String, Problem> {
    let catalog = app.catalog()?;
    let unknown = || Problem::not_found("there are plan.qlr, layers.qlr and {layer}.qlr");
    let subject = match file.strip_suffix(".qlr").ok_or_else(unknown)? {
        "plan" | "layers" => Subject::Plan,
        id => Subject::Layer(LayerId::new(id).map_err(|_| unknown())?),
    };
    let id = StyleId { subject, theme: Theme::Light };
    let style = app.service.sheets.style(id, &catalog).ok_or_else(unknown)?;
    match file {
        "plan.qlr" => Ok(connect::plan_qlr(&style, &*catalog.tileset(PLAN)?, base, language)),
        _ => Ok(connect::features_qlr(&style, base, language)),
    }
}
