//! CSV with a header and a column of WKT.

use super::{
    Attribute, Charset, Feature, Intake, ReadError, Stated,
    text::{BOM, is_utf8},
    wkt,
};
use ::csv::{ByteRecord, Reader, ReaderBuilder};
use std::{
    fs::File,
    io::{BufReader, Read, Seek},
    path::Path,
};

/// What is put after the file, as a row of its own: in quotes that do not end it is none.
const END: &[u8] = b"\n\0\0\0\0";

/// Names of the column with the geometry, in any case.
const GEOMETRY: [&str; 5] = ["wkt", "geom", "geometry", "the_geom", "wkb_geometry"];

/// Brings every row of the file at `path` to `intake`; see [`read_from`].
pub fn read(path: &Path, intake: &mut Intake) -> Result<(), ReadError> {
    read_from(BufReader::new(File::open(path)?), intake)
}

/// Brings every row to `intake`. The delimiter is what the header has most of: comma, semicolon or tab. Text is in the
/// encoding that the options say, else UTF-8, else GBK. A file in EWKT says its coordinate system, others do not.
///
/// # Errors
/// When there is no header with a column of WKT, or quotes do not end.
pub fn read_from(mut input: impl Read + Seek, intake: &mut Intake) -> Result<(), ReadError> {
    let charset = match intake.options().charset {
        Some(charset) => charset,
        None if is_utf8(&mut input)? => Charset::Utf8,
        None => {
            intake.remark("its text is not UTF-8 and was read as GBK".into());
            Charset::Gbk
        }
    };
    input.rewind()?;
    let delimiter = delimiter(&mut input)?;
    input.rewind()?;
    let builder = &mut ReaderBuilder::new();
    let builder = builder.delimiter(delimiter).has_headers(false).flexible(true);
    let mut rows = builder.from_reader(input.chain(END));
    let mut record = ByteRecord::new();
    if !next(&mut rows, &mut record)? {
        return Err(ReadError::malformed("the file is empty"));
    }
    let names = header(&record, charset)?;
    let is_geometry = |name: &String| GEOMETRY.iter().any(|known| name.eq_ignore_ascii_case(known));
    let Some(geometry) = names.iter().position(is_geometry) else {
        return Err(ReadError::malformed("it has no column of WKT: one named WKT, geom or geometry"));
    };
    let attributes = names.iter().enumerate().filter(|(index, _)| *index != geometry);
    intake.columns(attributes.map(|(_, name)| name.as_str()))?;
    let mut number = 0;
    while next(&mut rows, &mut record)? {
        number += 1;
        let taken = match feature(number, &record, &names, geometry, charset, intake)? {
            Ok(feature) => intake.take(feature),
            Err(reason) => intake.refuse(number, reason),
        };
        if taken.is_break() {
            break;
        }
    }
    Ok(())
}

/// Reads the next row; `false` after the last.
fn next<R: Read>(rows: &mut Reader<R>, record: &mut ByteRecord) -> Result<bool, ReadError> {
    let mut read = |record: &mut ByteRecord| {
        rows.read_byte_record(record)
            .map_err(|error| ReadError::malformed(format!("not a CSV file: {error}")))
    };
    if !read(record)? {
        return Err(ReadError::malformed(
            "not a CSV file: it begins a field with a quote and does not end it",
        ));
    }
    let is_end = record.len() == 1 && record[0] == END[1..];
    if is_end && read(record)? {
        return Err(ReadError::malformed("not a CSV file: it has a line of NUL bytes"));
    }
    Ok(!is_end)
}

/// What the first line has most of.
fn delimiter(input: &mut impl Read) -> Result<u8, ReadError> {
    // A header of more is not one of fields.
    let mut start = Vec::new();
    input.take(1 << 16).read_to_end(&mut start)?;
    let line = start.split(|byte| *byte == b'\n').next().unwrap_or_default();
    let count = |wanted: u8| line.iter().filter(|byte| **byte == wanted).count();
    // The comma where there are as many of another.
    Ok([b'\t', b';', b','].into_iter().max_by_key(|delimiter| count(*delimiter)).unwrap_or(b','))
}

fn header(record: &ByteRecord, charset: Charset) -> Result<Vec<String>, ReadError> {
    let name = |(index, bytes): (usize, &[u8])| {
        let bytes = if index == 0 { bytes.strip_prefix(BOM).unwrap_or(bytes) } else { bytes };
        charset.decode(bytes).map(|name| name.trim().to_owned())
    };
    let names = record.iter().enumerate().map(name).collect::<Result<_, _>>();
    names.map_err(|reason| {
        ReadError::malformed(format!("its header is {reason}: name the encoding with --encoding"))
    })
}

fn feature<'a>(
    number: u64,
    record: &ByteRecord,
    names: &'a [String],
    geometry: usize,
    charset: Charset,
    intake: &mut Intake,
) -> Result<Result<Feature<'a>, String>, ReadError> {
    if record.len() != names.len() {
        return Ok(Err(format!("it has {} values, the header has {}", record.len(), names.len())));
    }
    let mut attributes = Vec::with_capacity(names.len());
    let values = names.iter().zip(record).enumerate().filter(|(index, _)| *index != geometry);
    for (_, (name, bytes)) in values {
        match charset.decode(bytes) {
            Ok(text) if text.is_empty() => attributes.push((name.as_str().into(), Attribute::Null)),
            Ok(text) => attributes.push((name.as_str().into(), Attribute::Text(text))),
            Err(reason) => {
                return Ok(Err(format!("field `{name}` holds {reason}: name the encoding with --encoding")));
            }
        }
    }
    let (stated, geometry) = wkt::split(&String::from_utf8_lossy(&record[geometry]));
    if stated != Stated::Nothing {
        intake.coordinate_system(stated)?;
    }
    Ok(Ok(Feature { number, id: Attribute::Null, attributes, geometry }))
}
