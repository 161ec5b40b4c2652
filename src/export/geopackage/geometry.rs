//! Geometry as a GeoPackage holds it (OGC 12-128r18 §2.1.3): a header with the box, then well-known binary.

use super::super::outline::Outline;
use crate::{plan::GeometryKind, snapshot::Bounds};

/// Flags: little-endian; with an envelope of four numbers; empty.
const LITTLE_ENDIAN: u8 = 1;
const ENVELOPE: u8 = 1 << 1;
const EMPTY: u8 = 1 << 4;
/// Well-known binary in little-endian order.
const NDR: u8 = 1;

/// What the column of a layer holds, as WKB numbers and the column's type name have it.
pub fn type_name(kind: GeometryKind) -> &'static str {
    match kind {
        GeometryKind::Point => "POINT",
        GeometryKind::Line => "MULTILINESTRING",
        GeometryKind::Polygon => "MULTIPOLYGON",
    }
}

/// Replaces `blob` by the geometry `outline`, whose box is `bounds`, in the CRS `srs_id`. A point has no envelope, which
/// would only repeat it.
pub fn write(blob: &mut Vec<u8>, kind: GeometryKind, outline: &Outline, bounds: Option<Bounds>, srs_id: i32) {
    blob.clear();
    let envelope = bounds.filter(|_| kind != GeometryKind::Point);
    let empty = if bounds.is_none() { EMPTY } else { 0 };
    let flags = LITTLE_ENDIAN | empty | if envelope.is_some() { ENVELOPE } else { 0 };
    blob.extend([b'G', b'P', 0, flags]);
    blob.extend(srs_id.to_le_bytes());
    if let Some(Bounds { min_x, min_y, max_x, max_y }) = envelope {
        [min_x, max_x, min_y, max_y].iter().for_each(|edge| blob.extend(edge.to_le_bytes()));
    }
    match kind {
        GeometryKind::Point => {
            head(blob, 1);
            // Not a number is how an empty point is written (Req 152).
            position(blob, outline.positions().first().copied().unwrap_or([f64::NAN; 2]));
        }
        GeometryKind::Line => {
            head(blob, 5);
            count(blob, outline.path_count());
            for (path, _) in outline.paths() {
                head(blob, 2);
                positions(blob, path);
            }
        }
        GeometryKind::Polygon => {
            head(blob, 6);
            count(blob, outline.parts().count());
            let mut parts = outline.parts();
            for (ring, begins_part) in outline.paths() {
                if begins_part {
                    head(blob, 3);
                    count(blob, parts.next().unwrap_or(1));
                }
                positions(blob, ring);
            }
        }
    }
}

fn head(blob: &mut Vec<u8>, kind: u32) {
    blob.push(NDR);
    blob.extend(kind.to_le_bytes());
}

fn count(blob: &mut Vec<u8>, count: usize) {
    // A snapshot counts positions by 32 bits too.
    blob.extend((count as u32).to_le_bytes());
}

fn positions(blob: &mut Vec<u8>, path: &[[f64; 2]]) {
    count(blob, path.len());
    blob.reserve(path.len() * 16);
    path.iter().for_each(|vertex| position(blob, *vertex));
}

fn position(blob: &mut Vec<u8>, [x, y]: [f64; 2]) {
    blob.extend(x.to_le_bytes());
    blob.extend(y.to_le_bytes());
}
