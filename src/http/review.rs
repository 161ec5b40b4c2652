//! `/review`: a proposed right against the rules of the plan.

use super::{
    App, Problem, Routes, asked,
    audited::Handed,
    base_url::base_url,
    connection::Peer,
    media::{self, Form, GEOJSON, HTML, JSON},
    parameters::Parameters,
    policy::Policy,
    respond::{NO_STORE, Representation, VARY_FORM},
};
use crate::{
    catalog::PLAN,
    describe::review as documents,
    plan::Text,
    review::{BodyKind, Given, Proposal, ProposalError, Review, Settings},
};
use axum::{
    Extension,
    body::{Body, Bytes, to_bytes},
    extract::State,
    http::{HeaderMap, Uri, header},
    response::Response,
    routing::get,
};
use std::{sync::Arc, time::Duration};

/// Most bytes of a request: more than the most corners take in any form.
pub const MOST_BYTES: usize = 4 << 20;

/// The result for a map.
const OVERLAY: Form = Form { name: "geojson", ..GEOJSON };

pub fn routes() -> Routes {
    Routes::new()
        .route("/review", get(questions).post(review).fallback(async || Problem::not_allowed(ALLOWED)))
}

const ALLOWED: &str = "GET, HEAD, POST, OPTIONS";

impl From<ProposalError> for Problem {
    fn from(error: ProposalError) -> Self {
        Self::bad_request(error.to_string())
    }
}

/// What a proposal may answer: a form for people, a document for programs.
async fn questions(
    State(app): State<Arc<App>>,
    Extension(Peer(peer)): Extension<Peer>,
    uri: Uri,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let parameters = Parameters::of(&uri)?;
    parameters.check(&["f"])?;
    let form = media::choose(parameters.get("f"), &headers, &[JSON, HTML])?;
    let text = match form {
        HTML => documents::form(&app.rules, &base_url(&app.server, peer, &headers)),
        _ => documents::questions(&app.rules).to_string(),
    };
    asked::answer(text, form, &headers)
}

async fn review(
    State(app): State<Arc<App>>,
    uri: Uri,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, Problem> {
    let mut settings = Settings::of(Parameters::of(&uri)?.into_pairs());
    let form = media::choose(settings.take_text("f")?.as_deref(), &headers, &[JSON, HTML, OVERLAY])?;
    let kind = headers.get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    let kind = BodyKind::of(kind);
    let bytes = read(&app, body).await?;
    let handed = handed(&app)?;
    let reviewed = reviewed(&app, move || kind.proposal(&bytes, settings)).await?;
    let text = match form {
        HTML => report(&app, Arc::new(reviewed)).await?,
        OVERLAY => documents::overlay(&reviewed).to_string(),
        _ => documents::json(&reviewed).to_string(),
    };
    Ok(handed.with(answer(text, form, &headers)?))
}

/// The whole body, from a client that does not take too long over it.
pub async fn read(app: &App, body: Body) -> Result<Bytes, Problem> {
    let patience = Duration::from_secs(app.server.patience_seconds.get().into());
    match tokio::time::timeout(patience, to_bytes(body, MOST_BYTES)).await {
        Err(_) => Err(Problem::too_slow()),
        Ok(Err(_)) => {
            Err(Problem::too_large(format!("the body is longer than {} MiB, or broke off", MOST_BYTES >> 20)))
        }
        Ok(Ok(bytes)) => Ok(bytes),
    }
}

/// Reads a proposal and judges it, both on the bounded workers.
pub async fn reviewed(
    app: &App,
    proposal: impl FnOnce() -> Result<(Vec<u8>, Given), ProposalError> + Send + 'static,
) -> Result<Review, Problem> {
    let (catalog, rules, memory) = (app.catalog()?, Arc::clone(&app.rules), Arc::clone(&app.reviews));
    let partial = (!app.service.sight().is_whole()).then(partial);
    let work = move || {
        let (bytes, given) = proposal()?;
        let proposal = Proposal::read(&bytes, &given, &rules)?;
        let mut review = Review::of(proposal, &rules, &catalog, &memory)?;
        review.notices.extend(partial);
        Ok(review)
    };
    app.service.work(work).await?
}

/// Said to whom the plan is not shown as a whole: what they do not see may be in the way.
fn partial() -> Text {
    Text {
        zh: "只按您有权查看的图层和要素审查；其他图层和要素可能另有限制。".into(),
        en: "Judged by the layers and features that are open to you alone; others may say otherwise.".into(),
    }
}

/// For the record: by which state of the plan.
pub fn handed(app: &App) -> Result<Handed, Problem> {
    Ok(Handed::review(&app.catalog()?.version()))
}

/// The report to print.
pub async fn report(app: &App, review: Arc<Review>) -> Result<String, Problem> {
    let tileset = app.catalog()?.tileset(PLAN)?;
    let (bounds, drawn) = (review.proposal.bounds(), documents::drawn(&review));
    let map = app.service.print_map(&tileset, &bounds, documents::MAP_SIZE, drawn).await?;
    Ok(app.service.work(move || documents::page(&review, Some(&map))).await?)
}

/// 200; results are of one request and kept by nobody.
pub fn answer(text: String, form: Form, headers: &HeaderMap) -> Result<Response, Problem> {
    let mut document = Representation::text(text, form.content_type(), headers)?;
    (document.cache_control, document.vary) = (NO_STORE, VARY_FORM);
    // Preconditions are of what is stored.
    let mut response = document.answer(&HeaderMap::new())?;
    if form == HTML {
        Policy::Whole.guard(response.headers_mut());
    }
    Ok(response)
}
