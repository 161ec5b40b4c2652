//! Imports of files that GDAL wrote, and of damaged ones.

use crate::{import::import_with, support::database::TestDatabase};
use plantiles::{
    crs::Crs,
    import::{Charset, ImportError, ImportOptions, Imported},
};
use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

/// Two blocks beside one another, the second with a hole.
const BLOCKS: &str = r#"{"type":"FeatureCollection","features":[
{"type":"Feature","properties":{"code":"甲1","name":"屯留煤矿一区","seq":1,"valid_from":"2021-12-31","area_km2":12.5},
 "geometry":{"type":"Polygon","coordinates":[[[112.7,36.3],[112.71,36.3],[112.71,36.31],[112.7,36.31],[112.7,36.3]]]}},
{"type":"Feature","properties":{"code":"乙2","name":null,"seq":9007199254740993,"valid_from":null,"area_km2":null},
 "geometry":{"type":"MultiPolygon","coordinates":[[[[112.8,36.3],[112.82,36.3],[112.82,36.32],[112.8,36.32],[112.8,36.3]],
 [[112.805,36.305],[112.805,36.31],[112.81,36.31],[112.805,36.305]]]]}}]}"#;

/// A file that `ogr2ogr` makes of GeoJSON; `file` may be a path that it reads as one of its own.
fn ogr(directory: &Path, geojson: &str, file: &str, arguments: &[&str]) -> PathBuf {
    let (source, target) = (directory.join("source.geojson"), directory.join(file));
    fs::write(&source, geojson).unwrap();
    let output = Command::new("ogr2ogr")
        .arg(&target)
        .arg(&source)
        .args(arguments)
        .args(["-nln", "blocks"])
        .output()
        .unwrap();
    assert!(output.status.success(), "{file} {arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    target
}

fn options(change: impl FnOnce(&mut ImportOptions)) -> ImportOptions {
    let mut options = ImportOptions { replace: true, ..ImportOptions::default() };
    change(&mut options);
    options
}

async fn import(
    database: &TestDatabase,
    file: &Path,
    options: &ImportOptions,
) -> Result<Imported, ImportError> {
    import_with(database, &[file.to_owned()], options).await
}

#[track_caller]
fn remarks(imported: &Imported) -> Vec<String> {
    imported.remarks.iter().map(|(_, remark)| remark.to_string()).collect()
}

/// The one line that a file is refused with, without its name.
async fn refusal(database: &TestDatabase, file: &Path, options: &ImportOptions) -> String {
    let error = import(database, file, options).await.expect_err(&file.display().to_string());
    let text = match error {
        ImportError::Rejected(rejection) => rejection.problems[0].to_string(),
        error => error.to_string(),
    };
    assert!(!text.contains('\n'), "{text}");
    text.strip_prefix(&format!("{}: ", file.display())).unwrap_or(&text).to_owned()
}

#[track_caller]
fn assert_told(told: String, how: &str, expected: &str) {
    let holds = match how {
        "starts_with" => told.starts_with(expected),
        "ends_with" => told.ends_with(expected),
        _ => told.contains(expected),
    };
    assert!(holds, "{told}");
}

/// Checks that the table holds [`BLOCKS`], positions to a tenth of a millimetre.
async fn assert_blocks(database: &TestDatabase, what: &str) {
    let rows = database
        .client()
        .await
        .query(
            "select code, name, seq, valid_from::text, area_km2, st_npoints(geom), st_numinteriorrings(st_geometryn(geom, 1)),
                    st_hausdorffdistance(geom, case code when '甲1'
                        then 'SRID=4490;POLYGON((112.7 36.3,112.71 36.3,112.71 36.31,112.7 36.31,112.7 36.3))'::geometry
                        else 'SRID=4490;POLYGON((112.8 36.3,112.82 36.3,112.82 36.32,112.8 36.32,112.8 36.3),
                                               (112.805 36.305,112.81 36.31,112.805 36.31,112.805 36.305))'::geometry end)
             from plan.mining_blocks order by seq",
            &[],
        )
        .await
        .unwrap();
    assert_eq!(rows.len(), 2, "{what}");
    let first = (rows[0].get::<_, &str>(0), rows[0].get::<_, &str>(1), rows[0].get::<_, i64>(2));
    assert_eq!(first, ("甲1", "屯留煤矿一区", 1), "{what}");
    assert_eq!((rows[0].get::<_, &str>(3), rows[0].get::<_, f64>(4)), ("2021-12-31", 12.5), "{what}");
    let second = (rows[1].get::<_, &str>(0), rows[1].get::<_, Option<&str>>(1), rows[1].get::<_, i64>(2));
    assert_eq!(second, ("乙2", None, 9_007_199_254_740_993), "{what}");
    assert_eq!((rows[1].get::<_, i32>(5), rows[1].get::<_, i32>(6)), (9, 1), "{what}");
    for row in rows {
        assert!(row.get::<_, f64>(7) < 1e-9, "{what}: {}", row.get::<_, f64>(7));
    }
}

#[tokio::test]
async fn every_format_in_every_system_gives_the_same_rows() {
    let database = TestDatabase::migrated().await;
    for (file, arguments) in [
        ("4490.gpkg", &["-a_srs", "EPSG:4490"][..]),
        ("4526.gpkg", &["-t_srs", "EPSG:4526"]),
        ("4326.fgb", &["-t_srs", "EPSG:4326"]),
        ("4547.fgb", &["-t_srs", "EPSG:4547"]),
        ("unindexed.fgb", &["-lco", "SPATIAL_INDEX=NO"]),
        ("3857.geojson", &["-t_srs", "EPSG:3857", "-lco", "RFC7946=NO", "-lco", "COORDINATE_PRECISION=8"]),
        ("4490.csv", &["-lco", "GEOMETRY=AS_WKT"]),
        (
            "semicolon.csv",
            &["-lco", "GEOMETRY=AS_WKT", "-lco", "SEPARATOR=SEMICOLON", "-lco", "WRITE_BOM=YES"],
        ),
        ("tab.csv", &["-f", "CSV", "-lco", "GEOMETRY=AS_WKT", "-lco", "SEPARATOR=TAB"]),
        ("utf8.shp", &["-lco", "ENCODING=UTF-8"]),
        ("gbk.shp", &["-lco", "ENCODING=GBK", "-t_srs", "EPSG:4526"]),
        ("6degrees.shp", &["-lco", "ENCODING=CP936", "-t_srs", "EPSG:4497"]),
        ("zipped.shp.zip", &["-f", "ESRI Shapefile", "-lco", "ENCODING=UTF-8", "-t_srs", "EPSG:4508"]),
    ] {
        let directory = tempfile::tempdir().unwrap();
        let path = ogr(directory.path(), BLOCKS, file, arguments);
        let imported =
            import(&database, &path, &options(|_| {})).await.unwrap_or_else(|e| panic!("{file}: {e}"));
        assert_eq!(imported.rows, 2, "{file}");
        // FlatGeobuf has its rows in an order of its own.
        assert_eq!(imported.remarks.len(), 1, "{file}");
        assert_eq!(imported.remarks[0].1.text, "its area is 0.9966 km², stated are 12.5", "{file}");
        assert_blocks(&database, file).await;
    }
}

#[tokio::test]
async fn text_without_a_stated_encoding_is_told_and_read() {
    let database = TestDatabase::migrated().await;
    let directory = tempfile::tempdir().unwrap();
    let shapefile = ogr(directory.path(), BLOCKS, "old.shp", &["-lco", "ENCODING=GBK"]);
    fs::remove_file(directory.path().join("old.cpg")).unwrap();
    let imported = import(&database, &shapefile, &options(|_| {})).await.unwrap();
    let told = "it does not say how its text is encoded; not UTF-8, it was read as GBK";
    assert_eq!(remarks(&imported)[0], told);
    assert_blocks(&database, "a Shapefile without .cpg").await;
    // The byte of code page 936 in the header says it too.
    let table = directory.path().join("old.dbf");
    let mut bytes = fs::read(&table).unwrap();
    bytes[29] = 0x4d;
    fs::write(&table, &bytes).unwrap();
    assert_eq!(import(&database, &shapefile, &options(|_| {})).await.unwrap().remarks.len(), 1);
    fs::write(directory.path().join("old.cpg"), "UTF-8").unwrap();
    assert_eq!(
        refusal(&database, &shapefile, &options(|_| {})).await,
        "row 1: field `code` holds text that is not UTF-8: name the encoding with --encoding"
    );
    let gbk = options(|options| options.read.charset = Some(Charset::Gbk));
    import(&database, &shapefile, &gbk).await.unwrap();
    assert_blocks(&database, "--encoding GBK").await;
    fs::write(directory.path().join("old.cpg"), "KOI-99").unwrap();
    let problem = refusal(&database, &shapefile, &options(|_| {})).await;
    assert_eq!(problem, "its .cpg file says `KOI-99`, which is no known encoding: say it with --encoding");
    // Code page 936 in a CSV of a spreadsheet program.
    let csv = directory.path().join("gbk.csv");
    let mut text = b"WKT,code\r\n\"POLYGON((112 36,113 36,113 37,112 36))\",".to_vec();
    text.extend(b"\xbc\xd7\r\n");
    fs::write(&csv, text).unwrap();
    let imported = import(&database, &csv, &options(|_| {})).await.unwrap();
    assert_eq!(remarks(&imported), ["its text is not UTF-8 and was read as GBK"]);
    assert_eq!(database.count("plan.mining_blocks where code = '甲'").await, 1);
    // What Windows programs put before UTF-8.
    let marked = directory.path().join("marked.geojson");
    fs::write(&marked, format!("\u{feff}{BLOCKS}")).unwrap();
    import(&database, &marked, &options(|_| {})).await.unwrap();
    assert_blocks(&database, "GeoJSON with a byte order mark").await;
    let (gbk, _, _) = encoding_rs::GBK.encode(BLOCKS);
    fs::write(&marked, gbk).unwrap();
    assert_eq!(
        refusal(&database, &marked, &options(|_| {})).await,
        "its text is not UTF-8 at line 2 column 41: save it as UTF-8, which GeoJSON is"
    );
}

#[tokio::test]
async fn a_damaged_file_is_one_line_and_nothing_changes() {
    let database = TestDatabase::migrated().await;
    let directory = tempfile::tempdir().unwrap();
    let folder = directory.path();
    let keep = ogr(folder, BLOCKS, "keep.gpkg", &[]);
    import(&database, &keep, &options(|_| {})).await.unwrap();
    let cut = |from: &str, to: &str, bytes: usize| {
        let whole = fs::read(folder.join(from)).unwrap();
        fs::write(folder.join(to), &whole[..bytes.min(whole.len())]).unwrap();
    };
    ogr(folder, BLOCKS, "a.fgb", &[]);
    ogr(folder, BLOCKS, "a.shp", &[]);
    ogr(folder, BLOCKS, "b.shp", &[]);
    ogr(folder, BLOCKS, "c.shp", &[]);
    ogr(folder, BLOCKS, "d.shp", &[]);
    ogr(folder, BLOCKS, "e.shp", &[]);
    ogr(folder, BLOCKS, "a.shp.zip", &["-f", "ESRI Shapefile"]);
    cut("keep.gpkg", "cut.gpkg", 30_000);
    cut("a.fgb", "cut.fgb", 1_300);
    cut("a.fgb", "short.fgb", 100);
    cut("a.shp", "a.shp", 300);
    cut("b.dbf", "b.dbf", 500);
    fs::remove_file(folder.join("c.dbf")).unwrap();
    cut("a.shp.zip", "cut.shp.zip", 400);
    cut("a.fgb", "really.gpkg", 4_000);
    cut("keep.gpkg", "really.fgb", 4_000);
    cut("keep.gpkg", "really.shp", 4_000);
    cut("a.shp.zip", "table.csv", 4_000);
    fs::write(folder.join("encrypted.gpkg"), (0..9000u32).map(|i| ((i * i) >> 3) as u8).collect::<Vec<_>>())
        .unwrap();
    fs::write(folder.join("empty.shp"), "").unwrap();
    fs::write(folder.join("utf16.csv"), b"\xff\xfeW\0K\0T\0").unwrap();
    fs::write(folder.join("no_wkt.csv"), "code,name\nA,B\n").unwrap();
    fs::write(folder.join("twice.csv"), "code,WKT,code\nA,POINT(1 1),B\n").unwrap();
    fs::write(folder.join("uneven.csv"), "code,WKT\nA,POINT(1 1),B\n").unwrap();
    fs::write(folder.join("bad_wkt.csv"), "code,WKT\nA,POLYGONE(1 1)\n").unwrap();
    let mut damaged = fs::read(folder.join("d.dbf")).unwrap();
    damaged[10] = 7;
    fs::write(folder.join("d.dbf"), damaged).unwrap();
    let long = fs::read_to_string(folder.join("e.prj")).unwrap() + &" ".repeat(1 << 16);
    fs::write(folder.join("e.prj"), long).unwrap();
    for (file, expected) in [
        ("cut.gpkg", "the GeoPackage is damaged or cut off"),
        ("cut.fgb", "the FlatGeobuf file is cut off"),
        ("short.fgb", "the FlatGeobuf file is cut off"),
        ("a.shp", "the .shp file is cut off: 300 bytes of 440"),
        ("b.shp", "the .dbf file is cut off"),
        ("c.shp", "its .dbf file is missing"),
        ("d.shp", "the .dbf file is damaged or not a dBASE table"),
        ("e.shp", "its .prj file is longer than 65536 bytes"),
        ("cut.shp.zip", "the archive is damaged or cut off: invalid Zip archive: Could not find EOCD"),
        ("really.gpkg", "not a GeoPackage, but a FlatGeobuf file"),
        ("really.fgb", "not a FlatGeobuf file, but an SQLite database"),
        ("really.shp", "not a Shapefile, but an SQLite database"),
        ("table.csv", "not a CSV file, but a ZIP archive, or a spreadsheet, which is one"),
        ("encrypted.gpkg", "not a GeoPackage: it is damaged, encrypted or another format"),
        ("empty.shp", "the file is empty"),
        ("utf16.csv", "not a CSV file, but UTF-16 text: save it as UTF-8"),
        ("no_wkt.csv", "it has no column of WKT: one named WKT, geom or geometry"),
        ("twice.csv", "two columns are named `code`"),
        ("uneven.csv", "row 1: it has 3 values, the header has 2"),
        ("bad_wkt.csv", "row 1: the geometry cannot be read: processing geometry `Invalid type encountered`"),
    ] {
        assert_eq!(refusal(&database, &folder.join(file), &options(|_| {})).await, expected, "{file}");
    }
    assert_blocks(&database, "after refusals").await;
}

#[tokio::test]
async fn an_archive_that_expands_beyond_measure_or_is_encrypted_is_refused() {
    let database = TestDatabase::migrated().await;
    let directory = tempfile::tempdir().unwrap();
    let script = "import sys, zipfile\n\
        with zipfile.ZipFile(sys.argv[1], 'w', zipfile.ZIP_DEFLATED) as bomb:\n\
        \twith bomb.open('a.shp', 'w') as file:\n\
        \t\tfor _ in range(100): file.write(bytes(1 << 20))\n\
        with zipfile.ZipFile(sys.argv[2], 'w') as several:\n\
        \tseveral.writestr('a.shp', b''), several.writestr('b/b.shp', b'')\n\
        with zipfile.ZipFile(sys.argv[3], 'w') as none:\n\
        \tnone.writestr('a.txt', b'')\n\
        one = open(sys.argv[2], 'rb').read()\n\
        locked = bytearray(one)\n\
        for at in range(len(one) - 8):\n\
        \tif one[at:at + 4] == b'PK\\x03\\x04': locked[at + 6] |= 1\n\
        \tif one[at:at + 4] == b'PK\\x01\\x02': locked[at + 8] |= 1\n\
        open(sys.argv[4], 'wb').write(locked)\n";
    let paths = ["bomb.zip", "several.zip", "none.zip", "locked.zip"].map(|name| directory.path().join(name));
    let made = Command::new("python3").arg("-c").arg(script).args(&paths).status().unwrap();
    assert!(made.success());
    let first = options(|options| options.read.table = Some("a".into()));
    assert_told(
        refusal(&database, &paths[0], &options(|_| {})).await,
        "contains",
        "which is taken for an attack",
    );
    assert_eq!(
        refusal(&database, &paths[1], &options(|_| {})).await,
        "the archive has several Shapefiles: choose one with --from: `a`, `b`"
    );
    assert_eq!(refusal(&database, &paths[2], &options(|_| {})).await, "the archive has no .shp file");
    assert_eq!(refusal(&database, &paths[3], &first).await, "the archive is encrypted: unpack it first");
}

#[tokio::test]
async fn geometry_of_other_kinds_is_flattened_or_refused_by_name() {
    let database = TestDatabase::migrated().await;
    let directory = tempfile::tempdir().unwrap();
    let folder = directory.path();
    for (file, kind) in [
        ("z.shp", "POLYGONZ"),
        ("m.shp", "POLYGONM"),
        ("z.gpkg", "MULTIPOLYGONZ"),
        ("zm.fgb", "MULTIPOLYGONZM"),
    ] {
        let encoding = if file.ends_with("shp") { &["-lco", "ENCODING=UTF-8"][..] } else { &[] };
        let path = ogr(folder, BLOCKS, file, &[&["-nlt", kind], encoding].concat());
        let imported =
            import(&database, &path, &options(|_| {})).await.unwrap_or_else(|e| panic!("{file}: {e}"));
        assert!(
            remarks(&imported).contains(&"heights or measures of 2 rows were left out".to_owned()),
            "{file}"
        );
        assert_blocks(&database, file).await;
    }
    let with_height = BLOCKS.replace("[112.7,36.3]", "[112.7,36.3,900]");
    fs::write(folder.join("z.geojson"), with_height).unwrap();
    let imported = import(&database, &folder.join("z.geojson"), &options(|_| {})).await.unwrap();
    assert!(remarks(&imported).contains(&"heights or measures of 1 rows were left out".to_owned()));
    let curve = ogr(folder, BLOCKS, "curve.gpkg", &["-nlt", "CURVEPOLYGON"]);
    assert_told(
        refusal(&database, &curve, &options(|_| {})).await,
        "starts_with",
        "row 1: curves are not supported",
    );
    let line = BLOCKS.replacen("\"Polygon\"", "\"MultiLineString\"", 1);
    let mixed = ogr(folder, &line, "mixed.gpkg", &[]);
    assert_eq!(
        refusal(&database, &mixed, &options(|_| {})).await,
        "row 1: the geometry is lines, the layer holds polygons"
    );
    let point = r#"{"type":"FeatureCollection","features":[{"type":"Feature","properties":{},"geometry":{"type":"Point","coordinates":[112,36]}}]}"#;
    for file in ["point.shp", "point.fgb", "point.gpkg"] {
        let path = ogr(folder, point, file, &["-select", ""]);
        let problem = refusal(&database, &path, &options(|options| options.read.ignore_fields = true)).await;
        assert_eq!(problem, "row 1: the geometry is a point, the layer holds polygons", "{file}");
    }
    let null = r#"{"type":"FeatureCollection","features":[{"type":"Feature","properties":{"code":"A"},"geometry":null}]}"#;
    for file in ["null.shp", "null.gpkg", "null.csv"] {
        let path = ogr(
            folder,
            null,
            file,
            &[
                "-nlt",
                "POLYGON",
                "-lco",
                if file == "null.csv" { "GEOMETRY=AS_WKT" } else { "SPATIAL_INDEX=NO" },
            ],
        );
        assert_eq!(refusal(&database, &path, &options(|_| {})).await, "row 1: it has no geometry", "{file}");
    }
    let nested =
        format!("code,WKT\nA,{}POINT(1 1){}\n", "GEOMETRYCOLLECTION(".repeat(100_000), ")".repeat(100_000));
    fs::write(folder.join("nested.csv"), nested).unwrap();
    let problem = refusal(&database, &folder.join("nested.csv"), &options(|_| {})).await;
    assert_eq!(problem, "row 1: geometry collections are not supported");
}

#[tokio::test]
async fn attributes_go_where_they_are_sent_and_none_is_lost_without_a_word() {
    let database = TestDatabase::migrated().await;
    let directory = tempfile::tempdir().unwrap();
    let named = BLOCKS
        .replace("\"code\"", "\"GHQBH\"")
        .replace("\"name\"", "\"GHQMC\"")
        .replace("\"area_km2\"", "\"GHQMJ\"");
    let named = named
        .replace("\"seq\"", "\"序号\"")
        .replace("\"properties\":{", "\"properties\":{\"OBJECTID\":7,\"KQXX\":\"x\",");
    let path = ogr(directory.path(), &named, "standard.shp", &["-lco", "ENCODING=UTF-8"]);
    assert_eq!(
        refusal(&database, &path, &options(|_| {})).await,
        "layer mining_blocks has no field `KQXX`: --map KQXX=FIELD names one, --map KQXX=- leaves it out, --ignore-fields all such"
    );
    let ignoring = options(|options| options.read.ignore_fields = true);
    let imported = import(&database, &path, &ignoring).await.unwrap();
    assert_eq!(remarks(&imported)[0], "not taken over: `OBJECTID`, `KQXX`");
    assert_blocks(&database, "standard names and titles").await;
    let mapped = |to: &str| options(|options| drop(options.read.map.insert("KQXX".into(), to.into())));
    let imported = import(&database, &path, &mapped("remarks")).await.unwrap();
    assert_eq!(remarks(&imported)[0], "not taken over: `OBJECTID`");
    assert_eq!(database.count("plan.mining_blocks where remarks = 'x'").await, 2);
    let usual = options(|options| drop(options.read.usual_map.insert("kqxx".into(), "remarks".into())));
    import(&database, &path, &usual).await.unwrap();
    assert_eq!(
        refusal(&database, &path, &mapped("colour")).await,
        "KQXX=colour: layer mining_blocks has no field `colour`"
    );
    assert_eq!(
        refusal(&database, &path, &mapped("name")).await,
        "`KQXX` and `GHQMC` both go to the field `name`: --map GHQMC=- leaves one out"
    );
    let absent = options(|options| {
        options.read.ignore_fields = true;
        options.read.map.insert("TBYS".into(), "remarks".into());
    });
    assert_eq!(refusal(&database, &path, &absent).await, "the file has no field `TBYS` to map");
}

/// Of 区块名称 a Shapefile in UTF-8 has three characters and a part of the fourth.
#[tokio::test]
async fn names_that_a_shapefile_cuts_are_known() {
    let database = TestDatabase::migrated().await;
    let directory = tempfile::tempdir().unwrap();
    let titles = [("code", "编号"), ("name", "区块名称"), ("seq", "序号"), ("area_km2", "面积(平方千米)")];
    let titled = titles.iter().fold(BLOCKS.to_owned(), |text, (name, title)| {
        text.replace(&format!("\"{name}\""), &format!("\"{title}\""))
    });
    for (file, encoding) in [("utf8.shp", "ENCODING=UTF-8"), ("gbk.shp", "ENCODING=GBK")] {
        let path = ogr(directory.path(), &titled, file, &["-lco", encoding]);
        import(&database, &path, &options(|_| {})).await.unwrap_or_else(|error| panic!("{file}: {error}"));
        assert_blocks(&database, file).await;
    }
}

#[tokio::test]
async fn a_geopackage_of_several_tables_is_asked_for_one() {
    let database = TestDatabase::migrated().await;
    let directory = tempfile::tempdir().unwrap();
    let path = ogr(directory.path(), BLOCKS, "two.gpkg", &[]);
    let source = directory.path().join("source.geojson");
    let added =
        Command::new("ogr2ogr").args(["-update", "-nln", "rights"]).arg(&path).arg(source).status().unwrap();
    assert!(added.success());
    assert_eq!(
        refusal(&database, &path, &options(|_| {})).await,
        "it has several feature tables: choose one with --from: `blocks`, `rights`"
    );
    let from = |name: &str| options(|options| options.read.table = Some(name.into()));
    import(&database, &path, &from("rights")).await.unwrap();
    assert_blocks(&database, "--from rights").await;
    let keyed = options(|options| {
        options.read.table = Some("rights".into());
        options.read.map.insert("FID".into(), "id".into());
    });
    import(&database, &path, &keyed).await.unwrap();
    assert_eq!(
        refusal(&database, &path, &from("x")).await,
        "it has no feature table `x`, but `blocks`, `rights`"
    );
}

#[tokio::test]
async fn the_coordinate_system_is_that_of_the_file_unless_it_is_given() {
    let database = TestDatabase::migrated().await;
    let directory = tempfile::tempdir().unwrap();
    let path = ogr(directory.path(), BLOCKS, "zone.shp", &["-t_srs", "EPSG:4526", "-lco", "ENCODING=UTF-8"]);
    let given = |srid| options(|options| options.read.crs = Crs::of_epsg(srid));
    assert_told(refusal(&database, &path, &given(4490)).await, "ends_with", "which is srid 4526");
    // A .prj of the central meridian beside eastings with the number of the zone.
    let prj = fs::read_to_string(directory.path().join("zone.prj")).unwrap();
    fs::write(directory.path().join("zone.prj"), prj.replace("38500000", "500000")).unwrap();
    assert_told(refusal(&database, &path, &options(|_| {})).await, "ends_with", "which is srid 4526");
    let imported = import(&database, &path, &given(4526)).await.unwrap();
    assert_eq!(
        remarks(&imported)[0],
        "it says that its coordinates are in EPSG:4547; read in EPSG:4526 instead"
    );
    assert_blocks(&database, "--srid").await;
    let old = prj.replace("D_China_2000", "D_Xian_1980").replace("CGCS2000_3", "Xian_1980_3");
    fs::write(directory.path().join("zone.prj"), old).unwrap();
    assert_told(
        refusal(&database, &path, &options(|_| {})).await,
        "starts_with",
        "its coordinate system `Xian_1980_3_Degree_GK_Zone_38` is not imported",
    );
    fs::remove_file(directory.path().join("zone.prj")).unwrap();
    assert_told(refusal(&database, &path, &options(|_| {})).await, "ends_with", "which is srid 4526");
    // North before east.
    fs::write(directory.path().join("ne.csv"), "WKT\n\"POLYGON((36 112,36 113,37 113,36 112))\"\n").unwrap();
    let csv = directory.path().join("ne.csv");
    assert_told(
        refusal(&database, &csv, &options(|_| {})).await,
        "ends_with",
        "x and y look swapped, which northing-first puts right",
    );
    import(&database, &csv, &options(|options| options.read.northing_first = true)).await.unwrap();
    assert_eq!(database.count("plan.mining_blocks where st_xmin(geom) = 112").await, 1);
}

#[tokio::test]
async fn repairs_are_listed_and_a_dry_run_changes_nothing() {
    let database = TestDatabase::migrated().await;
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("bow.csv");
    let text = "code;WKT\nA;POLYGON((112 36,113 37,113 36,112 37,112 36))\nB;POLYGON((110 30,111 30,111 31))\n\
                C;MULTIPOLYGON(((115 30,116 30,116 31,115 30)),((117 30,118 31,118 30,117 31,117 30)))\n";
    fs::write(&path, text).unwrap();
    let Err(ImportError::Rejected(rejection)) = import(&database, &path, &options(|_| {})).await else {
        panic!()
    };
    let problems: Vec<_> = rejection.problems.iter().map(ToString::to_string).collect();
    assert_eq!(
        problems,
        [
            "row 1: the geometry is not valid: part 1, ring 1: self-intersection at 112.5 36.5",
            "row 2: part 1, ring 1: the ring has 3 positions, at least 4 are needed",
            "row 3: the geometry is not valid: part 2, ring 1: self-intersection at 117.5 30.5",
        ]
    );
    let fixing = |dry_run| options(|options| (options.read.fix, options.dry_run) = (true, dry_run));
    assert_eq!(import(&database, &path, &fixing(true)).await.unwrap().rows, 3);
    assert_eq!(database.count("plan.mining_blocks").await, 0);
    let imported = import(&database, &path, &fixing(false)).await.unwrap();
    let told = remarks(&imported);
    assert_eq!(told[0], "row 2: repaired: 1 rings closed");
    assert!(
        told[1].starts_with("row 1: repaired: self-intersection at 112.5 36.5; corners 5, now 8; area now "),
        "{told:?}"
    );
    assert!(
        told[2].starts_with("row 3: repaired: self-intersection at 117.5 30.5; corners 9, now 12; area now "),
        "{told:?}"
    );
    assert_eq!(database.count("plan.mining_blocks where st_isvalid(geom)").await, 3);
    // Of a line drawn as a polygon nothing is left to repair.
    fs::write(&path, "WKT\n\"POLYGON((112 36,113 36,112 36,112 36))\"\n").unwrap();
    let problem = refusal(&database, &path, &fixing(false)).await;
    assert_eq!(
        problem,
        "row 1: the geometry is not valid: part 1, ring 1: too few points in geometry component at 112 36"
    );
}

#[tokio::test]
async fn overlaps_are_refused_where_one_mineral_is_granted_twice() {
    let database = TestDatabase::migrated().await;
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("overlap.csv");
    let import_minerals = async |minerals: [&str; 2], plans: [&str; 2]| {
        let text = format!(
            "mineral;plan_code;WKT\n{};{};POLYGON((112.7 36.3,112.71 36.3,112.71 36.31,112.7 36.31,112.7 36.3))\n\
             {};{};POLYGON((112.709 36.3,112.72 36.3,112.72 36.31,112.709 36.31,112.709 36.3))\n",
            minerals[0], plans[0], minerals[1], plans[1]
        );
        fs::write(&path, text).unwrap();
        import(&database, &path, &options(|_| {})).await
    };
    for refused in [["煤", "煤"], ["煤", ""], ["", ""]] {
        let Err(ImportError::Rejected(rejection)) = import_minerals(refused, ["", ""]).await else {
            panic!()
        };
        assert_eq!(rejection.problems[0].to_string(), "row 2: it overlaps row 1 by 99663 m²", "{refused:?}");
    }
    import_minerals(["煤", "煤层气"], ["", ""]).await.unwrap();
    import_minerals(["煤", "煤"], ["2016", "2021"]).await.unwrap();
    // With what is in the table already.
    let joining = ImportOptions::default();
    fs::write(
        &path,
        "mineral;plan_code;WKT\n煤;2021;POLYGON((112.715 36.3,112.73 36.3,112.73 36.31,112.715 36.3))\n",
    )
    .unwrap();
    let Err(ImportError::Rejected(rejection)) = import(&database, &path, &joining).await else { panic!() };
    assert!(rejection.problems[0].reason.starts_with("it overlaps id 2 in the table by "));
    // A strip of ten centimetres is rounding.
    let strip = "WKT\n\"POLYGON((112.7 36.3,112.71 36.3,112.71 36.31,112.7 36.31,112.7 36.3))\"\n\
                 \"POLYGON((112.709999 36.3,112.72 36.3,112.72 36.31,112.709999 36.31,112.709999 36.3))\"\n";
    fs::write(&path, strip).unwrap();
    import(&database, &path, &options(|_| {})).await.unwrap();
}

#[tokio::test]
async fn no_row_and_no_part_of_a_geometry_is_passed_over() {
    let database = TestDatabase::migrated().await;
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("swallowed.csv");
    let (one, two) = ("((112 36,113 36,113 37,112 36))", "((114 36,115 36,115 37,114 36))");
    let unended = "not a CSV file: it begins a field with a quote and does not end it";
    for (text, expected) in [
        (format!("code;WKT\nA;\"POLYGON{one}\nB;POLYGON{two}\n"), unended.to_owned()),
        (format!("WKT;code\nPOLYGON{one};\"A\nPOLYGON{two};B\n"), unended.into()),
        (format!("code;WKT\nA;POLYGON{one},{two}\n"), format!("row 1: after the geometry comes `,{two}`")),
        (
            format!("code\tWKT\nA\tx;POLYGON{one}\n"),
            "row 1: the geometry cannot be read: processing geometry `Invalid type encountered`".into(),
        ),
        (
            format!("code\tWKT\nA\tSRID=45260000000000000000;POLYGON{one}\n"),
            "row 1: `SRID=45260000000000000000` names no coordinate system".into(),
        ),
        ("WKT\n\0\0\0\0\nPOLYGON\n".into(), "not a CSV file: it has a line of NUL bytes".into()),
    ] {
        fs::write(&path, &text).unwrap();
        assert_eq!(refusal(&database, &path, &options(|_| {})).await, expected, "{text}");
    }
    // What is there is all read, with a line end after it or not.
    for end in ["", "\n", "\r\n", "\n\n"] {
        fs::write(&path, format!("WKT;code\nPOLYGON{one};\"A\"\nPOLYGON {two} ;\"B\"{end}")).unwrap();
        assert_eq!(import(&database, &path, &options(|_| {})).await.unwrap().rows, 2, "{end:?}");
    }
}

#[tokio::test]
async fn a_feature_of_ten_megabytes_passes() {
    let database = TestDatabase::migrated().await;
    let directory = tempfile::tempdir().unwrap();
    let corner = |i: u32| {
        let angle = f64::from(i) / 300_000.0 * std::f64::consts::TAU;
        format!("{:.12} {:.12}", 112.0 + angle.cos(), 36.0 + angle.sin())
    };
    let ring: Vec<String> = (0..300_000).chain([0]).map(corner).collect();
    let path = directory.path().join("large.csv");
    fs::write(&path, format!("code;WKT\nA;POLYGON(({}))\n", ring.join(","))).unwrap();
    assert!(fs::metadata(&path).unwrap().len() > 9_000_000);
    assert_eq!(import(&database, &path, &options(|_| {})).await.unwrap().rows, 1);
    assert_eq!(database.count("plan.mining_blocks where st_npoints(geom) = 300001").await, 1);
}
