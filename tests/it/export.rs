//! From tables to snapshots.

use crate::support::database::TestDatabase;
use flatgeobuf::{FallibleStreamingIterator, FgbReader};
use geozero::ToWkt;
use plantiles::{
    bundle,
    import::import_bundled,
    plan::{FieldType, GeometryKind, LayerId},
    postgis::{DatabaseError, LayerTable, Table, TableMapping, begin_export, describe, export, layer_tables},
    publisher::export_bundled,
    snapshot::{Publication, Snapshot, Store, Value},
};
use std::{io::Cursor, sync::Arc};

fn mapping(name: &str) -> TableMapping {
    let table =
        Table { schema: "public".into(), name: name.into(), id: "fid".into(), geometry: "shape".into() };
    TableMapping { layer: LayerId::new("wells").unwrap(), table }
}

async fn described(database: &TestDatabase, name: &str) -> Result<LayerTable, DatabaseError> {
    describe(&mut database.pool().client().await.unwrap(), &mapping(name)).await
}

async fn exported(
    database: &TestDatabase,
    table: &LayerTable,
    publication: &Publication<'_>,
) -> Result<Arc<Snapshot>, DatabaseError> {
    let mut client = database.pool().client().await?;
    let mut state = begin_export(&mut client).await?;
    export(&mut state, table, publication).await
}

#[tokio::test]
async fn the_bundled_plan_and_postgis_give_the_same_bytes() {
    let database = TestDatabase::migrated().await;
    import_bundled(&database.pool(), false, &mut |_| {}).await.unwrap();
    let directories = [tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap()];
    let [bundled, copied] = &directories.each_ref().map(|directory| Store::open(directory.path()).unwrap());
    let [bundled, publication] = [bundled.begin().unwrap(), copied.begin().unwrap()];
    let expected =
        bundle::layers().unwrap().into_iter().map(|layer| export_bundled(&bundled, &layer).unwrap());
    let tables = layer_tables(&database.pool().client().await.unwrap()).await.unwrap();
    assert_eq!(tables.len(), expected.len());
    for (table, expected) in tables.iter().zip(expected) {
        let found = exported(&database, table, &publication).await.unwrap();
        assert_eq!(found.layer, expected.layer);
        assert!(found.bytes() == expected.bytes(), "{}", found.layer.id);
    }
}

#[tokio::test]
async fn an_empty_table_gives_an_empty_snapshot() {
    let database = TestDatabase::migrated().await;
    let directory = tempfile::tempdir().unwrap();
    let store = Store::open(directory.path()).unwrap();
    let table = database.layer_table("mining_blocks").await;
    let snapshot = exported(&database, &table, &store.begin().unwrap()).await.unwrap();
    assert_eq!((snapshot.feature_count(), snapshot.bounds), (0, None));
}

#[tokio::test]
async fn a_limit_that_is_none_is_null() {
    let database = TestDatabase::migrated().await;
    database
        .execute(
            "insert into plan.townships (id, valid_from, valid_to, geom)
             select id, since, until, st_multi(st_makeenvelope(112, 36, 113, 37, 4490))
             from (values (1, date '2021-12-31', date 'infinity'), (2, '-infinity', '2025-12-31')) as row (id, since, until)",
        )
        .await;
    let directory = tempfile::tempdir().unwrap();
    let store = Store::open(directory.path()).unwrap();
    let table = database.layer_table("townships").await;
    let snapshot = exported(&database, &table, &store.begin().unwrap()).await.unwrap();
    let columns = ["valid_from", "valid_to"].map(|name| snapshot.layer.field(name).unwrap());
    let mut found: Vec<_> = (0..2)
        .map(|position| snapshot.row(position))
        .map(|row| (row.id(), columns.map(|column| row.value(column))))
        .collect();
    found.sort_by_key(|(id, _)| *id);
    let day = |year| Value::Date(jiff::civil::date(year, 12, 31));
    assert_eq!(found, [(1, [day(2021), Value::Null]), (2, [Value::Null, day(2025)])]);
}

