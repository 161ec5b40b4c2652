//! What reviews have worked out of whole layers, kept for those that come after: a layer of 200,000 features is gone through
//! in tens of milliseconds, for each check that asks for all of it.

use super::ground::{Selected, value};
use crate::{
    features::{Condition, Orders},
    snapshot::{SnapshotId, Value},
};
use moka::sync::Cache;
use std::sync::Arc;

/// Sums that are kept, of some hundred bytes each: one for each check that wants it and each answer in its filter.
const SUMS: u64 = 10_000;

pub struct Memory {
    orders: Arc<Orders>,
    /// By the snapshot, the filter of its rows in normal form and the field that is added up.
    sums: Cache<(SnapshotId, Option<String>, Option<String>), f64>,
}

impl Default for Memory {
    fn default() -> Self {
        Self::new(Arc::default())
    }
}

impl Memory {
    pub fn new(orders: Arc<Orders>) -> Self {
        Self { orders, sums: Cache::new(SUMS) }
    }

    /// The rows of a selection: those with a certain value in a field are found without going through all.
    pub(super) fn rows(&self, selected: &Selected) -> Vec<usize> {
        let snapshot = selected.snapshot;
        let equal = selected.condition.as_ref().and_then(Condition::equality);
        let mut rows = match equal {
            Some((field, value)) => self.orders.equal(snapshot, field, value),
            None => (0..snapshot.feature_count()).collect(),
        };
        rows.retain(|position| selected.has(*position));
        rows
    }

    /// How many rows a selection has, or what their values in `field` add up to; what is no number, NaN among it, adds
    /// nothing.
    pub(super) fn sum(&self, selected: &Selected, field: Option<&str>) -> f64 {
        let snapshot = selected.snapshot;
        let add = || {
            let rows = (0..snapshot.feature_count()).filter(|position| selected.has(*position));
            let amounts =
                rows.map(|position| match field.map(|field| value(&snapshot.row(position), field)) {
                    None => 1.0,
                    Some(Value::Integer(number)) => number as f64,
                    Some(Value::Real(number)) if !number.is_nan() => number,
                    Some(_) => 0.0,
                });
            amounts.sum()
        };
        let key = (snapshot.id, selected.filter.clone(), field.map(str::to_owned));
        self.sums.get_with(key, add)
    }
}
