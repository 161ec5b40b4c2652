//! What a database had of a layer, told without reading it whole; see [`marks`](crate::postgis::marks).

use super::SnapshotId;
use crate::plan::LayerId;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// How this program writes snapshots. To be raised when the same rows become other bytes.
const WRITER: u32 = 1;

/// What a layer was exported from, and by what.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Mark {
    /// Committed changes of the layer, where every change is counted, so that nobody has to look.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub changes: Option<i64>,
    /// Equal where the rows of the layer and its description are.
    state: SnapshotId,
    writer: u32,
}

/// The marks of layers at one instant.
pub type Marks = BTreeMap<LayerId, Mark>;

impl Mark {
    /// Of a layer in the state that `state` tells from all others.
    pub fn new(changes: Option<i64>, state: &str) -> Self {
        Self { changes, state: SnapshotId::of(state.as_bytes()), writer: WRITER }
    }

    /// Whether an export of a layer that is `found` so now would give what was exported under this mark. A program of before
    /// leaves what a newer one wrote: two of them do not write in turns while one takes the place of the other.
    pub fn covers(&self, found: &Self) -> bool {
        self.state == found.state && self.writer >= found.writer
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_an_older_program_wrote_is_written_again_and_not_the_other_way_round() {
        let new = Mark::new(Some(1), "a");
        let old = Mark { writer: WRITER - 1, ..new.clone() };
        assert!(new.covers(&new) && new.covers(&old) && !old.covers(&new));
        assert!(!new.covers(&Mark::new(Some(1), "b")));
    }
}
