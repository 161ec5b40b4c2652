//! Grids beside that of the web: prepared when they are asked for, kept current, shared by the sets that are alike.

use crate::push::{layer, metric, start};
use crate::support::mvt;
use crate::support::patience::until;
use crate::support::postgis::query;
use crate::support::server::{Setup, plantiles, shared};
use std::path::Path;
use std::thread;

/// Where the plan lies in `c`: row and column.
fn place(level: u32) -> (u32, u32) {
    let side = 360.0 / f64::from(1u32 << level);
    (((90.0 - 36.3) / side) as u32, ((112.85 + 180.0) / side) as u32)
}

fn prepared_files(state: &Path) -> Vec<String> {
    let files = std::fs::read_dir(state.join("snapshots/mining_blocks")).unwrap();
    let mut names: Vec<_> = files.map(|file| file.unwrap().file_name().into_string().unwrap()).collect();
    names.retain(|name| name.ends_with(".tiles"));
    names.iter_mut().for_each(|name| *name = name.split_once('.').unwrap().1.to_owned());
    names.sort();
    names
}

#[test]
fn a_grid_is_prepared_once_when_it_is_first_asked_for() {
    let state = tempfile::tempdir().unwrap();
    let server = Setup::default().state(state.path()).start();
    assert_eq!(prepared_files(state.path()), ["WebMercatorQuad.tiles"]);
    let (row, column) = place(10);
    let paths =
        [format!("/ogc/tiles/c/10/{row}/{column}"), format!("/ogc/tiles/WorldCRS84Quad/9/{row}/{column}")];
    // Many ask at once, and all of them wait for one.
    thread::scope(|scope| {
        let asked: Vec<_> =
            (0..8).map(|i| &paths[i % 2]).map(|path| scope.spawn(|| server.get(path))).collect();
        let bodies: Vec<_> = asked.into_iter().map(|a| a.join().unwrap().expect(200).body).collect();
        assert!(!bodies[0].is_empty() && bodies.iter().all(|body| *body == bodies[0]));
    });
    assert_eq!(prepared_files(state.path()), ["WebMercatorQuad.tiles", "WorldCRS84Quad.tiles"]);
    // The two sets share the tile itself.
    assert_eq!(metric(&server, "plantiles_tile_cut_seconds_count"), 1.0);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_edit_leaves_the_other_tiles_of_every_grid_in_the_cache() {
    let (database, server) = start(|setup| setup).await;
    let (row, column) = place(13);
    let tiles: Vec<_> = (0..14).flat_map(|i| (0..14).map(move |j| (row - 7 + i, column - 7 + j))).collect();
    let all = || -> Vec<_> {
        let path = |(row, column): &(u32, u32)| format!("/ogc/tiles/c/13/{row}/{column}");
        tiles.iter().map(|tile| server.get(&path(tile))).filter(|answer| answer.status == 200).collect()
    };
    let before = all();
    let misses = metric(&server, "plantiles_tile_cache_misses_total");
    let snapshot = layer(&server, "mining_blocks")["snapshot"].clone();
    query(&database.url(), "update plan.mining_blocks set name = 'renamed' where id = 1");
    until("the edit", || layer(&server, "mining_blocks")["snapshot"] != snapshot);
    // The first to ask after the edit is served waits for the grid and finds it: what is old is not sent.
    let after = all();
    let touched = before.iter().zip(&after).filter(|(a, b)| a.body != b.body).count();
    assert!((1..before.len() / 4).contains(&touched), "{touched} of {}", before.len());
    let cut = metric(&server, "plantiles_tile_cache_misses_total") - misses;
    assert!(cut < before.len() as f64 / 4.0, "{cut} cut of {}", before.len());
}

pub const OWN: &str = r#"
    [[tiles.grid]]
    id = "zone38"
    title = "三度带 38"
    crs = 4526
    origin = [38300000.0, 4150000.0]
    size = 262144.0
    zooms = [0, 11]
"#;

#[test]
fn a_grid_of_the_operators_own_is_served_and_described() {
    let server = Setup::default().config(OWN).start();
    let set = server.get("/ogc/tileMatrixSets/zone38").expect(200).json();
    assert_eq!(set["crs"], "http://www.opengis.net/def/crs/EPSG/0/4526");
    // Northing first, as the register has it.
    assert_eq!(set["tileMatrices"][0]["pointOfOrigin"], serde_json::json!([4150000.0, 38300000.0]));
    assert_eq!(set["tileMatrices"][0]["cellSize"], 1024.0);
    assert_eq!(set["tileMatrices"].as_array().unwrap().len(), 12);
    let document = server.get("/ogc/tiles/zone38").expect(200).json();
    let limits = document["tileMatrixSetLimits"].as_array().unwrap();
    let mut names = std::collections::BTreeSet::new();
    for limit in limits.iter().filter(|limit| limit["tileMatrix"] == "4") {
        let range = |first: &str, last: &str| limit[first].as_u64().unwrap()..=limit[last].as_u64().unwrap();
        for row in range("minTileRow", "maxTileRow") {
            for column in range("minTileCol", "maxTileCol") {
                let path = format!("/ogc/tiles/zone38/4/{row}/{column}");
                let layers = mvt::decode(&server.get(&path).expect(200).body, &path);
                names.extend(layers.into_iter().map(|layer| layer.name));
            }
        }
    }
    assert!(names.contains("mining_blocks") && names.contains("roads"), "{names:?}");
    shared().get("/ogc/tileMatrixSets/zone38").expect_problem(404);
}

#[test]
fn a_grid_that_cannot_be_is_told_with_its_line() {
    let file = tempfile::NamedTempFile::new().unwrap();
    for (wrong, told) in [
        (OWN.replace("crs = 4526", "crs = 2000"), "not in 2000"),
        (OWN.replace("\"zone38\"", "\"C\""), "two grids of the id `C`"),
        (format!("{OWN}{OWN}"), "two grids of the id `zone38`"),
        (OWN.replace("11]", "12]"), "the last is at most 11"),
    ] {
        std::fs::write(file.path(), wrong).unwrap();
        let config = file.path().to_str().unwrap();
        let output = plantiles(&["check", "--config", config]).output().unwrap();
        let error = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(1));
        assert!(error.contains(told) && error.contains("line ") && error.lines().count() == 1, "{error}");
    }
}
