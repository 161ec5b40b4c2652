//! `/sheets`: maps of the plan on A3, `/sheets/{map}[@{edition}].pdf`, `.png`, `.json`.

use super::{
    App, Problem, Segments,
    asked::Asked,
    disposition::FileName,
    media::HTML,
    parameters::{Parameters, features::area, language, wrong},
    policy,
    respond::{REVALIDATE, Representation, VARY_ENCODING, insert, unchanged},
    segments::at,
};
use crate::{
    catalog::{Catalog, Version},
    describe,
    editions::{At, Edition},
    encoding::Encoding,
    flights::Flights,
    sheet::{self, DPI, Form, Press, SCALE, SheetError, View, ViewError},
    snapshot::Bounds,
    style::{Style, StyleId, Subject, Theme},
    workers::WorkError,
};
use axum::{
    Router,
    http::{HeaderValue, header},
    response::Response,
    routing::get,
};
use bytes::Bytes;
use moka::sync::Cache;
use std::{ops::RangeInclusive, sync::Arc};

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

async fn page(asked: Asked) -> Result<Response, Problem> {
    let page = describe::sheets_page(&asked.app.service.sheets, language(&asked.parameters)?);
    let mut response =
        Representation::text(page, HTML.content_type(), &asked.headers)?.answer(&asked.headers)?;
    policy::guard(response.headers_mut(), policy::OWN_FILES);
    Ok(response)
}

async fn list(asked: Asked) -> Result<Response, Problem> {
    let document = describe::sheets(&asked.app.service.sheets, &asked.base);
    Representation::document(document.to_string(), &asked.headers)?.answer(&asked.headers)
}

/// What of a request says which part of the ground, and how finely.
struct Wanted {
    bbox: Option<Bounds>,
    scale: Option<u32>,
    dpi: Option<u32>,
}

impl Wanted {
    fn of(parameters: &Parameters, form: &str) -> Result<Self, Problem> {
        parameters.check(if form == "png" { &["bbox", "scale", "dpi"] } else { &["bbox", "scale"] })?;
        let number = |name: &str, range: RangeInclusive<u32>| {
            let reason = format!("it is a whole number from {} to {}", range.start(), range.end());
            let read = |text: &str| text.parse().ok().filter(|n| range.contains(n));
            let found = parameters.get(name);
            found.map(|text| read(text).ok_or_else(|| wrong(name, &reason))).transpose()
        };
        Ok(Self { bbox: bounds(parameters)?, scale: number("scale", SCALE)?, dpi: number("dpi", DPI)? })
    }
}

/// The box that is asked for, with room in it and on one side of the antimeridian.
fn bounds(parameters: &Parameters) -> Result<Option<Bounds>, Problem> {
    let Some(area) = area(parameters)? else { return Ok(None) };
    let is_range = |min: f64, max: f64, limit: f64| -limit <= min && min < max && max <= limit;
    let has_room = |b: &Bounds| is_range(b.min_x, b.max_x, 180.0) && is_range(b.min_y, b.max_y, 90.0);
    match area.cover() {
        [bounds] if has_room(bounds) => Ok(Some(*bounds)),
        _ => Err(wrong(
            "bbox",
            "it is min longitude, min latitude, max longitude, max latitude in degrees, each min below its max",
        )),
    }
}

/// `/sheets/{map}[@{edition}].{form}`
async fn sheet(asked: Asked, Segments(file): Segments<String>) -> Result<Response, Problem> {
    let Asked { app, parameters, headers, .. } = asked;
    let unknown = || Problem::not_found("there is no sheet of this name; /sheets.json lists them");
    let (name, extension) = file.rsplit_once('.').ok_or_else(unknown)?;
    if !["pdf", "png", "json"].contains(&extension) {
        return Err(Problem::not_found("a sheet ends in .pdf, .png or .json"));
    }
    let wanted = Wanted::of(&parameters, extension)?;
    let (name, at) = at(name)?;
    let at_text = at.as_ref().map(At::to_string);
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
    let tag = format!("\"{version}\"");
    if let Some(unchanged) = unchanged(&tag, &headers, REVALIDATE, VARY_ENCODING)? {
        return Ok(unchanged);
    }
    let title = sheet::title(&style, &app.service.sheets);
    let content_type = if form == Form::Pdf { "application/pdf" } else { "image/png" };
    let representation = Representation {
        bytes: made(&app, &catalog, id, view, form, version).await?,
        encoding: Encoding::Identity,
        etag: tag,
        content_type: HeaderValue::from_static(content_type),
        cache_control: REVALIDATE,
        vary: VARY_ENCODING,
    };
    let mut response = representation.answer(&headers)?;
    let name = FileName { id: name, title: &title, version: at_text.as_deref(), suffix: extension };
    insert(response.headers_mut(), header::CONTENT_DISPOSITION, &name.inline())?;
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
