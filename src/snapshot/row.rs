//! One row read where it lies in the mapped file.

use super::{Feature, Snapshot, Value, vertices::Vertices, vertices::for_each_path};
use crate::plan::{FieldType, Layer};

/// A feature of a snapshot.
pub struct Row<'a> {
    feature: Feature<'a>,
    layer: &'a Layer,
}

impl Snapshot {
    /// The `position`-th row in file (Hilbert) order.
    ///
    /// # Panics
    /// When `position` is not less than [`Snapshot::feature_count`].
    pub fn row(&self, position: usize) -> Row<'_> {
        Row { feature: self.feature(position), layer: &self.layer }
    }
}

impl<'a> Row<'a> {
    pub fn layer(&self) -> &'a Layer {
        self.layer
    }

    /// The key.
    pub fn id(&self) -> i64 {
        // It comes first.
        match self.raw_values().next() {
            Some((None, raw)) => raw.integer(),
            _ => 0,
        }
    }

    /// The value of the layer's `field`-th field.
    pub fn value(&self, field: usize) -> Value<'a> {
        let found = self.raw_values().find(|(column, _)| column.is_some_and(|c| usize::from(c) == field));
        found.map_or(Value::Null, |(_, raw)| raw.typed(self.layer.fields[field].kind))
    }

    /// One value for each field of the layer.
    pub fn values(&self) -> Vec<Value<'a>> {
        let mut values = vec![Value::Null; self.layer.fields.len()];
        for (column, raw) in self.raw_values() {
            if let Some(column) = column.map(usize::from) {
                values[column] = raw.typed(self.layer.fields[column].kind);
            }
        }
        values
    }

    /// What is not null: the number of the field, `None` for the key, and its value.
    pub(crate) fn raw_values(&self) -> RawValues<'a> {
        let bytes = self.feature.properties().map_or(&[][..], |properties| properties.bytes());
        RawValues { bytes, layer: self.layer }
    }

    /// Calls `visit` with each path of the geometry, see [`for_each_path`].
    pub fn for_each_path(&self, visit: impl FnMut(Vertices<'a>, bool) -> bool) {
        for_each_path(&self.feature, visit);
    }
}

/// One value as it lies in the file, without a length: equal values of one type have equal bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct RawValue<'a> {
    pub kind: RawKind,
    pub bytes: &'a [u8],
}

/// How it lies there; a date is a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum RawKind {
    Integer,
    Real,
    Boolean,
    Text,
}

impl<'a> RawValue<'a> {
    pub fn integer(self) -> i64 {
        self.bytes.first_chunk().map_or(0, |bytes| i64::from_le_bytes(*bytes))
    }

    /// Of a whole number or a real one.
    pub fn number(self) -> Option<f64> {
        match self.kind {
            RawKind::Integer => Some(self.integer() as f64),
            RawKind::Real => self.bytes.first_chunk().map(|bytes| f64::from_le_bytes(*bytes)),
            RawKind::Boolean | RawKind::Text => None,
        }
    }

    /// Null when the bytes are no value of the type, which the writer excludes.
    fn typed(self, kind: FieldType) -> Value<'a> {
        let text = || std::str::from_utf8(self.bytes).ok();
        let value = match kind {
            FieldType::Integer => Some(Value::Integer(self.integer())),
            FieldType::Real => self.bytes.first_chunk().map(|bytes| Value::Real(f64::from_le_bytes(*bytes))),
            FieldType::Boolean => Some(Value::Boolean(self.bytes != [0])),
            FieldType::Text => text().map(|text| Value::Text(text.into())),
            FieldType::Date => text().and_then(|text| text.parse().ok()).map(Value::Date),
        };
        value.unwrap_or(Value::Null)
    }
}

/// FlatGeobuf: u16 column, then the value, text with a u32 length before it, all little-endian. Column 0 is
/// the key, a `Long`; column n is the layer's field n − 1.
pub(crate) struct RawValues<'a> {
    bytes: &'a [u8],
    layer: &'a Layer,
}

impl<'a> Iterator for RawValues<'a> {
    type Item = (Option<u16>, RawValue<'a>);

    fn next(&mut self) -> Option<Self::Item> {
        let (column, rest) = self.bytes.split_first_chunk()?;
        let field = u16::from_le_bytes(*column).checked_sub(1);
        let kind = match field {
            None => RawKind::Integer,
            Some(i) => match self.layer.fields.get(usize::from(i))?.kind {
                FieldType::Integer => RawKind::Integer,
                FieldType::Real => RawKind::Real,
                FieldType::Boolean => RawKind::Boolean,
                FieldType::Text | FieldType::Date => RawKind::Text,
            },
        };
        let (length, rest) = match kind {
            RawKind::Integer | RawKind::Real => (8, rest),
            RawKind::Boolean => (1, rest),
            RawKind::Text => {
                let (length, rest) = rest.split_first_chunk()?;
                (u32::from_le_bytes(*length) as usize, rest)
            }
        };
        let (bytes, rest) = rest.split_at_checked(length)?;
        self.bytes = rest;
        Some((field, RawValue { kind, bytes }))
    }
}
