//! What of a layer goes into a file.

use crate::{
    crs::Crs,
    plan::Field,
    snapshot::{Row, Snapshot},
};
use std::sync::Arc;

#[derive(Clone)]
pub struct Selection {
    pub snapshot: Arc<Snapshot>,
    /// Rows in file order; `None` for all.
    pub positions: Option<Arc<[u32]>>,
    /// In which coordinates are written.
    pub crs: Crs,
    /// Numbers of the fields that are written, ascending.
    pub fields: Vec<usize>,
}

impl Selection {
    /// The whole layer as it is stored, EPSG:4490.
    pub fn all(snapshot: Arc<Snapshot>) -> Self {
        let fields = (0..snapshot.layer.fields.len()).collect();
        Self { snapshot, positions: None, crs: Crs::Cgcs2000, fields }
    }

    /// How many rows.
    pub fn len(&self) -> usize {
        self.positions.as_ref().map_or(self.snapshot.feature_count(), |positions| positions.len())
    }

    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The `number`-th of them.
    ///
    /// # Panics
    /// When `number` is not less than [`Selection::len`].
    pub fn row(&self, number: usize) -> Row<'_> {
        let position = self.positions.as_ref().map_or(number, |positions| positions[number] as usize);
        self.snapshot.row(position)
    }

    pub fn rows(&self) -> impl Iterator<Item = Row<'_>> {
        (0..self.len()).map(|number| self.row(number))
    }

    pub fn fields(&self) -> impl Iterator<Item = &Field> {
        self.fields.iter().map(|&field| &self.snapshot.layer.fields[field])
    }
}
