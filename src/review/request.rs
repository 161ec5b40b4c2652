//! A request for a review: what a query, a form or a JSON object says of a proposal.

use super::{Given, ProposalError};
use crate::crs::Crs;
use serde_json::{Map, Value as Json};
use std::collections::BTreeMap;

/// How a body says what it says.
#[derive(Debug, Clone, Copy)]
pub enum BodyKind {
    /// `{"proposal": …, "kind": …}`, or GeoJSON.
    Object,
    /// The same from a form.
    Form,
    /// The proposal alone.
    Proposal,
}

impl BodyKind {
    /// By the content type of the request.
    pub fn of(content_type: &str) -> Self {
        match content_type.split(';').next().unwrap_or_default().trim() {
            "application/json" => Self::Object,
            "application/x-www-form-urlencoded" => Self::Form,
            _ => Self::Proposal,
        }
    }

    /// The text of the proposal and what is said of it in the body and in `settings`, those of the query.
    ///
    /// # Errors
    /// What is wrong with the body.
    pub fn proposal(self, bytes: &[u8], mut settings: Settings) -> Result<(Vec<u8>, Given), ProposalError> {
        let proposal = match self {
            Self::Proposal => bytes.to_vec(),
            Self::Form => {
                settings.extend(form_urlencoded::parse(bytes).into_owned());
                settings.take_text("proposal")?.unwrap_or_default().into_bytes()
            }
            Self::Object => {
                let object: Map<String, Json> = serde_json::from_slice(bytes)
                    .map_err(|error| ProposalError(format!("the body is not a JSON object: {error}")))?;
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
    /// Those of a query or a form.
    pub fn of(pairs: impl IntoIterator<Item = (String, String)>) -> Self {
        let mut settings = Self(Map::new());
        settings.extend(pairs);
        settings
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

    /// # Errors
    /// When it is no text.
    pub fn take_text(&mut self, name: &str) -> Result<Option<String>, ProposalError> {
        match self.0.remove(name) {
            None | Some(Json::Null) => Ok(None),
            Some(Json::String(text)) => Ok(Some(text)),
            Some(_) => Err(ProposalError(format!("`{name}` is there once, a text"))),
        }
    }

    /// GeoJSON as an object, or a text.
    ///
    /// # Errors
    /// When it is neither.
    pub fn take_proposal(&mut self) -> Result<Vec<u8>, ProposalError> {
        match self.0.remove("proposal") {
            Some(Json::String(text)) => Ok(text.into_bytes()),
            Some(object @ Json::Object(_)) => Ok(object.to_string().into_bytes()),
            Some(_) => Err(wrong("`proposal` is GeoJSON, or a text of WKT or corner points")),
            None => Err(wrong("there is no `proposal`")),
        }
    }

    /// `srid` and `northing_first`, and the answers that are left.
    ///
    /// # Errors
    /// What one of the two looks like.
    pub fn given(mut self) -> Result<Given, ProposalError> {
        let crs = match self.0.remove("srid") {
            None | Some(Json::Null) => None,
            Some(srid) => {
                let text = srid.as_str().map_or_else(|| srid.to_string(), str::to_owned);
                let code = text.trim().trim_start_matches("EPSG:").parse().ok();
                let crs = code.and_then(Crs::of_epsg);
                Some(crs.ok_or_else(|| wrong("`srid` is an EPSG code: 4490, 4491 to 4554, 4326 or 3857"))?)
            }
        };
        let northing_first = match self.0.remove("northing_first") {
            None | Some(Json::Null) => false,
            Some(Json::Bool(truth)) => truth,
            Some(Json::String(text)) if text == "true" => true,
            Some(Json::String(text)) if text == "false" => false,
            Some(_) => return Err(wrong("`northing_first` is true or false")),
        };
        Ok(Given { crs, northing_first, answers: self.0 })
    }
}

fn wrong(reason: &str) -> ProposalError {
    ProposalError(reason.to_owned())
}
