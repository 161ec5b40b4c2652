//! The attributes of a layer, coded once for its snapshot.
//!
//! Each distinct value is kept as the MVT `Value` message it becomes (MVT 2.1 §4.4), each feature as pairs
//! of column and value number; cutting a tile only renumbers.

use super::{
    BuildError,
    encode::write_bytes,
    geometry::write_varint,
    portion::{joined, runs},
    sections::{RemoteSections, Section, SectionWriter, Sections},
};
use crate::snapshot::{RawKind, RawValue, Snapshot};
use bytemuck::{Pod, Zeroable};
use rustc_hash::FxHashMap;
use std::{
    collections::{BTreeMap, hash_map::Entry},
    io::{self, Write},
    ops::Range,
};

/// A column (index into `Layer::fields`) and a value number.
#[derive(Debug, Clone, Copy, PartialEq, Pod, Zeroable)]
#[repr(C)]
pub struct Tag {
    pub value: u32,
    pub column: u16,
    /// Whether the value is met once in the whole layer: 1 or 0.
    pub once: u16,
}

pub struct Attributes {
    /// Key of each feature in file order.
    pub ids: Section<i64>,
    tags: Section<Tag>,
    /// End of each feature's tags.
    tag_ends: Section<u32>,
    /// `Value` messages as they are in a layer, the field's key and length before each, end to end.
    messages: Section<u8>,
    /// End of each message.
    ends: Section<u32>,
}

/// Coded attributes on their way into the file. The values stay in the snapshot, so that memory grows with their
/// number alone.
#[derive(Default)]
pub struct Coded<'a> {
    ids: Vec<i64>,
    tags: Vec<Tag>,
    tag_ends: Vec<u32>,
    /// By number.
    values: Vec<RawValue<'a>>,
}

impl<'a> Coded<'a> {
    /// Codes the attributes of `snapshot`.
    pub fn of(snapshot: &'a Snapshot) -> Result<Self, BuildError> {
        let mut coded = Self::default();
        let mut numbers = FxHashMap::<RawValue, u32>::default();
        let mut met_again = vec![];
        for position in 0..snapshot.feature_count() {
            let mut id = 0;
            for (column, raw) in snapshot.row(position).raw_values() {
                let Some(column) = column else {
                    id = raw.integer();
                    continue;
                };
                let value = match numbers.entry(raw) {
                    Entry::Occupied(number) => {
                        met_again[*number.get() as usize] = true;
                        *number.get()
                    }
                    Entry::Vacant(number) => {
                        met_again.push(false);
                        coded.values.push(raw);
                        *number.insert(u32::try_from(coded.values.len() - 1)?)
                    }
                };
                coded.tags.push(Tag { value, column, once: 0 });
            }
            coded.ids.push(id);
            coded.tag_ends.push(u32::try_from(coded.tags.len())?);
        }
        for tag in &mut coded.tags {
            tag.once = u16::from(!met_again[tag.value as usize]);
        }
        Ok(coded)
    }

    pub fn write(&self, out: &mut SectionWriter<impl Write>) -> Result<(), BuildError> {
        out.section(&self.ids)?;
        out.section(&self.tags)?;
        out.section(&self.tag_ends)?;
        let ends = self.write_messages(out)?;
        Ok(out.section(&ends)?)
    }

    /// Writes the section of messages; gives the end of each.
    fn write_messages(&self, out: &mut SectionWriter<impl Write>) -> Result<Vec<u32>, BuildError> {
        let (mut message, mut field) = (vec![], vec![]);
        let (mut end, mut ends) = (0, Vec::with_capacity(self.values.len()));
        for &raw in &self.values {
            message.clear();
            write_message(raw, &mut message);
            write_bytes(4, &message, &mut field);
            // Many at a time: a value is often but a few bytes.
            if field.len() >= 1 << 16 {
                out.extend(&field)?;
                end += field.len();
                field.clear();
            }
            ends.push(u32::try_from(end + field.len())?);
        }
        out.extend(&field)?;
        out.end()?;
        Ok(ends)
    }
}

impl Attributes {
    /// Takes what [`Coded::write`] wrote; `None` when it is not of a layer of `count` features and so many `columns`.
    pub fn open(sections: &mut Sections, count: usize, columns: usize) -> Option<Self> {
        let this = Self {
            ids: sections.take()?,
            tags: sections.take()?,
            tag_ends: sections.take()?,
            messages: sections.take()?,
            ends: sections.take()?,
        };
        let values = this.ends.len();
        let known = |tag: &Tag| usize::from(tag.column) < columns && (tag.value as usize) < values;
        let whole = this.ids.len() == count
            && this.tag_ends.len() == count
            && runs_within(this.tags.len(), this.tag_ends.iter().copied())
            && runs_within(this.messages.len(), this.ends.iter().copied())
            && this.tags.iter().all(known);
        whole.then_some(this)
    }

