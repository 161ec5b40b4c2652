//! What a request for a file asks for.

use crate::{
    export::{Format, Request},
    features::Query,
    http::{
        Problem,
        parameters::{
            Parameters,
            features::{area, crs, fields},
            filter::filter,
            flag, wrong,
        },
    },
    snapshot::Snapshot,
};
use axum::http::Uri;
use std::sync::Arc;

const PARAMETERS: [&str; 7] =
    ["bbox", "bbox-crs", "filter", "filter-lang", "filter-crs", "crs", "properties"];
const BOM: &str = "bom";

pub struct Wanted {
    pub request: Request,
    /// CSV for spreadsheet programs.
    pub spreadsheet: bool,
    /// The same for requests that ask for the same.
    pub normal: String,
}

impl Wanted {
    /// Reads the query, for a file of `snapshot`.
    ///
    /// # Errors
    /// 400 that names the parameter that is wrong.
    pub fn read(uri: &Uri, snapshot: &Arc<Snapshot>, format: Format) -> Result<Self, Problem> {
        let (parameters, layer) = (Parameters::of(uri)?, &snapshot.layer);
        let own: &[&str] = if format == Format::Csv { &[BOM] } else { &[] };
        parameters.check(&[&PARAMETERS[..], own].concat())?;
        let crs = parameters.get("crs").map_or(Ok(format.crs()), |_| crs(&parameters, "crs"))?;
        let (area, filter, fields) = (area(&parameters)?, filter(&parameters)?, fields(&parameters, layer)?);
        let spreadsheet = flag(&parameters, BOM)?;
        let conditions = filter.as_ref().map(|filter| filter.condition(layer)).transpose();
        let conditions = conditions.map_err(|error| wrong("filter", &error.to_string()))?;
        let filtered = filter.as_ref().map(|filter| filter.normal());
        let normal = format!("{crs} {fields:?} {area:?} {filtered:?} {spreadsheet}");
        let query = Query { area, conditions: conditions.into_iter().collect(), ..Query::default() };
        let request = Request { snapshot: Arc::clone(snapshot), query, crs, fields };
        Ok(Self { request, spreadsheet, normal })
    }

    /// Refuses a filter that is too much work, before any of it is done; itself a look at the index, not for an event loop.
    pub fn check(&self) -> Result<(), Problem> {
        self.request.check().map_err(|error| wrong("filter", &error.to_string()))
    }
}
