//! `/statistics`: numbers of the layers in groups, as JSON, CSV or a page.

use super::{
    Problem, Routes,
    asked::Asked,
    media::{self, CSV, Form, HTML, JSON},
    negotiate,
    parameters::{
        Parameters,
        features::{area, moment},
        filter::filter,
        flag, wrong,
    },
    policy::Policy,
    respond::{REVALIDATE, Representation, VARY_FORM, acceptable, etag, unchanged},
};
use crate::{
    catalog::Catalog,
    config::PublicUrl,
    describe::statistics::Answered,
    encoding::compress,
    features::Query,
    plan::Layer,
    snapshot::SnapshotId,
    statistics::{self, AnswerError, Question, QuestionError},
};
use axum::{http::HeaderValue, response::Response, routing::get};
use std::sync::Arc;

pub fn routes() -> Routes {
    Routes::new().route("/statistics", get(statistics))
}

/// To be changed whenever the same question on the same snapshots may be answered by other bytes.
const FORMAT: u32 = 1;

const PARAMETERS: [&str; 11] = [
    "group_by",
    "sum",
    "layers",
    "bbox",
    "bbox-crs",
    "datetime",
    "filter",
    "filter-lang",
    "filter-crs",
    "f",
    "bom",
];
/// Those that do not say how the answer is written.
const ASKING: [&str; 9] =
    ["group_by", "sum", "layers", "bbox", "bbox-crs", "datetime", "filter", "filter-lang", "filter-crs"];
const FORMS: [Form; 3] = [JSON, CSV, HTML];

async fn statistics(asked: Asked) -> Result<Response, Problem> {
    let Asked { app, catalog, base, headers, parameters } = asked;
    parameters.check(&PARAMETERS)?;
    let form = media::choose(parameters.get("f"), &headers, &FORMS)?;
    let task = Task {
        question: question(&parameters, &catalog)?,
        filter: filter(&parameters)?.map(|filter| filter.normal().to_owned()),
        spreadsheet: flag(&parameters, "bom")?,
        forms: forms(&parameters, &base, form),
        form,
        base,
    };
    let encoding = acceptable(negotiate::accepted(&headers))?;
    let tag = etag(&task.tag(), encoding);
    if let Some(unchanged) = unchanged(&tag, &headers, REVALIDATE, VARY_FORM)? {
        return Ok(unchanged);
    }
    let areas = Arc::clone(&app.service.areas);
    let work = move || task.answer(&areas).map(|made| compress(made.into(), encoding).0);
    let bytes = app.service.work(work).await?.map_err(|error| match error {
        AnswerError::TooExpensive(_) => wrong("filter", &error.to_string()),
        AnswerError::TooManyGroups => wrong("group_by", &error.to_string()),
    })?;
    let document = Representation {
        bytes,
        encoding,
        etag: tag,
        content_type: HeaderValue::from_static(form.content_type()),
        cache_control: REVALIDATE,
        vary: VARY_FORM,
    };
    let mut response = document.answer(&headers)?;
    if form == HTML {
        Policy::Plain.guard(response.headers_mut());
    }
    Ok(response)
}

/// What is asked, of which rows of which layers.
///
/// # Errors
/// 400 that names the parameter that is wrong.
fn question(parameters: &Parameters, catalog: &Catalog) -> Result<Question, Problem> {
    let named = parameters.get("layers").map(|names| catalog.selection(names.split(','))).transpose();
    let named = named.map_err(|error| wrong("layers", &error.to_string()))?;
    let layers = named.as_ref().map_or(catalog.layers(), |selected| &selected.layers);
    // In the catalog's order, whatever theirs: it is that of the groups.
    let layers = catalog.layers().iter().filter(|layer| layers.iter().any(|named| named.id() == layer.id()));
    let snapshots: Vec<_> = layers.map(|layer| &layer.snapshot).collect();
    let described: Vec<&Layer> = snapshots.iter().map(|snapshot| &*snapshot.layer).collect();
    let refuse = |name: &'static str| move |error: QuestionError| wrong(name, &error.to_string());
    let keys = statistics::keys(parameters.get("group_by").unwrap_or_default(), &described);
    let sums = statistics::sums(parameters.get("sum").unwrap_or_default(), &described);
    let conditions =
        filter(parameters)?.map(|filter| filter.conditions(described.iter().copied())).transpose();
    let conditions = conditions.map_err(|error| wrong("filter", &error.to_string()))?;
    let mut conditions = conditions.into_iter().flatten();
    let (area, moment) = (area(parameters)?, moment(parameters)?);
    let query = || Query {
        area: area.clone(),
        moment,
        conditions: conditions.next().into_iter().collect(),
        sort: None,
    };
    let queries: Vec<Query> = std::iter::repeat_with(query).take(snapshots.len()).collect();
    Ok(Question {
        keys: keys.map_err(refuse("group_by"))?,
        sums: sums.map_err(refuse("sum"))?,
        parts: snapshots.into_iter().map(Arc::clone).zip(queries).collect(),
    })
}

/// The same in each form, the one that is sent first.
fn forms(parameters: &Parameters, base: &PublicUrl, sent: Form) -> Vec<(&'static str, &'static str, String)> {
    let url = |form: Form| {
        let mut query = form_urlencoded::Serializer::new(String::new());
        query.append_pair("f", form.name);
        query.extend_pairs(ASKING.iter().filter_map(|&name| Some((name, parameters.get(name)?))));
        (form.name, form.media_type, format!("{}/statistics?{}", base.as_str(), query.finish()))
    };
    let others = FORMS.into_iter().filter(|form| *form != sent);
    std::iter::once(sent).chain(others).map(url).collect()
}

/// An answer to be made on a worker.
struct Task {
    question: Question,
    filter: Option<String>,
    spreadsheet: bool,
    form: Form,
    forms: Vec<(&'static str, &'static str, String)>,
    base: PublicUrl,
}

impl Task {
    /// What the answer depends on: its bytes are a function of it.
    fn tag(&self) -> SnapshotId {
        let snapshots: Vec<String> =
            self.question.parts.iter().map(|(snapshot, _)| snapshot.id.to_string()).collect();
        // The query as it stands is in the links.
        let own = format!("{FORMAT} {:?} {} {}", self.forms, self.spreadsheet, snapshots.join(" "));
        SnapshotId::of(own.as_bytes())
    }

    fn answer(&self, areas: &statistics::Areas) -> Result<Vec<u8>, AnswerError> {
        let statistics = self.question.answer(areas)?;
        let answered = Answered {
            question: &self.question,
            statistics: &statistics,
            filter: self.filter.as_deref(),
            base: &self.base,
            forms: &self.forms,
        };
        Ok(match self.form {
            HTML => answered.html().into_bytes(),
            CSV => answered.csv(self.spreadsheet),
            _ => answered.json().into_bytes(),
        })
    }
}
