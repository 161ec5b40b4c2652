//! Licences by the day on which they end.

use crate::snapshot::{Row, Snapshot, Value};
use jiff::{ToSpan, civil::Date};

/// Licences that are listed, at most.
const MOST: usize = 1000;

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum State {
    /// It ended before the day.
    Expired,
    /// It ends within a year from it.
    Expiring,
}

#[derive(Debug, PartialEq, Eq)]
pub struct Licence {
    pub id: i64,
    pub code: Option<String>,
    pub name: Option<String>,
    pub ends: Date,
    pub state: State,
}

#[derive(Debug, PartialEq, Eq)]
pub struct Licences {
    /// Of the layer.
    pub all: usize,
    /// Without a day on which they end.
    pub endless: usize,
    pub expired: usize,
    pub expiring: usize,
    /// The first of those that have ended or end within a year, by their end and id.
    pub listed: Vec<Licence>,
}

impl Licences {
    /// Those of `snapshot`, on a day. Not for an event loop.
    pub fn at(day: Date, snapshot: &Snapshot) -> Self {
        let year = day.saturating_add(1.year());
        let columns = ["code", "name", "valid_to"].map(|name| snapshot.layer.field(name));
        let (mut listed, mut endless) = (vec![], 0);
        for row in (0..snapshot.feature_count()).map(|position| snapshot.row(position)) {
            let Some(Value::Date(ends)) = columns[2].map(|column| row.value(column)) else {
                endless += 1;
                continue;
            };
            if ends <= year {
                let [code, name, _] = columns.map(|column| text(&row, column));
                let state = if ends < day { State::Expired } else { State::Expiring };
                listed.push(Licence { id: row.id(), code, name, ends, state });
            }
        }
        listed.sort_unstable_by_key(|licence| (licence.ends, licence.id));
        let expired = listed.iter().filter(|licence| licence.state == State::Expired).count();
        let expiring = listed.len() - expired;
        listed.truncate(MOST);
        Self { all: snapshot.feature_count(), endless, expired, expiring, listed }
    }
}

fn text(row: &Row, column: Option<usize>) -> Option<String> {
    match row.value(column?) {
        Value::Text(text) => Some(text.into_owned()),
        _ => None,
    }
}
