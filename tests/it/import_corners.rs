//! Lists of corner points, in the forms that `docs/import.md` says are read.

use crate::{import::import_with, support::database::TestDatabase};
use plantiles::{
    crs::Crs,
    import::{ImportError, ImportOptions, Imported},
};

async fn import(database: &TestDatabase, bytes: &[u8], srid: u32) -> Result<Imported, ImportError> {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("corners.txt");
    std::fs::write(&path, bytes).unwrap();
    let mut options = ImportOptions { replace: true, ..ImportOptions::default() };
    options.read.crs = Crs::of_epsg(srid);
    import_with(database, &[path], &options).await
}

/// The places of the first ring's corners in `srid`, rounded to millimetres.
async fn corners(database: &TestDatabase, srid: i32) -> Vec<(f64, f64)> {
    let query = format!(
        "select round(st_x(c)::numeric, 3)::float8, round(st_y(c)::numeric, 3)::float8
         from (select (st_dumppoints(st_exteriorring(st_geometryn(st_transform(geom, {srid}), 1)))).geom as c
               from plan.mining_blocks where id = 1) as corner"
    );
    let rows = database.client().await.query(&query, &[]).await.unwrap();
    rows.iter().map(|row| (row.get(0), row.get(1))).collect()
}

const SQUARE: [(f64, f64); 5] = [
    (38_401_000.0, 4_020_000.0),
    (38_402_000.0, 4_020_000.0),
    (38_402_000.0, 4_021_000.0),
    (38_401_000.0, 4_021_000.0),
    (38_401_000.0, 4_020_000.0),
];

const REPORT: &str = "[属性描述]\n格式版本号=1.01版本\n数据产生单位=自然资源部\n数据产生日期=2021-12-31\n坐标系=2000国家大地坐标系\n\
    几度分带=3\n投影类型=高斯克吕格\n计量单位=米\n带号=38\n精度=0.001\n转换参数=0,0,0,0,0,0,0\n[地块坐标]\n\
    8,96,甲1,屯留一区,面,,,,@\nJ1,1,4020000,38401000\nJ2,1,4020000,38402000\nJ3,1,4021000,38402000\nJ4,1,4021000,38401000\n\
    J1,1,4020000,38401000\nJ5,2,4020400,38401400\nJ6,2,4020400,38401600\nJ7,2,4020600,38401600\nJ8,2,4020600,38401400\nJ5,2,4020400,38401400\n\
    3,50,乙2,,面,,,,@\nJ1,1,4030000,38401000\nJ2,1,4030000,38402000\nJ3,1,4031000,38402000\n";

#[tokio::test]
async fn one_square_in_the_forms_that_offices_hand_around() {
    let database = TestDatabase::migrated().await;
    for (what, text, srid) in [
        (
            "ring, point, X, Y",
            "1,1,4020000,38401000\n1,2,4020000,38402000\n1,3,4021000,38402000\n1,4,4021000,38401000\n",
            0,
        ),
        (
            "point, X, Y, closed",
            "1 4020000 38401000\n2 4020000 38402000\n3 4021000 38402000\n4 4021000 38401000\n1 4020000 38401000",
            0,
        ),
        (
            "X, Y of a spreadsheet",
            "拐点编号\tX坐标(m)\tY坐标(m)\r\n1\t4020000.00\t38401000.00\r\n2\t4020000.00\t38402000.00\r\n3\t4021000.00\t38402000.00\r\n4\t4021000.00\t38401000.00\r\n",
            0,
        ),
        ("east first", "38401000,4020000\n38402000,4020000\n38402000,4021000\n38401000,4021000", 0),
        ("one line", "4020000,38401000;4020000,38402000;4021000,38402000;4021000,38401000;", 0),
        (
            "full width",
            "１，４０２００００，３８４０１０００\n２，４０２００００，３８４０２０００\n３，４０２１０００，３８４０２０００\n４，４０２１０００，３８４０１０００",
            0,
        ),
        (
            "a zone in the heading",
            "带号=38\nJ1,4020000,401000\nJ2,4020000,402000\nJ3,4021000,402000\nJ4,4021000,401000",
            0,
        ),
        (
            "a zone by --srid",
            "J1,4020000,401000\nJ2,4020000,402000\nJ3,4021000,402000\nJ4,4021000,401000",
            4547,
        ),
        ("double-spaced", "1,4020000,38401000\n\n2,4020000,38402000\n\n3,4021000,38402000\n", 0),
    ] {
        let imported =
            import(&database, text.as_bytes(), srid).await.unwrap_or_else(|e| panic!("{what}: {e}"));
        assert_eq!((imported.rows, imported.remarks.len()), (1, 0), "{what}");
        let found = corners(&database, 4526).await;
        if what == "double-spaced" {
            assert_eq!(found[..3], SQUARE[..3]);
        } else {
            assert_eq!(found, SQUARE, "{what}");
        }
    }
}

