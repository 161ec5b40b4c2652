//! Any bytes at all, read as GeoJSON. What comes out as a geometry can be written into a snapshot or is refused.
#![no_main]

#[path = "../../tile/fixture.rs"]
#[allow(dead_code)]
mod fixture;

use libfuzzer_sys::fuzz_target;
use plantiles::{import::read_geojson, plan::GeometryKind, snapshot::SnapshotWriter};
use std::ops::ControlFlow;

fuzz_target!(|data: &[u8]| {
    let kind = match data.first() {
        Some(b'0') => GeometryKind::Point,
        Some(b'1') => GeometryKind::Line,
        _ => GeometryKind::Polygon,
    };
    let layer = fixture::layer("blocks", kind);
    let directory = std::env::temp_dir();
    let mut writer = SnapshotWriter::create(&directory, &layer).unwrap();
    // An error is an answer; a panic is not.
    let _ = read_geojson(data.get(1..).unwrap_or_default(), &layer, 4490, &mut |row| {
        if let Ok(row) = row {
            let id = row.number as i64;
            writer.append(id, &row.values, row.geometry).expect("a row that was read can be written");
        }
        ControlFlow::Continue(())
    });
});
