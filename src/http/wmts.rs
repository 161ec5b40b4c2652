//! `/wmts`: WMTS 1.0.0 (OGC 07-057r7), by key-value pairs and by resource addresses.
//!
//! A key that the standard does not know is passed over (OWS Common, 06-121r3, §11.5.2): platforms send their tokens
//! along.

use super::{
    App, Problem, Routes, Segments,
    base_url::base_url,
    connection::Peer,
    respond::{REVALIDATE, Representation},
    segments::number,
    tiles::{pictures, vectors},
};
use crate::{
    catalog::TilesetError,
    describe::wmts::{self, Format},
    grid::{TileCoord, TileMatrixSet},
    picture::{Look, Scale},
    style::Theme,
    view::View,
};
use axum::{
    Extension,
    extract::{Query, State},
    http::{HeaderMap, HeaderValue, StatusCode, Uri, header},
    response::{IntoResponse, Response},
    routing::get,
};
use std::sync::Arc;

pub fn routes() -> Routes {
    Routes::new()
        .route("/wmts", get(key_value_pairs))
        .route("/wmts/1.0.0/WMTSCapabilities.xml", get(capabilities))
        .route("/wmts/1.0.0/{layer}/{style}/{set}/{matrix}/{row}/{file}", get(resource))
}

/// Why there is no answer, as OWS says it.
struct Exception {
    status: StatusCode,
    code: &'static str,
    locator: Option<&'static str>,
    text: String,
    /// What goes into the head, if it was a problem elsewhere.
    problem: Option<Problem>,
}

impl Exception {
    fn new(status: StatusCode, code: &'static str, locator: &'static str, text: impl Into<String>) -> Self {
        Self { status, code, locator: Some(locator), text: text.into(), problem: None }
    }

    fn invalid(locator: &'static str, text: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "InvalidParameterValue", locator, text)
    }

    fn missing(locator: &'static str) -> Self {
        let text = format!("the request has no `{locator}`");
        Self::new(StatusCode::BAD_REQUEST, "MissingParameterValue", locator, text)
    }

    /// Of a resource address: what is not there is not found (07-057r7, §10.3).
    fn not_found(mut self) -> Self {
        if self.status == StatusCode::BAD_REQUEST {
            self.status = StatusCode::NOT_FOUND;
        }
        self
    }
}

impl From<Problem> for Exception {
    fn from(problem: Problem) -> Self {
        let (status, text) = (problem.status(), problem.detail().to_owned());
        Self { status, code: "NoApplicableCode", locator: None, text, problem: Some(problem) }
    }
}

impl IntoResponse for Exception {
    fn into_response(self) -> Response {
        let body = wmts::exception(self.code, self.locator, &self.text);
        let mut response = (self.status, body).into_response();
        if let Some(problem) = self.problem {
            response.headers_mut().extend(problem.into_response().headers().clone());
        }
        let headers = response.headers_mut();
        headers.remove(header::CONTENT_LENGTH);
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/xml"));
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
        response
    }
}

/// The pairs of a query; names are told apart without regard to case.
struct Pairs(Vec<(String, String)>);

impl Pairs {
    fn of(uri: &Uri) -> Result<Self, Exception> {
        let pairs = Query::<Vec<(String, String)>>::try_from_uri(uri);
        let Query(pairs) = pairs.map_err(|_| Problem::bad_request("the query is not name=value pairs"))?;
        Ok(Self(pairs))
    }

