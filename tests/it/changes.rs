//! What the database tells of changes: one notification for each layer and transaction, and marks to compare.

use crate::support::database::TestDatabase;
use plantiles::{
    plan::LayerId,
    postgis::{Change, Listener, News, ServerRun, Table, marks},
    snapshot::Marks,
};
use std::time::Duration;
use tokio::time::timeout;

const LINE: &str = "st_geomfromtext('MULTILINESTRING((112 36,112.5 36.5))', 4490)";

async fn heard(listener: &mut Listener) -> Change {
    match timeout(Duration::from_secs(20), listener.next()).await.expect("in time").expect("heard") {
        News::Change(change) => change,
        News::Published(set) => panic!("nobody published {set}"),
    }
}

/// Runs `statements` in one transaction and returns what is announced.
async fn announced(database: &TestDatabase, statements: &str) -> Vec<Change> {
    let mut listener = Listener::connect(&database.pool()).await.unwrap();
    database.execute(statements).await;
    // Notifications come in the order of commits: this one ends the list.
    database.execute("select pg_notify('plantiles', '{\"layer\": \"end\", \"change\": 0, \"at\": 0}')").await;
    let mut changes = Vec::new();
    loop {
        let change = heard(&mut listener).await;
        if change.layer.as_str() == "end" {
            return changes;
        }
        changes.push(change);
    }
}

/// Layer, box before and box after of each announcement.
type Boxes = (String, Option<[f64; 4]>, Option<[f64; 4]>);
fn layer(id: &str) -> LayerId {
    LayerId::new(id).unwrap()
}

fn boxes(changes: Vec<Change>) -> Vec<Boxes> {
    changes.into_iter().map(|change| (change.layer.to_string(), change.old, change.new)).collect()
}

const HERE: Option<[f64; 4]> = Some([112.0, 36.0, 112.5, 36.5]);
const MOVED: Option<[f64; 4]> = Some([113.0, 37.0, 113.5, 37.5]);

#[tokio::test]
async fn every_kind_of_change_is_announced_once_with_its_boxes() {
    let database = TestDatabase::migrated().await;
    let rivers = |old, new| vec![("rivers".to_owned(), old, new)];
    let insert =
        format!("insert into plan.rivers (code, geom) select 'r' || n, {LINE} from generate_series(1, 3) n");
    for (statement, expected) in [
        (insert.as_str(), rivers(None, HERE)),
        ("update plan.rivers set name = 'x' where code = 'r1'", rivers(HERE, HERE)),
        ("update plan.rivers set geom = st_translate(geom, 1, 1)", rivers(HERE, MOVED)),
        ("update plan.rivers set name = 'x' where code = 'nobody'", vec![]),
        ("delete from plan.rivers where code = 'r1'", rivers(MOVED, None)),
        ("begin; delete from plan.rivers; rollback", vec![]),
        (
            "begin; delete from plan.rivers; savepoint s; delete from plan.rivers; rollback to s; commit",
            rivers(MOVED, None),
        ),
        ("begin; savepoint s; delete from plan.layer; rollback to s; commit", vec![]),
        (insert.as_str(), rivers(None, HERE)),
        ("truncate plan.rivers", rivers(HERE, None)),
        ("update plan.layer set title_zh = '改' where id = 'roads'", vec![("roads".to_owned(), None, None)]),
    ] {
        assert_eq!(boxes(announced(&database, statement).await), expected, "{statement}");
    }
}

#[tokio::test]
async fn rows_that_are_copied_in_are_announced() {
    let database = TestDatabase::migrated().await;
    let mut listener = Listener::connect(&database.pool()).await.unwrap();
    let client = database.client().await;
    let sink = client.copy_in("copy plan.rivers (code, geom) from stdin").await.unwrap();
    let mut sink = std::pin::pin!(sink);
    let rows = "a\tSRID=4490;MULTILINESTRING((112 36,112.5 36.5))\nb\tSRID=4490;MULTILINESTRING((113 37,113.5 37.5))\n";
    futures_util::SinkExt::send(&mut sink, bytes::Bytes::from(rows)).await.unwrap();
    assert_eq!(sink.finish().await.unwrap(), 2);
    let change = heard(&mut listener).await;
    assert_eq!((change.change, change.old, change.new), (2, None, Some([112.0, 36.0, 113.5, 37.5])));
}

