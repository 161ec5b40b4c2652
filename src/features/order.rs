//! The rows of a snapshot in another order than the file's.
//!
//! An order is a list of positions, made once for a snapshot and kept while it is used; a page of it costs
//! its length, however far in it is. The order by key also finds a row by its key.

use super::filter::{compare, rank};
use crate::snapshot::{Snapshot, SnapshotId, Value};
use moka::sync::Cache;
use std::{cmp::Ordering, sync::Arc};

/// One of the columns by which rows are sorted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct SortKey {
    /// The number of a field; `None` for the key.
    pub field: Option<usize>,
    pub descending: bool,
}

/// Positions of rows.
pub type Order = Arc<[u32]>;

/// Bytes of all orders together.
const CAPACITY: u64 = 64 << 20;

/// Orders in use.
pub struct Orders(Cache<(SnapshotId, Vec<SortKey>), Order>);

impl Default for Orders {
    fn default() -> Self {
        let weigh = |_: &_, order: &Order| u32::try_from(size_of_val(&**order) + 256).unwrap_or(u32::MAX);
        Self(Cache::builder().max_capacity(CAPACITY).weigher(weigh).build())
    }
}

impl Orders {
    /// The rows sorted by `keys`, rows equal in them by id; what is not a number and nulls come last. Sorting takes its
    /// time: not for an event loop.
    pub fn sorted(&self, snapshot: &Snapshot, keys: &[SortKey]) -> Order {
        let key = (snapshot.id, keys.to_vec());
        self.0.get_with(key, || sort(snapshot, keys).into())
    }

    /// The position of the row with the key `id`.
    pub fn find(&self, snapshot: &Snapshot, id: i64) -> Option<usize> {
        let order = self.sorted(snapshot, &[]);
        let place = order.binary_search_by_key(&id, |&position| snapshot.row(position as usize).id());
        place.ok().map(|place| order[place] as usize)
    }

    /// The positions of the rows with `value` in a field, by id; of null, none.
    pub fn equal(&self, snapshot: &Snapshot, field: usize, value: &Value) -> Vec<usize> {
        let key = SortKey { field: Some(field), descending: false };
        let order = self.sorted(snapshot, &[key]);
        let in_field = |position: u32| snapshot.row(position as usize).value(field);
        let first = order.partition_point(|&position| by_key(&key, &in_field(position), value).is_lt());
        let is_equal = |position: &&u32| compare(&in_field(**position), value) == Some(Ordering::Equal);
        order[first..].iter().take_while(is_equal).map(|&position| position as usize).collect()
    }
}

fn sort(snapshot: &Snapshot, keys: &[SortKey]) -> Vec<u32> {
    let rows = 0..snapshot.feature_count() as u32;
    let mut rows: Vec<(u32, i64, Vec<Value>)> = rows
        .map(|position| {
            let row = snapshot.row(position as usize);
            let value = |key: &SortKey| key.field.map_or(Value::Integer(row.id()), |field| row.value(field));
            (position, row.id(), keys.iter().map(value).collect())
        })
        .collect();
    rows.sort_unstable_by(|(_, a_id, a), (_, b_id, b)| {
        let by_keys = keys.iter().zip(a.iter().zip(b)).map(|(key, (a, b))| by_key(key, a, b));
        by_keys.fold(Ordering::Equal, Ordering::then).then(a_id.cmp(b_id))
    });
    rows.into_iter().map(|(position, ..)| position).collect()
}

fn by_key(key: &SortKey, a: &Value, b: &Value) -> Ordering {
    let by_value = compare(a, b).unwrap_or(Ordering::Equal);
    rank(a).cmp(&rank(b)).then(if key.descending { by_value.reverse() } else { by_value })
}