    fn get(&self, name: &'static str) -> Option<&str> {
        self.0.iter().find(|(found, _)| found.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
    }

    fn required(&self, name: &'static str) -> Result<&str, Exception> {
        self.get(name).ok_or_else(|| Exception::missing(name))
    }
}

async fn key_value_pairs(
    State(app): State<Arc<App>>,
    peer: Extension<Peer>,
    uri: Uri,
    headers: HeaderMap,
) -> Result<Response, Exception> {
    let pairs = Pairs::of(&uri)?;
    if !pairs.required("Service")?.eq_ignore_ascii_case("WMTS") {
        return Err(Exception::invalid("Service", "the service here is WMTS"));
    }
    let request = pairs.required("Request")?;
    if request.eq_ignore_ascii_case("GetCapabilities") {
        let versions = pairs.get("AcceptVersions");
        if versions.is_some_and(|versions| !versions.split(',').any(|version| version == "1.0.0")) {
            let text = "the version here is 1.0.0";
            return Err(Exception::new(
                StatusCode::BAD_REQUEST,
                "VersionNegotiationFailed",
                "AcceptVersions",
                text,
            ));
        }
        return capabilities(State(app), peer, headers).await;
    }
    if !request.eq_ignore_ascii_case("GetTile") {
        let text = "the operations here are GetCapabilities and GetTile";
        return Err(Exception::new(StatusCode::NOT_IMPLEMENTED, "OperationNotSupported", "Request", text));
    }
    // Clients that fill in a template often leave it out.
    if pairs.get("Version").is_some_and(|version| version != "1.0.0") {
        return Err(Exception::invalid("Version", "the version here is 1.0.0"));
    }
    let format = pairs.required("Format")?;
    let format = Format::ALL.into_iter().find(|known| known.media_type() == format);
    let asked = Tile {
        layer: pairs.required("Layer")?,
        style: pairs.required("Style")?,
        set: pairs.required("TileMatrixSet")?,
        matrix: pairs.required("TileMatrix")?,
        row: pairs.required("TileRow")?,
        column: pairs.required("TileCol")?,
        format: format.ok_or_else(|| {
            let types = Format::ALL.map(Format::media_type).join(" and ");
            Exception::invalid("Format", format!("the formats here are {types}"))
        })?,
    };
    asked.answer(&app, &headers).await
}

async fn capabilities(
    State(app): State<Arc<App>>,
    Extension(Peer(peer)): Extension<Peer>,
    headers: HeaderMap,
) -> Result<Response, Exception> {
    let base = base_url(&app.server, peer, &headers);
    let document = wmts::capabilities(&*app.catalog()?, &app.service.matrix_sets, &base);
    Ok(Representation::text(document, "application/xml", &headers)?.answer(&headers)?)
}

/// `/wmts/1.0.0/{layer}/{style}/{set}/{matrix}/{row}/{column}.png` or `.mvt`
async fn resource(
    State(app): State<Arc<App>>,
    Segments((layer, style, set, matrix, row, file)): Segments<(
        String,
        String,
        String,
        String,
        String,
        String,
    )>,
    headers: HeaderMap,
) -> Result<Response, Exception> {
    let split = |format: Format| Some((file.strip_suffix(format.suffix())?.strip_suffix('.')?, format));
    let Some((column, format)) = Format::ALL.into_iter().find_map(split) else {
        return Err(Problem::not_found("a tile ends in .png or .mvt").into());
    };
    let asked = Tile { layer: &layer, style: &style, set: &set, matrix: &matrix, row: &row, column, format };
    asked.answer(&app, &headers).await.map_err(Exception::not_found)
}

/// A tile as it is asked for.
struct Tile<'a> {
    layer: &'a str,
    style: &'a str,
    set: &'a str,
    matrix: &'a str,
    row: &'a str,
    column: &'a str,
    format: Format,
}

impl Tile<'_> {
    async fn answer(&self, app: &App, headers: &HeaderMap) -> Result<Response, Exception> {
        let unknown = |error: TilesetError| Exception::invalid("Layer", error.to_string());
        // A layer as the capabilities list it, not several.
        if self.layer.contains(',') {
            return Err(Exception::invalid(
                "Layer",
                "one layer is asked for at a time; `plan` is all of them",
            ));
        }
        app.catalog()?.tileset(self.layer).map_err(unknown)?;
        // The default may be named by nothing.
        if ![wmts::STYLE, ""].contains(&self.style) {
            return Err(Exception::invalid("Style", format!("the style here is {}", wmts::STYLE)));
        }
        let sets = &app.service.matrix_sets;
        let set = sets.get(self.set).ok_or_else(|| {
            let ids = sets.iter().map(|set| &*set.id).collect::<Vec<_>>().join(", ");
            Exception::invalid("TileMatrixSet", format!("the tile matrix sets here are {ids}"))
        })?;
        let coord = self.coordinate(set)?;
        let tileset = app.catalog_on(&set.grid).await?.tileset(self.layer).map_err(unknown)?;
        match self.format {
            Format::Png => {
                let look = Look { theme: Theme::Light, scale: Scale::Once };
                Ok(pictures::send(app, &tileset, coord, look, &View::OPEN, REVALIDATE, headers).await?)
            }
            Format::Mvt => {
                Ok(vectors::send_there(app, &tileset, coord, &View::OPEN, REVALIDATE, headers).await?)
            }
        }
    }

    fn coordinate(&self, set: &TileMatrixSet) -> Result<TileCoord, Exception> {
        let level = number(self.matrix).and_then(|level| u8::try_from(level).ok());
        let level = level.filter(|level| set.levels().contains(level)).ok_or_else(|| {
            let [first, last] = set.levels;
            Exception::invalid("TileMatrix", format!("the tile matrices of {} are {first} to {last}", set.id))
        })?;
        let [columns, rows] = set.matrix_at(level);
        let within = |name: &'static str, text: &str, count: u32| {
            let number = number(text).ok_or_else(|| Exception::invalid(name, "it is not a number"))?;
            if number < count {
                return Ok(number);
            }
            let text = format!("at tile matrix {level} it is 0 to {}", count - 1);
            Err(Exception::new(StatusCode::BAD_REQUEST, "TileOutOfRange", name, text))
        };
        let (row, column) = (within("TileRow", self.row, rows)?, within("TileCol", self.column, columns)?);
        Ok(set.tile(level, column, row).ok_or_else(Problem::internal)?)
    }
}