#[tokio::test]
async fn many_statements_of_one_transaction_are_one_change_of_each_layer() {
    let database = TestDatabase::migrated().await;
    let many = format!(
        "begin; do $$ begin for i in 1..2000 loop
            insert into plan.rivers (code, geom) values ('r' || i, st_translate({LINE}, i / 100.0, 0));
            insert into plan.roads (code, geom) values ('r' || i, {LINE});
         end loop; end $$; commit"
    );
    let changes = announced(&database, &many).await;
    let mut layers: Vec<_> =
        changes.iter().map(|c| (c.layer.as_str(), c.change, c.new.unwrap()[2])).collect();
    layers.sort_by(|a, b| a.0.cmp(b.0));
    assert_eq!(layers, [("rivers", 2, 132.5), ("roads", 2, 112.5)]);
}

#[tokio::test]
async fn people_who_may_only_edit_a_layer_are_heard_too() {
    let database = TestDatabase::migrated().await;
    let role = format!("plantiles_test_editor_{}", std::process::id());
    let edit = format!(
        "drop role if exists {role}; create role {role};
         grant usage on schema plan to {role}; grant select, insert, truncate on plan.rivers to {role};
         set role {role}; insert into plan.rivers (code, geom) values ('a', {LINE})"
    );
    let heard = announced(&database, &edit).await;
    let refused = format!("set role {role}; select plan.note_change('rivers', null, null)");
    let refusal = database.refusal(&refused).await;
    database.execute(&format!("drop owned by {role}; drop role {role}")).await;
    assert_eq!(boxes(heard), [("rivers".to_owned(), None, HERE)]);
    assert!(refusal.contains("permission denied"), "{refusal}");
}

/// A table of the plan, one outside it, a view, and one that was given the triggers.
const TABLES: &str = "
    create table wells (gid int primary key, name text, geom geometry(Point, 4490));
    create view named_wells as select * from wells where name is not null;
    create table parks (gid int primary key, name text, geom geometry(Point, 4490));
    insert into wells values (1, 'a', st_setsrid(st_makepoint(112, 36), 4490)), (2, null, st_setsrid(st_makepoint(112, 36), 4490));
    select plan.follow_table('parks', 'parks', 'geom')";

async fn marks_of(database: &TestDatabase, tables: Vec<(LayerId, Table)>) -> Marks {
    let mut client = database.pool().client().await.unwrap();
    let run = ServerRun::of(&client).await.unwrap();
    marks(&mut client, tables, &run).await.unwrap()
}

async fn look(database: &TestDatabase) -> Marks {
    let mut tables = vec![(database.layer_table("rivers").await.layer.id, Table::of_plan(&layer("rivers")))];
    for name in ["wells", "named_wells", "parks"] {
        let table =
            Table { schema: "public".into(), name: name.into(), id: "gid".into(), geometry: "geom".into() };
        tables.push((layer(name), table));
    }
    marks_of(database, tables).await
}

