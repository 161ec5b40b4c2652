//! The rows of a file, found a few at a time: nobody waits for the last match to see the first.

use crate::{features::Query, snapshot::Snapshot};
use std::sync::Arc;

/// Rows of a snapshot, in the order in which they are written.
pub struct Rows {
    pub snapshot: Arc<Snapshot>,
    wanted: Wanted,
    next: usize,
}

enum Wanted {
    /// In file order.
    Matching(Query),
    /// At these positions.
    Listed(Vec<u32>),
}

/// What whoever takes rows says to one.
pub enum Taken {
    GoOn,
    Enough,
}

impl Rows {
    /// Those that match, in file order, whatever order `query` has.
    pub fn matching(snapshot: Arc<Snapshot>, query: Query) -> Self {
        Self { snapshot, wanted: Wanted::Matching(query), next: 0 }
    }

    /// Those at `positions`.
    pub fn listed(snapshot: Arc<Snapshot>, positions: Vec<u32>) -> Self {
        Self { snapshot, wanted: Wanted::Listed(positions), next: 0 }
    }

    /// Gives the positions of further rows to `take` until that is enough, or a little work is done. Tells whether
    /// these were the last ones.
    ///
    /// # Errors
    /// Those of `take`.
    pub fn advance(
        &mut self,
        mut take: impl FnMut(&Snapshot, usize) -> Result<Taken, String>,
    ) -> Result<bool, String> {
        match &self.wanted {
            Wanted::Listed(positions) => {
                while let Some(&position) = positions.get(self.next) {
                    self.next += 1;
                    if let Taken::Enough = take(&self.snapshot, position as usize)? {
                        break;
                    }
                }
                Ok(self.next == positions.len())
            }
            Wanted::Matching(query) => {
                let mut search = query.search(&self.snapshot, self.next);
                for (position, matches) in search.by_ref().take(query.looks_at_once()) {
                    self.next = position + 1;
                    if matches && let Taken::Enough = take(&self.snapshot, position)? {
                        return Ok(false);
                    }
                }
                Ok(search.next().is_none())
            }
        }
    }
}
