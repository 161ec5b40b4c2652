//! What is asked for of a layer.

use super::{Selection, rows::Rows};
use crate::{
    crs::Crs,
    features::{Query, TooExpensive},
    snapshot::Snapshot,
};
use std::sync::Arc;

/// Rows of a layer that are still to be found, and how they are to be written.
pub struct Request {
    pub snapshot: Arc<Snapshot>,
    /// Its order does not count: files are in that of the snapshot.
    pub query: Query,
    /// In which coordinates.
    pub crs: Crs,
    /// Numbers of the fields that are written, ascending.
    pub fields: Vec<usize>,
}

impl Request {
    /// Whether it is all that the snapshot holds, as it is there: then the snapshot is the FlatGeobuf file.
    pub fn is_whole(&self) -> bool {
        let every_field = self.fields.len() == self.snapshot.layer.fields.len();
        self.crs == Crs::Cgcs2000 && every_field && self.query.takes_all()
    }

    /// Refuses a query that is too much work, before any of it is done.
    pub fn check(&self) -> Result<(), TooExpensive> {
        self.query.check(&self.snapshot)
    }

    /// Rows that there are at most, told from their boxes alone.
    pub fn most_rows(&self) -> usize {
        self.query.most_rows(&self.snapshot)
    }

    /// The rows, to be found as they are written.
    pub fn rows(self) -> Rows {
        Rows::matching(self.snapshot, self.query)
    }

    /// The rows, all found now: for formats that must know them first.
    pub fn select(self) -> Selection {
        let Self { snapshot, query, crs, fields } = self;
        let positions = (!query.takes_all()).then(|| {
            let found = query.search(&snapshot, 0).filter(|(_, matches)| *matches);
            found.map(|(position, _)| position as u32).collect()
        });
        Selection { snapshot, positions, crs, fields }
    }
}
