//! `/sheets`: maps of the plan on A3, `/sheets/{map}[@{edition}].pdf`, `.png`, `.json`.

use super::{
    App, Problem, Segments,
    base_url::base_url,
    connection::Peer,
    documents::at,
    page::Policy,
    parameters::{Parameters, wrong},
    respond::{REVALIDATE, Representation, VARY_ENCODING, insert},
};
use crate::{
    catalog::{Catalog, Version},
    describe::{self, connect::Language},
    editions::{At, Edition},
    encoding::Encoding,
    flights::Flights,
    sheet::{self, DPI, Form, Press, SCALE, SheetError, View, ViewError},
    snapshot::Bounds,
    style::{Style, StyleId, Subject, Theme},
    workers::WorkError,
};
use axum::{
    Extension, Router,
    extract::State,
    http::{HeaderMap, HeaderValue, Uri, header},
    response::Response,
    routing::get,
};
use bytes::Bytes;
use moka::sync::Cache;
use std::sync::Arc;

/// Bytes of sheets that are kept: a few of each map. A sheet is drawn in a second or two.
const KEPT: u64 = 32 << 20;

/// Sheets as they are made and kept.
pub struct Sheets {
    press: Arc<Press>,
    kept: Cache<Version, Bytes>,
    under_way: Flights<Version, Result<Bytes, Arc<Failure>>>,
}

enum Failure {
    Work(WorkError),
    Sheet(SheetError),
}

impl Sheets {
    pub fn new(press: Press) -> Self {
        let weigher = |_: &Version, bytes: &Bytes| u32::try_from(bytes.len()).unwrap_or(u32::MAX);
        Self {
            press: Arc::new(press),
            kept: Cache::builder().max_capacity(KEPT).weigher(weigher).build(),
            under_way: Flights::default(),
        }
    }
}

pub fn routes() -> Router<Arc<App>> {
    Router::new()
        .route("/sheets", get(page))
        .route("/sheets.json", get(list))
        .route("/sheets/{file}", get(sheet))
}

async fn page(State(app): State<Arc<App>>, uri: Uri, headers: HeaderMap) -> Result<Response, Problem> {
    let parameters = Parameters::of(&uri)?;
    parameters.check(&["lang"])?;
    let language = match parameters.get("lang") {
        None | Some("zh") => Language::Zh,
        Some("en") => Language::En,
        Some(_) => return Err(wrong("lang", "it is `zh` or `en`")),
    };
    let page = describe::sheets_page(&app.service.sheets, language);
    let mut response = Representation::text(page, "text/html; charset=utf-8", &headers)?.answer(&headers)?;
    Policy::Plain.guard(response.headers_mut());
    Ok(response)
}

async fn list(
    State(app): State<Arc<App>>,
    Extension(Peer(peer)): Extension<Peer>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let base = base_url(&app.server, peer, &headers);
    let document = describe::sheets(&app.service.sheets, &base);
    Representation::document(document.to_string(), &headers)?.answer(&headers)
}

/// What of a request says which part of the ground, and how finely.
struct Wanted {
    bbox: Option<Bounds>,
    scale: Option<u32>,
    dpi: Option<u32>,
}

impl Wanted {
    fn of(uri: &Uri, form: &str) -> Result<Self, Problem> {
        let parameters = Parameters::of(uri)?;
        parameters.check(if form == "png" { &["bbox", "scale", "dpi"] } else { &["bbox", "scale"] })?;
        let number = |name: &str, range: std::ops::RangeInclusive<u32>| {
            let reason = format!("it is a whole number from {} to {}", range.start(), range.end());
            let read = |text: &str| text.parse().ok().filter(|n| range.contains(n));
            let found = parameters.get(name);
            found.map(|text| read(text).ok_or_else(|| wrong(name, &reason))).transpose()
        };
        let bbox = parameters.get("bbox").map(|text| bounds(text).ok_or_else(not_a_box)).transpose()?;
        Ok(Self { bbox, scale: number("scale", SCALE)?, dpi: number("dpi", DPI)? })
    }
}

fn not_a_box() -> Problem {
    wrong(
        "bbox",
        "it is min longitude, min latitude, max longitude, max latitude in degrees, each min below its max",
    )
}

fn bounds(text: &str) -> Option<Bounds> {
    let numbers: Vec<f64> = text.split(',').map(|n| n.trim().parse().ok()).collect::<Option<_>>()?;
    let [min_x, min_y, max_x, max_y] = numbers[..] else { return None };
    let is_range = |min: f64, max: f64, limit: f64| -limit <= min && min < max && max <= limit;
    (is_range(min_x, max_x, 180.0) && is_range(min_y, max_y, 90.0)).then_some(Bounds {
        min_x,
        min_y,
        max_x,
        max_y,
    })
}

