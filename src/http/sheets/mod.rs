//! `/sheets`: maps of the plan on A3, `/sheets/{map}[@{edition}].pdf`, `.png`, `.json`.

mod printed;

pub use printed::Sheets;

use super::{
    Problem, Routes, Segments,
    asked::Asked,
    disposition::FileName,
    media::HTML,
    parameters::{Parameters, features::area, language, wrong},
    policy::Policy,
    respond::{REVALIDATE, Representation, VARY_ENCODING, insert, unchanged},
    segments::at,
};
use crate::{
    causes::chain,
    describe::{self, Language},
    editions::{At, Edition},
    encoding::Encoding,
    sheet::{self, DPI, Form, SCALE, Sheet, SheetError, ViewError},
    snapshot::Bounds,
    style::{StyleId, Subject, Theme},
};
use axum::{
    http::{HeaderValue, header},
    response::Response,
    routing::get,
};
use printed::{Failure, Order};
use std::{fmt::Display, ops::RangeInclusive, sync::Arc};

pub fn routes() -> Routes {
    Routes::new()
        .route("/sheets", get(page))
        .route("/sheets.json", get(list))
        .route("/sheets/{file}", get(sheet))
}

async fn page(asked: Asked) -> Result<Response, Problem> {
    asked.parameters.check(&["lang"])?;
    let page = describe::sheets_page(&asked.app.service.sheets, language(&asked.parameters)?);
    let mut response =
        Representation::text(page, HTML.content_type(), &asked.headers)?.answer(&asked.headers)?;
    Policy::Plain.guard(response.headers_mut());
    Ok(response)
}

async fn list(asked: Asked) -> Result<Response, Problem> {
    let document = describe::sheets(&asked.app.service.sheets, &asked.base);
    Representation::document(document.to_string(), &asked.headers)?.answer(&asked.headers)
}

/// What of a request says which part of the ground, and how it is written.
struct Wanted {
    bbox: Option<Bounds>,
    scale: Option<u32>,
    dpi: Option<u32>,
    language: Language,
}

impl Wanted {
    fn of(parameters: &Parameters, form: &str) -> Result<Self, Problem> {
        parameters.check(match form {
            "png" => &["bbox", "scale", "lang", "dpi"],
            _ => &["bbox", "scale", "lang"],
        })?;
        let number = |name: &str, range: RangeInclusive<u32>| {
            let reason = format!("it is a whole number from {} to {}", range.start(), range.end());
            let read = |text: &str| text.parse().ok().filter(|n| range.contains(n));
            let found = parameters.get(name);
            found.map(|text| read(text).ok_or_else(|| wrong(name, &reason))).transpose()
        };
        let (scale, dpi) = (number("scale", SCALE)?, number("dpi", DPI)?);
        Ok(Self { bbox: bounds(parameters)?, scale, dpi, language: language(parameters)? })
    }
}

/// The box that is asked for, on one side of the antimeridian.
fn bounds(parameters: &Parameters) -> Result<Option<Bounds>, Problem> {
    let Some(area) = area(parameters)? else { return Ok(None) };
    match area.cover() {
        [bounds] => Ok(Some(*bounds)),
        _ => Err(wrong("bbox", &ViewError::NoRoom.to_string())),
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
    let sheets = &app.service.sheets;
    let view = sheet::view(&style, sheets, &catalog, wanted.bbox, wanted.scale);
    let view = view.map_err(|error| wanted.refused(&error))?;
    let language = wanted.language;
    let sheet = Sheet { style: &style, sheets, catalog: &catalog, view, language };
    if extension == "json" {
        return Representation::document(sheet.describe().to_string(), &headers)?.answer(&headers);
    }
    let form = if extension == "pdf" { Form::Pdf } else { Form::Png(wanted.dpi.unwrap_or(*DPI.end())) };
    let version = sheet.version(form);
    let tag = format!("\"{version}\"");
    if let Some(unchanged) = unchanged(&tag, &headers, REVALIDATE, VARY_ENCODING)? {
        return Ok(unchanged);
    }
    let title = sheet.title();
    let content_type = if form == Form::Pdf { "application/pdf" } else { "image/png" };
    let order = Order { style: id, catalog: Arc::clone(&catalog), view, language, form };
    let representation = Representation {
        bytes: app
            .sheets
            .sheet(order, sheets, version)
            .await
            .map_err(|failure| wanted.unprinted(&failure))?,
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

impl Wanted {
    /// Why there is nothing to see.
    fn refused(&self, error: &ViewError) -> Problem {
        match error {
            ViewError::Empty => Problem::not_found(error.to_string()),
            ViewError::NoRoom | ViewError::OutsideZones | ViewError::TooLarge => self.too_much(error),
        }
    }

    fn unprinted(&self, failure: &Failure) -> Problem {
        match failure {
            Failure::Work(error) => (*error).into(),
            Failure::Sheet(SheetError::TooMuch(error)) => self.too_much(error),
            Failure::Sheet(error) => {
                tracing::error!(error = chain(error), "a sheet could not be printed");
                Problem::internal()
            }
        }
    }

    /// Of a box that is asked for, or of a map that shows all that it has.
    fn too_much(&self, reason: impl Display) -> Problem {
        match self.bbox {
            Some(_) => wrong("bbox", &reason.to_string()),
            None => Problem::unprocessable(format!("{reason}; `bbox` names a part of the map")),
        }
    }
}
