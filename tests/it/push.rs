//! From a commit to the map.

use crate::support::{
    database::TestDatabase,
    grid::tiles_over,
    patience::until,
    postgis::{load_plan, query},
    server::{Server, Setup},
};
use serde_json::Value;
use std::{thread::sleep, time::Duration};

/// What `/layers.json` says of a layer; null where there is none.
pub fn layer(server: &Server, id: &str) -> Value {
    let catalog = server.get("/layers.json").expect(200).json();
    let layers = catalog["layers"].as_array().unwrap();
    layers.iter().find(|layer| layer["id"] == id).cloned().unwrap_or_default()
}

pub fn metric(server: &Server, name: &str) -> f64 {
    let text = server.get("/metrics").text().to_owned();
    let line = text.lines().find(|line| line.split([' ', '{']).next() == Some(name));
    line.unwrap_or_else(|| panic!("no {name}")).rsplit(' ').next().unwrap().parse().unwrap()
}

pub async fn start(setup: impl FnOnce(Setup) -> Setup) -> (TestDatabase, Server) {
    let database = TestDatabase::new().await;
    load_plan(&database.url());
    let server = setup(Setup::default().database(&database.url())).start();
    until("the database is heard", || metric(&server, "plantiles_listening") == 1.0);
    (database, server)
}

#[tokio::test(flavor = "multi_thread")]
async fn every_kind_of_change_is_served() {
    let (database, server) = start(|setup| setup).await;
    let mut before = layer(&server, "mining_blocks");
    let there = before["count"].as_i64().unwrap();
    let copy = "copy plan.mining_blocks (id, code, name, geom) from program \
                'printf ''901\\tC1\\tcopied\\tSRID=4490;MULTIPOLYGON(((112.8 36.3,112.81 36.3,112.81 36.31,112.8 36.3)))\\n'''";
    for (statement, count) in [
        ("update plan.mining_blocks set name = 'renamed' where id = 1", there),
        ("update plan.mining_blocks set geom = st_translate(geom, 0.01, 0) where id = 1", there),
        ("update plan.mining_blocks set level = 'x'", there),
        (
            "insert into plan.mining_blocks (id, code, geom) select 900, 'n', geom from plan.mining_blocks where id = 1",
            there + 1,
        ),
        (copy, there + 2),
        ("update plan.layer set title_zh = '改' where id = 'mining_blocks'", there + 2),
        ("delete from plan.mining_blocks where id >= 900", there),
        ("truncate plan.mining_blocks", 0),
    ] {
        query(&database.url(), statement);
        until(statement, || layer(&server, "mining_blocks")["snapshot"] != before["snapshot"]);
        before = layer(&server, "mining_blocks");
        assert_eq!(before["count"], count, "{statement}");
    }
    let others = layer(&server, "townships");
    query(&database.url(), "begin; delete from plan.townships; rollback");
    query(
        &database.url(),
        "insert into plan.mining_blocks (id, code, geom) select id, code, geom from plan.townships limit 1",
    );
    until("the change after the rollback", || layer(&server, "mining_blocks")["count"] == 1);
    assert_eq!(layer(&server, "townships"), others);
}

#[tokio::test(flavor = "multi_thread")]
async fn layers_come_and_go_with_their_description() {
    let (database, server) = start(|setup| setup).await;
    let make = "create table plan.wells (like plan.mining_blocks including defaults including identity, primary key (id));
                select plan.adopt_layer_table('plan.wells');
                insert into plan.wells select * from plan.mining_blocks;
                insert into plan.layer select 'wells', title_zh, title_en, layer_group, geometry, standard_code, source,
                    description_zh, description_en, minzoom, fields, 99 from plan.layer where id = 'mining_blocks'";
    query(&database.url(), make);
    until("the new layer", || layer(&server, "wells")["count"].as_i64().is_some_and(|count| count > 1));
    query(&database.url(), "delete from plan.wells where id > 1");
    until("its change", || layer(&server, "wells")["count"] == 1);
    query(&database.url(), "delete from plan.layer where id = 'wells'");
    until("its end", || layer(&server, "wells").is_null());
}

