//! A table as it is printed.

use super::{DocumentError, Key};
use crate::{
    plan::{LayerId, Text},
    snapshot,
};
use serde::Deserialize;

#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Table {
    /// Its number, `4-5`.
    pub id: String,
    pub title: Text,
    /// Where it stands in the text.
    pub section: String,
    /// First and last line.
    pub lines: [u32; 2],
    /// Rows above the data.
    pub header_rows: usize,
    /// Of a table that lists features.
    pub lists: Option<Lists>,
    /// Further layers whose features have words of it.
    #[serde(default)]
    pub tells_of: Vec<LayerId>,
    /// A merged cell stands where it begins, so a row may be shorter than others.
    pub rows: Vec<Vec<Printed>>,
}

/// Which layer a table lists, one feature a row.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Lists {
    pub layer: LayerId,
    /// The property by which a row and a feature are found to be the same.
    pub key: String,
    /// The property in each column.
    pub columns: Vec<String>,
}

/// A cell as it is printed.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Printed {
    pub text: String,
    pub line: u32,
}

impl Table {
    /// The rows of data.
    pub fn data(&self) -> &[Vec<Printed>] {
        self.rows.get(self.header_rows..).unwrap_or_default()
    }

    /// Columns of the widest row.
    pub fn width(&self) -> usize {
        self.rows.iter().map(Vec::len).max().unwrap_or(0)
    }

    /// The cell that begins at a line, and its row.
    pub fn cell_at(&self, line: u32) -> Option<(usize, &Printed)> {
        let mut cells =
            self.rows.iter().enumerate().flat_map(|(row, cells)| cells.iter().map(move |cell| (row, cell)));
        cells.find(|(_, cell)| cell.line == line)
    }

    /// The rows that list a feature, where the table lists its layer.
    pub fn rows_of(&self, feature: &snapshot::Row) -> Vec<usize> {
        let listed = self.lists.as_ref().filter(|lists| lists.layer == feature.layer().id);
        let Some(lists) = listed else { return vec![] };
        let Some(column) = lists.columns.iter().position(|column| *column == lists.key) else {
            return vec![];
        };
        let is_of = |row: &[Printed]| Key::new(&lists.key, &row[column].text).is_of(feature);
        (self.header_rows..)
            .zip(self.data())
            .filter(|(_, row)| is_of(row))
            .map(|(number, _)| number)
            .collect()
    }

    pub(super) fn check(&self) -> Result<(), DocumentError> {
        let wrong = |reason| Err(DocumentError::Table { table: self.id.clone(), reason });
        let Some(lists) = &self.lists else { return Ok(()) };
        if !lists.columns.contains(&lists.key) {
            return wrong(format!("rows are found by `{}`, which is in no column", lists.key));
        }
        let uneven = (self.header_rows..).zip(self.data()).find(|(_, row)| row.len() != lists.columns.len());
        match uneven {
            Some((number, row)) => wrong(format!(
                "row {number} has {} cells, the properties are {}",
                row.len(),
                lists.columns.len()
            )),
            None => Ok(()),
        }
    }
}

/// A row as one text with spaces between its cells, and at which character of it the line of each cell begins.
pub fn in_one(row: &[Printed]) -> (String, Vec<(usize, u32)>) {
    let (mut text, mut length, mut lines) = (String::new(), 0, vec![]);
    for cell in row.iter().filter(|cell| !cell.text.is_empty()) {
        if length > 0 {
            text.push(' ');
            length += 1;
        }
        lines.push((length, cell.line));
        text += &cell.text;
        length += cell.text.chars().count();
    }
    (text, lines)
}
