//! What a reader makes of bytes: every row can be written into a snapshot, or the file is refused.

use super::fixture;
use plantiles::{
    import::{Intake, ReadError, ReadOptions},
    plan::GeometryKind,
    snapshot::SnapshotWriter,
};
use std::ops::ControlFlow;

/// The first byte chooses the kind of geometry and the options, the others are the file.
pub fn every_row(data: &[u8], read: impl FnOnce(&[u8], &mut Intake) -> Result<(), ReadError>) {
    let kind = match data.first() {
        Some(b'0') => GeometryKind::Point,
        Some(b'1') => GeometryKind::Line,
        _ => GeometryKind::Polygon,
    };
    let options = ReadOptions {
        ignore_fields: true,
        fix: data.first() == Some(&b'3'),
        northing_first: data.first() == Some(&b'4'),
        ..ReadOptions::default()
    };
    let layer = fixture::layer("blocks", kind);
    let directory = std::env::temp_dir();
    let mut writer = SnapshotWriter::create(&directory, &layer).unwrap();
    let mut sink = |row: Result<plantiles::import::Row, _>| {
        if let Ok(row) = row {
            let id = row.number as i64;
            writer.append(id, &row.values, row.geometry).expect("a row that was read can be written");
        }
        ControlFlow::Continue(())
    };
    // An error is an answer; a panic is not.
    if let Ok(mut intake) = Intake::new(&layer, &options, &mut sink) {
        let _ = read(data.get(1..).unwrap_or_default(), &mut intake);
    }
}
