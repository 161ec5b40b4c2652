//! From when to when the rows of a snapshot are valid.

use super::{Snapshot, Value};
use jiff::civil::Date;

/// The columns that say when a row is valid, days included; without a value it has no limit there.
pub const VALID_FROM: &str = "valid_from";
pub const VALID_TO: &str = "valid_to";

/// From the first day on which a row is valid to the last; without a limit where a row has none.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Span {
    pub from: Option<Date>,
    pub to: Option<Date>,
}

impl Snapshot {
    /// `None` for a layer without rows or without columns that say it. The rows are read for it once: not on an event
    /// loop.
    pub fn span(&self) -> Option<Span> {
        *self.span.get_or_init(|| read(self))
    }
}

fn read(snapshot: &Snapshot) -> Option<Span> {
    let [from, to] = [VALID_FROM, VALID_TO].map(|name| snapshot.layer.days(name));
    if from.is_none() && to.is_none() {
        return None;
    }
    let days = (0..snapshot.feature_count()).map(|position| {
        let row = snapshot.row(position);
        [from, to].map(|field| match field.map(|field| row.value(field)) {
            Some(Value::Date(date)) => Some(date),
            _ => None,
        })
    });
    // No limit comes before every day among beginnings, and after every day among ends.
    let latest = |a: Option<Date>, b: Option<Date>| Some(a?.max(b?));
    let all = days.reduce(|[from, to], [earlier, later]| [from.min(earlier), latest(to, later)])?;
    Some(Span { from: all[0], to: all[1] })
}
