//! Any bytes at all, taken for a geometry that PostGIS sent.
#![no_main]

#[path = "../../tile/fixture.rs"]
#[allow(dead_code)]
mod fixture;

use geozero::wkb::Ewkb;
use libfuzzer_sys::fuzz_target;
use plantiles::{plan::GeometryKind, snapshot::SnapshotWriter};

fuzz_target!(|data: &[u8]| {
    for kind in [GeometryKind::Point, GeometryKind::Line, GeometryKind::Polygon] {
        let layer = fixture::layer("blocks", kind);
        let mut writer = SnapshotWriter::create(&std::env::temp_dir(), &layer).unwrap();
        let values = [const { plantiles::snapshot::Value::Null }; 5];
        // An error is an answer; a panic is not.
        let _ = writer.append(1, &values, Ewkb(data));
    }
});
