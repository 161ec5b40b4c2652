//! The attributes of a Shapefile: a dBASE III table, one record at a time.
//!
//! Not with a crate: those read numbers as floating point, which a 16-digit licence number does not survive, and pass
//! over deleted records, which puts attributes beside the wrong shapes.

use super::{Attribute, Charset, ReadError};
use crate::plan::SHORT_NAME;
use jiff::civil::Date;
use std::io::{self, Read};

/// Bytes of the header, and of the description of a column.
const HEADER: usize = 32;
const COLUMN: usize = 32;
const END_OF_COLUMNS: u8 = 0x0d;
const DELETED: u8 = b'*';
/// Bytes that are left of a character where writers cut a longer name.
const MOST_LEFT: usize = 3;

pub struct Table<R> {
    input: R,
    pub columns: Vec<Column>,
    /// Records that follow.
    left: u32,
    record: Vec<u8>,
    /// What the header says of the encoding of its text.
    pub language_driver: u8,
}

pub struct Column {
    /// Undecoded.
    name: Vec<u8>,
    kind: u8,
    width: usize,
}

impl<R: Read> Table<R> {
    /// # Errors
    /// When it is not a table, or has columns that are not understood.
    pub fn open(mut input: R) -> Result<Self, ReadError> {
        let damaged = || ReadError::malformed("the .dbf file is damaged or not a dBASE table");
        let mut header = [0; HEADER];
        input.read_exact(&mut header).map_err(cut_off)?;
        let left = u32::from_le_bytes([header[4], header[5], header[6], header[7]]);
        let header_length = usize::from(u16::from_le_bytes([header[8], header[9]]));
        let record_length = usize::from(u16::from_le_bytes([header[10], header[11]]));
        let mut described = vec![0; header_length.checked_sub(HEADER).ok_or_else(damaged)?];
        input.read_exact(&mut described).map_err(cut_off)?;
        let mut columns = Vec::new();
        for bytes in described.chunks_exact(COLUMN).take_while(|bytes| bytes[0] != END_OF_COLUMNS) {
            let name = bytes[..11].split(|byte| *byte == 0).next().unwrap_or_default().to_vec();
            columns.push(Column { name, kind: bytes[11], width: usize::from(bytes[16]) });
        }
        let width: usize = columns.iter().map(|column| column.width).sum();
        if columns.is_empty() || width + 1 != record_length {
            return Err(damaged());
        }
        Ok(Self { input, columns, left, record: vec![0; record_length], language_driver: header[29] })
    }

    /// The names of the columns; of a character that was cut in two, nothing.
    ///
    /// # Errors
    /// When they are not text in this encoding.
    pub fn names(&self, charset: Charset) -> Result<Vec<String>, ReadError> {
        let names = self.columns.iter().map(|column| name(&column.name, charset));
        names.collect::<Result<_, _>>().map_err(|error| {
            ReadError::malformed(format!(
                "the names of its columns are {error}: name the encoding with --encoding"
            ))
        })
    }

