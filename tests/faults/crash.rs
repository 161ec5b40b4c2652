//! Processes are killed at any instant: what they leave is always a whole version.

use crate::{
    settings,
    support::{
        database::TestDatabase,
        postgis::load_plan,
        server::{Setup, plantiles},
    },
    until,
};
use plantiles::snapshot::{Snapshot, Store};
use std::{
    path::Path,
    process::Stdio,
    sync::Arc,
    thread::sleep,
    time::{Duration, Instant},
};
use tokio_postgres::Client;

/// Layers of the test's plan; few and small, so that a publication is short and a run holds many.
const LAYERS: [&str; 3] = ["mining_blocks", "townships", "roads"];

async fn small_plan() -> (TestDatabase, Client) {
    let database = TestDatabase::new().await;
    load_plan(&database.url());
    let client = database.client().await;
    let others = format!("delete from plan.layer where id not in ('{}')", LAYERS.join("','"));
    client.batch_execute(&others).await.unwrap();
    (database, client)
}

/// Changes all layers in one transaction.
async fn edit(client: &Client, round: u64) {
    let updates = LAYERS.map(|layer| format!("update plan.{layer} set name = 'round {round}';"));
    client.batch_execute(&format!("begin; {} commit", updates.concat())).await.unwrap();
}

/// The round of which the published version is: all of its layers are there, hash to their names and are of this one.
fn published_round(state: &Path) -> u64 {
    let store = Store::open(state).unwrap();
    let loaded = store.load(&store.current().unwrap().expect("a published set"), &[]);
    assert!(loaded.damaged.is_empty(), "{:?}", loaded.damaged);
    assert_eq!(loaded.snapshots.len(), LAYERS.len());
    let rounds: Vec<u64> = loaded.snapshots.iter().map(round).collect();
    assert!(rounds.iter().all(|round| *round == rounds[0]), "a mixed version: {rounds:?}");
    rounds[0]
}

fn round(snapshot: &Arc<Snapshot>) -> u64 {
    let text = String::from_utf8_lossy(snapshot.bytes());
    let number = text.split("round ").nth(1).expect("an edited layer");
    number.split(|c: char| !c.is_ascii_digit()).next().unwrap().parse().unwrap()
}

/// Whether a server that finds its database gone serves what is there.
fn starts(state: &Path, round: u64) {
    let nowhere = "postgresql://checks@127.0.0.1:1/nowhere";
    let setup = Setup::default()
        .database(nowhere)
        .state(state)
        .expect_log("task=")
        .expect_log("changes are not heard");
    let server = setup.start();
    for layer in LAYERS {
        let download = server.get(&format!("/downloads/{layer}.fgb")).expect(200);
        assert!(String::from_utf8_lossy(&download.body).contains(&format!("round {round}")), "{layer}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_publication_killed_at_any_instant_leaves_a_whole_version() {
    let (database, client) = small_plan().await;
    let state = tempfile::tempdir().unwrap();
    let publish = || {
        let mut command = plantiles(&["publish", "--state", state.path().to_str().unwrap()]);
        command.env("DATABASE_URL", database.url()).stdout(Stdio::null()).stderr(Stdio::null());
        command.spawn().unwrap()
    };
    edit(&client, 0).await;
    assert!(publish().wait().unwrap().success());
    edit(&client, 1).await;
    let began = Instant::now();
    assert!(publish().wait().unwrap().success());
    let whole = began.elapsed();

    let (mut chance, mut before, mut finished) = (settings::chance(), 1, 0);
    for round in 2..2 + settings::rounds() {
        edit(&client, round).await;
        let mut process = publish();
        sleep(chance.time(whole * 2));
        process.kill().unwrap();
        process.wait().unwrap();
        let found = published_round(state.path());
        assert!(found == before || found == round, "round {round}: {found} after {before}");
        finished += u64::from(found == round);
        if round % 20 == 0 {
            starts(state.path(), found);
        }
        before = found;
    }
    println!(
        "{finished} of {} publications were finished before they were killed; one takes {whole:?}",
        settings::rounds()
    );
    assert!(publish().wait().unwrap().success());
    assert!(leftovers(state.path()).is_empty(), "{:?}", leftovers(state.path()));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_killed_while_it_exports_starts_with_a_whole_version() {
    let (database, client) = small_plan().await;
    let state = tempfile::tempdir().unwrap();
    edit(&client, 0).await;
    let (mut chance, mut before) = (settings::chance(), 0);
    for round in 1..=settings::rounds().div_ceil(8) {
        let mut server = Setup::default().database(&database.url()).state(state.path()).start();
        until("the database is heard", || server.metric("plantiles_listening") == 1.0);
        before = before.max(published_round(state.path()));
        edit(&client, round).await;
        sleep(chance.time(Duration::from_millis(400)));
        server.signal("KILL");
        server.wait();
        let found = published_round(state.path());
        assert!(found == before || found == round, "round {round}: {found} after {before}");
        before = found;
    }
    drop(Setup::default().database(&database.url()).state(state.path()).start());
    assert!(leftovers(state.path()).is_empty(), "{:?}", leftovers(state.path()));
}

/// Files that belong to no kept version.
fn leftovers(state: &Path) -> Vec<String> {
    let set = Store::open(state).unwrap().current().unwrap().unwrap();
    let mut names = Vec::new();
    for layer in LAYERS {
        let id = plantiles::plan::LayerId::new(layer).unwrap();
        for entry in std::fs::read_dir(state.join("snapshots").join(layer)).unwrap() {
            let name = entry.unwrap().file_name().into_string().unwrap();
            let snapshot = name.split('.').next().unwrap().parse().ok();
            if snapshot.is_none_or(|snapshot| set.published_at(&id, snapshot).is_none()) {
                names.push(name);
            }
        }
    }
    names
}