    /// Writes the same of the features at `positions` alone, ascending, from what is elsewhere, from the section `first`
    /// on. Values keep their order.
    pub fn write_portion(
        sections: &RemoteSections,
        first: usize,
        positions: &[u32],
        out: &mut SectionWriter<impl Write>,
    ) -> Result<(), BuildError> {
        out.section(&sections.items::<i64>(first, &runs(positions))?)?;
        let places = ends(sections, first + 2, positions)?;
        let mut tags: Vec<Tag> = sections.items(first + 1, &joined(places.iter().cloned()))?;
        let mut numbers: BTreeMap<u32, u32> = tags.iter().map(|tag| (tag.value, 0)).collect();
        (0..).zip(numbers.values_mut()).for_each(|(number, value)| *value = number);
        tags.iter_mut().for_each(|tag| tag.value = numbers[&tag.value]);
        out.section(&tags)?;
        out.section(&ends_of(&places)?)?;
        let values: Vec<u32> = numbers.into_keys().collect();
        let places = ends(sections, first + 4, &values)?;
        out.section(&sections.items::<u8>(first + 3, &joined(places.iter().cloned()))?)?;
        Ok(out.section(&ends_of(&places)?)?)
    }

    pub fn value_count(&self) -> usize {
        self.ends.len()
    }

    /// The fields of a layer that hold the values from `first` to `last`, which are copied at once.
    pub fn messages(&self, first: u32, last: u32) -> &[u8] {
        let start = first.checked_sub(1).map_or(0, |before| self.ends[before as usize]);
        &self.messages[start as usize..self.ends[last as usize] as usize]
    }

    pub fn tags(&self, position: usize) -> &[Tag] {
        slice(&self.tags, &self.tag_ends, position)
    }
}

/// The runs of items of the numbers `wanted`, ascending, in a list elsewhere whose ends are in `section`.
fn ends(sections: &RemoteSections, section: usize, wanted: &[u32]) -> io::Result<Vec<Range<usize>>> {
    let wanted_runs = runs(wanted);
    // Each begins where the one before ends.
    let before: Vec<_> = wanted_runs.iter().map(|run| run.start.saturating_sub(1)..run.end).collect();
    let read: Vec<u32> = sections.items(section, &before)?;
    let (mut places, mut rest) = (Vec::with_capacity(wanted.len()), &read[..]);
    for run in wanted_runs {
        let mut start = if run.start == 0 { 0 } else { rest.split_off_first().copied().unwrap_or_default() };
        let (ends, after) = rest.split_at(run.len().min(rest.len()));
        for &end in ends {
            places.push(start as usize..end.max(start) as usize);
            start = end;
        }
        rest = after;
    }
    Ok(places)
}

/// The ends of runs of these lengths, one after another.
fn ends_of(runs: &[Range<usize>]) -> Result<Vec<u32>, BuildError> {
    let mut end = 0;
    let ends = runs.iter().map(|run| {
        end += run.len();
        Ok(u32::try_from(end)?)
    });
    ends.collect()
}

fn write_message(raw: RawValue, out: &mut Vec<u8>) {
    let bytes = raw.bytes;
    match raw.kind {
        RawKind::Text => {
            out.push(1 << 3 | 2);
            write_varint(bytes.len() as u64, out);
            out.extend_from_slice(bytes);
        }
        RawKind::Real => {
            out.push(3 << 3 | 1);
            out.extend_from_slice(bytes);
        }
        // `int_value`; for negative numbers `sint_value`, which is shorter than their ten bytes.
        RawKind::Integer => match u64::try_from(raw.integer()) {
            Ok(value) => {
                out.push(4 << 3);
                write_varint(value, out);
            }
            Err(_) => {
                out.push(6 << 3);
                let value = raw.integer();
                write_varint(((value << 1) ^ (value >> 63)) as u64, out);
            }
        },
        RawKind::Boolean => out.extend([7 << 3, u8::from(bytes != [0])]),
    }
}

/// Whether `ends`, the ends of consecutive runs of a list, ascend and stay within its `length`.
pub fn runs_within(length: usize, mut ends: impl Iterator<Item = u32>) -> bool {
    let mut last = 0;
    ends.all(|end| end as usize <= length && std::mem::replace(&mut last, end) <= end)
}

/// The `i`-th run of `items`, where `ends` holds the end of each.
fn slice<'a, T>(items: &'a [T], ends: &[u32], i: usize) -> &'a [T] {
    let start = i.checked_sub(1).map_or(0, |before| ends[before] as usize);
    &items[start..ends[i] as usize]
}
