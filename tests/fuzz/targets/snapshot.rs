//! Any bytes at all, taken for a snapshot: refused, or served without harm. (A real one must also have the hash
//! that it is named by.)
#![no_main]

use libfuzzer_sys::fuzz_target;
use plantiles::{
    grid::{QuadGrid, TileCoord},
    plan::Rules,
    snapshot::{Snapshot, SnapshotId},
    tile::{TileLayer, cut},
};
use std::io::Write;

fuzz_target!(|data: &[u8]| {
    let mut file = tempfile::NamedTempFile::new().unwrap();
    file.write_all(data).unwrap();
    let Ok(snapshot) = Snapshot::open(file.path(), SnapshotId::of(data)) else { return };
    let grid = QuadGrid::web_mercator();
    let Ok(layer) = TileLayer::prepare(snapshot, &grid, &Rules::default()) else { return };
    for (z, x, y) in [(0, 0, 0), (8, 208, 100), (12, 3332, 1602), (14, 13326, 6422)] {
        cut(&[&layer], &grid, TileCoord { z, x, y }, 500_000);
    }
});
