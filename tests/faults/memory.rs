//! Exports of more than memory may hold.

use crate::{
    load::Load,
    process,
    support::{
        database::TestDatabase,
        postgis::{load_plan, query},
        server::{Setup, plantiles},
    },
    until,
};
use std::{fs, process::Stdio, thread::sleep, time::Duration};

const LAYER: &str = r#"
    [[layer]]
    id = "big"
    schema = "public"
    table = "big"
    id_column = "id"
    geometry_column = "geom"
"#;

/// Publishes a table of `rows` discs of `vertices` and with so much text; gives the most kB of memory that the process
/// had, and the kB of the snapshot.
async fn publish(rows: u32, vertices: u32, text: &str) -> (u64, u64) {
    let database = TestDatabase::migrated().await;
    let quarter = vertices / 4;
    let table = format!(
        "create table big as
            select i::int as id, {text} as note, st_buffer(st_setsrid(
                st_makepoint(100 + (i % 100) * 0.1, 25 + (i / 100) * 0.1), 4490), 0.04, {quarter}) as geom
            from generate_series(1, {rows}) i;
        alter table big add primary key (id);
        alter table big alter geom type geometry(Polygon, 4490)"
    );
    query(&database.url(), &table);
    let state = tempfile::tempdir().unwrap();
    let config = state.path().join("plantiles.toml");
    fs::write(&config, LAYER).unwrap();
    let [folder, config] = [state.path(), &config].map(|path| path.to_str().unwrap());
    let mut command = plantiles(&["publish", "--layer", "big", "--state", folder, "--config", config]);
    let mut process = command.env("DATABASE_URL", database.url()).stdout(Stdio::null()).spawn().unwrap();
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
    let snapshots = files.filter(|file| file.file_name().to_string_lossy().ends_with(".fgb"));
    let snapshot = snapshots.map(|file| file.metadata().unwrap().len()).sum::<u64>() / 1024;
    println!("{rows} rows: {most} kB of memory for a snapshot of {snapshot} kB");
    (most, snapshot)
}

#[tokio::test(flavor = "multi_thread")]
async fn text_takes_no_memory() {
    const MOST: u64 = 64 * 1024;
    let (memory, snapshot) = publish(8000, 8, "repeat(md5(i::text), 640)").await;
    assert!(snapshot > 2 * MOST, "a snapshot of {snapshot} kB shows nothing");
    assert!(memory < MOST, "{memory} kB");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_layer_that_would_take_too_much_is_refused_and_the_others_are_served() {
    let database = TestDatabase::new().await;
    load_plan(&database.url());
    let setup = Setup::default().database(&database.url()).config("[tiles]\nprepare_mib = 1\n");
    let server = setup.expect_log("mining_blocks").expect_log("task=publishing").start();
    let before = server.get("/downloads/mining_blocks.fgb").expect(200).body;
    let load = Load::on(&server);
    query(
        &database.url(),
        "update plan.mining_blocks set geom = st_multi(st_buffer(st_centroid(geom), 0.01, 20000)) where id = 1;
         update plan.townships set name = 'small' where id = 1",
    );
    until("it is told", || {
        let ready = server.get("/readyz").expect(200).json();
        ready["status"] == "stale" && ready["error"].as_str().is_some_and(|error| error.contains("MiB"))
    });
    until("the other edit is served", || {
        String::from_utf8_lossy(&server.get("/downloads/townships.fgb").body).contains("small")
    });
    assert!(server.get("/downloads/mining_blocks.fgb").expect(200).body == before);
    load.end();
}

/// The export by itself streams; simplification of the low zooms needs the vertices of the layer, which share borders.
#[tokio::test(flavor = "multi_thread")]
async fn geometry_takes_so_many_bytes_a_vertex() {
    const ROWS: u32 = 5000;
    const VERTICES: u32 = 400;
    const BYTES: u64 = 40;
    let (memory, _) = publish(ROWS, VERTICES, "'n' || i").await;
    // And what any process takes.
    let most = 24 * 1024 + BYTES * u64::from(ROWS * VERTICES) / 1024;
    assert!(memory < most, "{memory} kB of {most}");
}
