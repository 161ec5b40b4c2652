//! The plan as a document: its text by section, its tables, cell by cell, the places where it contradicts itself, and
//! its targets as rules.
//!
//! A document is one JSON file, `data/tunliu/document.json` for the plan that is part of the program; a county
//! brings its own. Each text has the line at which it stands. A table that lists the features of a layer says which
//! property is in which column; [`Table::reproduce`] then makes it from the snapshot, and what differs is seen. What the
//! text and the contradictions say of features they say by [`Key`], so that they find them in any copy of a layer.

mod evaluation;
mod excerpt;
mod found;
mod inconsistency;
mod key;
mod reproduce;
mod search;
mod seen;
mod table;
mod text;

pub use evaluation::{Base, Evaluation, Indicator, Measure, Part, Place, Relation, Target};
pub use excerpt::Excerpt;
pub use found::{Found, Named};
pub use inconsistency::{Concern, Inconsistency, Quote};
pub use key::Key;
pub use reproduce::{Cell, Reproduced, Row};
pub use search::{Hit, Words};
pub use table::{Lists, Printed, Table};
pub use text::{Mention, Paragraph, Passage, Section};

use crate::{bundle, plan::Text, snapshot};
use serde::Deserialize;
use std::{collections::BTreeSet, path::Path};

/// A plan's document.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Document {
    /// Of the plan, in its own words.
    pub title: String,
    /// Where its words come from, and whether they may be passed on.
    pub origin: Option<Text>,
    pub tables: Vec<Table>,
    /// Its sections in their order, where somebody wrote them down.
    #[serde(default)]
    pub text: Vec<Section>,
    pub inconsistencies: Vec<Inconsistency>,
    /// Its targets, where somebody wrote them as rules.
    pub evaluation: Option<Evaluation>,
}

