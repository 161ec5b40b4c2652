//! Files of a layer: in pieces by themselves, and by the command.

use crate::support::{
    sample,
    server::{plantiles, shared},
};
use plantiles::{
    crs::Crs,
    export::{Format, Request, pieces},
    features::{Filter, Query, filter::Language},
    plan::GeometryKind,
    snapshot::Snapshot,
};
use serde_json::Value;
use std::{process::Output, sync::Arc};

/// A piece and one row more.
const MOST: usize = (128 << 10) + 4096;

fn request(snapshot: &Arc<Snapshot>, filter: &str, crs: Crs) -> Request {
    let filter = Filter::parse(filter, Language::Text, Crs::Crs84).unwrap();
    let conditions = vec![filter.condition(&snapshot.layer).unwrap()];
    let fields = (0..snapshot.layer.fields.len()).collect();
    Request { snapshot: Arc::clone(snapshot), query: Query { conditions, ..Query::default() }, crs, fields }
}

fn all_pieces(request: Request, format: Format) -> Vec<Vec<u8>> {
    let (mut made, mut found) = (pieces(request, format, false), vec![]);
    loop {
        let (piece, last) = made.piece().unwrap();
        found.push(piece);
        if last {
            return found;
        }
    }
}

#[test]
fn a_file_is_made_in_pieces_of_bounded_size() {
    let folder = tempfile::tempdir().unwrap();
    let layer = sample::layer("squares", GeometryKind::Polygon);
    let snapshot = sample::snapshot(folder.path(), &layer, 3000);
    for format in Format::ALL {
        for crs in [format.crs(), Crs::WebMercator] {
            let made = all_pieces(request(&snapshot, "id > 1000", crs), format);
            assert!(made.len() > 1, "{format:?}: {}", made.len());
            for piece in &made {
                assert!(piece.len() <= MOST, "{format:?}: {}", piece.len());
            }
            let file = made.concat();
            match format {
                Format::GeoJson => {
                    let read: Value = serde_json::from_slice(&file).unwrap();
                    assert_eq!(read["features"].as_array().unwrap().len(), 2000);
                }
                Format::Csv => assert_eq!(file.iter().filter(|byte| **byte == b'\n').count(), 2001),
                Format::FlatGeobuf => {
                    let reader = flatgeobuf::FgbReader::open(std::io::Cursor::new(&file)).unwrap();
                    assert_eq!(reader.header().features_count(), 2000);
                }
            }
        }
    }
}