    /// Whether all names and values from here on are text in this encoding.
    ///
    /// # Errors
    /// When the file ends before its records do.
    pub fn all_in(mut self, charset: Charset) -> Result<bool, ReadError> {
        if self.names(charset).is_err() {
            return Ok(false);
        }
        while self.advance()? {
            if self.values(charset).any(|value| value.is_err()) {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// Reads the next record; `false` after the last.
    ///
    /// # Errors
    /// When the file ends before.
    pub fn advance(&mut self) -> Result<bool, ReadError> {
        if self.left == 0 {
            return Ok(false);
        }
        self.left -= 1;
        self.input.read_exact(&mut self.record).map_err(cut_off)?;
        Ok(true)
    }

    /// Whether the current record is marked as deleted.
    pub fn is_deleted(&self) -> bool {
        self.record[0] == DELETED
    }

    /// The values of the current record in the order of the columns.
    pub fn values(&self, charset: Charset) -> impl Iterator<Item = Result<Attribute, String>> {
        let mut start = 1;
        self.columns.iter().map(move |column| {
            let bytes = &self.record[start..start + column.width];
            start += column.width;
            value(column.kind, bytes, charset)
        })
    }
}

fn cut_off(error: io::Error) -> ReadError {
    match error.kind() {
        io::ErrorKind::UnexpectedEof => ReadError::malformed("the .dbf file is cut off"),
        _ => error.into(),
    }
}

fn name(bytes: &[u8], charset: Charset) -> Result<String, String> {
    let cuts = if bytes.len() < SHORT_NAME { 0 } else { MOST_LEFT };
    let mut whole = (1..=cuts).filter_map(|cut| charset.decode(&bytes[..bytes.len() - cut]).ok());
    charset.decode(bytes).or_else(|error| whole.next().ok_or(error))
}

/// By the type of the column: C text, N and F numbers as text, D YYYYMMDD, L a truth.
fn value(kind: u8, bytes: &[u8], charset: Charset) -> Result<Attribute, String> {
    let text = trimmed(bytes);
    // A numeric field that is full of stars overflowed when it was written.
    if text.is_empty() || (kind != b'C' && text.iter().all(|byte| *byte == b'*')) {
        return Ok(Attribute::Null);
    }
    match kind {
        b'C' => charset.decode(text).map(Attribute::Text),
        b'N' | b'F' => Ok(number(text)),
        b'D' => Ok(day(text)),
        b'L' => Ok(match text {
            b"T" | b"t" | b"Y" | b"y" => Attribute::Boolean(true),
            b"F" | b"f" | b"N" | b"n" => Attribute::Boolean(false),
            _ => Attribute::Null,
        }),
        b'I' => Ok(match bytes.first_chunk() {
            Some(bytes) => Attribute::Integer(i32::from_le_bytes(*bytes).into()),
            None => Attribute::Other("a damaged number".into()),
        }),
        other => Ok(Attribute::Other(format!("a value of type {}", char::from(other)))),
    }
}

/// Without the blanks and zeros around it.
fn trimmed(bytes: &[u8]) -> &[u8] {
    let blank = |byte: &u8| matches!(byte, b' ' | 0);
    let start = bytes.iter().position(|byte| !blank(byte)).unwrap_or(bytes.len());
    let end = bytes.iter().rposition(|byte| !blank(byte)).map_or(start, |last| last + 1);
    &bytes[start..end]
}

/// A whole number of more than 64 bits stays a text, in which none of its digits is lost.
fn number(text: &[u8]) -> Attribute {
    let text = String::from_utf8_lossy(text);
    match (text.parse(), text.parse()) {
        (Ok(whole), _) => Attribute::Integer(whole),
        (Err(_), Ok(_)) if text.bytes().all(|byte| byte.is_ascii_digit()) => {
            Attribute::Text(text.into_owned())
        }
        (Err(_), Ok(real)) => Attribute::Real(real),
        (Err(_), Err(_)) => Attribute::Other(text.into_owned()),
    }
}

fn day(text: &[u8]) -> Attribute {
    let digits = |range: std::ops::Range<usize>| std::str::from_utf8(text.get(range)?).ok();
    let date = || {
        let (year, month, day) = (digits(0..4)?.parse().ok()?, digits(4..6)?.parse().ok()?, digits(6..8)?);
        Date::new(year, month, day.parse().ok()?).ok()
    };
    match (text, date()) {
        (b"00000000", _) => Attribute::Null,
        (_, Some(date)) if text.len() == 8 => Attribute::Date(date),
        _ => Attribute::Other(String::from_utf8_lossy(text).into_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_that_was_cut_is_whole_characters() {
        let name = |text: &[u8], charset| name(text, charset);
        assert_eq!(name(&"区块名称".as_bytes()[..10], Charset::Utf8).as_deref(), Ok("区块名"));
        assert_eq!(name(b"a\xbf\xf3\xc7\xf8\xc3\xfb\xb3\xc6\xbf", Charset::Gbk).as_deref(), Ok("a矿区名称"));
        assert_eq!(name("区块".as_bytes(), Charset::Utf8).as_deref(), Ok("区块"));
        assert!(name(b"\xbf\xf3\xc7\xf8", Charset::Utf8).is_err());
        assert!(name(b"\xbf\xf3\xc7\xf8\xc3\xfb\xb3\xc6\xbf\xf3", Charset::Utf8).is_err());
    }

    #[test]
    fn numbers_keep_all_their_digits() {
        for (text, expected) in [
            ("9007199254740993", Attribute::Integer(9_007_199_254_740_993)),
            ("-7", Attribute::Integer(-7)),
            ("12345678901234567890", Attribute::Text("12345678901234567890".into())),
            ("12.50", Attribute::Real(12.5)),
            ("1.5e+003", Attribute::Real(1500.0)),
            ("12,5", Attribute::Other("12,5".into())),
        ] {
            assert_eq!(number(text.as_bytes()), expected, "{text}");
        }
    }
}
