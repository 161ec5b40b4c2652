//! Several processes on one state directory take turns: nothing is lost, nothing is half.

use crate::{
    load::Load,
    support::{
        database::TestDatabase,
        postgis::{load_plan, query},
        server::{Server, Setup, plantiles},
    },
    until,
};
use plantiles::snapshot::Store;
use std::{path::Path, process::Stdio};

fn serves(server: &Server, name: &str) -> bool {
    String::from_utf8_lossy(&server.get("/downloads/mining_blocks.fgb").expect(200).body).contains(name)
}

#[track_caller]
fn is_whole(state: &Path) {
    let store = Store::open(state).unwrap();
    let set = store.current().unwrap().unwrap();
    let loaded = store.load(&set, &[]);
    assert!(loaded.damaged.is_empty(), "{:?}", loaded.damaged);
    assert_eq!(loaded.snapshots.len(), set.layers.len());
}

#[tokio::test(flavor = "multi_thread")]
async fn two_servers_share_a_state_directory() {
    let database = TestDatabase::new().await;
    load_plan(&database.url());
    let state = tempfile::tempdir().unwrap();
    let start = || Setup::default().database(&database.url()).state(state.path()).start();
    let servers = [start(), start()];
    let loads = servers.each_ref().map(Load::on);
    for n in 0..10 {
        query(&database.url(), &format!("update plan.mining_blocks set name = 'edit {n}' where id = 1"));
        until("both serve the edit", || servers.iter().all(|server| serves(server, &format!("edit {n}"))));
    }
    loads.into_iter().for_each(Load::end);
    is_whole(state.path());
}

#[tokio::test(flavor = "multi_thread")]
async fn publications_at_once_take_turns() {
    let database = TestDatabase::new().await;
    load_plan(&database.url());
    let state = tempfile::tempdir().unwrap();
    let folder = state.path().to_str().unwrap();
    for n in 0..3 {
        query(&database.url(), &format!("update plan.mining_blocks set name = 'round {n}' where id = 1"));
        let publish = |_| {
            let mut command = plantiles(&["publish", "--state", folder]);
            command.env("DATABASE_URL", database.url()).stdout(Stdio::null()).stderr(Stdio::piped());
            command.spawn().unwrap()
        };
        for process in [(); 3].map(publish) {
            let output = process.wait_with_output().unwrap();
            assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        }
        is_whole(state.path());
    }
}