#[tokio::test]
async fn marks_tell_which_layers_have_changed() {
    let database = TestDatabase::migrated().await;
    database.execute(TABLES).await;
    let mut before = look(&database).await;
    let counted: Vec<_> =
        before.iter().filter(|(_, mark)| mark.changes.is_some()).map(|(id, _)| id.as_str()).collect();
    assert_eq!(counted, ["parks", "rivers"]);
    for (statement, expected) in [
        ("select 1", &[][..]),
        ("insert into wells select 3, null, geom from wells where gid = 1", &["wells"]),
        ("update wells set name = 'b' where gid = 1", &["named_wells", "wells"]),
        ("update wells set geom = st_translate(geom, 0, 1) where gid = 1", &["named_wells", "wells"]),
        ("delete from wells where gid = 2", &["wells"]),
        ("create or replace view named_wells as select * from wells where name = 'c'", &["named_wells"]),
        ("insert into parks select * from wells", &["parks"]),
        ("update plan.layer set title_zh = '改' where id = 'rivers'", &["rivers"]),
        ("alter table parks disable trigger deleted_parks", &["parks"]),
        ("truncate wells", &["wells"]),
    ] {
        database.execute(statement).await;
        let after = look(&database).await;
        let changed: Vec<_> = after
            .iter()
            .filter(|(id, mark)| before.get(*id) != Some(*mark))
            .map(|(id, _)| id.as_str())
            .collect();
        assert_eq!(changed, expected, "{statement}");
        before = after;
    }
}

/// A database with what `of` has.
async fn restored(of: &TestDatabase) -> TestDatabase {
    let database = TestDatabase::new().await;
    let copy = format!(
        "pg_dump --dbname '{}' | psql --no-psqlrc --quiet --set=ON_ERROR_STOP=1 --dbname '{}'",
        of.url(),
        database.url()
    );
    let copied = std::process::Command::new("bash").args(["-o", "pipefail", "-c", &copy]).output().unwrap();
    assert!(copied.status.success(), "{}", String::from_utf8_lossy(&copied.stderr));
    database
}

#[tokio::test]
async fn a_mark_never_comes_again_though_a_count_does() {
    let database = TestDatabase::migrated().await;
    let insert = |code| format!("insert into plan.rivers (code, geom) values ('{code}', {LINE})");
    database.execute(&insert("a")).await;
    database.execute(TABLES).await;
    let restored = restored(&database).await;
    database.execute(&insert("b")).await;
    restored.execute(&insert("c")).await;
    let (ours, theirs) = (look(&database).await, look(&restored).await);
    for (layer, mark) in &ours {
        assert_eq!(mark.changes, theirs[layer].changes);
        assert!(!mark.covers(&theirs[layer]), "{layer}");
    }
    // What was kept as text is found again.
    let kept: Marks = serde_json::from_str(&serde_json::to_string(&ours).unwrap()).unwrap();
    assert_eq!(kept, look(&database).await);
    // Also when a table alone is put back as it was, which nobody counts.
    let again =
        "create table kept as select * from parks; drop table parks; alter table kept rename to parks;
                 alter table parks add primary key (gid); select plan.follow_table('parks', 'parks', 'geom')";
    database.execute(again).await;
    assert!(!kept[&layer("parks")].covers(&look(&database).await[&layer("parks")]));
}

#[tokio::test]
async fn a_schema_from_before_has_fingerprints() {
    let database = TestDatabase::new().await;
    database.execute("create extension postgis; create table wells (gid int, geom geometry); create table parks (gid int)").await;
    database.execute("create view named_wells as select * from wells; create schema plan").await;
    database.execute("create table plan.rivers (id int, geom geometry)").await;
    let mut tables = Vec::new();
    for name in ["wells", "named_wells", "absent"] {
        let table =
            Table { schema: "public".into(), name: name.into(), id: "gid".into(), geometry: "geom".into() };
        tables.push((layer(name), table));
    }
    let marks = marks_of(&database, tables).await;
    assert_eq!(marks.len(), 2);
    assert!(marks.values().all(|mark| mark.changes.is_none()));
}

#[tokio::test]
async fn a_listener_says_when_its_connection_breaks() {
    let database = TestDatabase::migrated().await;
    let mut listener = Listener::connect(&database.pool()).await.unwrap();
    database.execute("select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid() and query ilike 'listen%'").await;
    assert!(timeout(Duration::from_secs(20), listener.next()).await.unwrap().is_none());
}
