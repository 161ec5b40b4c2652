//! Any bytes at all, read as a zipped Shapefile. What comes out as a geometry can be written into a snapshot or is refused.
#![no_main]

#[path = "../../tile/fixture.rs"]
#[allow(dead_code)]
mod fixture;
mod written;

use libfuzzer_sys::fuzz_target;
use plantiles::import::Format;
use std::{fs, sync::LazyLock};
use tempfile::TempDir;

static FOLDER: LazyLock<TempDir> = LazyLock::new(|| tempfile::tempdir().unwrap());

fuzz_target!(|data: &[u8]| written::every_row(data, |bytes, intake| {
    let path = FOLDER.path().join("a.shp.zip");
    fs::write(&path, bytes)?;
    Format::ZippedShapefile.read(&path, intake)
}));
