//! Imports: what is refused, by name, and that a refusal changes nothing.

use crate::support::database::TestDatabase;
use plantiles::{
    crs::Crs,
    import::{ImportError, ImportOptions, Imported, import_bundled, import_files},
    plan::LayerId,
};
use std::path::{Path, PathBuf};

const SQUARE: &str = r#"{"type":"Polygon","coordinates":[[[112,36],[113,36],[113,37],[112,36]]]}"#;

/// The `n`-th of polygons that share no ground, south of [`SQUARE`] up to the 47th.
fn apart(n: u32) -> String {
    let (west, south) = (100 + 2 * (n % 16), 30 + 2 * (n / 16));
    let (east, north) = (west + 1, south + 1);
    format!(
        r#"{{"type":"Polygon","coordinates":[[[{west},{south}],[{east},{south}],[{east},{north}],[{west},{south}]]]}}"#
    )
}

fn feature(id: &str, properties: &str, geometry: &str) -> String {
    format!(r#"{{"type":"Feature","id":{id},"properties":{{{properties}}},"geometry":{geometry}}}"#)
}

fn file(directory: &Path, name: &str, features: &[String]) -> PathBuf {
    let path = directory.join(name);
    let text = format!(r#"{{"type":"FeatureCollection","features":[{}]}}"#, features.join(","));
    std::fs::write(&path, text).unwrap();
    path
}

/// Imports into `mining_blocks`; an `srid` of 0 is none.
async fn import(
    database: &TestDatabase,
    files: &[PathBuf],
    srid: u32,
    replace: bool,
) -> Result<u64, ImportError> {
    let mut options = ImportOptions { replace, ..ImportOptions::default() };
    options.read.crs = Crs::of_epsg(srid);
    Ok(import_with(database, files, &options).await?.rows)
}

pub async fn import_with(
    database: &TestDatabase,
    files: &[PathBuf],
    options: &ImportOptions,
) -> Result<Imported, ImportError> {
    let layer = LayerId::new("mining_blocks").unwrap();
    import_files(&database.pool(), files, &layer, options, &mut |_| {}).await
}

#[tokio::test]
async fn the_bundled_plan_is_imported_once_or_replaced() {
    let database = TestDatabase::migrated().await;
    let imported = import_bundled(&database.pool(), false, &mut |_| {}).await.unwrap().rows;
    assert!(imported > 80, "{imported}");
    let error = import_bundled(&database.pool(), false, &mut |_| {}).await.unwrap_err();
    assert_eq!(error.to_string(), "layer energy_bases has 3 rows already: --replace deletes them first");
    assert_eq!(import_bundled(&database.pool(), true, &mut |_| {}).await.unwrap().rows, imported);
    database
        .execute("insert into plan.mining_blocks (geom) select geom from plan.mining_blocks limit 1")
        .await;
}

#[tokio::test]
async fn nothing_of_the_bundled_plan_is_imported_when_one_layer_has_rows() {
    let database = TestDatabase::migrated().await;
    database
        .execute("insert into plan.roads (geom) values (st_multi('SRID=4490;LINESTRING(112 36, 113 37)'))")
        .await;
    let error = import_bundled(&database.pool(), false, &mut |_| {}).await.unwrap_err();
    assert!(matches!(error, ImportError::NotEmpty { rows: 1, .. }), "{error}");
    assert_eq!(database.count("plan.energy_bases").await, 0);
}

#[tokio::test]
async fn rows_join_or_replace_those_that_are_there() {
    let database = TestDatabase::migrated().await;
    let directory = tempfile::tempdir().unwrap();
    let one = file(
        directory.path(),
        "one.geojson",
        &[
            feature("7", r#""code":"A","area_km2":1.5,"seq":3,"valid_from":"2021-12-31""#, SQUARE),
            feature("null", r#""code":"B""#, &apart(0)),
        ],
    );
    let two = file(directory.path(), "two.geojson", &[feature("null", r#""code":"C""#, &apart(1))]);
    assert_eq!(import(&database, &[one.clone(), two.clone()], 4490, false).await.unwrap(), 3);
    let rows = database
        .client()
        .await
        .query("select id, code, area_km2, seq, valid_from::text from plan.mining_blocks order by id", &[])
        .await
        .unwrap();
    let ids: Vec<(i64, &str)> = rows.iter().map(|row| (row.get(0), row.get(1))).collect();
    assert_eq!(ids, [(7, "A"), (8, "B"), (9, "C")]);
    assert_eq!(
        (rows[0].get::<_, f64>(2), rows[0].get::<_, i64>(3), rows[0].get::<_, &str>(4)),
        (1.5, 3, "2021-12-31")
    );
    database.execute("insert into plan.mining_blocks (code, geom) select 'D', geom from plan.mining_blocks where code = 'A'").await;
    assert_eq!(import(&database, &[two], 4490, true).await.unwrap(), 1);
    assert_eq!(database.count("plan.mining_blocks").await, 1);
}

#[tokio::test]
async fn every_bad_row_is_named_and_nothing_is_imported() {
    let bow = r#"{"type":"Polygon","coordinates":[[[110,30],[111,31],[111,30],[110,31],[110,30]]]}"#;
    let cases = [
        (feature("1", "", "null"), "it has no geometry"),
        (
            feature("1", "", r#"{"type":"Point","coordinates":[1,2]}"#),
            "the geometry is a point, the layer holds polygons",
        ),
        (feature("1", "", r#"{"type":"MultiPolygon","coordinates":[]}"#), "the geometry is empty"),
        (
            feature("1", "", r#"{"type":"Polygon","coordinates":[[[0,0],[1,0],[0,0]]]}"#),
            "part 1, ring 1: the ring has 3 positions, at least 4 are needed",
        ),
        (
            feature("1", "", r#"{"type":"Polygon","coordinates":[[[0,0],[1,0],[1,1],[0,1]]]}"#),
            "part 1, ring 1: the ring is not closed",
        ),
        (
            feature("1", "", r#"{"type":"GeometryCollection","geometries":[]}"#),
            "geometry collections are not supported",
        ),
        (
            feature("1", "", r#"{"type":"Circle","coordinates":[]}"#),
            "unknown variant `Circle`, expected one of `Point`, `LineString`, `Polygon`, `MultiPoint`, `MultiLineString`, `MultiPolygon`, `GeometryCollection`",
        ),
        (feature("1", "", bow), "the geometry is not valid: part 1, ring 1: self-intersection at 110.5 30.5"),
        (
            feature(
                "1",
                "",
                r#"{"type":"Polygon","coordinates":[[[38500000,4000000],[38500001,4000000],[38500000,4000001],[38500000,4000000]]]}"#,
            ),
            "x from 38500000 to 38500001, y from 4000000 to 4000001 do not lie in China as EPSG:4490, 73° to 136° E, 3° to 54° N: their eastings begin with the number of a zone, which is srid 4526",
        ),
        (
            feature("1", r#""colour":"red""#, SQUARE),
            "layer mining_blocks has no field `colour`: --map colour=FIELD names one, --map colour=- leaves it out, --ignore-fields all such",
        ),
        (
            feature("1", r#""seq":"three""#, SQUARE),
            r#"field `seq` holds "three", expected a whole number of 64 bits"#,
        ),
        (feature("1", r#""seq":1.5"#, SQUARE), "field `seq` holds 1.5, expected a whole number of 64 bits"),
        (feature("1", r#""code":true"#, SQUARE), "field `code` holds true, expected text without NUL"),
        (
            feature("1", r#""code":"a\u0000b""#, SQUARE),
            r#"field `code` holds "a\u0000b", expected text without NUL"#,
        ),
        (
            feature("1", r#""valid_from":"2021-02-30""#, SQUARE),
            r#"field `valid_from` holds "2021-02-30", expected a date YYYY-MM-DD"#,
        ),
        (feature("1", r#""area_km2":"5a""#, SQUARE), r#"field `area_km2` holds "5a", expected a number"#),
        (feature("-3", "", SQUARE), "the id -3 is not a whole number from 0"),
        (feature(r#""x""#, "", SQUARE), r#"the id "x" is not a whole number from 0"#),
        (feature("1", "", SQUARE), "it overlaps row 1 by 5002776366 m²"),
        (feature("9", "", &apart(0)), "the id 9 is that of row 1 too"),
        (feature("5", "", &apart(0)), "the id 5 is in the table already"),
        (feature("1", r#""code":"A""#, &apart(0)), "the code A is that of row 1 too"),
        (feature("1", r#""code":"T""#, &apart(0)), "the code T is in the table already, at id 5"),
    ];
    let database = TestDatabase::migrated().await;
    database.execute("insert into plan.mining_blocks (id, code, geom) values (5, 'T', st_multi('SRID=4490;POLYGON((120 30, 121 30, 121 31, 120 30))'))").await;
    let directory = tempfile::tempdir().unwrap();
    for (bad, expected) in cases {
        let path = file(directory.path(), "blocks.geojson", &[feature("9", r#""code":"A""#, SQUARE), bad]);
        let Err(ImportError::Rejected(rejection)) =
            import(&database, std::slice::from_ref(&path), 4490, false).await
        else {
            panic!("not refused: {expected}");
        };
        assert_eq!(
            rejection.to_string(),
            format!("{}: 1 problem, nothing was imported\n  row 2: {expected}", path.display())
        );
    }
    assert_eq!(database.count("plan.mining_blocks").await, 1);
}

#[tokio::test]
async fn problems_are_listed_in_row_order_up_to_fifty() {
    let database = TestDatabase::migrated().await;
    let directory = tempfile::tempdir().unwrap();
    let features: Vec<_> = (0..120)
        .map(|row| match row % 2 {
            0 => feature("null", "", "null"),
            _ => feature("1", "", &apart(row / 2)),
        })
        .collect();
    let path = file(directory.path(), "blocks.geojson", &features);
    let Err(ImportError::Rejected(rejection)) = import(&database, &[path], 4490, false).await else {
        panic!()
    };
    assert_eq!((rejection.total, rejection.problems.len()), (60 + 59, 50));
    let rows: Vec<_> = rejection.problems.iter().map(|problem| problem.row).collect();
    let expected: Vec<u64> = (1..=51).filter(|row| *row != 2).collect();
    assert_eq!(rows, expected);
    assert!(rejection.to_string().ends_with("\n  and 69 more"));
}

#[tokio::test]
async fn replacing_is_all_or_nothing_too() {
    let database = TestDatabase::migrated().await;
    let directory = tempfile::tempdir().unwrap();
    let good = file(directory.path(), "good.geojson", &[feature("1", r#""code":"A""#, SQUARE)]);
    import(&database, std::slice::from_ref(&good), 4490, false).await.unwrap();
    let bad = file(directory.path(), "bad.geojson", &[feature("2", "", "null")]);
    import(&database, &[good, bad], 4490, true).await.unwrap_err();
    assert_eq!(database.count("plan.mining_blocks where code = 'A'").await, 1);
}

#[tokio::test]
async fn other_coordinate_systems_are_transformed() {
    let database = TestDatabase::migrated().await;
    let directory = tempfile::tempdir().unwrap();
    // CGCS2000 / 3-degree Gauss-Kruger zone 38, x east.
    let zone = r#"{"type":"Polygon","coordinates":[[[38410000,4000000],[38411000,4000000],[38410000,4001000],[38410000,4000000]]]}"#;
    let path = file(directory.path(), "zone.geojson", &[feature("1", "", zone)]);
    import(&database, std::slice::from_ref(&path), 4526, false).await.unwrap();
    let back = "select st_x(p), st_y(p) from (select st_transform(st_centroid(geom), 4526) p from plan.mining_blocks) as c";
    let row = database.client().await.query_one(back, &[]).await.unwrap();
    assert!(
        (row.get::<_, f64>(0) - 38410333.3).abs() < 1.0 && (row.get::<_, f64>(1) - 4000333.3).abs() < 1.0
    );
    let absurd =
        r#"{"type":"Polygon","coordinates":[[[1e30,1e30],[1.1e30,1e30],[1e30,1.1e30],[1e30,1e30]]]}"#;
    let path = file(directory.path(), "absurd.geojson", &[feature("1", "", absurd)]);
    let Err(ImportError::Rejected(rejection)) = import(&database, &[path], 4526, true).await else {
        panic!()
    };
    assert_eq!(
        rejection.problems[0].reason,
        format!(
            "x from {0} to {1}, y from {0} to {1} do not lie in EPSG:4526, 111° to 117° E in China",
            1e30, 1.1e30
        )
    );
}

#[tokio::test]
async fn a_file_that_is_not_what_it_says_is_refused() {
    let database = TestDatabase::migrated().await;
    let directory = tempfile::tempdir().unwrap();
    let cases = [
        (
            "cut.geojson",
            r#"{"type":"FeatureCollection","features":[{"type":"Fea"#,
            "not a GeoJSON FeatureCollection: EOF while parsing a string at line 1 column 52",
        ),
        (
            "one.geojson",
            r#"{"type":"Feature"}"#,
            "not a GeoJSON FeatureCollection: its type is `Feature` at line 1 column 18",
        ),
        (
            "none.geojson",
            r#"{"type":"FeatureCollection"}"#,
            "not a GeoJSON FeatureCollection: missing field `features` at line 1 column 28",
        ),
        ("text.json", "code,name", "not a GeoJSON FeatureCollection: expected value at line 1 column 1"),
        (
            "crs.geojson",
            r#"{"type":"FeatureCollection","features":[],"crs":{"type":"name","properties":{"name":"urn:ogc:def:crs:EPSG::2385"}}}"#,
            "its coordinate system `EPSG:2385` is not imported: CGCS2000 (EPSG:4490, 4491 to 4554), WGS 84 (4326) and Web Mercator (3857) are; transform it first, or name the right one with srid",
        ),
    ];
    for (name, text, expected) in cases {
        let path = directory.path().join(name);
        std::fs::write(&path, text).unwrap();
        let error = import(&database, std::slice::from_ref(&path), 0, false).await.unwrap_err();
        let ImportError::Read { file, cause } = error else { panic!("{error}") };
        assert_eq!((file, cause.to_string()), (path.display().to_string(), expected.to_owned()));
    }
    let error = import(&database, &[directory.path().join("absent.geojson")], 4490, false).await.unwrap_err();
    assert!(matches!(error, ImportError::Read { .. }), "{error}");
    let error = import(&database, &["blocks.dwg".into()], 4490, false).await.unwrap_err();
    assert_eq!(
        error.to_string(),
        "blocks.dwg: not a format that can be imported: .gpkg, .shp, .shp.zip, .geojson, .fgb, .csv and .txt (corner points) are"
    );
}