#[tokio::test]
async fn degrees_are_read_in_every_dress() {
    let database = TestDatabase::migrated().await;
    for text in [
        "1,112°30′00″,36°18′00″\n2,112°31′30″,36°18′00″\n3,112°31′30″,36°19′30″",
        "1 36°18'00\" 112°30'00\"\n2 36°18'00\" 112°31'30\"\n3 36°19'30\" 112°31'30\"",
        "东经112度30分00秒，北纬36度18分00秒\n东经112度31分30秒，北纬36度18分00秒\n东经112度31分30秒，北纬36度19分30秒",
        "E112:30:00 N36:18:00\nE112:31:30 N36:18:00\nE112:31:30 N36:19:30",
        "112.5,36.3\n112.525,36.3\n112.525,36.325",
        "点号,经度,纬度\n1,1123000,361800\n2,1123130,361800\n3,1123130,361930",
    ] {
        import(&database, text.as_bytes(), 0).await.unwrap_or_else(|e| panic!("{text}: {e}"));
        let expected = [(112.5, 36.3), (112.525, 36.3), (112.525, 36.325), (112.5, 36.3)];
        assert_eq!(corners(&database, 4490).await, expected, "{text}");
    }
}

#[tokio::test]
async fn a_land_report_has_plots_with_holes_and_attributes() {
    let database = TestDatabase::migrated().await;
    let (gbk, _, _) = encoding_rs::GBK.encode(REPORT);
    for (bytes, told) in [(REPORT.as_bytes(), 0), (&*gbk, 1)] {
        let imported = import(&database, bytes, 0).await.unwrap();
        assert_eq!((imported.rows, imported.remarks.len()), (2, told));
        let row = database
            .client()
            .await
            .query_one(
                "select code, name, area_km2, st_numinteriorrings(st_geometryn(geom, 1)) from plan.mining_blocks where id = 1",
                &[],
            )
            .await
            .unwrap();
        assert_eq!(
            (row.get::<_, &str>(0), row.get::<_, &str>(1), row.get::<_, i32>(3)),
            ("甲1", "屯留一区", 1)
        );
        assert!((row.get::<_, f64>(2) - 0.96).abs() < 1e-12);
        assert_eq!(corners(&database, 4526).await, SQUARE);
    }
}

#[tokio::test]
async fn what_is_not_understood_is_named_by_its_line() {
    let database = TestDatabase::migrated().await;
    let corner = "1,4020000,38401000\n2,4020000,38402000\n3,4021000,38402000\n";
    for (text, expected) in [
        ("关于矿区范围的批复\n", "it has no line of corner coordinates"),
        (&*format!("共 3 个拐点\n{corner}"), "line 1 is not understood: `共 3 个拐点`"),
        (
            &*format!("{corner}4,4021000,37401000\n"),
            "line 4: it is in another zone, or another kind of coordinates, than the lines before",
        ),
        (
            &*format!("{corner}4,112.5,36.3\n"),
            "line 4: it is in another zone, or another kind of coordinates, than the lines before",
        ),
        (
            &*format!("带号=37\n{corner}"),
            "line 2: the easting 38401000 is in zone 38, the heading says 带号=37",
        ),
        (
            &*format!("坐标系=1980西安坐标系\n{corner}"),
            "line 1: the coordinate system `1980西安坐标系` is not imported: transform it to CGCS2000 first",
        ),
        (
            "1,4020000,401000\n",
            "line 1: the easting has no zone number: srid names the zone by its central meridian, or a line 带号=38",
        ),
        ("1,4020000,51401000\n", "line 1: the easting 51401000 begins with 51, which is no zone of China"),
        ("1,112°75′00″,36°18′00″\n", "line 1: 75 minutes are more than a degree has"),
        ("1,112.5,4020000\n", "line 1: one coordinate is in degrees, the other is not"),
        (&REPORT.replace("8,96,", "18,96,"), "its heading says 18 corners, it has 10"),
        (
            &*format!("{corner}开采标高=1200-800\n"),
            "it has attributes but no corners: its attributes stand before the corners of a plot",
        ),
        (
            &*format!("开采标高=1200-800\n{corner}"),
            "layer mining_blocks has no field `开采标高`: --map 开采标高=FIELD names one, --map 开采标高=- leaves it out, --ignore-fields all such",
        ),
        (
            "1,4020000,38401000\n2,4020000,38402000\n",
            "part 1, ring 1: the ring has 3 positions, at least 4 are needed",
        ),
    ] {
        let error = import(&database, text.as_bytes(), 0).await.expect_err(text);
        let told = match error {
            ImportError::Rejected(rejection) => rejection.problems[0].reason.clone(),
            ImportError::Read { cause, .. } => cause.to_string(),
            error => error.to_string(),
        };
        assert_eq!(told, expected);
    }
    let imported = import(&database, format!("矿区范围拐点坐标表\n{corner}").as_bytes(), 0).await.unwrap();
    assert_eq!(imported.remarks[0].1.to_string(), "lines passed over: 1 `矿区范围拐点坐标表`");
}