async fn sheet(
    State(app): State<Arc<App>>,
    Segments(file): Segments<String>,
    uri: Uri,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let unknown = || Problem::not_found("there is no sheet of this name; /sheets.json lists them");
    let (name, extension) = file.rsplit_once('.').ok_or_else(unknown)?;
    if !["pdf", "png", "json"].contains(&extension) {
        return Err(Problem::not_found("a sheet ends in .pdf, .png or .json"));
    }
    let wanted = Wanted::of(&uri, extension)?;
    let (name, at) = at(name)?;
    let edition = match at {
        None => Edition::Current,
        Some(At::One(edition)) => edition,
        Some(At::Between(_)) => return Err(Problem::not_found("what changed has no sheet")),
    };
    let catalog = app.service.edition(&edition).await?;
    let id = StyleId { subject: Subject::parse(name).ok_or_else(unknown)?, theme: Theme::Print };
    let style = app.service.sheets.style(id.clone(), &catalog).ok_or_else(unknown)?;
    let view = view(&app, &style, &catalog, &wanted)?;
    let version = sheet::version(&style, &catalog);
    if extension == "json" {
        let document = sheet::describe(&view, version).to_string();
        return Representation::document(document, &headers)?.answer(&headers);
    }
    let form = if extension == "pdf" { Form::Pdf } else { Form::Png(wanted.dpi.unwrap_or(*DPI.end())) };
    let version = version.drawn(&format!("{view:?} {form:?}"));
    let title = sheet::title(&style, &app.service.sheets);
    let bytes = made(&app, &catalog, id, view, form, version).await?;
    let content_type = if form == Form::Pdf { "application/pdf" } else { "image/png" };
    let representation = Representation {
        bytes,
        encoding: Encoding::Identity,
        etag: format!("\"{version}\""),
        content_type: HeaderValue::from_static(content_type),
        cache_control: REVALIDATE,
        vary: VARY_ENCODING,
    };
    let mut response = representation.answer(&headers)?;
    // RFC 6266 §4.3: for those who read no UTF-8 the id.
    let encoded: String = form_urlencoded::byte_serialize(title.as_bytes()).collect();
    let disposition =
        format!("inline; filename=\"{name}.{extension}\"; filename*=UTF-8''{encoded}.{extension}");
    insert(response.headers_mut(), header::CONTENT_DISPOSITION, &disposition)?;
    Ok(response)
}

fn view(app: &App, style: &Style, catalog: &Catalog, wanted: &Wanted) -> Result<View, Problem> {
    let extent = match wanted.bbox {
        Some(bbox) => Ok(bbox),
        None => sheet::extent(style, &app.service.sheets, catalog),
    };
    let view = extent.and_then(|extent| View::new(extent, wanted.scale));
    view.map_err(|error| match error {
        ViewError::Empty => Problem::not_found(error.to_string()),
        ViewError::OutsideZones | ViewError::TooLarge => wrong("bbox", &error.to_string()),
    })
}

/// The sheet, kept, or made now on one of the workers, once for all who ask.
async fn made(
    app: &App,
    catalog: &Arc<Catalog>,
    id: StyleId,
    view: View,
    form: Form,
    version: Version,
) -> Result<Bytes, Problem> {
    if let Some(bytes) = app.sheets.kept.get(&version) {
        return Ok(bytes);
    }
    let (service, press, kept) =
        (Arc::clone(&app.service), Arc::clone(&app.sheets.press), app.sheets.kept.clone());
    let catalog = Arc::clone(catalog);
    let making = async move {
        let (sheets, catalog) = (Arc::clone(&service.sheets), catalog);
        let print = move || {
            let Some(style) = sheets.style(id, &catalog) else { return Err(SheetError::Unwritten) };
            press.print(&style, &sheets, &catalog, &view, form)
        };
        let printed = service.work(print).await.map_err(|error| Arc::new(Failure::Work(error)))?;
        let bytes = Bytes::from(printed.map_err(|error| Arc::new(Failure::Sheet(error)))?);
        kept.insert(version, bytes.clone());
        Ok(bytes)
    };
    app.sheets.under_way.join(version, making).await.map_err(|failure| match &*failure {
        Failure::Work(error) => (*error).into(),
        Failure::Sheet(SheetError::TooMuch(error)) => wrong("bbox", &error.to_string()),
        Failure::Sheet(SheetError::View(_) | SheetError::Unwritten) => Problem::internal(),
    })
}
