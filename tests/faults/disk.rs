//! The state directory is full or read-only: what is published is served, and what is not is told, until it heals.

use crate::{
    load::Load,
    support::{
        database::TestDatabase,
        postgis::{load_plan, query},
        server::{Server, Setup},
    },
    until,
    volume::Volume,
};

fn serves(server: &Server, name: &str) -> bool {
    String::from_utf8_lossy(&server.get("/downloads/mining_blocks.fgb").expect(200).body).contains(name)
}

/// The state as `/readyz` tells it.
fn told(server: &Server) -> (String, String) {
    let ready = server.get("/readyz").expect(200).json();
    (ready["status"].as_str().unwrap().to_owned(), ready["error"].as_str().unwrap_or_default().to_owned())
}

fn damaged_volume(reason: &str, fault: impl Fn(&Volume), repair: impl Fn(&Volume), url: &str) {
    let rename =
        |name: &str| query(url, &format!("update plan.mining_blocks set name = '{name}' where id = 1"));
    let volume = Volume::new(24);
    let state = volume.state();
    let setup = || {
        let setup = Setup::default().database(url).state(&state).expect_log("the export failed");
        setup.expect_log("task=publishing").expect_log("prepared in memory").expect_log("cannot be written")
    };
    // A file that a process wrote itself counts as open for writing while it is mapped, and then the file system
    // cannot be made read-only on purpose.
    drop(setup().start());
    let server = setup().start();
    until("it is exported", || !server.get("/readyz").expect(200).json()["confirmed"].is_null());
    let load = Load::on(&server);
    fault(&volume);
    let edit = format!("while {reason}");
    rename(&edit);
    until("it is told to be stale, and why", || {
        let (status, error) = told(&server);
        assert!(!error.contains(&*state.to_string_lossy()), "the place of the state is told: {error}");
        status == "stale" && error.contains(reason)
    });
    load.more(100);
    assert!(!serves(&server, &edit));
    // A start from it serves what was published.
    let second = setup().start();
    until("the second is stale", || told(&second).0 == "stale");
    Load::on(&second).end();
    drop(second);

    repair(&volume);
    until("the edit is served", || serves(&server, &edit));
    until("all is well again", || told(&server).0 == "ready");
    load.end();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_full_state_directory_is_served_from_and_heals() {
    let database = TestDatabase::new().await;
    load_plan(&database.url());
    damaged_volume("No space left", Volume::fill, Volume::free, &database.url());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_read_only_state_directory_is_served_from_and_heals() {
    let database = TestDatabase::new().await;
    load_plan(&database.url());
    let (fault, repair) =
        (|volume: &Volume| volume.read_only(true), |volume: &Volume| volume.read_only(false));
    damaged_volume("Read-only", fault, repair, &database.url());
}
