//! Archives of tiles, read by PMTiles' own library, SQLite and GDAL, and beside the server's tiles.

use crate::support::{
    gdal::run,
    grid::{Tile, tiles_over},
    plan,
    server::{Server, Setup, plantiles, shared},
};
use rusqlite::Connection;
use serde_json::Value;
use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
    process::{Command, Output, Stdio},
    sync::LazyLock,
    thread,
    time::Duration,
};
use tempfile::TempDir;

/// A state directory with the bundled plan, and room for archives.
static FOLDER: LazyLock<TempDir> = LazyLock::new(|| tempfile::tempdir().unwrap());

fn path(name: &str) -> PathBuf {
    FOLDER.path().join(name)
}

fn command(arguments: &[&str], output: &Path) -> Command {
    let state = path("state");
    let mut command = plantiles(&["export", "--state", state.to_str().unwrap()]);
    command.args(arguments).arg("-o").arg(output);
    command
}

#[track_caller]
fn export(arguments: &[&str], output: &Path) -> String {
    let Output { status, stdout, stderr } = command(arguments, output).output().unwrap();
    assert!(status.success(), "{}", String::from_utf8_lossy(&stderr));
    String::from_utf8(stdout).unwrap()
}

/// The archive of the plan, zoom 0 to 14.
static PLAN: LazyLock<PathBuf> = LazyLock::new(|| {
    let archive = path("plan.pmtiles");
    export(&["--format", "pmtiles"], &archive);
    archive
});

/// An archive as the format's own library reads it.
struct Archive {
    header: Value,
    metadata: Value,
    tiles: BTreeMap<[u32; 3], Vec<u8>>,
}

impl Archive {
    #[track_caller]
    fn read(path: &Path) -> Self {
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/browser/archive_entries.mjs");
        let listed = run("node", &[script.to_str().unwrap(), path.to_str().unwrap()]);
        let bytes = fs::read(path).unwrap();
        let mut lines = listed.lines();
        let mut document = || serde_json::from_str(lines.next().unwrap()).unwrap();
        let (header, metadata) = (document(), document());
        let tile = |line: &str| {
            let numbers: Vec<usize> = line.split(' ').map(|number| number.parse().unwrap()).collect();
            let &[z, x, y, offset, length] = &numbers[..] else { panic!("{line}") };
            ([z, x, y].map(|n| n as u32), bytes[offset..offset + length].to_vec())
        };
        Self { header, metadata, tiles: lines.map(tile).collect() }
    }
}

/// The tile as the server sends it to whoever takes gzip alone; nothing when it is empty.
fn served(server: &Server, tileset: &str, [z, x, y]: [u32; 3]) -> Vec<u8> {
    let gzip = [("Accept-Encoding", "gzip, identity;q=0")];
    server.ask("GET", &format!("/tiles/{tileset}/{z}/{x}/{y}.mvt"), &gzip).body
}

#[test]
fn it_has_every_tile_of_the_server_and_no_other() {
    let (server, archive) = (shared(), Archive::read(&PLAN));
    for (tile, bytes) in &archive.tiles {
        assert!(*bytes == served(&server, "plan", *tile), "{tile:?}");
    }
    for z in 0..=14 {
        // Buffers show what lies in the tiles beside.
        let [west, south, east, north] = plan::bounds();
        let side = 360.0 / f64::from(1 << z);
        let around = [
            (west - side).max(-179.9),
            (south - side).max(-85.0),
            (east + side).min(179.9),
            (north + side).min(85.0),
        ];
        for Tile { z, x, y } in tiles_over(around, z) {
            let tile = [z, x, y];
            assert_eq!(
                archive.tiles.contains_key(&tile),
                !served(&server, "plan", tile).is_empty(),
                "{tile:?}"
            );
        }
    }
}

#[test]
fn it_describes_itself() {
    let archive = Archive::read(&PLAN);
    let described = shared().get("/tiles/plan.json").expect(200).json();
    for (name, wanted) in [("minZoom", 0), ("maxZoom", 14), ("tileType", 1), ("tileCompression", 2)] {
        assert_eq!(archive.header[name], wanted, "{name}");
    }
    assert_eq!(archive.header["clustered"], true);
    for (edge, bound) in ["minLon", "minLat", "maxLon", "maxLat"].iter().zip(plan::bounds()) {
        assert!((archive.header[edge].as_f64().unwrap() - bound).abs() < 1e-6, "{edge}");
    }
    assert_eq!(archive.metadata["name"], "plan");
    assert_eq!(archive.metadata["attribution"], described["attribution"]);
    let named = |document: &Value| -> Vec<Value> {
        let layers = document["vector_layers"].as_array().unwrap();
        layers
            .iter()
            .map(|layer| serde_json::json!([layer["id"], layer["fields"], layer["minzoom"]]))
            .collect()
    };
    assert_eq!(named(&archive.metadata), named(&described));
}

