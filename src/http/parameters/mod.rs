//! The query of a request: each parameter known, and there once; and what several resources ask by.

pub mod features;
pub mod filter;

use crate::{describe::Language, http::Problem};
use axum::{extract::Query, http::Uri};

pub struct Parameters(Vec<(String, String)>);

impl Parameters {
    pub fn of(uri: &Uri) -> Result<Self, Problem> {
        let query = Query::<Vec<(String, String)>>::try_from_uri(uri);
        query
            .map(|Query(pairs)| Self(pairs))
            .map_err(|_| Problem::bad_request("the query is not name=value pairs"))
    }

    /// Refuses parameters that are not among `known`, and those that are there twice.
    pub fn check(&self, known: &[&str]) -> Result<(), Problem> {
        for (i, (name, _)) in self.0.iter().enumerate() {
            if !known.contains(&name.as_str()) {
                let known = if known.is_empty() { "none".to_owned() } else { known.join(", ") };
                return Err(wrong(name, &format!("there is no such parameter here; there are {known}")));
            }
            if self.0[..i].iter().any(|(earlier, _)| earlier == name) {
                return Err(wrong(name, "it is there twice"));
            }
        }
        Ok(())
    }

    pub fn into_pairs(self) -> Vec<(String, String)> {
        self.0
    }

    pub fn get(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(found, _)| found == name).map(|(_, value)| value.as_str())
    }
}

/// Whether a parameter is `true`; not without it.
pub fn flag(parameters: &Parameters, name: &str) -> Result<bool, Problem> {
    match parameters.get(name) {
        None | Some("false") => Ok(false),
        Some("true") => Ok(true),
        Some(_) => Err(wrong(name, "it is true or false")),
    }
}

/// `limit=`: how many are wanted, `usual` without it and at most `most`.
pub fn limit(parameters: &Parameters, usual: usize, most: usize) -> Result<usize, Problem> {
    match parameters.get("limit").map(str::parse) {
        None => Ok(usual),
        Some(Ok(limit)) if (1..=most).contains(&limit) => Ok(limit),
        Some(_) => Err(wrong("limit", &format!("a number from 1 to {most}"))),
    }
}

/// `lang=zh`, which is the default, or `lang=en`.
pub fn language(parameters: &Parameters) -> Result<Language, Problem> {
    let read = |code| Language::parse(code).ok_or_else(|| wrong("lang", "it is zh or en"));
    parameters.get("lang").map_or(Ok(Language::default()), read)
}

/// 400 that names the parameter.
pub fn wrong(name: &str, reason: &str) -> Problem {
    let name: String = name.chars().take(40).collect();
    Problem::bad_request(format!("parameter `{name}`: {reason}"))
}