#[tokio::test]
async fn a_view_in_another_srid_is_described_and_transformed() {
    let database = TestDatabase::new().await;
    database.execute(
        "create extension postgis;
         create table wells (fid integer, depth numeric, wet boolean, drilled date, note varchar(9), shape geometry(Point, 4547));
         comment on table wells is '水井';
         comment on column wells.depth is '井深';
         insert into wells values (2, 12.5, true, '2021-12-31', '深', st_transform('SRID=4490;POINT(113 36)'::geometry, 4547)),
                                  (1, null, null, null, null, st_transform('SRID=4490;POINT(112 35)'::geometry, 4547));
         create view deep_wells as select fid, depth, wet, drilled, note, shape from wells",
    ).await;
    let table = described(&database, "wells").await.unwrap();
    let layer = &table.layer;
    assert_eq!((&*layer.title.zh, layer.geometry), ("水井", GeometryKind::Point));
    assert_eq!(layer.fields[0].title.zh, "井深");
    let kinds: Vec<_> = layer.fields.iter().map(|field| field.kind).collect();
    assert_eq!(kinds, [FieldType::Real, FieldType::Boolean, FieldType::Date, FieldType::Text]);
    let directory = tempfile::tempdir().unwrap();
    let store = Store::open(directory.path()).unwrap();
    let view = described(&database, "deep_wells").await.unwrap();
    let snapshot = exported(&database, &view, &store.begin().unwrap()).await.unwrap();
    let bounds = snapshot.bounds.unwrap();
    let corners = [(bounds.min_x, 112.0), (bounds.min_y, 35.0), (bounds.max_x, 113.0), (bounds.max_y, 36.0)];
    assert!(corners.iter().all(|(found, expected)| (found - expected).abs() < 1e-9), "{bounds:?}");
}

#[tokio::test]
async fn a_table_that_cannot_be_served_is_refused_by_name() {
    let database = TestDatabase::new().await;
    database
        .execute(
            "create extension postgis;
         create table keyless (shape geometry(Point, 4490));
         create table shapeless (fid integer);
         create table untyped (fid integer, at timestamptz, shape geometry(Point, 4490));
         create table texts (fid text, shape geometry(Point, 4490));
         create table mixed (fid integer, shape geometry);
         insert into mixed values (1, 'SRID=4490;POINT(1 1)'), (2, 'SRID=4490;LINESTRING(1 1, 2 2)');
         create table vague (fid integer, shape geometry)",
        )
        .await;
    let cases = [
        ("absent", "does not exist"),
        ("keyless", "has no column `fid`"),
        ("shapeless", "has no column `shape`"),
        (
            "untyped",
            "has a type that cannot be published: leave the column out with a view: `at` timestamptz",
        ),
        ("texts", "has ids of type text in `fid`, not integers"),
        ("mixed", "mixes points, lines and polygons: make a view of one kind"),
        ("vague", "is empty and declares no geometry type"),
    ];
    for (table, expected) in cases {
        let error = described(&database, table).await.unwrap_err().to_string();
        assert_eq!(error, format!("layer wells: table public.{table} {expected}"));
    }
}

#[tokio::test]
async fn a_row_that_cannot_be_exported_is_named() {
    let database = TestDatabase::new().await;
    database
        .execute("create extension postgis; create table wells (fid integer, shape geometry(Point, 4490))")
        .await;
    let directory = tempfile::tempdir().unwrap();
    let store = Store::open(directory.path()).unwrap();
    let table = described(&database, "wells").await.unwrap();
    let point = "'SRID=4490;POINT(1 1)'";
    for (rows, expected) in [
        (format!("(1, {point}), (1, {point})"), "row 1: ids must be unique and ascend"),
        (format!("(1, {point}), (5, null)"), "row 5: it has no geometry"),
        (format!("(null, {point})"), "it has no id"),
        ("(3, 'SRID=4490;POINT EMPTY')".into(), "row 3: the geometry is empty"),
    ] {
        database.execute(&format!("truncate wells; insert into wells values {rows}")).await;
        let error = exported(&database, &table, &store.begin().unwrap()).await.err().unwrap().to_string();
        assert!(error.ends_with(expected), "{error}");
    }
    assert_eq!(directory.path().join("snapshots/wells").read_dir().unwrap().count(), 0);
}