#[derive(Debug, thiserror::Error)]
pub enum DocumentError {
    #[error(transparent)]
    Unreadable(#[from] std::io::Error),
    #[error("not a plan's document: {0}")]
    Malformed(#[from] serde_json::Error),
    #[error("{place} is there twice")]
    Twice { place: String },
    #[error("table {table}: {reason}")]
    Table { table: String, reason: String },
    #[error("section {id}: {reason}")]
    Section { id: String, reason: String },
    #[error("indicator {id}: {reason}")]
    Indicator { id: String, reason: String },
    #[error("inconsistency {id}: there is no {place}")]
    Nowhere { id: String, place: String },
}

impl Document {
    /// That of the plan in the program.
    pub fn bundled() -> Result<Self, DocumentError> {
        Self::parse(bundle::DOCUMENT)
    }

    pub fn read(path: &Path) -> Result<Self, DocumentError> {
        Self::parse(&std::fs::read_to_string(path)?)
    }

    fn parse(json: &str) -> Result<Self, DocumentError> {
        let document: Self = serde_json::from_str(json)?;
        document.check()?;
        Ok(document)
    }

    pub fn table(&self, id: &str) -> Option<&Table> {
        self.tables.iter().find(|table| table.id == id)
    }

    /// The contradictions that concern a table or something in it.
    pub fn about(&self, table: &Table) -> impl Iterator<Item = &Inconsistency> {
        let concerned = |found: &&Inconsistency| found.concerns.iter().any(|concern| concern.is_in(table));
        self.inconsistencies.iter().filter(concerned)
    }

    /// The contradictions that concern a feature, a row of a table that lists it, or all of its layer.
    pub fn about_feature(&self, feature: &snapshot::Row) -> impl Iterator<Item = &Inconsistency> {
        let rows = |table| Table::rows_of(table, feature).into_iter().map(move |row| (table, row));
        let rows: Vec<_> = self.tables.iter().flat_map(rows).collect();
        let concerned = move |found: &&Inconsistency| {
            found.concerns.iter().any(|concern| concern.is_feature(feature, &rows))
        };
        self.inconsistencies.iter().filter(concerned)
    }

    fn check(&self) -> Result<(), DocumentError> {
        let tables = self.tables.iter().map(|table| format!("table {}", table.id));
        let found = self.inconsistencies.iter().map(|found| format!("inconsistency {}", found.id));
        let mut seen = BTreeSet::new();
        for place in tables.chain(found) {
            if !seen.insert(place.clone()) {
                return Err(DocumentError::Twice { place });
            }
        }
        self.tables.iter().try_for_each(Table::check)?;
        for found in &self.inconsistencies {
            if let Some(nowhere) = found.concerns.iter().find(|concern| !concern.exists(self)) {
                return Err(DocumentError::Nowhere { id: found.id.clone(), place: nowhere.to_string() });
            }
        }
        self.check_text()?;
        self.check_indicators()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_bundled_document_is_whole() {
        let document = Document::bundled().unwrap();
        assert_eq!((document.tables.len(), document.inconsistencies.len()), (14, 41));
        assert_eq!(document.table("4-5").unwrap().title.zh, "屯留区开采规划区块表");
    }

    #[test]
    fn what_does_not_hang_together_is_named() {
        let table = |lists: &str, rows: &str| {
            format!(
                r#"{{"id":"1","title":{{"zh":"表","en":"T"}},"section":"一","lines":[1,2],"header_rows":1{lists},"rows":{rows}}}"#
            )
        };
        let document = |tables: &str, concerns: &str| {
            format!(
                r#"{{"title":"t","tables":[{tables}],"inconsistencies":[{{"id":"I1","kind":"k","severity":"low",
                "what":{{"zh":"","en":""}},"quotes":[],"concerns":[{concerns}]}}]}}"#
            )
        };
        let rows = r#"[[{"text":"a","line":1}],[{"text":"b","line":2}]]"#;
        let plain = table("", rows);
        let lists = |key: &str, columns: &str| {
            table(&format!(r#","lists":{{"layer":"rivers","key":"{key}","columns":[{columns}]}}"#), rows)
        };
        for (json, reason) in [
            ("{", "not a plan's document: "),
            (&document(&format!("{plain},{plain}"), ""), "table 1 is there twice"),
            (&document(&plain, r#"{"table":"2"}"#), "inconsistency I1: there is no table 2"),
            (&document(&plain, r#"{"table":"1","row":2}"#), "inconsistency I1: there is no table 1, row 2"),
            (
                &document(&plain, r#"{"table":"1","column":1}"#),
                "inconsistency I1: there is no table 1, column 1",
            ),
            (
                &document(&lists("name", r#""code""#), ""),
                "table 1: rows are found by `name`, which is in no column",
            ),
            (&document(&lists("a", r#""a","b""#), ""), "table 1: row 1 has 1 cells, the properties are 2"),
        ] {
            let error = Document::parse(json).unwrap_err().to_string();
            assert!(error.starts_with(reason), "{error}");
        }
        for (target, of, reason) in [
            (r#""row":0,"column":1"#, "", "indicator n: there is no table 1, row 0, column 1"),
            (r#""row":0,"column":0"#, r#","filter":"name =""#, "indicator n: filter: "),
        ] {
            let evaluation = format!(
                r#"{{"evaluation":{{"licences":"a","granted":[],"indicators":[{{"id":"n","title":{{"zh":"","en":""}},
                "unit":{{"zh":"","en":""}},"target":{{"at":{{"table":"1",{target}}}}},"measure":{{"of":{{"layer":"a"{of}}}}}}}]}},"#
            );
            let error =
                Document::parse(&document(&plain, "").replacen('{', &evaluation, 1)).unwrap_err().to_string();
            assert!(error.starts_with(reason), "{error}");
        }
        Document::parse(&document(
            &plain,
            r#"{"table":"1","row":1,"column":0},{"layer":"x","feature":{"code":"3"}}"#,
        ))
        .unwrap();
    }
}
