//! Geometry as MVT commands (MVT 2.1 §4.3).
//!
//! Coordinates are differences to the point before, so only a feature's first point depends on the tile:
//! a geometry is its first point and a *tail* of bytes that is the same wherever it is drawn.
//!
//! ```text
//! command MoveTo │ first point │ tail: the other points of the first path, ClosePath, all further paths
//! ```

use super::shape::{Point, Shape};
use crate::plan::GeometryKind;

const MOVE_TO: u32 = 1;
const LINE_TO: u32 = 2;
const CLOSE_PATH: u32 = 7;

/// `GeomType` of a feature (MVT 2.1 §4.3.4).
pub fn geometry_type(kind: GeometryKind) -> u8 {
    match kind {
        GeometryKind::Point => 1,
        GeometryKind::Line => 2,
        GeometryKind::Polygon => 3,
    }
}

/// Appends the whole geometry to `out`; nothing for an empty shape.
pub fn write(shape: &Shape, kind: GeometryKind, out: &mut Vec<u8>) {
    if let Some(&first) = shape.points.first() {
        write_head(first, if kind == GeometryKind::Point { shape.points.len() } else { 1 }, out);
        write_tail(shape, kind, out);
    }
}

/// Appends the first MoveTo, which leads to `first`; `count` is more than 1 for points only.
pub fn write_head(first: Point, count: usize, out: &mut Vec<u8>) {
    command(MOVE_TO, count, out);
    write_move([0, 0], first, out);
}

/// Appends what follows the first point.
pub fn write_tail(shape: &Shape, kind: GeometryKind, out: &mut Vec<u8>) {
    let Some(&first) = shape.points.first() else { return };
    let mut cursor = first;
    if kind == GeometryKind::Point {
        for &point in &shape.points[1..] {
            write_move(cursor, point, out);
            cursor = point;
        }
        return;
    }
    for (i, (_, path)) in shape.iter().enumerate() {
        let [start, rest @ ..] = path else { continue };
        if i > 0 {
            command(MOVE_TO, 1, out);
            write_move(cursor, *start, out);
        }
        cursor = *start;
        command(LINE_TO, rest.len(), out);
        for &point in rest {
            write_move(cursor, point, out);
            cursor = point;
        }
        if kind == GeometryKind::Polygon {
            command(CLOSE_PATH, 1, out);
        }
    }
}

/// Reads back into `shape` what [`write_tail`] wrote after `first`.
///
/// `outer` of a ring is told from its winding.
pub fn read_tail(first: Point, tail: &[u8], kind: GeometryKind, shape: &mut Shape) {
    shape.clear();
    shape.points.push(first);
    let mut cursor = first;
    let mut rest = tail;
    if kind == GeometryKind::Point {
        shape.end_path(true);
        while !rest.is_empty() {
            cursor = read_move(cursor, &mut rest);
            shape.points.push(cursor);
            shape.end_path(true);
        }
        return;
    }
    while !rest.is_empty() {
        let command = read_varint(&mut rest);
        match command & 7 {
            CLOSE_PATH => end_path(kind, shape),
            id => {
                if id == MOVE_TO && kind == GeometryKind::Line {
                    end_path(kind, shape);
                }
                for _ in 0..command >> 3 {
                    cursor = read_move(cursor, &mut rest);
                    shape.points.push(cursor);
                }
            }
        }
    }
    if kind == GeometryKind::Line {
        end_path(kind, shape);
    }
}

fn end_path(kind: GeometryKind, shape: &mut Shape) {
    let outer = kind == GeometryKind::Line || super::shape::area2(&shape.points[shape.open()..]) > 0;
    shape.end_path(outer);
}

fn command(id: u32, count: usize, out: &mut Vec<u8>) {
    write_varint(((count as u64) << 3) | u64::from(id), out);
}

fn write_move(from: Point, to: Point, out: &mut Vec<u8>) {
    for axis in [0, 1] {
        let d = i64::from(to[axis]) - i64::from(from[axis]);
        // Zigzag (MVT 2.1 §4.3.2): small magnitudes make short numbers.
        write_varint(((d << 1) ^ (d >> 63)) as u64, out);
    }
}

fn read_move(from: Point, bytes: &mut &[u8]) -> Point {
    from.map(|value| {
        let zigzag = read_varint(bytes);
        value.wrapping_add((zigzag >> 1) as i32 ^ -((zigzag & 1) as i32))
    })
}

/// Appends `value` in groups of seven bits, low first (protobuf's base-128 varint).
pub fn write_varint(mut value: u64, out: &mut Vec<u8>) {
    while value >= 0x80 {
        out.push(value as u8 | 0x80);
        value >>= 7;
    }
    out.push(value as u8);
}

fn read_varint(bytes: &mut &[u8]) -> u32 {
    let mut value = 0;
    let mut shift = 0;
    while let [byte, rest @ ..] = *bytes {
        *bytes = rest;
        value |= u32::from(byte & 0x7f).wrapping_shl(shift);
        if byte & 0x80 == 0 {
            break;
        }
        shift += 7;
    }
    value
}
