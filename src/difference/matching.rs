//! Which features of two editions of a layer are the same one.

use crate::{
    plan::{Field, FieldType},
    snapshot::Snapshot,
};
use rustc_hash::{FxHashMap, FxHashSet};
use serde::Serialize;

/// The column by which a plan names its features.
const CODE: &str = "code";

/// By what features are matched.
///
/// An edition is delivered as files whose rows get new ids, while the plan goes on calling a block by its code. So
/// the code counts where it can: when each feature has one and none is there twice, in both editions.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum MatchedBy {
    Code,
    Id,
}

/// A feature in the old edition, in the new one, or in both: positions in the snapshots.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pair {
    Removed(u32),
    Added(u32),
    Both(u32, u32),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Key<'a> {
    Id(i64),
    Code(&'a [u8]),
}

/// The keys of two editions, in file order.
pub struct Matching<'a> {
    pub by: MatchedBy,
    old: Vec<Key<'a>>,
    new: Vec<Key<'a>>,
}

impl<'a> Matching<'a> {
    pub fn of(old: Option<&'a Snapshot>, new: Option<&'a Snapshot>) -> Self {
        let codes = |snapshot: Option<&'a Snapshot>| snapshot.map_or(Some(vec![]), codes);
        if let Some((old, new)) = codes(old).zip(codes(new)) {
            return Self { by: MatchedBy::Code, old, new };
        }
        let ids = |snapshot: Option<&'a Snapshot>| snapshot.map_or(vec![], ids);
        Self { by: MatchedBy::Id, old: ids(old), new: ids(new) }
    }

    /// Every feature once, in no order.
    pub fn pairs(&self) -> Vec<Pair> {
        let mut old: FxHashMap<Key, u32> = self.old.iter().copied().zip(0..).collect();
        let found = self.new.iter().zip(0..).map(|(key, new)| match old.remove(key) {
            Some(old) => Pair::Both(old, new),
            None => Pair::Added(new),
        });
        let mut pairs: Vec<_> = found.collect();
        pairs.extend(old.into_values().map(Pair::Removed));
        pairs
    }

    /// By what the feature is known.
    pub fn key(&self, pair: Pair) -> Key<'a> {
        match pair {
            Pair::Removed(old) => self.old[old as usize],
            Pair::Added(new) | Pair::Both(_, new) => self.new[new as usize],
        }
    }
}

fn ids(snapshot: &Snapshot) -> Vec<Key<'_>> {
    (0..snapshot.feature_count()).map(|position| Key::Id(snapshot.row(position).id())).collect()
}

/// `None` when they do not tell the features apart.
fn codes(snapshot: &Snapshot) -> Option<Vec<Key<'_>>> {
    let is_code = |field: &Field| field.name == CODE && field.kind == FieldType::Text;
    let code = snapshot.layer.fields.iter().position(is_code)?;
    let mut met = FxHashSet::default();
    let codes = (0..snapshot.feature_count()).map(|position| {
        let mut values = snapshot.row(position).raw_values();
        let (_, code) = values.find(|(field, _)| field.map(usize::from) == Some(code))?;
        met.insert(code.bytes).then_some(Key::Code(code.bytes))
    });
    codes.collect()
}
