//! `/review`: a proposed right against the rules of the plan.

use super::{
    App, Problem, Routes, asked,
    base_url::base_url,
    connection::Peer,
    media::{self, Form, GEOJSON, HTML, JSON},
    parameters::Parameters,
    policy,
    respond::{NO_STORE, Representation, VARY_FORM},
};
use crate::{
    catalog::PLAN,
    crs::Crs,
    describe::review as documents,
    plan::Text,
    review::{Given, Proposal, ProposalError, Review},
};
use axum::{
    Extension,
    body::{Body, Bytes, to_bytes},
    extract::State,
    http::{HeaderMap, Uri, header},
    response::Response,
    routing::get,
};
use serde_json::{Map, Value as Json};
use std::{collections::BTreeMap, sync::Arc, time::Duration};

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
    let mut settings = Settings::of_query(&uri)?;
    let form = media::choose(settings.take_text("f")?.as_deref(), &headers, &[JSON, HTML, OVERLAY])?;
    let kind = headers.get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    let kind = Kind::of(kind);
    let bytes = read(&app, body).await?;
    let reviewed = reviewed(&app, move || kind.proposal(&bytes, settings)).await?;
    let text = match form {
        HTML => report(&app, Arc::new(reviewed)).await?,
        OVERLAY => documents::overlay(&reviewed).to_string(),
        _ => documents::json(&reviewed).to_string(),
    };
    answer(text, form, &headers)
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
    proposal: impl FnOnce() -> Result<(Vec<u8>, Given), Problem> + Send + 'static,
) -> Result<Review, Problem> {
    let (catalog, rules) = (app.catalog()?, Arc::clone(&app.rules));
    let partial = (!app.service.sight().is_whole()).then(partial);
    let work = move || {
        let (bytes, given) = proposal()?;
        let proposal = Proposal::read(&bytes, &given, &rules)?;
        let mut review = Review::of(proposal, &rules, &catalog)?;
        review.notices.extend(partial);
        Ok(review)
    };
    app.service.work(work).await?
}

/// Said to whom the plan is not shown as a whole: what they do not see may be in the way.
fn partial() -> Text {
    Text {
        zh: "只按您有权查看的图层审查；其他图层可能另有限制。".into(),
        en: "Judged by the layers that are open to you alone; others may say otherwise.".into(),
    }
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
        policy::guard(response.headers_mut(), policy::ALONE);
    }
    Ok(response)
}

/// How a body says what it says.
#[derive(Clone, Copy)]
enum Kind {
    /// `{"proposal": …, "kind": …}`, or GeoJSON.
    Object,
    /// The same from a form.
    Form,
    /// The proposal alone.
    Proposal,
}

impl Kind {
    fn of(content_type: &str) -> Self {
        match content_type.split(';').next().unwrap_or_default().trim() {
            "application/json" => Self::Object,
            "application/x-www-form-urlencoded" => Self::Form,
            _ => Self::Proposal,
        }
    }

    /// The text of the proposal and what is said of it.
    fn proposal(self, bytes: &[u8], mut settings: Settings) -> Result<(Vec<u8>, Given), Problem> {
        let proposal = match self {
            Self::Proposal => bytes.to_vec(),
            Self::Form => {
                settings.extend(form_urlencoded::parse(bytes).into_owned());
                settings.take_text("proposal")?.unwrap_or_default().into_bytes()
            }
            Self::Object => {
                let object: Map<String, Json> = serde_json::from_slice(bytes).map_err(|error| {
                    Problem::bad_request(format!("the body is not a JSON object: {error}"))
                })?;
                if object.contains_key("type") && !object.contains_key("proposal") {
                    bytes.to_vec()
                } else {
                    settings.0.extend(object);
                    settings.take_proposal()?
                }
            }
        };
        Ok((proposal, settings.given()?))
    }
}

/// What is said of a proposal, by name.
pub struct Settings(pub Map<String, Json>);

impl Settings {
    fn of_query(uri: &Uri) -> Result<Self, Problem> {
        let mut settings = Self(Map::new());
        settings.extend(Parameters::of(uri)?.into_pairs());
        Ok(settings)
    }

    /// What is there several times becomes a list; what is left empty in a form is not there.
    fn extend(&mut self, pairs: impl IntoIterator<Item = (String, String)>) {
        let mut several: BTreeMap<String, Vec<Json>> = BTreeMap::new();
        for (name, value) in pairs.into_iter().filter(|(_, value)| !value.is_empty()) {
            several.entry(name).or_default().push(value.into());
        }
        for (name, mut values) in several {
            let value = if values.len() == 1 { values.remove(0) } else { Json::Array(values) };
            self.0.insert(name, value);
        }
    }

    fn take_text(&mut self, name: &str) -> Result<Option<String>, Problem> {
        match self.0.remove(name) {
            None | Some(Json::Null) => Ok(None),
            Some(Json::String(text)) => Ok(Some(text)),
            Some(_) => Err(Problem::bad_request(format!("`{name}` is there once, a text"))),
        }
    }

    /// GeoJSON as an object, or a text.
    pub fn take_proposal(&mut self) -> Result<Vec<u8>, Problem> {
        match self.0.remove("proposal") {
            Some(Json::String(text)) => Ok(text.into_bytes()),
            Some(object @ Json::Object(_)) => Ok(object.to_string().into_bytes()),
            Some(_) => Err(Problem::bad_request("`proposal` is GeoJSON, or a text of WKT or corner points")),
            None => Err(Problem::bad_request("there is no `proposal`")),
        }
    }

    /// `srid` and `northing_first`, and the answers that are left.
    pub fn given(mut self) -> Result<Given, Problem> {
        let wrong = |name: &str, expected: &str| Problem::bad_request(format!("`{name}` is {expected}"));
        let crs = match self.0.remove("srid") {
            None | Some(Json::Null) => None,
            Some(srid) => {
                let text = srid.as_str().map_or_else(|| srid.to_string(), str::to_owned);
                let code = text.trim().trim_start_matches("EPSG:").parse().ok();
                let crs = code.and_then(Crs::of_epsg);
                Some(crs.ok_or_else(|| wrong("srid", "an EPSG code: 4490, 4491 to 4554, 4326 or 3857"))?)
            }
        };
        let northing_first = match self.0.remove("northing_first") {
            None | Some(Json::Null) => false,
            Some(Json::Bool(truth)) => truth,
            Some(Json::String(text)) if text == "true" => true,
            Some(Json::String(text)) if text == "false" => false,
            Some(_) => return Err(wrong("northing_first", "true or false")),
        };
        Ok(Given { crs, northing_first, answers: self.0 })
    }
}
