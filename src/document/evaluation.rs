//! The targets of a plan as rules: where each is printed, what it was, and how the layers tell what it is now.

use super::{Document, DocumentError, Printed, Quote};
use crate::{
    crs::Crs,
    features::{Filter, filter::Language},
    plan::{LayerId, Text},
};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Evaluation {
    /// The layer of the licences, which begin and end.
    pub licences: LayerId,
    /// Layers of what may be granted and then be a licence.
    pub granted: Vec<LayerId>,
    pub indicators: Vec<Indicator>,
}

#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Indicator {
    pub id: String,
    pub title: Text,
    pub unit: Text,
    pub target: Target,
    /// Where the document says whether it is 预期性 or 约束性.
    pub kind: Option<Place>,
    /// What it was when the plan was made.
    pub base: Option<Base>,
    /// How the layers tell what it is; `None` where they cannot.
    pub measure: Option<Measure>,
    /// The measure in words.
    pub rule: Option<Text>,
    /// What would have to be known to tell it, or to tell it better.
    pub missing: Option<Text>,
}

#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Target {
    pub at: Place,
    /// `None` where the document prints none.
    pub value: Option<f64>,
    #[serde(default)]
    pub relation: Relation,
}

#[derive(Debug, Default, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Relation {
    #[default]
    AtLeast,
    AtMost,
}

impl Relation {
    pub fn holds(self, value: f64, target: f64) -> bool {
        match self {
            Self::AtLeast => value >= target,
            Self::AtMost => value <= target,
        }
    }
}

/// A cell of a table, counted from 0.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Place {
    pub table: String,
    pub row: usize,
    pub column: usize,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Base {
    pub value: f64,
    pub quote: Quote,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Measure {
    pub of: Part,
    /// What it is a percentage of.
    #[serde(rename = "in", skip_serializing_if = "Option::is_none")]
    pub whole: Option<Part>,
    /// To the unit of the target.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub times: Option<f64>,
}

/// Features of a layer: how many, or the sum of a property of theirs.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Part {
    pub layer: LayerId,
    /// CQL2 text.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub filter: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sum: Option<String>,
}

impl Part {
    /// The filter, read.
    pub fn filter(&self) -> Option<Result<Filter, String>> {
        let read = |text: &String| Filter::parse(text, Language::Text, Crs::Crs84);
        self.filter.as_ref().map(|text| read(text).map_err(|error| error.to_string()))
    }
}

impl Measure {
    pub fn parts(&self) -> impl Iterator<Item = &Part> {
        std::iter::once(&self.of).chain(&self.whole)
    }
}

impl Document {
    /// What is printed at a place.
    pub fn printed(&self, place: &Place) -> Option<&Printed> {
        self.table(&place.table)?.rows.get(place.row)?.get(place.column)
    }

    pub(super) fn check_indicators(&self) -> Result<(), DocumentError> {
        let mut seen = BTreeSet::new();
        for indicator in self.evaluation.iter().flat_map(|evaluation| &evaluation.indicators) {
            let wrong = |reason| DocumentError::Indicator { id: indicator.id.clone(), reason };
            if !seen.insert(&indicator.id) {
                return Err(wrong("it is there twice".to_owned()));
            }
            for place in std::iter::once(&indicator.target.at).chain(&indicator.kind) {
                if self.printed(place).is_none() {
                    let Place { table, row, column } = place;
                    return Err(wrong(format!("there is no table {table}, row {row}, column {column}")));
                }
            }
            for part in indicator.measure.iter().flat_map(Measure::parts) {
                part.filter().transpose().map_err(|reason| wrong(format!("filter: {reason}")))?;
            }
        }
        Ok(())
    }
}
