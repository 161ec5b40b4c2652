//! A table made again from the layer that it lists.

use super::{Lists, Printed, Table};
use crate::{
    export::csv,
    snapshot::{self, Snapshot, Value},
};
use std::collections::BTreeMap;

/// Rows of features that the document does not have, at most: a layer of a whole province is no table.
const MOST_OTHERS: usize = 1000;

/// A table and the layer beside each other.
#[derive(Debug, PartialEq)]
pub struct Reproduced {
    /// Those of the document in its order, header rows first, then features that are only in the layer.
    pub rows: Vec<Row>,
    /// Features that are only in the layer and left out here.
    pub left_out: usize,
}

#[derive(Debug, PartialEq)]
pub struct Row {
    /// The feature that it lists.
    pub feature: Option<i64>,
    pub cells: Vec<Cell>,
}

/// What the document prints and what the layer says; one of them is there.
#[derive(Debug, PartialEq)]
pub struct Cell {
    pub printed: Option<Printed>,
    pub found: Option<String>,
}

impl Cell {
    /// What the layer says, or else the document.
    pub fn text(&self) -> &str {
        let printed = self.printed.as_ref().map(|printed| printed.text.as_str());
        self.found.as_deref().or(printed).unwrap_or_default()
    }

    /// Whether both say the same; `None` where one of them says nothing.
    pub fn agrees(&self) -> Option<bool> {
        Some(self.printed.as_ref()?.text == *self.found.as_ref()?)
    }
}

impl Table {
    /// The table with each cell that `snapshot`, of the layer that it lists, says. Of a table that lists no layer, or
    /// one that is not there, it is the document's. Not for an event loop.
    pub fn reproduce(&self, snapshot: Option<&Snapshot>) -> Reproduced {
        let (headers, data) = self.rows.split_at(self.header_rows.min(self.rows.len()));
        let mut rows: Vec<Row> = headers.iter().map(|row| Row::printed(row)).collect();
        let Some((lists, snapshot)) = self.lists.as_ref().zip(snapshot) else {
            rows.extend(data.iter().map(|row| Row::printed(row)));
            return Reproduced { rows, left_out: 0 };
        };
        let mut features = Features::of(lists, snapshot);
        let key = lists.columns.iter().position(|column| *column == lists.key).unwrap_or(0);
        rows.extend(data.iter().map(|row| match features.take(&row[key].text) {
            Some((feature, found)) => Row {
                feature: Some(feature),
                cells: row.iter().zip(found).map(|(cell, found)| Cell::both(cell, found)).collect(),
            },
            None => Row::printed(row),
        }));
        let (others, left_out) = features.others();
        rows.extend(others.into_iter().map(|(feature, found)| Row {
            feature: Some(feature),
            cells: found.into_iter().map(|found| Cell { printed: None, found }).collect(),
        }));
        Reproduced { rows, left_out }
    }
}

impl Reproduced {
    /// The table as CSV, header rows too; see [`csv::table`].
    pub fn csv(&self, spreadsheet: bool) -> Vec<u8> {
        let texts = |row: &Row| row.cells.iter().map(|cell| cell.text().to_owned()).collect();
        csv::table(self.rows.iter().map(texts), spreadsheet)
    }
}

impl Row {
    fn printed(cells: &[Printed]) -> Self {
        let cell = |printed: &Printed| Cell { printed: Some(printed.clone()), found: None };
        Self { feature: None, cells: cells.iter().map(cell).collect() }
    }
}

impl Cell {
    fn both(printed: &Printed, found: Option<String>) -> Self {
        Self { printed: Some(printed.clone()), found }
    }
}

/// A feature by its id, with the text in each column; `None` where the layer does not have the property.
type Found = (i64, Vec<Option<String>>);

/// The features of a layer by the text of their key, as columns of a table.
struct Features<'a> {
    snapshot: &'a Snapshot,
    /// `None` for a property that the layer does not have.
    columns: Vec<Option<usize>>,
    /// Positions of those with one key, by id, the last first.
    by_key: BTreeMap<String, Vec<(i64, usize)>>,
}

impl<'a> Features<'a> {
    fn of(lists: &Lists, snapshot: &'a Snapshot) -> Self {
        let columns = lists.columns.iter().map(|column| snapshot.layer.field(column)).collect();
        let mut by_key: BTreeMap<String, Vec<(i64, usize)>> = BTreeMap::new();
        let key = snapshot.layer.field(&lists.key);
        for position in key.iter().flat_map(|_| 0..snapshot.feature_count()) {
            let row = snapshot.row(position);
            let value = key.map_or(Value::Null, |key| row.value(key));
            by_key.entry(text(&value)).or_default().push((row.id(), position));
        }
        by_key.values_mut().for_each(|features| features.sort_unstable_by(|a, b| b.cmp(a)));
        Self { snapshot, columns, by_key }
    }

    /// The next feature with the key.
    fn take(&mut self, key: &str) -> Option<Found> {
        let (id, position) = self.by_key.get_mut(key)?.pop()?;
        Some((id, self.cells(&self.snapshot.row(position))))
    }

    /// Those that nobody took, by id, and how many more there are.
    fn others(&self) -> (Vec<Found>, usize) {
        let mut others: Vec<(i64, usize)> = self.by_key.values().flatten().copied().collect();
        others.sort_unstable();
        let left_out = others.len().saturating_sub(MOST_OTHERS);
        let cells = |&(id, position): &(i64, usize)| (id, self.cells(&self.snapshot.row(position)));
        (others.iter().take(MOST_OTHERS).map(cells).collect(), left_out)
    }

    fn cells(&self, row: &snapshot::Row) -> Vec<Option<String>> {
        self.columns.iter().map(|column| column.map(|column| text(&row.value(column)))).collect()
    }
}

/// A value as the plan prints it: numbers without an empty fraction, nothing for null.
pub(super) fn text(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::Integer(number) => number.to_string(),
        Value::Real(number) => number.to_string(),
        Value::Boolean(truth) => (if *truth { "是" } else { "否" }).to_owned(),
        Value::Text(text) => text.to_string(),
        Value::Date(date) => date.to_string(),
    }
}