/// The server's connection is cut and the change committed before it can be back.
#[tokio::test(flavor = "multi_thread")]
async fn a_change_while_nobody_heard_is_found() {
    let (database, server) = start(|setup| setup.expect_log("broke")).await;
    query(
        &database.url(),
        "select pg_terminate_backend(pid) from pg_stat_activity where query ilike 'listen plantiles%' and datname = current_database();
         update plan.mining_blocks set name = 'unheard' where id = 1",
    );
    until("the change", || {
        String::from_utf8_lossy(&server.get("/downloads/mining_blocks.fgb").body).contains("unheard")
    });
    assert_eq!(metric(&server, "plantiles_changes_total"), 0.0);
    query(&database.url(), "update plan.mining_blocks set name = 'heard again' where id = 1");
    until("the next change", || {
        String::from_utf8_lossy(&server.get("/downloads/mining_blocks.fgb").body).contains("heard again")
    });
    assert_eq!(metric(&server, "plantiles_changes_total"), 1.0);
    let ready = server.get("/readyz").expect(200).json();
    assert_eq!((&ready["status"], &ready["error"]), (&"ready".into(), &Value::Null));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_burst_leads_to_a_handful_of_exports() {
    let (database, server) = start(|setup| setup).await;
    let before = metric(&server, "plantiles_exports_total");
    query(
        &database.url(),
        "do $$ begin for n in 0..999 loop
           update plan.mining_blocks set name = 'burst ' || n where id = 1; commit;
         end loop; end $$",
    );
    until("the last edit", || {
        String::from_utf8_lossy(&server.get("/downloads/mining_blocks.fgb").body).contains("burst 999")
    });
    let exports = metric(&server, "plantiles_exports_total") - before;
    // It is two or three, and more only where the changes themselves take long.
    assert!((1.0..=50.0).contains(&exports), "{exports} exports");
    until("all is heard", || metric(&server, "plantiles_changes_total") == 1000.0);
}

const VIEWS: &str = r#"
    [database]
    poll_seconds = 1

    [[layer]]
    id = "named_blocks"
    schema = "public"
    table = "named_blocks"
    id_column = "id"
    geometry_column = "geom"

    [[layer]]
    id = "wells"
    schema = "public"
    table = "wells"
    id_column = "id"
    geometry_column = "geom"
"#;

#[tokio::test(flavor = "multi_thread")]
async fn views_and_tables_that_announce_nothing_are_looked_at() {
    let database = TestDatabase::new().await;
    load_plan(&database.url());
    query(
        &database.url(),
        "create view named_blocks as select id, name, geom from plan.mining_blocks where name is not null;
         create table wells as select id, name, st_centroid(geom)::geometry(Point, 4490) as geom from plan.mining_blocks",
    );
    let server = Setup::default().database(&database.url()).config(VIEWS).start();
    for (statement, id) in [
        ("update plan.mining_blocks set name = 'seen' where id = 1", "named_blocks"),
        ("update wells set name = 'seen' where id = 1", "wells"),
        ("delete from wells where id > 2", "wells"),
        (
            "alter view named_blocks rename to other; create view named_blocks as select id, name || 'x' as name, geom from other",
            "named_blocks",
        ),
    ] {
        let before = layer(&server, id)["snapshot"].clone();
        query(&database.url(), statement);
        until(statement, || layer(&server, id)["snapshot"] != before);
    }
    // Nothing more is exported once all is seen.
    let exports = metric(&server, "plantiles_exports_total");
    sleep(Duration::from_secs(3));
    assert_eq!(metric(&server, "plantiles_exports_total"), exports);
}

#[tokio::test(flavor = "multi_thread")]
async fn tiles_that_an_edit_leaves_alone_stay_in_the_cache() {
    let (database, server) = start(|setup| setup).await;
    let bounds = crate::support::plan::bounds();
    let tiles: Vec<_> = (8..=13).flat_map(|z| tiles_over(bounds, z)).collect();
    let all = |name: &str| -> Vec<_> {
        tiles.iter().map(|tile| server.get(&format!("/tiles/{name}/{tile}.mvt"))).collect()
    };
    let before = all("plan");
    let joined = all("mining_blocks,townships");
    let misses = metric(&server, "plantiles_tile_cache_misses_total");

    let snapshot = layer(&server, "mining_blocks")["snapshot"].clone();
    query(&database.url(), "update plan.mining_blocks set name = 'renamed' where id = 1");
    until("the edit", || layer(&server, "mining_blocks")["snapshot"] != snapshot);
    let after = all("plan");
    let touched = before.iter().zip(&after).filter(|(a, b)| a.body != b.body).count();
    assert!((1..tiles.len() / 4).contains(&touched), "{touched} of {}", tiles.len());
    for (old, new) in before.iter().zip(&after) {
        assert_ne!(old.header("etag"), new.header("etag"), "the version is in the tag");
    }
    // What was touched was cut anew before the edit was served, as far as there is time.
    let recut = metric(&server, "plantiles_tile_cache_recut_total");
    let cut = metric(&server, "plantiles_tile_cache_misses_total") - misses;
    assert!(recut >= 1.0 && cut < tiles.len() as f64 / 4.0, "{recut} recut, {cut} cut, {touched} touched");
    let still = all("mining_blocks,townships");
    assert_eq!(joined.len(), still.len());
    let cut = metric(&server, "plantiles_tile_cache_misses_total") - misses;
    assert!(cut < tiles.len() as f64 / 2.0, "{cut} cut of {}", 2 * tiles.len());
    assert!(metric(&server, "plantiles_tile_cache_carried") > tiles.len() as f64 / 2.0);
}

#[tokio::test(flavor = "multi_thread")]
async fn readiness_tells_each_layer() {
    let (database, server) = start(|setup| setup.expect_log("mining_blocks")).await;
    let ready = server.get("/readyz").expect(200).json();
    for layer in ready["layers"].as_array().unwrap() {
        assert!(
            layer["snapshot"].is_string() && layer["age_seconds"].as_i64().is_some_and(|age| age >= 0),
            "{layer}"
        );
        assert!(layer["exported"].is_string() && layer["export_seconds"].as_f64().is_some(), "{layer}");
        assert_eq!(layer["error"], Value::Null);
    }
    let state = |server: &Server| {
        let ready = server.get("/readyz").expect(200).json();
        let layers = ready["layers"].as_array().unwrap().clone();
        let block = layers.into_iter().find(|layer| layer["id"] == "mining_blocks").unwrap();
        (ready["status"].as_str().unwrap().to_owned(), block["error"].clone())
    };
    query(
        &database.url(),
        "alter table plan.mining_blocks rename column mineral to minerals; update plan.mining_blocks set name = 'x' where id = 1",
    );
    until("the error is told", || state(&server).1.as_str().is_some_and(|error| error.contains("mineral")));
    assert_eq!(state(&server).0, "stale");
    query(&database.url(), "alter table plan.mining_blocks rename column minerals to mineral");
    until("it is over", || state(&server) == ("ready".to_owned(), Value::Null));
}