#[test]
fn mbtiles_hold_the_same_and_gdal_reads_them() {
    let file = path("plan.mbtiles");
    export(&["--format", "mbtiles"], &file);
    let database = Connection::open(&file).unwrap();
    let mut rows =
        database.prepare("SELECT zoom_level, tile_column, tile_row, tile_data FROM tiles").unwrap();
    let tiles = rows.query_map([], |row| {
        let (z, x, row_from_south, bytes): (u32, u32, u32, Vec<u8>) =
            (row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?);
        Ok(([z, x, (1 << z) - 1 - row_from_south], bytes))
    });
    let tiles: BTreeMap<_, _> = tiles.unwrap().map(Result::unwrap).collect();
    assert!(tiles == Archive::read(&PLAN).tiles);
    let images: u32 = database.query_row("SELECT count(*) FROM images", [], |row| row.get(0)).unwrap();
    assert!((images as usize) < tiles.len(), "{images} of {}", tiles.len());

    let source = file.to_str().unwrap();
    for layer in ["mining_blocks", "roads", "map_sheets_50k"] {
        let arguments =
            ["-f", "GeoJSON", "/vsistdout/", source, layer, "-oo", "ZOOM_LEVEL=14", "-oo", "CLIP=NO"];
        let collection: Value = serde_json::from_str(&run("ogr2ogr", &arguments)).unwrap();
        let features = collection["features"].as_array().unwrap();
        let mut found: Vec<u64> =
            features.iter().map(|f| f["properties"]["mvt_id"].as_u64().unwrap()).collect();
        found.sort_unstable();
        found.dedup();
        let mut expected = plan::layer_named(layer).ids();
        expected.sort_unstable();
        assert_eq!(found, expected, "{layer}");
    }
}

#[test]
fn a_run_that_was_killed_goes_on_and_gives_the_same() {
    // Deep enough that the directory has leaves.
    let arguments = ["--format", "pmtiles", "--zoom", "0-16"];
    let (whole, killed) = (path("whole.pmtiles"), path("killed.pmtiles"));
    export(&arguments, &whole);
    let length = fs::metadata(&whole).unwrap().len();
    let work = path("killed.pmtiles.work");
    for share in 1..=4 {
        let mut running =
            command(&arguments, &killed).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        while fs::metadata(&work).map_or(0, |file| file.len()) < length * share / 5 {
            assert!(running.try_wait().unwrap().is_none(), "it ended before {share} fifths were written");
            thread::sleep(Duration::from_millis(1));
        }
        running.kill().unwrap();
        running.wait().unwrap();
        assert!(!killed.exists());
    }
    // Bytes that a crash of the machine has spoilt.
    let mut spoilt = fs::read(&work).unwrap();
    let middle = spoilt.len() / 2;
    spoilt[middle] ^= 1;
    fs::write(&work, spoilt).unwrap();
    let said = export(&arguments, &killed);
    assert!(said.contains("of them by a run before"), "{said}");
    assert!(fs::read(&killed).unwrap() == fs::read(&whole).unwrap());
    assert!(!work.exists() && !path("killed.pmtiles.unfinished").exists());

    let archive = Archive::read(&whole);
    assert!(archive.header["leafDirectoryLength"].as_u64().unwrap() > 0);
    let server = shared();
    for (tile, bytes) in archive.tiles.iter().step_by(29) {
        assert!(*bytes == served(&server, "plan", *tile), "{tile:?}");
    }
}

#[test]
fn a_part_has_the_tiles_that_meet_the_box_and_comes_out_the_same_each_time() {
    let [west, south, east, north] = plan::bounds();
    let middle = [west + (east - west) / 3.0, south + (north - south) / 3.0, east, north];
    let bbox = middle.map(|edge| format!("{edge}")).join(",");
    for format in ["pmtiles", "mbtiles"] {
        let arguments = [
            "--format",
            format,
            "--layer",
            "mining_blocks",
            "--layer",
            "townships",
            "--bbox",
            &bbox,
            "--zoom",
            "9-13",
        ];
        let [one, two] = ["one", "two"].map(|name| path(&format!("{name}.{format}")));
        export(&arguments, &one);
        export(&arguments, &two);
        assert!(fs::read(&one).unwrap() == fs::read(&two).unwrap(), "{format}");
    }
    let (archive, server) = (Archive::read(&path("one.pmtiles")), shared());
    let expected = (9..=13).flat_map(|z| tiles_over(middle, z)).filter_map(|Tile { z, x, y }| {
        let bytes = served(&server, "townships,mining_blocks", [z, x, y]);
        (!bytes.is_empty()).then_some(([z, x, y], bytes))
    });
    assert!(archive.tiles == expected.collect());
    assert_eq!([&archive.header["minZoom"], &archive.header["maxZoom"]], [9, 13]);
}

