//! Several servers over one database and one bucket: one exports, all follow.

use crate::push::{layer, metric};
use crate::support::{
    database::TestDatabase,
    patience::until,
    postgis::{load_plan, query},
    server::{Server, Setup},
};
use std::{
    path::Path,
    process::{Command, Stdio},
    time::Instant,
};

const EXPORTS: &str = "plantiles_exports_total";

/// A server named `name` among the connections of the database.
fn replica(database: &str, bucket: &Path, name: &str) -> Setup {
    let join = if database.ends_with('?') { "" } else { "&" };
    let url = format!("{database}{join}application_name={name}");
    let patient = Setup::default().config("[database]\nlock_seconds = 60\n");
    patient.database(&url).env("PLANTILES_STORE", &format!("file://{}", bucket.display()))
}

fn exports(servers: &[Server]) -> f64 {
    servers.iter().map(|server| metric(server, EXPORTS)).sum()
}

fn snapshots(servers: &[Server], id: &str) -> Vec<String> {
    servers.iter().map(|server| layer(server, id)["snapshot"].to_string()).collect()
}

#[track_caller]
fn converge(servers: &[Server], id: &str, old: &str) {
    let there = |snapshots: Vec<String>| snapshots.iter().all(|s| *s == snapshots[0] && s != old);
    let start = Instant::now();
    until("all serve the change", || there(snapshots(servers, id)));
    eprintln!("{id}: all {} serve the change after {:?}", servers.len(), start.elapsed());
}

#[tokio::test(flavor = "multi_thread")]
async fn each_change_is_exported_once() {
    let (database, bucket) = (TestDatabase::new().await, tempfile::tempdir().unwrap());
    load_plan(&database.url());
    let start = |name| replica(&database.url(), bucket.path(), name).unready().start();
    let mut servers = ["a", "b", "c"].map(start);
    servers.iter_mut().for_each(Server::wait_until_ready);
    until("all hear", || servers.iter().all(|server| metric(server, "plantiles_listening") == 1.0));
    let layers = servers[0].get("/layers.json").json()["layers"].as_array().unwrap().len();
    assert_eq!(exports(&servers), layers as f64, "of the first publication");

    for n in 1..=4 {
        let old = layer(&servers[0], "mining_blocks")["snapshot"].to_string();
        query(&database.url(), &format!("update plan.mining_blocks set name = 'n{n}' where id = 1"));
        converge(&servers, "mining_blocks", &old);
        until("nobody is at it", || query(&database.url(), LOCKS) == "0");
        assert_eq!(exports(&servers), (layers + n) as f64, "after change {n}");
    }
    let ready = servers[1].get("/readyz").expect(200).json();
    let exported = &ready["exported"];
    assert!(exported["position"].as_str().unwrap().contains('/') && exported["at"].is_string(), "{ready}");

    // Who comes later, or again, finds nothing to do.
    let late = replica(&database.url(), bucket.path(), "late").start();
    assert_eq!(snapshots(&[late], "mining_blocks"), snapshots(&servers[..1], "mining_blocks"));
}

const LOCKS: &str = "select count(*) from pg_locks where locktype = 'advisory' and granted \
                     and database = (select oid from pg_database where datname = current_database())";
const HOLDER: &str = "select application_name from pg_locks join pg_stat_activity using (pid) \
                      where locktype = 'advisory' and granted and datname = current_database()";
const STUCK: &str = "select application_name from pg_locks join pg_stat_activity using (pid) \
                     where mode = 'AccessShareLock' and not granted and datname = current_database()";

