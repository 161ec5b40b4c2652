//! PostGIS dies, stops, hangs, is cut off or locked: nobody who asks the server notices, and it catches up.

use crate::{
    load::Load,
    proxy::Proxy,
    settings,
    support::{
        database::TestDatabase,
        postgis::{Cluster, load_plan, query},
        server::{Server, Setup},
    },
    until,
};
use plantiles::{
    config,
    postgis::{Database, DatabaseError},
};
use std::{num::NonZeroU16, thread::sleep};
use tokio_postgres::error::SqlState;

/// Quick to notice, since outages are short here.
const IMPATIENT: &str = "
    [database]
    poll_seconds = 1
    statement_seconds = 1
    export_seconds = 5
    lock_seconds = 1
    wait_seconds = 2
";

fn rename(url: &str, name: &str) {
    query(url, &format!("update plan.mining_blocks set name = '{name}' where id = 1"));
}

fn serves(server: &Server, name: &str) -> bool {
    String::from_utf8_lossy(&server.get("/downloads/mining_blocks.fgb").expect(200).body).contains(name)
}

fn status(server: &Server) -> (String, String) {
    let ready = server.get("/readyz").expect(200).json();
    (ready["status"].as_str().unwrap().to_owned(), ready["error"].as_str().unwrap_or_default().to_owned())
}

fn is_stale_for(server: &Server, reason: &str) -> bool {
    let (status, error) = status(server);
    status == "stale" && error.contains(reason)
}

/// What a server says whose database went away.
fn start(url: &str) -> Server {
    let setup = Setup::default().database(url).config(IMPATIENT).expect_log("looking for changes");
    setup
        .expect_log("task=publishing")
        .expect_log("changes are heard")
        .expect_log("changes are not heard")
        .start()
}

#[test]
fn postgis_killed_stopped_or_frozen_takes_nothing_down() {
    let cluster = Cluster::start();
    load_plan(&cluster.url);
    let server = start(&cluster.url);
    let load = Load::on(&server);
    type Act = fn(&Cluster);
    let outages: [(&str, Act, Act); 4] = [
        ("killed", Cluster::kill, Cluster::start_again),
        ("stopped at once", Cluster::stop_at_once, Cluster::start_again),
        ("stopped", Cluster::stop, Cluster::start_again),
        ("frozen", Cluster::freeze, Cluster::thaw),
    ];
    for (named, fault, repair) in outages {
        fault(&cluster);
        sleep(settings::outage());
        load.more(100);
        until("the state is told to be stale", || is_stale_for(&server, "database"));
        repair(&cluster);
        // Before the server is connected again.
        rename(&cluster.url, named);
        until("the edit is served", || serves(&server, named));
        until("all is well again", || status(&server).0 == "ready");
    }
    load.end();
    for text in
        [server.log(), server.get("/metrics").text().to_owned(), server.get("/readyz").text().to_owned()]
    {
        assert!(!text.contains(&cluster.password()), "the password is in {text}");
    }
}

#[test]
fn a_database_that_hung_is_known_to_be_well_soon_after() {
    let cluster = Cluster::start();
    load_plan(&cluster.url);
    let server = start(&cluster.url);
    cluster.freeze();
    until("the state is told to be stale", || is_stale_for(&server, "database"));
    cluster.thaw();
    // Nobody edits anything.
    until("all is well again", || status(&server).0 == "ready");
}

/// A view of which each row takes a while, so that an export has a middle.
const SLOW_VIEW: &str = "
    create function slowly(text) returns text language plpgsql as
        $$ begin perform pg_sleep(0.2); return $1; end $$;
    create view slow as select id, slowly(name) as name, geom from plan.mining_blocks";
const SLOW_LAYER: &str = r#"
    [[layer]]
    id = "slow"
    schema = "public"
    table = "slow"
    id_column = "id"
    geometry_column = "geom"
"#;