/// The first piece does not wait for a match that comes late.
#[test]
fn rows_are_found_a_few_at_a_time() {
    let folder = tempfile::tempdir().unwrap();
    let layer = sample::layer("squares", GeometryKind::Polygon);
    let snapshot = sample::snapshot(folder.path(), &layer, 3000);
    // No box narrows it down.
    let late = snapshot.row(2999).id();
    let filter = format!("id = {late} OR S_INTERSECTS(geom, POINT(5 50))");
    let mut made = pieces(request(&snapshot, &filter, Crs::Crs84), Format::GeoJson, false);
    let (first, last) = made.piece().unwrap();
    assert!(!last && first.ends_with(br#""features":["#), "{}", String::from_utf8_lossy(&first));
    let file = all_pieces(request(&snapshot, &filter, Crs::Crs84), Format::GeoJson).concat();
    let read: Value = serde_json::from_slice(&file).unwrap();
    assert_eq!(read["features"].as_array().unwrap().len(), 1);
    assert_eq!(read["features"][0]["id"], late);
}

#[test]
fn a_filter_that_is_too_much_work_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let layer = sample::layer("squares", GeometryKind::Polygon);
    let snapshot = sample::snapshot(folder.path(), &layer, 10_000);
    let relations = ["S_INTERSECTS(geom, POINT(5 5))"; 60].join(" OR ");
    let refused = request(&snapshot, &format!("id = 1 OR {relations}"), Crs::Crs84).check();
    assert!(refused.unwrap_err().to_string().contains("600000 pairs"));
    request(&snapshot, "id = 1", Crs::Crs84).check().unwrap();
}

/// Runs `export` on the bundled plan, which is published into `state` the first time.
fn export(state: &std::path::Path, arguments: &[&str]) -> Output {
    plantiles(&[&["export", "--state", state.to_str().unwrap()], arguments].concat()).output().unwrap()
}

#[test]
fn the_command_writes_what_is_downloaded() {
    let (server, folder) = (shared(), tempfile::tempdir().unwrap());
    let (state, file) = (folder.path().join("state"), folder.path().join("file"));
    std::fs::write(&file, "what was there").unwrap();
    for (arguments, path) in [
        (&["--format", "fgb"][..], "townships.fgb"),
        (&["--format", "geojson"], "townships.geojson"),
        (&["--format", "csv", "--bom", "--properties", "name"], "townships.csv?bom=true&properties=name"),
        (
            &["--format", "fgb", "--bbox", "112.5,36.1,112.9,36.4", "--crs", "4526"],
            "townships.fgb?bbox=112.5,36.1,112.9,36.4&crs=4526",
        ),
        (&["--format", "geojson", "--filter", "id > 3"], "townships.geojson?filter=id%20%3E%203"),
    ] {
        let output = ["--layer", "townships", "-o", file.to_str().unwrap()];
        let done = export(&state, &[arguments, &output].concat());
        assert!(done.status.success() && done.stderr.is_empty(), "{arguments:?}: {done:?}");
        let downloaded = server.get(&format!("/downloads/{path}")).expect(200).body;
        assert!(std::fs::read(&file).unwrap() == downloaded, "{path}");
    }
    let before = std::fs::read(&file).unwrap();
    for (arguments, code, said) in [
        (&["--format", "geojson", "--layer", "nowhere"][..], 1, "there is no layer nowhere"),
        (&["--format", "geojson", "--layer", "roads", "--filter", "colour = 1"], 1, "--filter: "),
        (&["--format", "geojson", "--layer", "roads", "--bbox", "1,2"], 2, "--bbox: "),
        (&["--format", "geojson", "--layer", "roads", "--properties", "colour"], 1, "--properties: "),
        (&["--format", "geojson", "--layer", "roads", "--bom"], 2, "--bom is for CSV"),
        (&["--format", "gpkg", "--layer", "roads", "--bom"], 2, "--bom is for CSV"),
        (&["--format", "csv", "--layer", "roads", "--zoom", "3-4"], 2, "--zoom is for tiles"),
        (&["--format", "csv", "--layer", "roads", "--layer", "rivers"], 2, "a file is of one layer"),
        (&["--format", "geojson", "--layer", "roads", "--crs", "2000"], 2, "'--crs <CRS>'"),
        (&["--format", "geojson"], 2, "--layer <ID>"),
        (&["--format", "dwg", "--layer", "roads"], 2, "'dwg'"),
    ] {
        let failed = export(&state, &[arguments, &["-o", file.to_str().unwrap()]].concat());
        let error = String::from_utf8_lossy(&failed.stderr);
        assert_eq!(failed.status.code(), Some(code), "{arguments:?}: {error}");
        // Clap's own errors say more.
        let is_brief = error.lines().count() == 1 || error.starts_with("error: ");
        assert!(error.contains(said) && is_brief, "{arguments:?}: {error}");
    }
    assert!(std::fs::read(&file).unwrap() == before);
    let nowhere = folder.path().join("missing").join("file");
    let failed = export(&state, &["--format", "csv", "--layer", "roads", "-o", nowhere.to_str().unwrap()]);
    assert_eq!(failed.status.code(), Some(1));
    let files: Vec<_> = std::fs::read_dir(folder.path()).unwrap().map(|e| e.unwrap().file_name()).collect();
    assert_eq!(files.len(), 2, "nothing is left beside the file: {files:?}");
}
