//! The geometry of a row on its way into a file: its positions in the file's CRS, path by path.

use crate::{
    crs::Crs,
    snapshot::{Bounds, Row},
};

/// Kept from row to row for its memory.
#[derive(Default)]
pub struct Outline {
    /// x east, y north.
    positions: Vec<[f64; 2]>,
    paths: Vec<Path>,
}

/// A point, a line or a ring.
struct Path {
    /// Positions before its end.
    end: usize,
    /// Whether it begins a part: an exterior ring, any line.
    begins_part: bool,
}

impl Outline {
    /// Takes the geometry of `row` in `crs`.
    pub fn read(&mut self, row: &Row, crs: Crs) {
        self.positions.clear();
        self.paths.clear();
        row.for_each_path(|vertices, begins_part| {
            match crs.is_geographic() {
                true => self.positions.extend(vertices),
                false => self.positions.extend(vertices.map(|vertex| crs.forward(vertex))),
            }
            self.paths.push(Path { end: self.positions.len(), begins_part });
            true
        });
    }

    pub fn positions(&self) -> &[[f64; 2]] {
        &self.positions
    }

    pub fn path_count(&self) -> usize {
        self.paths.len()
    }

    /// Each path, and whether it begins a part.
    pub fn paths(&self) -> impl Iterator<Item = (&[[f64; 2]], bool)> {
        let starts = std::iter::once(0).chain(self.paths.iter().map(|path| path.end));
        self.paths
            .iter()
            .zip(starts)
            .map(|(path, start)| (&self.positions[start..path.end], path.begins_part))
    }

    /// How many paths each part has.
    pub fn parts(&self) -> impl Iterator<Item = usize> {
        self.paths.chunk_by(|_, next| !next.begins_part).map(<[Path]>::len)
    }

    /// Its box; `None` when it is empty.
    pub fn bounds(&self) -> Option<Bounds> {
        let (&[x, y], others) = self.positions.split_first()?;
        let first = Bounds { min_x: x, min_y: y, max_x: x, max_y: y };
        Some(others.iter().fold(first, |bounds, &[x, y]| Bounds {
            min_x: bounds.min_x.min(x),
            min_y: bounds.min_y.min(y),
            max_x: bounds.max_x.max(x),
            max_y: bounds.max_y.max(y),
        }))
    }
}
