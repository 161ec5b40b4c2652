//! Answering a question: rows into groups.

use super::{AnswerError, Areas, Key, MOST_GROUPS, MOST_KEYS, Question, STATED, Tally};
use crate::{
    features::filter::{compare, rank},
    plan::Layer,
    snapshot::{RawKind, RawValue, Row, Value},
};
use rustc_hash::FxHashMap;
use std::{borrow::Cow, cmp::Ordering};

/// Features with the same values.
#[derive(Debug, PartialEq)]
pub struct Group {
    /// One value for each key of the question: of the layer its id.
    pub values: Vec<Value<'static>>,
    pub tally: Tally,
}

/// An answer.
#[derive(Debug, PartialEq)]
pub struct Statistics {
    /// By their values: layers in the order of the catalog, others as they compare, null last.
    pub groups: Vec<Group>,
    pub total: Tally,
}

/// The number of the part where layers are told apart, and the values as they lie in the file.
type Found<'a> = (usize, [Option<RawValue<'a>>; MOST_KEYS]);

const SQUARE_METRES: f64 = 1e6;

impl Question {
    /// Counts. Not for an event loop.
    ///
    /// # Errors
    /// When it is too much work, before any of it is done, or the answer is too long.
    pub fn answer(&self, areas: &Areas) -> Result<Statistics, AnswerError> {
        for (snapshot, query) in &self.parts {
            query.check(snapshot)?;
        }
        let mut total = Tally::new(self.sums.len());
        let mut groups: FxHashMap<Found, Tally> = FxHashMap::default();
        for (part, (snapshot, query)) in self.parts.iter().enumerate() {
            let (columns, areas) = (Columns::of(self, &snapshot.layer), areas.of(snapshot));
            let place = if self.keys.contains(&Key::Layer) { part } else { 0 };
            for (position, _) in query.search(snapshot, 0).filter(|(_, matches)| *matches) {
                let drawn = areas.as_ref().map(|areas| areas[position] / SQUARE_METRES);
                let (values, numbers) = columns.read(&snapshot.row(position));
                let new = || Tally::new(self.sums.len());
                let tally = groups.entry((place, values)).or_insert_with(new);
                for tally in [tally, &mut total] {
                    numbers.count(drawn, tally);
                }
                if groups.len() > MOST_GROUPS {
                    return Err(AnswerError::TooManyGroups);
                }
            }
        }
        Ok(Statistics { groups: self.ordered(groups), total })
    }

    fn ordered(&self, groups: FxHashMap<Found, Tally>) -> Vec<Group> {
        let mut groups: Vec<(usize, Group)> = groups
            .into_iter()
            .map(|((part, values), tally)| (part, Group { values: self.values(part, values), tally }))
            .collect();
        groups.sort_unstable_by(|(a_part, a), (b_part, b)| {
            let by = |(i, key): (usize, &Key)| match key {
                Key::Layer => a_part.cmp(b_part),
                Key::Property(_) => by_value(&a.values[i], &b.values[i]),
            };
            self.keys.iter().enumerate().map(by).fold(Ordering::Equal, Ordering::then)
        });
        groups.into_iter().map(|(_, group)| group).collect()
    }

    fn values(&self, part: usize, values: [Option<RawValue>; MOST_KEYS]) -> Vec<Value<'static>> {
        let value = |(key, raw): (&Key, Option<RawValue>)| match key {
            Key::Layer => Value::Text(Cow::Owned(self.parts[part].0.layer.id.to_string())),
            Key::Property(_) => raw.map_or(Value::Null, owned),
        };
        self.keys.iter().zip(values).map(value).collect()
    }
}

/// Where the keys and the numbers of a question are in a layer.
struct Columns {
    keys: [Option<usize>; MOST_KEYS],
    stated: Option<usize>,
    sums: Vec<Option<usize>>,
}

/// What a row says of the numbers that are asked for.
struct Numbers {
    stated: Option<f64>,
    sums: [Option<f64>; super::MOST_SUMS],
}

impl Columns {
    fn of(question: &Question, layer: &Layer) -> Self {
        let mut keys = [None; MOST_KEYS];
        for (column, key) in keys.iter_mut().zip(&question.keys) {
            *column = match key {
                Key::Layer => None,
                Key::Property(name) => layer.field(name),
            };
        }
        let sums = question.sums.iter().map(|name| layer.field(name));
        Self { keys, stated: layer.field(STATED), sums: sums.collect() }
    }

    fn read<'a>(&self, row: &Row<'a>) -> ([Option<RawValue<'a>>; MOST_KEYS], Numbers) {
        let mut values = [None; MOST_KEYS];
        let mut numbers = Numbers { stated: None, sums: Default::default() };
        for (field, raw) in row.raw_values() {
            let field = field.map(usize::from);
            let wanted = |column: &Option<usize>| column.is_some() && *column == field;
            for (value, _) in values.iter_mut().zip(&self.keys).filter(|(_, column)| wanted(column)) {
                *value = Some(raw);
            }
            for (number, _) in numbers.sums.iter_mut().zip(&self.sums).filter(|(_, column)| wanted(column)) {
                *number = raw.number();
            }
            if wanted(&self.stated) {
                numbers.stated = raw.number();
            }
        }
        (values, numbers)
    }
}

impl Numbers {
    fn count(&self, drawn: Option<f64>, tally: &mut Tally) {
        tally.features += 1;
        let sums = tally.sums.iter_mut().zip(self.sums);
        for (sum, number) in sums.chain([(&mut tally.stated, self.stated), (&mut tally.drawn, drawn)]) {
            number.into_iter().for_each(|number| sum.add(number));
        }
    }
}

/// Dates stay texts, which order as they do.
fn owned(raw: RawValue) -> Value<'static> {
    match raw.kind {
        RawKind::Integer => Value::Integer(raw.integer()),
        RawKind::Real => Value::Real(raw.number().unwrap_or(f64::NAN)),
        RawKind::Boolean => Value::Boolean(raw.bytes != [0]),
        RawKind::Text => Value::Text(String::from_utf8_lossy(raw.bytes).into_owned().into()),
    }
}

fn by_value(a: &Value, b: &Value) -> Ordering {
    rank(a).cmp(&rank(b)).then_with(|| compare(a, b).unwrap_or(Ordering::Equal))
}
