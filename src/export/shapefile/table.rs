//! The attributes of a Shapefile: a dBASE III table.

use crate::{
    plan::{FieldType, beginning},
    snapshot::{Row, Value},
};
use jiff::civil::Date;
use std::io::Write;

/// Bytes of the header, and of the description of a column.
const HEADER: usize = 32;
const COLUMN: usize = 32;
const END_OF_COLUMNS: u8 = 0x0d;
const DBASE_III: u8 = 0x03;
/// After the last record.
pub const END: u8 = 0x1a;
/// The columns that a header can describe, and the bytes of a record: both are counted by 16 bits.
const MOST_BYTES: usize = 65_535;
/// The most bytes of a text.
const MOST_TEXT: usize = 254;
/// As GDAL writes them: numbers up to here are read as whole numbers of 64 bits, longer ones as floating point.
const INTEGER: usize = 18;
/// What the shortest form of any number needs; decimals are said to be 15, and each number has those it needs.
const REAL: (usize, u8) = (24, 15);

pub struct Table {
    pub columns: Vec<Column>,
}

pub struct Column {
    /// The number of the field of the layer; `None` for the key.
    field: Option<usize>,
    pub short: String,
    kind: FieldType,
    width: usize,
    /// Texts that are longer than a column may be, and were cut.
    pub cut: usize,
}

impl Table {
    /// The columns for the key and the `fields` of the layer, of which short names and types are known.
    pub fn new<'a>(fields: impl Iterator<Item = (usize, &'a str, FieldType)>) -> Self {
        let fields = fields.map(|(field, short, kind)| (Some(field), short, kind));
        let columns = std::iter::once((None, "id", FieldType::Integer)).chain(fields);
        let columns = columns.map(|(field, short, kind)| {
            let width = match kind {
                FieldType::Integer => INTEGER,
                FieldType::Real => REAL.0,
                FieldType::Boolean | FieldType::Text => 1,
                FieldType::Date => 8,
            };
            Column { field, short: short.to_owned(), kind, width, cut: 0 }
        });
        Self { columns: columns.collect() }
    }

    /// Makes room for the values of a row.
    pub fn fit(&mut self, id: i64, values: &[Value]) {
        for column in &mut self.columns {
            let width = match column.field.map(|field| &values[field]) {
                None => digits(id),
                Some(Value::Integer(integer)) => digits(*integer),
                Some(Value::Text(text)) => {
                    column.cut += usize::from(text.len() > MOST_TEXT);
                    text.len().min(MOST_TEXT)
                }
                Some(_) => continue,
            };
            column.width = column.width.max(width);
        }
    }

    /// Bytes of a record.
    pub fn record_length(&self) -> usize {
        1 + self.columns.iter().map(|column| column.width).sum::<usize>()
    }

    pub fn header_length(&self) -> usize {
        HEADER + COLUMN * self.columns.len() + 1
    }

    /// Whether the format has words for so many columns of these widths.
    pub fn is_possible(&self) -> bool {
        self.header_length() <= MOST_BYTES && self.record_length() <= MOST_BYTES
    }

    /// The header of a table of `records` that was written on `date`.
    pub fn header(&self, records: u32, date: Date) -> Vec<u8> {
        let mut bytes = vec![DBASE_III];
        // Years from 1900 on, by one byte.
        bytes.push((date.year() - 1900).clamp(0, 255) as u8);
        bytes.extend([date.month() as u8, date.day() as u8]);
        bytes.extend(records.to_le_bytes());
        bytes.extend((self.header_length() as u16).to_le_bytes());
        bytes.extend((self.record_length() as u16).to_le_bytes());
        // The encoding of text stands in the .cpg file alone: dBASE has no number for UTF-8.
        bytes.resize(HEADER, 0);
        for column in &self.columns {
            let start = bytes.len();
            bytes.extend(column.short.as_bytes());
            bytes.resize(start + 11, 0);
            bytes.push(column.type_code());
            bytes.extend([0; 4]);
            bytes.push(column.width as u8);
            bytes.push(if column.kind == FieldType::Real { REAL.1 } else { 0 });
            bytes.resize(start + COLUMN, 0);
        }
        bytes.push(END_OF_COLUMNS);
        bytes
    }

    /// Replaces `record` by that of `row`.
    pub fn write(&self, row: &Row, record: &mut Vec<u8>) {
        let values = row.values();
        record.clear();
        // Not deleted.
        record.push(b' ');
        for column in &self.columns {
            let end = record.len() + column.width;
            match column.field.map(|field| &values[field]) {
                None => right(record, end, row.id()),
                Some(value) => column.write(value, record, end),
            }
            record.resize(end, b' ');
        }
    }
}

impl Column {
    pub fn type_code(&self) -> u8 {
        match self.kind {
            FieldType::Integer | FieldType::Real => b'N',
            FieldType::Boolean => b'L',
            FieldType::Text => b'C',
            FieldType::Date => b'D',
        }
    }

    /// A null is blanks.
    fn write(&self, value: &Value, record: &mut Vec<u8>, end: usize) {
        match value {
            Value::Integer(integer) => right(record, end, integer),
            Value::Real(real) if real.is_finite() => {
                // The shortest digits that give the number back.
                let plain = format!("{real}");
                if plain.len() <= REAL.0 {
                    right(record, end, plain)
                } else {
                    right(record, end, format!("{real:e}"))
                }
            }
            Value::Boolean(truth) => record.push(if *truth { b'T' } else { b'F' }),
            Value::Text(text) => record.extend(beginning(text, MOST_TEXT).as_bytes()),
            Value::Date(date) if date.year() >= 0 => {
                // Writing into memory cannot fail.
                let _ok = write!(record, "{:04}{:02}{:02}", date.year(), date.month(), date.day());
            }
            Value::Null | Value::Real(_) | Value::Date(_) => {}
        }
    }
}

fn digits(integer: i64) -> usize {
    integer.unsigned_abs().checked_ilog10().map_or(1, |log| log as usize + 1) + usize::from(integer < 0)
}

/// Appends `value` so that it stops at `end`.
fn right(record: &mut Vec<u8>, end: usize, value: impl std::fmt::Display) {
    let start = record.len();
    // Writing into memory cannot fail.
    let _ok = write!(record, "{value:>width$}", width = end - start);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digits_are_counted() {
        for integer in [0, 1, 9, 10, -1, -10, i64::MAX, i64::MIN, 999_999_999_999_999_999] {
            assert_eq!(digits(integer), integer.to_string().len());
        }
    }

    #[test]
    fn every_number_fits_its_column() {
        for real in [
            f64::MIN_POSITIVE,
            -f64::MIN_POSITIVE,
            f64::MAX,
            f64::MIN,
            -1.234_567_890_123_456_7e-300,
            0.1 + 0.2,
        ] {
            let column =
                Column { field: Some(0), short: "x".into(), kind: FieldType::Real, width: REAL.0, cut: 0 };
            let mut record = vec![];
            column.write(&Value::Real(real), &mut record, REAL.0);
            assert_eq!(record.len(), REAL.0);
            assert_eq!(std::str::from_utf8(&record).unwrap().trim().parse::<f64>().unwrap(), real);
        }
    }
}
