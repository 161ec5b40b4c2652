//! Numbers of the layers: how many features, how large as stated and as drawn, and sums of what they say, in groups.
//!
//! A question is answered in one pass over the rows that it asks for. What takes long, the drawn areas, is worked out
//! once for a snapshot and kept.

mod areas;
mod group;
mod tally;

pub use areas::Areas;
pub use group::{Group, Statistics};
pub use tally::{Sum, Tally, tidy};

use crate::{
    features::{Query, TooExpensive},
    plan::{FieldType, Layer},
    snapshot::Snapshot,
};
use std::sync::Arc;

/// Properties to group by: more make groups of single features.
pub const MOST_KEYS: usize = 4;
/// Properties to sum.
pub const MOST_SUMS: usize = 8;
/// Groups of an answer: more are nothing to read, and would take memory for each feature.
pub const MOST_GROUPS: usize = 10_000;

/// The property with the area that the plan states, in km².
pub const STATED: &str = "area_km2";

/// What makes a group.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Key {
    Layer,
    Property(String),
}

/// The name by which features are grouped by their layer.
const LAYER: &str = "layer";

impl Key {
    pub fn name(&self) -> &str {
        match self {
            Self::Layer => LAYER,
            Self::Property(name) => name,
        }
    }
}

/// What is asked of some layers.
pub struct Question {
    /// What makes a group; without any there is one, of all.
    pub keys: Vec<Key>,
    /// Numeric properties that are summed beside the areas.
    pub sums: Vec<String>,
    /// The layers, in the order of the catalog, and which of their rows count.
    pub parts: Vec<(Arc<Snapshot>, Query)>,
}

/// Why something cannot be asked, and of which of the lists of a question.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum QuestionError {
    #[error("none of the layers has a property `{0}`")]
    Unknown(String),
    #[error("`{0}` is there twice")]
    Twice(String),
    #[error("at most {0} properties")]
    TooMany(usize),
    #[error("`{0}` is not a number")]
    NoNumber(String),
}

#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum AnswerError {
    #[error(transparent)]
    TooExpensive(#[from] TooExpensive),
    #[error("there are more than {MOST_GROUPS} groups: group by something coarser, or narrow it down")]
    TooManyGroups,
}

/// Reads names of properties, or `layer`, with commas between.
pub fn keys(names: &str, layers: &[&Layer]) -> Result<Vec<Key>, QuestionError> {
    let names = listed(names, MOST_KEYS)?;
    let key = |name: &str| match name {
        LAYER => Ok(Key::Layer),
        name => known(name, layers).map(|_| Key::Property(name.to_owned())),
    };
    names.into_iter().map(key).collect()
}

/// Reads names of numeric properties with commas between.
pub fn sums(names: &str, layers: &[&Layer]) -> Result<Vec<String>, QuestionError> {
    let names = listed(names, MOST_SUMS)?;
    let sum = |name: &str| {
        let numeric = known(name, layers)?.all(|kind| [FieldType::Integer, FieldType::Real].contains(&kind));
        if numeric { Ok(name.to_owned()) } else { Err(QuestionError::NoNumber(brief(name))) }
    };
    names.into_iter().map(sum).collect()
}

fn listed(names: &str, most: usize) -> Result<Vec<&str>, QuestionError> {
    let names: Vec<&str> = names.split(',').map(str::trim).filter(|name| !name.is_empty()).collect();
    let twice = names.iter().enumerate().find(|(i, name)| names[..*i].contains(name));
    match twice {
        Some((_, name)) => Err(QuestionError::Twice(brief(name))),
        None if names.len() > most => Err(QuestionError::TooMany(most)),
        None => Ok(names),
    }
}

/// The types that a property has in the layers that have it.
fn known<'a>(
    name: &'a str,
    layers: &'a [&Layer],
) -> Result<impl Iterator<Item = FieldType> + 'a, QuestionError> {
    let kinds = move || layers.iter().flat_map(|layer| &layer.fields).filter(move |field| field.name == name);
    match kinds().next() {
        Some(_) => Ok(kinds().map(|field| field.kind)),
        None => Err(QuestionError::Unknown(brief(name))),
    }
}

/// It may come from a request: what is echoed stays short.
fn brief(name: &str) -> String {
    name.chars().take(40).collect()
}
