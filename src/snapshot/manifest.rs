//! What `current.json` of a bucket says: the set that is served, and all else that is kept.

use super::{CurrentSet, Origin, RevisionLayer, RevisionName, SnapshotId};
use serde::{Deserialize, Serialize};
use std::{collections::BTreeMap, io};

/// Sets of before that are told, so that any replica can answer for the versions that others have announced.
const SETS_TOLD: usize = 8;

/// One object, replaced whole: with it everything changes at once.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Manifest {
    pub set: CurrentSet,
    /// The revisions that there are, and what their files hash to.
    #[serde(default)]
    pub revisions: BTreeMap<RevisionName, SnapshotId>,
    /// Sets that were served before, newest first, as long as all of their snapshots are kept.
    #[serde(default)]
    pub before: Vec<FormerSet>,
}

/// A set without a name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FormerSet {
    pub origin: Origin,
    /// In legend order.
    pub layers: Vec<RevisionLayer>,
}

impl FormerSet {
    /// The served versions of `set`.
    pub(super) fn of(set: &CurrentSet) -> Self {
        let layers = set.layers.iter().filter_map(|layer| {
            let served = layer.versions.first()?;
            let (id, snapshot) = (layer.id.clone(), served.id);
            Some(RevisionLayer { id, snapshot, published_at: served.published_at })
        });
        Self { origin: set.origin, layers: layers.collect() }
    }
}

impl Manifest {
    pub fn read(text: &[u8]) -> io::Result<Self> {
        let manifest: Self = serde_json::from_slice(text)?;
        manifest.set.check()?;
        Ok(manifest)
    }

    /// What follows it when `set` is served.
    pub fn next(previous: Option<&Self>, set: CurrentSet) -> Self {
        let revisions = previous.map(|previous| previous.revisions.clone()).unwrap_or_default();
        let served = FormerSet::of(&set);
        let replaced =
            previous.map(|previous| FormerSet::of(&previous.set)).filter(|former| *former != served);
        let before = replaced.into_iter().chain(previous.iter().flat_map(|previous| previous.before.clone()));
        let kept = |former: &FormerSet| {
            *former != served && former.layers.iter().all(|layer| set.keeps(&layer.id, layer.snapshot))
        };
        let before = before.filter(kept).take(SETS_TOLD).collect();
        Self { set, revisions, before }
    }
}
