//! Any bytes at all, taken for a geometry in a GeoPackage: refused, or it can be written into a snapshot. The pages of the file are
//! SQLite's, which has its own fuzzers.
#![no_main]

#[path = "../../tile/fixture.rs"]
#[allow(dead_code)]
mod fixture;
mod written;

use libfuzzer_sys::fuzz_target;
use plantiles::import::Format;
use rusqlite::Connection;
use std::sync::LazyLock;
use tempfile::TempDir;

/// With one table and no rows.
static FOLDER: LazyLock<TempDir> = LazyLock::new(|| {
    let folder = tempfile::tempdir().unwrap();
    let file = Connection::open(folder.path().join("a.gpkg")).unwrap();
    file.execute_batch(
        "pragma journal_mode = memory; pragma synchronous = off;
         create table gpkg_contents (table_name text, data_type text);
         create table gpkg_geometry_columns (table_name text, column_name text, srs_id integer);
         create table gpkg_spatial_ref_sys (srs_id integer, organization text, organization_coordsys_id integer, definition text);
         create table blocks (fid integer primary key, geom blob, name text);
         insert into gpkg_contents values ('blocks', 'features');
         insert into gpkg_geometry_columns values ('blocks', 'geom', 4490);
         insert into gpkg_spatial_ref_sys values (4490, 'EPSG', 4490, '');",
    )
    .unwrap();
    folder
});

fuzz_target!(|data: &[u8]| written::every_row(data, |bytes, intake| {
    let path = FOLDER.path().join("a.gpkg");
    let file = Connection::open(&path).unwrap();
    file.execute("insert or replace into blocks values (1, ?1, 'a')", [bytes]).unwrap();
    drop(file);
    Format::GeoPackage.read(&path, intake)
}));
