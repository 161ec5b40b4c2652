//! The drawn areas of the features of snapshots, worked out once and kept.

use crate::{
    geodesy,
    plan::GeometryKind,
    snapshot::{Snapshot, SnapshotId},
};
use moka::sync::Cache;
use std::sync::Arc;

/// Bytes of all of them together: four million features.
const CAPACITY: u64 = 32 << 20;

/// Square metres by position, of snapshots in use.
pub struct Areas(Cache<SnapshotId, Arc<[f64]>>);

impl Default for Areas {
    fn default() -> Self {
        let weigh =
            |_: &_, areas: &Arc<[f64]>| u32::try_from(size_of_val(&**areas) + 256).unwrap_or(u32::MAX);
        Self(Cache::builder().max_capacity(CAPACITY).weigher(weigh).build())
    }
}

impl Areas {
    /// The areas of the features of a layer of polygons, on the ellipsoid of CGCS2000; `None` of another layer. The
    /// first time it takes as long as reading all vertices: not for an event loop.
    pub fn of(&self, snapshot: &Snapshot) -> Option<Arc<[f64]>> {
        let areas = || {
            let rows = (0..snapshot.feature_count()).map(|position| snapshot.row(position));
            rows.map(|row| geodesy::row_area(&row)).collect()
        };
        (snapshot.layer.geometry == GeometryKind::Polygon).then(|| self.0.get_with(snapshot.id, areas))
    }
}
