//! What a document finds a feature by: rows are numbered otherwise in each database, names and codes are the plan's own.

use super::reproduce::text;
use crate::snapshot::Row;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// A property and its value as the plan prints it; written `{"code": "CQ001"}`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "BTreeMap<String, String>", into = "BTreeMap<String, String>")]
pub struct Key {
    pub property: String,
    pub value: String,
}

impl Key {
    pub fn new(property: &str, value: &str) -> Self {
        Self { property: property.to_owned(), value: value.to_owned() }
    }

    /// Whether a row of the layer has it.
    pub fn is_of(&self, row: &Row) -> bool {
        let field = row.layer().field(&self.property);
        field.is_some_and(|field| text(&row.value(field)) == self.value)
    }
}

impl TryFrom<BTreeMap<String, String>> for Key {
    type Error = &'static str;
    fn try_from(pairs: BTreeMap<String, String>) -> Result<Self, Self::Error> {
        let mut pairs = pairs.into_iter();
        match (pairs.next(), pairs.next()) {
            (Some((property, value)), None) => Ok(Self { property, value }),
            _ => Err("a feature is found by one property"),
        }
    }
}

impl From<Key> for BTreeMap<String, String> {
    fn from(Key { property, value }: Key) -> Self {
        Self::from([(property, value)])
    }
}
