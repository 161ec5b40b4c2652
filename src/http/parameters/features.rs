//! `bbox`, `bbox-crs`, `datetime`, `crs` and `properties` (OGC 17-069r4, §7.15; 18-058r1, §6; 23-058r1): of features in every form.

use super::{Parameters, wrong};
use crate::{
    crs::Crs,
    features::{Area, Moment},
    http::Problem,
    plan::Layer,
};

/// The CRS that a parameter names; CRS84 without it.
pub fn crs(parameters: &Parameters, name: &str) -> Result<Crs, Problem> {
    let Some(text) = parameters.get(name) else { return Ok(Crs::Crs84) };
    let known = "it is the EPSG code or URI of CGCS2000 (4490), one of its Gauss-Krüger zones (4491 to 4554), WGS 84 \
                 (4326) or Web Mercator (3857)";
    Crs::parse(text).ok_or_else(|| wrong(name, known))
}

/// The box that is asked for, in the order of the axes of `bbox-crs`.
pub fn area(parameters: &Parameters) -> Result<Option<Area>, Problem> {
    let crs = crs(parameters, "bbox-crs")?;
    let area = parameters.get("bbox").map(|text| Area::parse(text, crs)).transpose();
    area.map_err(|reason| wrong("bbox", reason))
}

/// When the features are valid that are asked for.
pub fn moment(parameters: &Parameters) -> Result<Option<Moment>, Problem> {
    let moment = parameters.get("datetime").map(Moment::parse).transpose();
    moment.map_err(|reason| wrong("datetime", reason))
}

/// Numbers of the fields that are asked for, ascending; of all without `properties`.
pub fn fields(parameters: &Parameters, layer: &Layer) -> Result<Vec<usize>, Problem> {
    let Some(names) = parameters.get("properties") else { return Ok((0..layer.fields.len()).collect()) };
    layer.fields_named(names).map_err(|error| wrong("properties", &error.to_string()))
}