#[tokio::test(flavor = "multi_thread")]
async fn another_takes_the_turn_of_one_that_is_killed() {
    another_takes_over("KILL").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn another_takes_the_turn_of_one_that_is_stopped_and_goes_on_later() {
    another_takes_over("STOP").await;
}

/// One of three has the turn, and gets a signal in the middle of its export.
async fn another_takes_over(signal: &str) {
    let (database, bucket) = (TestDatabase::new().await, tempfile::tempdir().unwrap());
    load_plan(&database.url());
    let names = ["a", "b", "c"];
    let mut servers: Vec<Server> =
        names.map(|name| replica(&database.url(), bucket.path(), name).start()).into();
    let old = layer(&servers[0], "roads")["snapshot"].to_string();

    // The change is there, and nobody can read it: whoever has the turn is stuck in the export.
    let edit = database.client().await;
    edit.batch_execute("begin; update plan.roads set name = 'changed'").await.unwrap();
    let url = database.url();
    let mut lock = Command::new("psql");
    lock.args(["--no-psqlrc", "--dbname", &url]).stdout(Stdio::null()).stderr(Stdio::null());
    lock.args(["--command", "begin; lock table plan.roads in access exclusive mode; select pg_sleep(600)"]);
    let mut stuck = lock.spawn().unwrap();
    let waits = "select count(*) from pg_locks where not granted and mode = 'AccessExclusiveLock' \
                 and database = (select oid from pg_database where datname = current_database())";
    until("the table is waited for", || query(&url, waits) == "1");
    edit.batch_execute("commit").await.unwrap();
    // A turn may be over in a moment: it has to be of one who waits for the table.
    let mut holder = String::new();
    until("who has the turn is stuck", || {
        holder = query(&url, HOLDER);
        names.contains(&holder.as_str()) && query(&url, STUCK).lines().any(|name| name == holder)
    });
    let killed = names.iter().position(|name| *name == holder).unwrap();
    let gone = servers.remove(killed);
    gone.signal(signal);
    let start = Instant::now();
    until("another has the turn", || {
        let next = query(&url, HOLDER);
        !next.is_empty() && next != holder
    });
    eprintln!("{signal}: another has the turn after {:?}", start.elapsed());
    for server in &servers {
        server.get("/readyz").expect(200);
        assert_eq!(layer(server, "roads")["snapshot"].to_string(), old);
    }

    let exported = exports(&servers);
    query(
        &url,
        "select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and query like '%pg_sleep(600)' and pid <> pg_backend_pid()",
    );
    stuck.wait().unwrap();
    converge(&servers, "roads", &old);
    assert_eq!(exports(&servers) - exported, 1.0);
    if signal == "STOP" {
        gone.signal("CONT");
        servers.push(gone);
        converge(&servers, "roads", &old);
    }
}

/// Puts the schema back as it was when it was dumped.
fn restore(url: &str, dump: &Path) {
    query(url, "drop schema plan cascade");
    let restored = Command::new("psql")
        .args(["--no-psqlrc", "--quiet", "--set=ON_ERROR_STOP=1", "--dbname", url, "--file"])
        .arg(dump)
        .output()
        .unwrap();
    assert!(restored.status.success(), "{}", String::from_utf8_lossy(&restored.stderr));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_restored_database_with_as_many_changes_is_exported() {
    let (database, bucket) = (TestDatabase::new().await, tempfile::tempdir().unwrap());
    load_plan(&database.url());
    let dump = tempfile::NamedTempFile::new().unwrap();
    let dumped = Command::new("pg_dump")
        .args(["--schema=plan", "--file"])
        .arg(dump.path())
        .args(["--dbname", &database.url()])
        .status();
    assert!(dumped.unwrap().success());
    let rename = |name: &str| {
        query(&database.url(), &format!("update plan.mining_blocks set name = '{name}' where id = 1"));
    };
    let count =
        || query(&database.url(), "select changes from plan.change_count where layer = 'mining_blocks'");
    rename("lost");
    let changes = count();
    let server = replica(&database.url(), bucket.path(), "a").start();
    let lost = layer(&server, "mining_blocks")["snapshot"].to_string();
    drop(server);

    restore(&database.url(), dump.path());
    rename("kept");
    assert_eq!(count(), changes);
    let server = [replica(&database.url(), bucket.path(), "b").start()];
    converge(&server, "mining_blocks", &lost);
    let file = server[0].get("/downloads/mining_blocks.fgb").expect(200);
    assert!(String::from_utf8_lossy(&file.body).contains("kept"));
}
