//! Rows as GeoJSON features (RFC 7946; in another CRS than CRS84, OGC 18-058r1, §6.3).

use crate::{
    crs::Crs,
    plan::GeometryKind,
    snapshot::{Row, Value},
};
use std::io::Write;

/// How rows are written.
#[derive(Debug, Clone)]
pub struct GeoJson {
    pub crs: Crs,
    /// Numbers of the fields that become properties, in their order.
    pub fields: Vec<usize>,
}

/// What is kept of metres: tenths of a millimetre.
const METRE_PARTS: f64 = 10_000.0;

impl GeoJson {
    /// Appends the feature. `members` are further ones, as JSON with a comma in front.
    pub fn write(&self, row: &Row, members: &str, out: &mut Vec<u8>) {
        // Writing into memory cannot fail.
        let _ok = write!(out, r#"{{"type":"Feature","id":{},"geometry":"#, row.id());
        self.geometry(row, out);
        out.extend(br#","properties":{"#);
        let values = row.values();
        for (i, &field) in self.fields.iter().enumerate() {
            if i > 0 {
                out.push(b',');
            }
            text(&row.layer().fields[field].name, out);
            out.push(b':');
            value(&values[field], out);
        }
        out.push(b'}');
        out.extend(members.as_bytes());
        out.push(b'}');
    }

    fn geometry(&self, row: &Row, out: &mut Vec<u8>) {
        let kind = row.layer().geometry;
        let name: &[u8] = match kind {
            GeometryKind::Point => b"Point",
            GeometryKind::Line => b"MultiLineString",
            GeometryKind::Polygon => b"MultiPolygon",
        };
        out.extend(br#"{"type":""#);
        out.extend(name);
        out.extend(br#"","coordinates":"#);
        match kind {
            GeometryKind::Point => row.for_each_path(|mut vertices, _| {
                if let Some(position) = vertices.next() {
                    self.position(position, out);
                }
                false
            }),
            GeometryKind::Line => {
                out.push(b'[');
                let mut first = true;
                row.for_each_path(|vertices, _| {
                    separate(&mut first, out);
                    self.path(vertices, out);
                    true
                });
                out.push(b']');
            }
            GeometryKind::Polygon => self.polygons(row, out),
        }
        out.push(b'}');
    }

    fn polygons(&self, row: &Row, out: &mut Vec<u8>) {
        let mut open = false;
        out.push(b'[');
        row.for_each_path(|vertices, exterior| {
            let begin: &[u8] = match (open, exterior) {
                (false, _) => b"[",
                (true, true) => b"],[",
                (true, false) => b",",
            };
            open = true;
            out.extend(begin);
            let mut ring: Vec<[f64; 2]> = vertices.collect();
            // Exteriors go counterclockwise, holes clockwise (RFC 7946, §3.1.6).
            if (area(&ring) > 0.0) != exterior {
                ring.reverse();
            }
            self.path(ring.into_iter(), out);
            true
        });
        out.extend(if open { &b"]]"[..] } else { b"]" });
    }

    fn path(&self, vertices: impl Iterator<Item = [f64; 2]>, out: &mut Vec<u8>) {
        out.push(b'[');
        let mut first = true;
        for vertex in vertices {
            separate(&mut first, out);
            self.position(vertex, out);
        }
        out.push(b']');
    }

    fn position(&self, position: [f64; 2], out: &mut Vec<u8>) {
        let mut placed = self.crs.forward(position);
        if !self.crs.is_geographic() {
            placed = placed.map(|metres| (metres * METRE_PARTS).round() / METRE_PARTS);
        }
        let [a, b] = self.crs.in_order(placed);
        out.push(b'[');
        number(a, out);
        out.push(b',');
        number(b, out);
        out.push(b']');
    }
}

fn separate(first: &mut bool, out: &mut Vec<u8>) {
    if !std::mem::take(first) {
        out.push(b',');
    }
}

/// Twice the area, positive when the ring goes counterclockwise. Relative to the first vertex, so that no digits
/// are lost to where it lies.
fn area(ring: &[[f64; 2]]) -> f64 {
    let Some(&[x0, y0]) = ring.first() else { return 0.0 };
    let cross =
        |pair: &[[f64; 2]]| (pair[0][0] - x0) * (pair[1][1] - y0) - (pair[1][0] - x0) * (pair[0][1] - y0);
    ring.windows(2).map(cross).sum()
}

fn value(value: &Value, out: &mut Vec<u8>) {
    // Writing into memory cannot fail.
    let _ok = match value {
        Value::Null => write!(out, "null"),
        Value::Integer(integer) => write!(out, "{integer}"),
        Value::Real(real) => {
            number(*real, out);
            Ok(())
        }
        Value::Boolean(truth) => write!(out, "{truth}"),
        Value::Text(found) => {
            text(found, out);
            Ok(())
        }
        Value::Date(date) => write!(out, "\"{date}\""),
    };
}

/// The shortest digits that give the number back; null for what JSON has no number for.
fn number(number: f64, out: &mut Vec<u8>) {
    let _ok = serde_json::to_writer(out, &number);
}

fn text(text: &str, out: &mut Vec<u8>) {
    let _ok = serde_json::to_writer(out, text);
}