fn wait_for_export(url: &str) {
    let exporting = "select count(*) from pg_stat_activity where state = 'active' and query like '%\"slow\"%order by 1%' \
                     and pid <> pg_backend_pid() and datname = current_database()";
    until("the export is under way", || query(url, exporting) != "0");
}

fn serves_slow(server: &Server, name: &str) -> bool {
    let answer = server.get("/downloads/slow.fgb");
    String::from_utf8_lossy(&answer.body).contains(name)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_connection_cut_in_mid_export_is_made_again() {
    let database = TestDatabase::new().await;
    load_plan(&database.url());
    query(&database.url(), SLOW_VIEW);
    let proxy = Proxy::to(&database.url());
    let config = format!("{IMPATIENT}{SLOW_LAYER}");
    let server = Setup::default()
        .database(&proxy.url)
        .config(&config)
        .expect_log("task=publishing")
        .expect_log("looking for changes")
        .expect_log("changes are heard")
        .expect_log("changes are not heard")
        .expect_log("the export failed")
        .start();
    let load = Load::on(&server);
    let url = database.url();
    let terminate = || {
        query(
            &url,
            "select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid() and query like '%\"slow\"%'",
        );
    };
    let cuts: [(&str, &dyn Fn()); 3] =
        [("terminated", &terminate), ("cut", &|| proxy.cut()), ("silent", &|| proxy.hold())];
    for (named, cut) in cuts {
        rename(&url, &format!("before {named}"));
        wait_for_export(&url);
        cut();
        rename(&url, named);
        if named == "silent" {
            until("the silence is noticed", || is_stale_for(&server, "database"));
            proxy.cut();
        }
        until("the edit is served", || serves(&server, named) && serves_slow(&server, named));
        until("all is well again", || status(&server).0 == "ready");
        load.more(50);
    }
    load.end();
}

/// Somebody has locked a table and gone to lunch.
#[tokio::test(flavor = "multi_thread")]
async fn a_lock_holds_up_its_layer_alone() {
    let database = TestDatabase::new().await;
    load_plan(&database.url());
    let client = database.client().await;
    client.batch_execute("begin; lock table plan.mining_blocks in access exclusive mode").await.unwrap();
    let server = Setup::default()
        .database(&database.url())
        .config(IMPATIENT)
        .expect_log("mining_blocks")
        .expect_log("task=publishing")
        .expect_log("looking for changes")
        .start();
    server.get("/downloads/roads.fgb").expect(200);
    server.get("/downloads/mining_blocks.fgb").expect(404);
    until("the layer is named", || is_stale_for(&server, "mining_blocks"));
    client.batch_execute("rollback").await.unwrap();
    until("the layer is there", || server.get("/downloads/mining_blocks.fgb").status == 200);
    until("all is well again", || status(&server).0 == "ready");

    let load = Load::on(&server);
    client.batch_execute("begin; lock table plan.layer in access exclusive mode").await.unwrap();
    rename(&database.url(), "meanwhile");
    until("that nothing can be published is told", || is_stale_for(&server, "database"));
    client.batch_execute("rollback").await.unwrap();
    until("the edit is served", || serves(&server, "meanwhile"));
    load.end();
}

#[tokio::test]
async fn a_statement_and_a_wait_for_a_connection_have_their_limits() {
    let database = TestDatabase::new().await;
    let second = NonZeroU16::MIN;
    let config = config::Database { statement_seconds: second, wait_seconds: second, ..Default::default() };
    let pool = Database::new(&database.url().parse().unwrap(), (&config).into()).unwrap();
    let mut clients = Vec::new();
    let refused = loop {
        match pool.client().await {
            Ok(client) => clients.push(client),
            Err(error) => break error,
        }
    };
    assert!(matches!(refused, DatabaseError::Unreachable { .. }), "{refused}");
    let slow = clients[0].batch_execute("select pg_sleep(60)").await.unwrap_err();
    assert_eq!(slow.code(), Some(&SqlState::QUERY_CANCELED));
}
