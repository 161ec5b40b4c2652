//! The shapes of a `.shp` file and where they lie, `.shx` (ESRI Shapefile Technical Description, July 1998).

use super::super::outline::Outline;
use crate::{plan::GeometryKind, snapshot::Bounds};
use std::io::{self, Write};

/// Bytes of the header of both files, and of the header of a shape.
pub const HEADER: u64 = 100;
pub const SHAPE_HEADER: u64 = 8;
/// Bytes of an entry of `.shx`.
pub const ENTRY: u64 = 8;

const FILE_CODE: i32 = 9994;
const VERSION: i32 = 1000;
/// Null shape, and how long it is.
const NULL: i32 = 0;
const NULL_LENGTH: usize = 4;

fn shape_type(kind: GeometryKind) -> i32 {
    match kind {
        GeometryKind::Point => 1,
        GeometryKind::Line => 3,
        GeometryKind::Polygon => 5,
    }
}

/// Bytes of the shape without its header.
pub fn length(kind: GeometryKind, outline: &Outline) -> usize {
    match (kind, outline.positions().len()) {
        (_, 0) => NULL_LENGTH,
        (GeometryKind::Point, _) => 20,
        (_, positions) => 44 + 4 * outline.path_count() + 16 * positions,
    }
}

/// The header of a file of `length` bytes.
pub fn header(kind: GeometryKind, length: u64, bounds: Option<Bounds>) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(HEADER as usize);
    bytes.extend(FILE_CODE.to_be_bytes());
    bytes.extend([0; 20]);
    bytes.extend(words(length));
    bytes.extend(VERSION.to_le_bytes());
    bytes.extend(shape_type(kind).to_le_bytes());
    edges(&mut bytes, bounds.unwrap_or(Bounds { min_x: 0.0, min_y: 0.0, max_x: 0.0, max_y: 0.0 }));
    // No heights, no measures.
    bytes.resize(HEADER as usize, 0);
    bytes
}

/// An entry of `.shx`: where a shape begins and how long it is.
pub fn entry(offset: u64, length: u64) -> [u8; ENTRY as usize] {
    let mut bytes = [0; ENTRY as usize];
    bytes[..4].copy_from_slice(&words(offset));
    bytes[4..].copy_from_slice(&words(length));
    bytes
}

/// Lengths are in words of 16 bits, big-endian. All are below [`super::MOST`].
fn words(bytes: u64) -> [u8; 4] {
    ((bytes / 2) as u32).to_be_bytes()
}

/// Writes the `number`-th shape, from 1 on; `bytes` is kept for its memory.
pub fn write(
    out: &mut dyn Write,
    bytes: &mut Vec<u8>,
    number: u32,
    kind: GeometryKind,
    outline: &Outline,
) -> io::Result<()> {
    bytes.clear();
    bytes.extend(number.to_be_bytes());
    bytes.extend(words(length(kind, outline) as u64));
    match (kind, outline.bounds()) {
        (_, None) => bytes.extend(NULL.to_le_bytes()),
        (GeometryKind::Point, Some(Bounds { min_x, min_y, .. })) => {
            bytes.extend(shape_type(kind).to_le_bytes());
            position(bytes, [min_x, min_y]);
        }
        (GeometryKind::Line | GeometryKind::Polygon, Some(bounds)) => {
            bytes.extend(shape_type(kind).to_le_bytes());
            edges(bytes, bounds);
            paths(bytes, kind, outline);
        }
    }
    out.write_all(bytes)
}

fn paths(bytes: &mut Vec<u8>, kind: GeometryKind, outline: &Outline) {
    bytes.extend((outline.path_count() as i32).to_le_bytes());
    bytes.extend((outline.positions().len() as i32).to_le_bytes());
    let mut start = 0_i32;
    for (path, _) in outline.paths() {
        bytes.extend(start.to_le_bytes());
        start += path.len() as i32;
    }
    for (path, is_exterior) in outline.paths() {
        // Exteriors go clockwise, holes the other way: that is how they are told apart (p. 8).
        if kind == GeometryKind::Polygon && is_clockwise(path) != is_exterior {
            path.iter().rev().for_each(|vertex| position(bytes, *vertex));
        } else {
            path.iter().for_each(|vertex| position(bytes, *vertex));
        }
    }
}

/// Relative to the first vertex, so that no digits are lost to where the ring lies.
fn is_clockwise(ring: &[[f64; 2]]) -> bool {
    let Some(&[x0, y0]) = ring.first() else { return false };
    let area = ring.windows(2).map(|pair| {
        let [[x1, y1], [x2, y2]] = [pair[0], pair[1]];
        (x1 - x0) * (y2 - y0) - (x2 - x0) * (y1 - y0)
    });
    area.sum::<f64>() < 0.0
}

fn edges(bytes: &mut Vec<u8>, bounds: Bounds) {
    position(bytes, [bounds.min_x, bounds.min_y]);
    position(bytes, [bounds.max_x, bounds.max_y]);
}

fn position(bytes: &mut Vec<u8>, [x, y]: [f64; 2]) {
    bytes.extend(x.to_le_bytes());
    bytes.extend(y.to_le_bytes());
}
