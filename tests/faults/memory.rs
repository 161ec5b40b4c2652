//! An export of more than memory may hold.

use crate::{
    process,
    support::{database::TestDatabase, postgis::query, server::plantiles},
};
use std::{fs, process::Stdio, thread::sleep, time::Duration};

/// 20,000 rows with 20 kB of text each, of polygons with 60 vertices.
const TABLE: &str = "
    create extension postgis;
    create table big as
        select i as id, repeat(md5(i::text), 640) as note,
            st_buffer(st_setsrid(st_makepoint(100 + (i % 200) * 0.1, 25 + (i / 200) * 0.1), 4490), 0.04, 15) as geom
        from generate_series(1, 20000) i;
    alter table big add primary key (id);
    alter table big alter geom type geometry(Polygon, 4490)";
const LAYER: &str = r#"
    [[layer]]
    id = "big"
    schema = "public"
    table = "big"
    id_column = "id"
    geometry_column = "geom"
"#;
/// kB that a publication may take.
const MOST: u64 = 96 * 1024;

#[tokio::test(flavor = "multi_thread")]
async fn an_export_larger_than_memory_is_bounded() {
    let database = TestDatabase::migrated().await;
    query(&database.url(), TABLE.replace("create extension postgis;", "").as_str());
    let state = tempfile::tempdir().unwrap();
    let config = state.path().join("plantiles.toml");
    fs::write(&config, LAYER).unwrap();
    let arguments = [
        "publish",
        "--layer",
        "big",
        "--state",
        state.path().to_str().unwrap(),
        "--config",
        config.to_str().unwrap(),
    ];
    let mut command = plantiles(&arguments);
    command.env("DATABASE_URL", database.url()).stdout(Stdio::null());
    let mut process = command.spawn().unwrap();
    let mut most = 0;
    let status = loop {
        most = most.max(process::anonymous_kb(process.id()).unwrap_or(0));
        if let Some(status) = process.try_wait().unwrap() {
            break status;
        }
        sleep(Duration::from_millis(2));
    };
    assert!(status.success());
    let files = fs::read_dir(state.path().join("snapshots/big")).unwrap().map(|file| file.unwrap());
    let snapshot = files
        .filter(|file| file.file_name().to_string_lossy().ends_with(".fgb"))
        .map(|f| f.metadata().unwrap().len());
    let snapshot = snapshot.sum::<u64>() / 1024;
    println!("{most} kB of memory for a snapshot of {snapshot} kB");
    assert!(snapshot > 4 * MOST, "a snapshot of {snapshot} kB shows nothing");
    assert!(most < MOST, "{most} kB of memory");
}