/// Heights and measures are left out, holes and parts stay, whatever the column declares.
#[tokio::test]
async fn shapes_come_from_postgis_as_they_are() {
    let database = TestDatabase::new().await;
    database.execute("create extension postgis").await;
    let directory = tempfile::tempdir().unwrap();
    let store = Store::open(directory.path()).unwrap();
    let publication = store.begin().unwrap();
    let with_hole = "((0 0,9 0,9 9,0 0),(5 1,8 1,8 4,5 1))";
    for (declared, stored, expected) in [
        ("geometry(Point, 4490)", "POINT(1 2)", "POINT(1 2)".to_owned()),
        ("geometry(PointZM, 4490)", "POINT ZM(1 2 3 4)", "POINT(1 2)".into()),
        ("geometry(LineString, 4490)", "LINESTRING(0 0,1 1)", "MULTILINESTRING((0 0,1 1))".into()),
        (
            "geometry(MultiLineStringM, 4490)",
            "MULTILINESTRING M((0 0 7,1 1 8),(2 2 9,3 3 9))",
            "MULTILINESTRING((0 0,1 1),(2 2,3 3))".into(),
        ),
        ("geometry(Polygon, 4490)", &format!("POLYGON{with_hole}"), format!("MULTIPOLYGON({with_hole})")),
        (
            "geometry(MultiPolygonZ, 4490)",
            "MULTIPOLYGON Z(((0 0 5,1 0 5,1 1 5,0 0 5)),((2 2 5,3 2 5,3 3 5,2 2 5)))",
            "MULTIPOLYGON(((0 0,1 0,1 1,0 0)),((2 2,3 2,3 3,2 2)))".into(),
        ),
        ("geometry", &format!("MULTIPOLYGON({with_hole},EMPTY)"), format!("MULTIPOLYGON({with_hole})")),
    ] {
        let table = format!("create table wells (fid integer, shape {declared})");
        let row = format!("insert into wells values (1, 'SRID=4490;{stored}')");
        database.execute(&format!("drop table if exists wells; {table}; {row}")).await;
        let table = described(&database, "wells").await.unwrap();
        let snapshot = exported(&database, &table, &publication).await.unwrap();
        let mut features = FgbReader::open(Cursor::new(snapshot.bytes())).unwrap().select_all().unwrap();
        assert_eq!(features.next().unwrap().unwrap().to_wkt().unwrap(), expected, "{declared}");
    }
}

#[tokio::test]
async fn a_curve_is_refused_rather_than_cut_at_its_corners() {
    let database = TestDatabase::new().await;
    database
        .execute(
            "create extension postgis;
             create table wells (fid integer, shape geometry);
             insert into wells values (4, 'SRID=4490;CIRCULARSTRING(0 0, 1 1, 2 0)')",
        )
        .await;
    let directory = tempfile::tempdir().unwrap();
    let store = Store::open(directory.path()).unwrap();
    let table = described(&database, "wells").await.unwrap();
    let publication = store.begin().unwrap();
    let error = exported(&database, &table, &publication).await.err().unwrap().to_string();
    assert!(
        error.ends_with("row 4: curves are not supported: approximate them with ST_CurveToLine"),
        "{error}"
    );
}

#[tokio::test]
async fn a_description_that_does_not_fit_its_table_is_refused() {
    let database = TestDatabase::migrated().await;
    let directory = tempfile::tempdir().unwrap();
    let store = Store::open(directory.path()).unwrap();
    database.execute("alter table plan.mining_blocks drop column seq").await;
    let table = database.layer_table("mining_blocks").await;
    let error = exported(&database, &table, &store.begin().unwrap()).await.err().unwrap().to_string();
    assert_eq!(error, "layer mining_blocks: table plan.mining_blocks has no column `seq`");
    database.execute("alter table plan.mining_blocks add column seq text").await;
    let error = exported(&database, &table, &store.begin().unwrap()).await.err().unwrap().to_string();
    assert_eq!(
        error,
        "layer mining_blocks: table plan.mining_blocks has type text in column `seq`, described as integer"
    );
}

#[tokio::test]
async fn a_database_without_the_schema_or_out_of_reach_is_named_without_secrets() {
    let database = TestDatabase::new().await;
    let error = layer_tables(&database.pool().client().await.unwrap()).await.unwrap_err();
    assert!(matches!(error, DatabaseError::NoSchema), "{error}");
    let url = "postgresql://reader:s3cret@127.0.0.1:1/plans".parse().unwrap();
    let nowhere = plantiles::postgis::Database::new(&url, Default::default()).unwrap();
    let error = nowhere.client().await.err().unwrap();
    assert_eq!(error.to_string(), "the database at postgresql://reader@127.0.0.1:1/plans cannot be reached");
    assert!(!format!("{error:?}").contains("s3cret"));
}

#[tokio::test]
async fn layers_of_one_export_are_of_one_instant_and_fail_alone() {
    let database = TestDatabase::migrated().await;
    let directory = tempfile::tempdir().unwrap();
    let store = Store::open(directory.path()).unwrap();
    let publication = store.begin().unwrap();
    let [roads, blocks] = [database.layer_table("roads").await, database.layer_table("mining_blocks").await];
    let mut client = database.pool().client().await.unwrap();
    let mut state = begin_export(&mut client).await.unwrap();
    export(&mut state, &roads, &publication).await.unwrap();
    // Committed after the export has begun: the next layer must not show it.
    import_bundled(&database.pool(), false, &mut |_| {}).await.unwrap();
    let missing = described_as_missing(&roads);
    export(&mut state, &missing, &publication).await.err().unwrap();
    assert_eq!(export(&mut state, &blocks, &publication).await.unwrap().feature_count(), 0);
}

fn described_as_missing(table: &LayerTable) -> LayerTable {
    let mut missing = table.clone();
    missing.table.name = "no_such_table".into();
    missing
}
