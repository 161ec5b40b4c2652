//! `/ogc/processes`: the review of a proposal by OGC API – Processes (OGC 18-062r2), executed while the client waits.

use crate::{
    describe::{
        ogc::{self, html::verbatim},
        review as documents,
    },
    http::{
        App, Problem, Routes, Segments,
        asked::Asked,
        media::{GEOJSON, HTML, JSON},
        review,
    },
    review::Settings,
};
use axum::{
    body::Body,
    extract::State,
    http::HeaderMap,
    response::Response,
    routing::{get, post},
};
use serde::Deserialize;
use serde_json::{Map, Value as Json, json};
use std::sync::Arc;

pub fn routes() -> Routes {
    Routes::new()
        .route("/ogc/processes", get(list))
        .route("/ogc/processes/{process}", get(description))
        .route(
            "/ogc/processes/{process}/execution",
            post(execute).fallback(async || Problem::not_allowed("POST, OPTIONS")),
        )
}

/// OGC 18-062r2, §7.10.2 and §7.11.4.
const NO_SUCH_PROCESS: &str = "http://www.opengis.net/def/exceptions/ogcapi-processes-1/1.0/no-such-process";

fn known(process: &str) -> Result<(), Problem> {
    if process == ogc::REVIEW {
        return Ok(());
    }
    Err(Problem::no_such("there is no process", process).of_kind(NO_SUCH_PROCESS))
}

async fn list(asked: Asked) -> Result<Response, Problem> {
    let form = asked.form_with(&["f", "limit"], &[JSON, HTML])?;
    let limit = asked.parameters.get("limit");
    if limit.is_some_and(|limit| !limit.parse().is_ok_and(|limit: u32| limit > 0)) {
        return Err(Problem::bad_request("parameter `limit`: it is a whole number from 1"));
    }
    let text = ogc::processes(&asked.app.rules, &asked.base).to_string();
    asked.answer(if form == HTML { verbatim(&asked.base, "处理 Processes", &text) } else { text }, form)
}

async fn description(asked: Asked, Segments(process): Segments<String>) -> Result<Response, Problem> {
    known(&process)?;
    let form = asked.form(&[JSON, HTML])?;
    let text = ogc::process(&asked.app.rules, &asked.base).to_string();
    asked.answer(if form == HTML { verbatim(&asked.base, "矿业权审查 Review", &text) } else { text }, form)
}

/// What to execute (OGC 18-062r2, §7.11.2).
#[derive(Deserialize)]
struct Execute {
    #[serde(default)]
    inputs: Map<String, Json>,
    #[serde(default)]
    outputs: Map<String, Json>,
    #[serde(default)]
    response: Form,
}

#[derive(Default, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Form {
    /// The value of the output itself.
    #[default]
    Raw,
    /// An object with each output by its name.
    Document,
}

async fn execute(
    State(app): State<Arc<App>>,
    process: Segments<String>,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, Problem> {
    let handed = review::handed(&app)?;
    Ok(handed.with(executed(app, process, headers, body).await?))
}

async fn executed(
    app: Arc<App>,
    Segments(process): Segments<String>,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, Problem> {
    known(&process)?;
    let bytes = review::read(&app, body).await?;
    let request: Execute = serde_json::from_slice(&bytes)
        .map_err(|error| Problem::bad_request(format!("the body is not a request to execute: {error}")))?;
    let media_type = wanted(&request.outputs)?;
    let mut settings =
        Settings(request.inputs.into_iter().map(|(name, value)| (name, plain(value))).collect());
    let proposal = settings.take_proposal()?;
    let given = settings.given()?;
    let reviewed = review::reviewed(&app, move || Ok((proposal, given))).await?;
    if media_type == HTML.media_type {
        let report = review::report(&app, Arc::new(reviewed)).await?;
        let document = || json!({ "review": { "value": report, "mediaType": media_type } });
        return match request.response {
            Form::Raw => review::answer(report, HTML, &headers),
            Form::Document => review::answer(document().to_string(), JSON, &headers),
        };
    }
    let (value, form) = match media_type == GEOJSON.media_type {
        true => (documents::overlay(&reviewed), GEOJSON),
        false => (documents::json(&reviewed), JSON),
    };
    match request.response {
        Form::Raw => review::answer(value.to_string(), form, &headers),
        Form::Document => {
            let value = if form == JSON { value } else { json!({ "value": value, "mediaType": media_type }) };
            review::answer(json!({ "review": value }).to_string(), JSON, &headers)
        }
    }
}

/// A value that is given with its format, or as it is.
fn plain(value: Json) -> Json {
    match value {
        Json::Object(mut object) if !object.contains_key("type") && object.contains_key("value") => {
            object.remove("value").unwrap_or_default()
        }
        value => value,
    }
}

/// The media type of the one output.
fn wanted(outputs: &Map<String, Json>) -> Result<&'static str, Problem> {
    if let Some(name) = outputs.keys().find(|name| *name != "review") {
        let name: String = name.chars().take(40).collect();
        return Err(Problem::bad_request(format!("there is no output `{name}`; there is `review`")));
    }
    let Some(output) = outputs.get("review") else { return Ok(JSON.media_type) };
    if output["transmissionMode"].as_str().is_some_and(|mode| mode != "value") {
        return Err(Problem::bad_request("output `review`: it is transmitted by value"));
    }
    let Some(media_type) = output["format"]["mediaType"].as_str() else { return Ok(JSON.media_type) };
    let forms = [JSON, GEOJSON, HTML].map(|form| form.media_type);
    let found = forms.into_iter().find(|form| *form == media_type);
    found.ok_or_else(|| {
        Problem::bad_request(format!("output `review`: its media types are {}", forms.join(", ")))
    })
}
