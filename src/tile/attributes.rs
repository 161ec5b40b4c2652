//! The attributes of a layer, coded once when its snapshot is opened.
//!
//! Each distinct value is kept as the MVT `Value` message it becomes (MVT 2.1 §4.4), each feature as pairs
//! of column and value number; cutting a tile only renumbers.

use crate::{
    plan::{FieldType, Layer},
    snapshot::Snapshot,
    tile::geometry::write_varint,
};
use std::collections::HashMap;

/// A column (index into `Layer::fields`) and a value number.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Tag {
    pub column: u16,
    /// Whether the value is met once in the whole layer.
    pub unique: bool,
    pub value: u32,
}

pub struct Attributes {
    /// Key of each feature in file order.
    pub ids: Vec<i64>,
    /// `Value` messages without their own length, end to end.
    messages: Vec<u8>,
    /// End of each message.
    ends: Vec<u32>,
    tags: Vec<Tag>,
    /// End of each feature's tags.
    tag_ends: Vec<u32>,
}

/// One attribute value as it lies in the snapshot: its type and bytes, without a length.
type Raw<'a> = (Kind, &'a [u8]);

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Kind {
    Integer,
    Real,
    Boolean,
    Text,
}

impl Attributes {
    /// `None` when the values of the layer need 4 GiB or more.
    pub fn new(snapshot: &Snapshot) -> Option<Self> {
        let mut this = Self { ids: vec![], messages: vec![], ends: vec![], tags: vec![], tag_ends: vec![] };
        let mut numbers: HashMap<Raw, u32> = HashMap::new();
        // How often each value is met.
        let mut uses: Vec<u32> = Vec::new();
        for position in 0..snapshot.feature_count() {
            let properties = snapshot.feature(position).properties();
            let mut bytes = properties.as_ref().map_or(&[][..], |p| p.bytes());
            let mut id = 0;
            while let Some((column, raw)) = next_property(&mut bytes, &snapshot.layer) {
                match column {
                    None => id = integer(raw.1),
                    Some(column) => {
                        let value = *numbers.entry(raw).or_insert_with(|| {
                            uses.push(0);
                            this.add_value(raw)
                        });
                        uses[value as usize] = uses[value as usize].saturating_add(1);
                        this.tags.push(Tag { column, unique: false, value });
                    }
                }
            }
            this.ids.push(id);
            this.tag_ends.push(u32::try_from(this.tags.len()).ok()?);
            u32::try_from(this.messages.len()).ok()?;
        }
        this.tags.iter_mut().for_each(|tag| tag.unique = uses[tag.value as usize] == 1);
        for list in [&mut this.ends, &mut this.tag_ends] {
            list.shrink_to_fit();
        }
        this.messages.shrink_to_fit();
        this.tags.shrink_to_fit();
        Some(this)
    }

    pub fn value_count(&self) -> usize {
        self.ends.len()
    }

    /// The `Value` message with this number.
    pub fn message(&self, value: u32) -> &[u8] {
        slice(&self.messages, &self.ends, value as usize)
    }

    pub fn tags(&self, position: usize) -> &[Tag] {
        slice(&self.tags, &self.tag_ends, position)
    }

    fn add_value(&mut self, (kind, bytes): Raw) -> u32 {
        let out = &mut self.messages;
        match kind {
            Kind::Text => {
                out.push(1 << 3 | 2);
                write_varint(bytes.len() as u64, out);
                out.extend_from_slice(bytes);
            }
            Kind::Real => {
                out.push(3 << 3 | 1);
                out.extend_from_slice(bytes);
            }
            // `int_value`; for negative numbers `sint_value`, which is shorter than their ten bytes.
            Kind::Integer => match u64::try_from(integer(bytes)) {
                Ok(value) => {
                    out.push(4 << 3);
                    write_varint(value, out);
                }
                Err(_) => {
                    out.push(6 << 3);
                    let value = integer(bytes);
                    write_varint(((value << 1) ^ (value >> 63)) as u64, out);
                }
            },
            Kind::Boolean => out.extend([7 << 3, u8::from(bytes != [0])]),
        }
        self.ends.push(out.len() as u32);
        self.ends.len() as u32 - 1
    }
}

/// The `i`-th run of `items`, where `ends` holds the end of each.
fn slice<'a, T>(items: &'a [T], ends: &[u32], i: usize) -> &'a [T] {
    let start = i.checked_sub(1).map_or(0, |before| ends[before] as usize);
    &items[start..ends[i] as usize]
}

fn integer(bytes: &[u8]) -> i64 {
    bytes.first_chunk().map_or(0, |b| i64::from_le_bytes(*b))
}

/// Takes the next property off `bytes`: the number of its field, `None` for the key `id`, and its value.
///
/// FlatGeobuf: u16 column, then the value, text with a u32 length before it, all little-endian. Column 0 is
/// the key, a `Long`; column n is the layer's field n − 1.
fn next_property<'a>(bytes: &mut &'a [u8], layer: &Layer) -> Option<(Option<u16>, Raw<'a>)> {
    let (column, rest) = bytes.split_first_chunk()?;
    let field = u16::from_le_bytes(*column).checked_sub(1);
    let kind = match field {
        None => Kind::Integer,
        Some(i) => match layer.fields.get(usize::from(i))?.kind {
            FieldType::Integer => Kind::Integer,
            FieldType::Real => Kind::Real,
            FieldType::Boolean => Kind::Boolean,
            FieldType::Text | FieldType::Date => Kind::Text,
        },
    };
    let (length, rest) = match kind {
        Kind::Integer | Kind::Real => (8, rest),
        Kind::Boolean => (1, rest),
        Kind::Text => {
            let (length, rest) = rest.split_first_chunk()?;
            (u32::from_le_bytes(*length) as usize, rest)
        }
    };
    let (value, rest) = rest.split_at_checked(length)?;
    *bytes = rest;
    Some((field, (kind, value)))
}
