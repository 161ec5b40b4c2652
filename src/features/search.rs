//! Finding rows by words in what people call them: name, code, holder, mineral.
//!
//! The values of a layer lie in one text, folded, in the order of the rows; a search goes through it once. The
//! text is made when a snapshot is first searched, and kept while it is used.

use super::fold;
use crate::snapshot::{Snapshot, SnapshotId, Value};
use moka::sync::Cache;
use std::sync::Arc;

/// Columns that are searched; a match in an earlier one comes first.
const COLUMNS: [&str; 4] = ["name", "code", "holder", "mineral"];
/// Bytes of all texts together.
const CAPACITY: u64 = 64 << 20;
/// Characters and words of a query that are looked at.
const MOST_CHARACTERS: usize = 200;
const MOST_WORDS: usize = 8;

/// What is looked for: every word, each in any of the columns of a row.
#[derive(Debug, PartialEq, Eq)]
pub struct Words(Vec<String>);

impl Words {
    /// The words of `text`, which spaces part; `None` when there is none.
    pub fn new(text: &str) -> Option<Self> {
        let text: String = text.chars().take(MOST_CHARACTERS).collect();
        let folded = fold(&text);
        let words: Vec<_> = folded.split_whitespace().take(MOST_WORDS).map(str::to_owned).collect();
        (!words.is_empty()).then_some(Self(words))
    }
}

/// A row that has all words. The least is the best.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Match {
    /// How well the first word fits: it is a whole value, the beginning of one, or inside.
    fit: Fit,
    /// The column that it is in.
    column: u8,
    /// Which of the layers that were searched together.
    pub layer: usize,
    /// The row's place in the file.
    pub position: usize,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Fit {
    Whole,
    Beginning,
    Inside,
}

/// Texts in use.
pub struct Texts(Cache<SnapshotId, Arc<Text>>);

impl Default for Texts {
    fn default() -> Self {
        let weigh = |_: &_, text: &Arc<Text>| u32::try_from(text.bytes()).unwrap_or(u32::MAX);
        Self(Cache::builder().max_capacity(CAPACITY).weigher(weigh).build())
    }
}

impl Texts {
    /// Rows of `snapshots` that have all `words`: how many there are, and the best `limit` of them, best first. This
    /// takes its time: not for an event loop.
    pub fn search(&self, snapshots: &[Arc<Snapshot>], words: &Words, limit: usize) -> (usize, Vec<Match>) {
        let mut found = vec![];
        for (layer, snapshot) in snapshots.iter().enumerate() {
            let text = self.0.get_with(snapshot.id, || Arc::new(Text::of(snapshot)));
            text.search(words, layer, &mut found);
        }
        let count = found.len();
        if count > limit {
            found.select_nth_unstable(limit);
            found.truncate(limit);
        }
        found.sort_unstable();
        (count, found)
    }
}

/// The searched values of a snapshot.
struct Text {
    /// Of each row the values of [`COLUMNS`], folded, each with [`END`] after it.
    values: String,
    /// Where each row begins in `values`.
    rows: Vec<usize>,
}

/// What is in no folded value.
const END: char = '\n';

impl Text {
    fn of(snapshot: &Snapshot) -> Self {
        let fields = COLUMNS.map(|name| snapshot.layer.fields.iter().position(|field| field.name == name));
        let (mut values, mut rows) = (String::new(), vec![]);
        for position in 0..snapshot.feature_count() {
            rows.push(values.len());
            let row = snapshot.row(position);
            for field in fields {
                if let Some(Value::Text(value)) = field.map(|field| row.value(field)) {
                    values += &fold(&value);
                }
                values.push(END);
            }
        }
        Self { values, rows }
    }

    fn bytes(&self) -> usize {
        self.values.capacity() + size_of_val(&*self.rows)
    }

    /// Adds the rows that have all words.
    fn search(&self, Words(words): &Words, layer: usize, found: &mut Vec<Match>) {
        let Some((first, others)) = words.split_first() else { return };
        let mut hits = self.values.match_indices(first.as_str()).map(|(at, _)| at).peekable();
        while let Some(&at) = hits.peek() {
            let position = self.rows.partition_point(|&start| start <= at) - 1;
            let start = self.rows[position];
            let end = self.rows.get(position + 1).copied().unwrap_or(self.values.len());
            let row = &self.values[start..end];
            let mut best = None;
            while let Some(at) = hits.next_if(|at| *at < end) {
                let fit = fit(row, at - start, first.len());
                best = best.into_iter().chain([fit]).min();
            }
            if let Some((fit, column)) =
                best.filter(|_| others.iter().all(|word| row.contains(word.as_str())))
            {
                found.push(Match { fit, column, layer, position });
            }
        }
    }
}

/// How well the `length` bytes at `at` of a row fit, and in which column they are.
fn fit(row: &str, at: usize, length: usize) -> (Fit, u8) {
    let column = row[..at].matches(END).count() as u8;
    let fit = match (at == 0 || row[..at].ends_with(END), row[at + length..].starts_with(END)) {
        (true, true) => Fit::Whole,
        (true, false) => Fit::Beginning,
        _ => Fit::Inside,
    };
    (fit, column)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(rows: &[[&str; 4]]) -> Text {
        let (mut values, mut starts) = (String::new(), vec![]);
        for row in rows {
            starts.push(values.len());
            values += &row.map(|value| format!("{}{END}", fold(value))).concat();
        }
        Text { values, rows: starts }
    }

    fn found(text: &Text, query: &str) -> Vec<usize> {
        let mut found = vec![];
        text.search(&Words::new(query).unwrap(), 0, &mut found);
        found.sort_unstable();
        found.iter().map(|row| row.position).collect()
    }

    #[test]
    fn whole_values_come_before_beginnings_and_names_before_minerals() {
        let text = text(&[
            ["大古城矿", "", "", ""],
            ["别的", "", "", "古城"],
            ["古城煤矿", "KQ001", "古城公司", "煤"],
            ["古城", "", "", ""],
        ]);
        assert_eq!(found(&text, "古城"), [3, 1, 2, 0]);
        assert_eq!(found(&text, "古城 煤"), [2]);
        assert!(found(&text, "铁").is_empty());
    }

    #[test]
    fn capitals_and_full_width_forms_are_alike_and_values_stay_apart() {
        let text = text(&[["甲（集团）", "ＫＱ００１", "乙", "丙"]]);
        assert_eq!(found(&text, "kq001"), [0]);
        assert_eq!(found(&text, "(集团)"), [0]);
        assert!(found(&text, "乙丙").is_empty());
        assert_eq!(found(&text, "丙\n"), [0]);
    }

    #[test]
    fn there_is_something_to_look_for() {
        assert_eq!(Words::new(" \n　"), None);
        assert_eq!(Words::new("Ａ  b"), Some(Words(vec!["a".into(), "b".into()])));
    }
}
