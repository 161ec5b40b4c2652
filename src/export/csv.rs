//! Rows as CSV (RFC 4180): `id`, the fields, and the geometry as WKT, x east before y north.
//!
//! A null is nothing between the commas and an empty text is `""`, as PostgreSQL's `COPY` has it.

use super::{
    geometry::{GeometryText, Nesting, number},
    request::Request,
    text::Text,
};
use crate::{
    plan::{Field, GeometryKind},
    snapshot::{Row, Value},
};
use std::io::Write;

/// The column with the geometry, by the name under which GDAL and our own import find it. The last: it is long.
const GEOMETRY: &str = "WKT";

/// By which spreadsheet programs tell UTF-8 from the code page of the machine.
const BOM: &[u8] = "\u{feff}".as_bytes();

/// How rows are written.
struct Csv {
    geometry: GeometryText,
    fields: Vec<usize>,
    /// For spreadsheet programs, which take some texts for formulas.
    spreadsheet: bool,
}

/// A file; `spreadsheet` begins it with a byte order mark, and has an apostrophe before each text that a spreadsheet
/// program would run as a formula. Without it every value is as it is.
pub fn file(request: Request, spreadsheet: bool) -> Text {
    let geometry = GeometryText { nesting: Nesting::Wkt, crs: request.crs, north_first: false };
    let fields = request.fields.clone();
    let mut head = if spreadsheet { BOM.to_vec() } else { vec![] };
    head.extend(b"id,");
    for &field in &fields {
        let Field { name, .. } = &request.snapshot.layer.fields[field];
        text(name, &mut head);
        head.push(b',');
    }
    head.extend(GEOMETRY.as_bytes());
    head.extend(b"\r\n");
    let csv = Csv { geometry, fields, spreadsheet };
    Text::new(request.rows(), head, b"", vec![], Box::new(move |row, out| csv.write(row, out)))
}

impl Csv {
    fn write(&self, row: &Row, out: &mut Vec<u8>) {
        // Writing into memory cannot fail.
        let _ok = write!(out, "{},", row.id());
        let values = row.values();
        for &field in &self.fields {
            self.value(&values[field], out);
            out.push(b',');
        }
        out.extend(match row.layer().geometry {
            GeometryKind::Point => &b"\"POINT"[..],
            GeometryKind::Line => b"\"MULTILINESTRING",
            GeometryKind::Polygon => b"\"MULTIPOLYGON",
        });
        self.geometry.write(row, out);
        out.extend(b"\"\r\n");
    }

    fn value(&self, value: &Value, out: &mut Vec<u8>) {
        // Writing into memory cannot fail.
        let _ok = match value {
            Value::Null => Ok(()),
            Value::Integer(integer) => write!(out, "{integer}"),
            Value::Real(real) if real.is_finite() => {
                number(*real, out);
                Ok(())
            }
            Value::Real(real) => write!(out, "{real}"),
            Value::Boolean(truth) => write!(out, "{truth}"),
            Value::Text(found) => {
                cell(found, self.spreadsheet, out);
                Ok(())
            }
            Value::Date(date) => write!(out, "{date}"),
        };
    }
}

/// A text; for a spreadsheet program so that it does not run as a formula.
fn cell(found: &str, spreadsheet: bool, out: &mut Vec<u8>) {
    if spreadsheet && is_formula(found) { text(&format!("'{found}"), out) } else { text(found, out) }
}

/// Rows of texts; for a spreadsheet program with a byte order mark before them. A text that is empty is nothing
/// between the commas: there are no nulls here to tell from it.
pub fn table(rows: impl Iterator<Item = Vec<String>>, spreadsheet: bool) -> Vec<u8> {
    let mut out = if spreadsheet { BOM.to_vec() } else { vec![] };
    for row in rows {
        for (i, found) in row.iter().enumerate() {
            if i > 0 {
                out.push(b',');
            }
            if !found.is_empty() {
                cell(found, spreadsheet, &mut out);
            }
        }
        out.extend(b"\r\n");
    }
    out
}

/// Whether a spreadsheet program might run the text. Dashes alone and a number are what they look like.
fn is_formula(text: &str) -> bool {
    let plain = text.len() == 1 || text.bytes().all(|byte| byte == b'-') || text.parse::<f64>().is_ok();
    text.starts_with(['=', '+', '-', '@', '\t', '\r', '＝', '＋', '－', '＠']) && !plain
}

fn text(text: &str, out: &mut Vec<u8>) {
    if !text.is_empty() && !text.contains(['"', ',', '\r', '\n']) {
        return out.extend(text.as_bytes());
    }
    out.push(b'"');
    for (i, part) in text.split('"').enumerate() {
        if i > 0 {
            out.extend(b"\"\"");
        }
        out.extend(part.as_bytes());
    }
    out.push(b'"');
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_needs_quotes_has_them() {
        for (raw, written) in [
            ("煤", "煤"),
            ("", "\"\""),
            ("a,b", "\"a,b\""),
            ("say \"no\"", "\"say \"\"no\"\"\""),
            ("two\nlines", "\"two\nlines\""),
            (" a ", " a "),
        ] {
            let mut out = vec![];
            text(raw, &mut out);
            assert_eq!(String::from_utf8(out).unwrap(), written);
        }
    }

    #[test]
    fn formulas_are_told_from_what_only_looks_like_one() {
        for formula in ["=1+1", "@SUM(A1)", "+cmd|' /C calc'!A0", "-2+3", "\t=1", "＝1+1"] {
            assert!(is_formula(formula), "{formula}");
        }
        for text in ["", "-", "--", "+", "-12.5", "+86", "煤=1", "a@b", "1-2"] {
            assert!(!is_formula(text), "{text}");
        }
    }
}
