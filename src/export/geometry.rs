//! Geometries as text: coordinates of GeoJSON, and WKT.

use crate::{crs::Crs, plan::GeometryKind, snapshot::Row};

/// What is kept of metres: tenths of a millimetre. Degrees are written whole.
const METRE_PARTS: f64 = 10_000.0;

/// How positions are put into one another. Exteriors go counterclockwise, holes clockwise (RFC 7946, §3.1.6; OGC
/// 06-103r4, §6.1.11.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Nesting {
    /// Arrays in JSON: `[[1,2],[3,4]]`.
    Json,
    /// Well-known text: `(1 2,3 4)`.
    Wkt,
}

/// Writes geometries in a CRS.
#[derive(Debug, Clone, Copy)]
pub struct GeometryText {
    pub nesting: Nesting,
    pub crs: Crs,
    /// North before east.
    pub north_first: bool,
}

impl GeometryText {
    /// Appends the coordinates of `row`, with the brackets around them.
    pub fn write(&self, row: &Row, out: &mut Vec<u8>) {
        match row.layer().geometry {
            GeometryKind::Point => row.for_each_path(|mut vertices, _| {
                if let Some(position) = vertices.next() {
                    self.point(position, out);
                }
                false
            }),
            GeometryKind::Line => {
                self.open(out);
                let mut first = true;
                row.for_each_path(|vertices, _| {
                    separate(&mut first, out);
                    self.path(vertices, out);
                    true
                });
                self.close(out);
            }
            GeometryKind::Polygon => self.polygons(row, out),
        }
    }

    fn polygons(&self, row: &Row, out: &mut Vec<u8>) {
        let mut first = true;
        self.open(out);
        row.for_each_path(|vertices, exterior| {
            if exterior && !first {
                self.close(out);
            }
            separate(&mut first, out);
            if exterior {
                self.open(out);
            }
            let mut ring: Vec<[f64; 2]> = vertices.collect();
            if (area(&ring) > 0.0) != exterior {
                ring.reverse();
            }
            self.path(ring.into_iter(), out);
            true
        });
        if !first {
            self.close(out);
        }
        self.close(out);
    }

    fn path(&self, vertices: impl Iterator<Item = [f64; 2]>, out: &mut Vec<u8>) {
        self.open(out);
        let mut first = true;
        for vertex in vertices {
            separate(&mut first, out);
            match self.nesting {
                Nesting::Json => self.point(vertex, out),
                Nesting::Wkt => self.position(vertex, out),
            }
        }
        self.close(out);
    }

    fn point(&self, position: [f64; 2], out: &mut Vec<u8>) {
        self.open(out);
        self.position(position, out);
        self.close(out);
    }

    fn position(&self, position: [f64; 2], out: &mut Vec<u8>) {
        let mut placed = self.crs.forward(position);
        if !self.crs.is_geographic() {
            placed = placed.map(|metres| (metres * METRE_PARTS).round() / METRE_PARTS);
        }
        let [x, y] = placed;
        let [a, b] = if self.north_first { [y, x] } else { [x, y] };
        number(a, out);
        out.push(match self.nesting {
            Nesting::Json => b',',
            Nesting::Wkt => b' ',
        });
        number(b, out);
    }

    fn open(&self, out: &mut Vec<u8>) {
        out.push(match self.nesting {
            Nesting::Json => b'[',
            Nesting::Wkt => b'(',
        });
    }

    fn close(&self, out: &mut Vec<u8>) {
        out.push(match self.nesting {
            Nesting::Json => b']',
            Nesting::Wkt => b')',
        });
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

/// Appends the shortest digits that give the number back; null for what JSON has no number for.
pub fn number(number: f64, out: &mut Vec<u8>) {
    // Writing into memory cannot fail.
    let _ok = serde_json::to_writer(out, &number);
}
