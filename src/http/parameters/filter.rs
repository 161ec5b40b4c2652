//! `filter`, `filter-lang` and `filter-crs` (OGC 19-079r2, §7): of features in every form, and of tiles.

use super::{Parameters, features::crs, wrong};
use crate::{
    catalog::Tileset,
    features::{Filter, filter::Language},
    http::Problem,
    view::View,
};

pub const PARAMETERS: [&str; 3] = ["filter", "filter-lang", "filter-crs"];

/// The filter of a request, with the language and the CRS that it is in.
pub fn filter(parameters: &Parameters) -> Result<Option<Filter>, Problem> {
    let language = parameters.get("filter-lang").map_or(Some(Language::Text), Language::parse);
    let language = language.ok_or_else(|| wrong("filter-lang", "it is cql2-text or cql2-json"))?;
    let crs = crs(parameters, "filter-crs")?;
    let filter = parameters.get("filter").map(|text| Filter::parse(text, language, crs)).transpose();
    filter.map_err(|error| wrong("filter", &error.to_string()))
}

/// What a request for tiles of `tileset` sees of it: all, without a filter.
///
/// # Errors
/// 400 that names the parameter that is wrong.
pub fn view(parameters: &Parameters, tileset: &Tileset) -> Result<View, Problem> {
    filter(parameters)?.map_or(Ok(View::OPEN), |filter| filtered(&filter, tileset))
}

/// The filter that a request for a description of `tileset` has, in its normal form: the URLs of tiles carry it.
///
/// # Errors
/// As [`view`], so that what is wrong is told before a tile is asked for.
pub fn carried(parameters: &Parameters, tileset: &Tileset) -> Result<Option<String>, Problem> {
    let Some(filter) = filter(parameters)? else { return Ok(None) };
    filtered(&filter, tileset)?;
    Ok(Some(filter.normal().to_owned()))
}

fn filtered(filter: &Filter, tileset: &Tileset) -> Result<View, Problem> {
    let layers = tileset.layers.iter().map(|layer| &*layer.snapshot);
    View::filtered(filter, layers).map_err(|error| wrong("filter", &error.to_string()))
}
