//! Any bytes at all, read as a Shapefile: two bytes that say how long its `.shp` is, that, and the `.dbf`. What comes out as a
//! geometry can be written into a snapshot or is refused.
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
    let Some((length, files)) = bytes.split_first_chunk() else { return Ok(()) };
    let length = usize::from(u16::from_be_bytes(*length)).min(files.len());
    let (shapes, table) = files.split_at(length);
    let path = FOLDER.path().join("a.shp");
    fs::write(&path, shapes)?;
    fs::write(path.with_extension("dbf"), table)?;
    Format::Shapefile.read(&path, intake)
}));
