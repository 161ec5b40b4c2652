//! What a new publication changes for those who use the server meanwhile.

use crate::support::{
    database::TestDatabase,
    http::Response,
    patience::found,
    plan::{bounds_of, layer_named},
    postgis::{load_plan, query},
    server::{Server, Setup, plantiles},
};
use crate::tiles::busy_tile;
use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
};

const DOWNLOAD: &str = "/downloads/mining_blocks.fgb";

fn publish(database: &TestDatabase, state: &Path) {
    let arguments = ["publish", "--layer", "mining_blocks", "--state", state.to_str().unwrap()];
    let output = plantiles(&arguments).env("DATABASE_URL", database.url()).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

fn etag(response: &Response) -> String {
    response.expect_header("etag").trim_matches('"').to_owned()
}

/// Waits until the running server serves another snapshot than `old`.
fn followed(server: &Server, old: &str) -> Response {
    found("the server follows", || Some(server.get(DOWNLOAD).expect(200)).filter(|now| etag(now) != old))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_running_server_follows_and_keeps_what_it_gave_out() {
    let database = TestDatabase::new().await;
    load_plan(&database.url());
    let state = tempfile::tempdir().unwrap();
    let setup = || Setup::default().database(&database.url()).state(state.path());
    let server = setup().start();

    let before = server.get(DOWNLOAD).expect(200);
    let old = etag(&before);
    let other = server.get("/downloads/townships.fgb").expect(200);
    let tilejson = server.get("/tiles/mining_blocks.json").json();
    let template = tilejson["tiles"][0].as_str().unwrap().to_owned();
    let path = template[template.find("/tiles/").unwrap()..].replace("{z}/{x}/{y}", &tile_of_first_block());
    let tile = server.get(&path).expect(200);

    query(&database.url(), "update plan.mining_blocks set name = 'renamed' where id = 1");
    publish(&database, state.path());
    let after = followed(&server, &old);
    assert!(String::from_utf8_lossy(&after.body).contains("renamed"));
    assert_eq!(etag(&server.get("/downloads/townships.fgb").expect(200)), etag(&other));
    assert_ne!(server.get("/tiles/mining_blocks.json").json()["tiles"][0], template.as_str());

    // A map that is open goes on with the version that it began with.
    assert!(server.get(&path).expect(200).body == tile.body);
    let versioned = format!("/downloads/mining_blocks@{old}.fgb");
    assert!(server.get(&versioned).expect(200).body == before.body);

    // After a restart the file is still there; the old tiles lead to the new ones.
    drop(server);
    let server = setup().start();
    assert!(server.get(&versioned).expect(200).body == before.body);
    let moved = server.get(&path).expect(307);
    let location = moved.expect_header("location");
    assert!(location.contains("/tiles/mining_blocks@") && location.ends_with(&tile_of_first_block_file()));
}

/// The files of the state directory that end with `suffix`.
fn files(state: &Path, suffix: &str) -> BTreeMap<PathBuf, Vec<u8>> {
    let layers = fs::read_dir(state.join("snapshots")).unwrap();
    let files = layers.flat_map(|layer| fs::read_dir(layer.unwrap().path()).unwrap());
    let paths =
        files.map(|file| file.unwrap().path()).filter(|path| path.to_str().unwrap().ends_with(suffix));
    paths.map(|path| (path.clone(), fs::read(path).unwrap())).collect()
}

#[test]
fn what_tiles_are_cut_from_is_prepared_and_need_not_be_there() {
    let state = tempfile::tempdir().unwrap();
    let path = format!("/tiles/plan/{}.mvt", busy_tile(8));
    let setup = || Setup::default().state(state.path());
    let tile = setup().start().get(&path).expect(200);
    let prepared = files(state.path(), ".tiles");
    assert_eq!(prepared.len(), files(state.path(), ".fgb").len());

    prepared.keys().for_each(|file| fs::remove_file(file).unwrap());
    let unwritable = setup().unwritable().expect_log("File too large");
    assert!(unwritable.start().get(&path).expect(200).body == tile.body);
    assert!(files(state.path(), ".tiles").is_empty());

    assert!(setup().start().get(&path).expect(200).body == tile.body);
    assert!(files(state.path(), ".tiles") == prepared);
}

fn tile_of_first_block() -> String {
    let [west, south, east, north] = bounds_of(&layer_named("mining_blocks").features[0]);
    crate::support::grid::tile_at((west + east) / 2.0, (south + north) / 2.0, 12).to_string()
}

fn tile_of_first_block_file() -> String {
    format!("{}.mvt", tile_of_first_block())
}
