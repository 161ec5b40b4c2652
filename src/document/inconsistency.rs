//! A place where the document contradicts itself: a fact about the plan, shown and not repaired.

use super::{Document, Key, Table};
use crate::{
    plan::{LayerId, Text},
    snapshot,
};
use serde::{Deserialize, Serialize};
use std::fmt;

#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Inconsistency {
    pub id: String,
    /// What is inconsistent, `area sum`.
    pub kind: String,
    /// `high`, `medium` or `low`.
    pub severity: Severity,
    pub what: Text,
    pub quotes: Vec<Quote>,
    /// What it is about.
    pub concerns: Vec<Concern>,
    /// Figures worked out from the quotes.
    pub calc: Option<serde_json::Value>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    High,
    Medium,
    Low,
}

/// The document's own words, and the line at which they stand.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Quote {
    pub text: String,
    pub line: u32,
}

/// A cell, or a row, a column or all of a table without the rest; a feature, or all of a layer. Rows and columns are
/// counted from 0, header rows too.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, untagged)]
pub enum Concern {
    Table {
        table: String,
        #[serde(skip_serializing_if = "Option::is_none")]
        row: Option<usize>,
        #[serde(skip_serializing_if = "Option::is_none")]
        column: Option<usize>,
    },
    Layer {
        layer: LayerId,
        #[serde(skip_serializing_if = "Option::is_none")]
        feature: Option<Key>,
    },
}

impl Concern {
    pub fn is_in(&self, other: &Table) -> bool {
        matches!(self, Self::Table { table, .. } if *table == other.id)
    }

    /// Whether it is about this very cell: a column is about its data, not its heading.
    pub fn is_cell(&self, other: &Table, at: [usize; 2]) -> bool {
        match self {
            Self::Table { table, row, column } if *table == other.id => match (row, column) {
                (Some(row), column) => *row == at[0] && column.is_none_or(|column| column == at[1]),
                (None, Some(column)) => *column == at[1] && at[0] >= other.header_rows,
                (None, None) => false,
            },
            _ => false,
        }
    }

    /// Whether it is about a feature, or all of its layer. `rows` are those of tables that list the feature, by table.
    pub fn is_feature(&self, row: &snapshot::Row, rows: &[(&Table, usize)]) -> bool {
        match self {
            Self::Layer { layer, feature } => {
                *layer == row.layer().id && feature.as_ref().is_none_or(|key| key.is_of(row))
            }
            Self::Table { .. } => rows.iter().any(|&(table, number)| {
                (0..table.width()).any(|column| self.is_cell(table, [number, column]))
            }),
        }
    }

    /// A layer may be served or not; what is in the document is known.
    pub(super) fn exists(&self, document: &Document) -> bool {
        let Self::Table { table, row, column } = self else { return true };
        document.table(table).is_some_and(|table| {
            let width = row.map_or(Some(table.width()), |row| table.rows.get(row).map(Vec::len));
            width.is_some_and(|width| column.is_none_or(|column| column < width))
        })
    }
}

impl fmt::Display for Concern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Table { table, row, column } => {
                write!(f, "table {table}")?;
                row.iter().try_for_each(|row| write!(f, ", row {row}"))?;
                column.iter().try_for_each(|column| write!(f, ", column {column}"))
            }
            Self::Layer { layer, feature } => {
                write!(f, "layer {layer}")?;
                feature.iter().try_for_each(|key| write!(f, ", {} {}", key.property, key.value))
            }
        }
    }
}
