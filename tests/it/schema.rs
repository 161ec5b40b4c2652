//! The schema: migrations, what the tables hold and what they refuse.

use crate::support::database::TestDatabase;
use plantiles::{
    bundle,
    plan::{FieldType, GeometryKind},
    postgis::{DatabaseError, migrate},
};

/// PostgreSQL would take seconds to compile what takes milliseconds to do, see sql/query/session.sql.
#[tokio::test(flavor = "multi_thread")]
async fn statements_are_not_compiled() {
    let database = TestDatabase::new().await;
    let client = database.pool().client().await.unwrap();
    let jit: String = client.query_one("show jit", &[]).await.unwrap().get(0);
    assert_eq!(jit, "off");
}

#[tokio::test]
async fn migrating_again_changes_nothing() {
    let database = TestDatabase::new().await;
    let layers = bundle::layers().unwrap();
    let first = migrate(&database.pool(), &layers).await.unwrap();
    assert_eq!(
        first.applied,
        ["0001_schema", "0002_layers", "0003_changes", "0004_disjoint", "0005_change_ids"]
    );
    assert_eq!(first.layers_added, layers.len() as u64);
    let again = migrate(&database.pool(), &layers).await.unwrap();
    assert_eq!((again.applied.len(), again.layers_added), (0, 0));
}

#[tokio::test]
async fn two_programs_migrate_one_after_the_other() {
    let database = TestDatabase::new().await;
    let layers = bundle::layers().unwrap();
    let (one, two) = (database.pool(), database.pool());
    let (one, two) = tokio::join!(migrate(&one, &layers), migrate(&two, &layers));
    assert_eq!(one.unwrap().applied.len() + two.unwrap().applied.len(), 5);
}

#[tokio::test]
async fn an_older_schema_is_brought_up_to_date() {
    let database = TestDatabase::new().await;
    let first = include_str!("../../sql/0001_schema.sql");
    database.execute("create extension postgis").await;
    database.execute(include_str!("../../sql/query/migration_table.sql")).await;
    database.execute(first).await;
    let record =
        "insert into plan.migration values (1, '0001_schema', encode(sha256(convert_to($1, 'UTF8')), 'hex'))";
    database.client().await.execute(record, &[&first]).await.unwrap();
    let migrated = migrate(&database.pool(), &bundle::layers().unwrap()).await.unwrap();
    assert_eq!(migrated.applied, ["0002_layers", "0003_changes", "0004_disjoint", "0005_change_ids"]);
    assert_eq!(database.count("plan.mining_blocks").await, 0);
}

#[tokio::test]
async fn a_newer_or_other_schema_is_refused() {
    let database = TestDatabase::migrated().await;
    database.execute("insert into plan.migration values (99, '0099_later', 'x')").await;
    let error = migrate(&database.pool(), &[]).await.unwrap_err();
    assert!(matches!(error, DatabaseError::TooNew { found: 99, known: 5 }), "{error}");
    database.execute("delete from plan.migration where number = 99").await;
    database.execute("update plan.migration set checksum = 'x' where number = 2").await;
    let error = migrate(&database.pool(), &[]).await.unwrap_err();
    assert!(matches!(error, DatabaseError::MigrationAltered { number: 2 }), "{error}");
}

#[tokio::test]
async fn a_user_without_the_right_is_told_to_have_postgis_created() {
    let database = TestDatabase::new().await;
    let role = format!("plantiles_test_plain_{}", std::process::id());
    database.execute(&format!("drop role if exists {role}")).await;
    database.execute(&format!("create role {role} login password 'plain'")).await;
    let (_, server) = database.url().split_once('@').map(|(a, b)| (a.to_owned(), b.to_owned())).unwrap();
    let url = format!("postgresql://{role}:plain@{server}");
    let pool = plantiles::postgis::Database::new(&url.parse().unwrap(), Default::default()).unwrap();
    let error = migrate(&pool, &[]).await.unwrap_err();
    database.execute(&format!("drop role {role}")).await;
    assert!(matches!(error, DatabaseError::PostgisNotPermitted), "{error}");
}

#[tokio::test]
async fn an_operators_edit_of_a_layer_stays() {
    let database = TestDatabase::migrated().await;
    database.execute("update plan.layer set title_zh = '改' where id = 'mining_blocks'").await;
    database.execute("delete from plan.layer where id = 'roads'").await;
    let migrated = migrate(&database.pool(), &bundle::layers().unwrap()).await.unwrap();
    assert_eq!(migrated.layers_added, 1);
    assert_eq!(database.layer_table("mining_blocks").await.layer.title.zh, "改");
}