#[test]
fn what_cannot_be_written_is_said_in_a_line_and_leaves_nothing() {
    export(&["--format", "pmtiles", "--zoom", "5"], &path("kept.pmtiles"));
    let kept = fs::read(path("kept.pmtiles")).unwrap();
    for (arguments, output, code, said) in [
        (&["--format", "pmtiles", "--layer", "lakes"][..], "kept.pmtiles", 1, "there is no layer `lakes`"),
        (
            &["--format", "pmtiles", "--bbox", "10,50,11,51", "--zoom", "6-9"],
            "kept.pmtiles",
            1,
            "nothing is in these layers, zooms and box",
        ),
        (&["--format", "mbtiles"], "nowhere/plan.mbtiles", 1, "No such file or directory"),
        (&["--format", "pmtiles", "--zoom", "9-3"], "kept.pmtiles", 2, "not two zooms from 0 to 18"),
        (&["--format", "pmtiles", "--zoom", "0-19"], "kept.pmtiles", 2, "not two zooms from 0 to 18"),
        (&["--format", "pmtiles", "--bbox", "11,50,10,51"], "kept.pmtiles", 2, "over the antimeridian"),
        (&["--format", "pmtiles", "--bbox", "1,2,3,NaN"], "kept.pmtiles", 2, "its numbers are finite"),
        (&["--format", "pmtiles", "--bbox", "1,2,3"], "kept.pmtiles", 2, "--bbox: it is four numbers"),
        (&["--format", "pmtiles", "--bom"], "kept.pmtiles", 2, "--bom is for CSV"),
        (&["--format", "mbtiles", "--filter", "id = 1"], "kept.pmtiles", 2, "are for files of a layer"),
        (&["--format", "site", "--layer", "roads"], "kept", 2, "a site is of the whole plan"),
        (
            &["--format", "pmtiles", "--address", "https://maps.example.org"],
            "kept",
            2,
            "--address is for a site",
        ),
    ] {
        let Output { status, stderr, .. } = command(arguments, &path(output)).output().unwrap();
        let text = String::from_utf8(stderr).unwrap();
        assert_eq!(status.code(), Some(code), "{arguments:?}: {text}");
        // Clap's own errors say more.
        let is_brief = text.lines().count() == 1 || text.starts_with("error: ");
        assert!(text.contains(said) && is_brief, "{arguments:?}: {text}");
    }
    assert!(fs::read(path("kept.pmtiles")).unwrap() == kept);
    for suffix in ["work", "unfinished"] {
        assert!(!path(&format!("kept.pmtiles.{suffix}")).exists());
    }
}

#[test]
fn a_seeded_server_has_the_tiles_ready() {
    let server = Setup::default().start();
    let state = path("state");
    let url = server.url("");
    let arguments = ["seed", "--url", &url, "--state", state.to_str().unwrap(), "--zoom", "8-12"];
    let Output { status, stdout, stderr } = plantiles(&arguments).output().unwrap();
    let said = String::from_utf8_lossy(&stdout);
    assert!(status.success(), "{}", String::from_utf8_lossy(&stderr));
    let misses = server.metric("plantiles_tile_cache_misses_total");
    let archive = Archive::read(&PLAN);
    let tiles: Vec<_> = archive.tiles.keys().filter(|[z, ..]| (8..=12).contains(z)).collect();
    assert!(tiles.len() > 10 && misses >= tiles.len() as f64, "{} {misses}", tiles.len());
    let browser = [("Accept-Encoding", "gzip, deflate, br, zstd")];
    for [z, x, y] in tiles {
        server.ask("GET", &format!("/tiles/plan/{z}/{x}/{y}.mvt"), &browser).expect(200);
    }
    assert_eq!(server.metric("plantiles_tile_cache_misses_total"), misses, "{said}");
    let closed =
        plantiles(&["seed", "--url", "http://127.0.0.1:9", "--state", state.to_str().unwrap()]).output();
    let closed = closed.unwrap();
    let said = String::from_utf8_lossy(&closed.stderr);
    assert!(closed.status.code() == Some(1) && said.lines().count() == 1, "{said}");
}

#[test]
fn it_is_a_download_that_is_had_by_range() {
    let server = Setup::default().expect_log("/downloads/plan.pmtiles").start();
    let whole = server.get_when_there("/downloads/plan.pmtiles");
    assert!(whole.body == fs::read(&*PLAN).unwrap());
    assert_eq!(whole.expect_header("content-type"), "application/vnd.pmtiles");
    let etag = whole.expect_header("etag");
    for validator in [etag, "\"other\""] {
        let headers = [("Range", "bytes=0-126"), ("If-Range", validator)];
        let answer = server.ask("GET", "/downloads/plan.pmtiles", &headers);
        match validator == etag {
            true => assert!(answer.expect(206).body == whole.body[..127]),
            false => assert!(answer.expect(200).body == whole.body),
        }
    }
    server.ask("GET", "/downloads/plan.pmtiles", &[("If-None-Match", etag)]).expect(304);
    server.get("/downloads/plan@2031.pmtiles").expect_problem(404);
    server.get("/downloads/roads.pmtiles").expect_problem(404);
}