/// Every layer of `data/layers.json` has a table with its columns, types and geometry, and `plan.layer`
/// gives the same description back.
#[tokio::test]
async fn the_tables_are_those_of_the_layers() {
    let database = TestDatabase::migrated().await;
    let client = database.client().await;
    let columns = "select attname::text, format_type(atttypid, atttypmod) from pg_attribute \
                   where attrelid = $1::text::regclass and attnum > 0 and not attisdropped order by attnum";
    for layer in bundle::layers().unwrap() {
        let mut expected = vec![("id".to_owned(), "bigint")];
        expected.extend(layer.fields.iter().map(|field| {
            (
                field.name.clone(),
                match field.kind {
                    FieldType::Integer => "bigint",
                    FieldType::Real => "double precision",
                    FieldType::Boolean => "boolean",
                    FieldType::Text => "text",
                    FieldType::Date => "date",
                },
            )
        }));
        expected.push((
            "geom".into(),
            match layer.geometry {
                GeometryKind::Point => "geometry(Point,4490)",
                GeometryKind::Line => "geometry(MultiLineString,4490)",
                GeometryKind::Polygon => "geometry(MultiPolygon,4490)",
            },
        ));
        let rows = client.query(columns, &[&format!("plan.{}", layer.id)]).await.unwrap();
        let found: Vec<(String, String)> = rows.iter().map(|row| (row.get(0), row.get(1))).collect();
        let found: Vec<(String, &str)> = found.iter().map(|(name, kind)| (name.clone(), &**kind)).collect();
        assert_eq!(found, expected, "{}", layer.id);
        let id = layer.id.to_string();
        assert_eq!(database.layer_table(&id).await.layer, layer);
    }
}

#[tokio::test]
async fn a_table_names_the_row_that_it_refuses_and_why() {
    let database = TestDatabase::migrated().await;
    let cases = [
        (
            "POLYGON((0 0, 1 1, 1 0, 0 1, 0 0))",
            "plan.mining_blocks, id 7, code A1: the geometry is not valid: self-intersection at 0.5 0.5",
        ),
        ("POLYGON EMPTY", "plan.mining_blocks, id 7, code A1: the geometry is empty"),
        (
            "POLYGON((0 0, 19000000 0, 0 1, 0 0))",
            "plan.mining_blocks, id 7, code A1: the coordinates are not longitude and latitude in degrees: x from 0 to 19000000, y from 0 to 1",
        ),
    ];
    for (wkt, expected) in cases {
        let insert = format!(
            "insert into plan.mining_blocks (id, code, geom) values (7, 'A1', st_multi('SRID=4490;{wkt}'))"
        );
        assert_eq!(database.refusal(&insert).await, expected);
    }
    let square = "POLYGON((0 0, 1 0, 1 1, 0 0))";
    let insert = |code: &str, geometry: &str| {
        format!("insert into plan.mining_blocks (code, geom) values ('{code}', {geometry})")
    };
    let good = format!("st_multi('SRID=4490;{square}')");
    database.execute(&insert("A1", &good)).await;
    assert_eq!(
        database.refusal(&insert("A1", &good)).await,
        "duplicate key value violates unique constraint \"mining_blocks_code_key\""
    );
    let refusal = database.refusal(&insert("A2", &format!("st_multi('SRID=4326;{square}')"))).await;
    assert_eq!(refusal, "Geometry SRID (4326) does not match column SRID (4490)");
    let refusal = database.refusal(&insert("A2", "'SRID=4490;POINT(1 1)'")).await;
    assert_eq!(refusal, "Geometry type (Point) does not match column type (MultiPolygon)");
    let refusal = database.refusal(&insert("A2", "null")).await;
    assert_eq!(
        refusal,
        "null value in column \"geom\" of relation \"mining_blocks\" violates not-null constraint"
    );
    let refusal =
        database.refusal(&format!("insert into plan.mining_blocks (id, geom) values (-1, {good})")).await;
    assert!(refusal.contains("id_not_negative"), "{refusal}");
    let refusal =
        database.refusal("update plan.mining_blocks set geom = st_multi('SRID=4490;POLYGON EMPTY')").await;
    assert!(refusal.ends_with("the geometry is empty"), "{refusal}");
    database.execute("insert into plan.mining_blocks (plan_code, code, geom) select 'other', code, geom from plan.mining_blocks").await;
}
