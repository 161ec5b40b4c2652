//! What is kept ready, seen through the metrics.

use crate::support::{
    keys::Keys,
    patience::until,
    server::{Server, Setup},
};
use crate::tiles::busy_tile;
use std::sync::Barrier;
use std::thread;

fn metric(server: &Server, name: &str) -> u64 {
    let answer = server.get("/metrics").expect(200);
    let line = answer.text().lines().find(|line| line.split([' ', '{']).next() == Some(name));
    let line = line.unwrap_or_else(|| panic!("no {name} in {}", answer.text()));
    line.rsplit(' ').next().unwrap().parse().unwrap()
}

const CUTS: &str = "plantiles_tile_cut_seconds_count";
const HITS: &str = "plantiles_tile_cache_hits_total";

#[test]
fn a_cold_tile_is_cut_once_however_many_ask_for_it() {
    let server = Setup::default().start();
    let path = format!("/tiles/plan/{}.mvt", busy_tile(9));
    let before = metric(&server, CUTS);
    let together = Barrier::new(16);
    thread::scope(|scope| {
        for _ in 0..16 {
            scope.spawn(|| {
                together.wait();
                server.get(&path).expect(200);
            });
        }
    });
    assert_eq!(metric(&server, CUTS) - before, 1);
}

#[test]
fn a_tile_is_cut_once_and_found_again() {
    let server = Setup::default().start();
    for path in [format!("/tiles/plan/{}.mvt", busy_tile(11)), "/tiles/plan/9/1/1.mvt".into()] {
        let first = server.get(&path);
        let (cuts, hits) = (metric(&server, CUTS), metric(&server, HITS));
        let again = server.get(&path);
        assert_eq!(again.lasting_headers(), first.lasting_headers(), "{path}");
        assert!(again.body == first.body, "{path}");
        assert_eq!(metric(&server, CUTS), cuts, "{path} was cut again");
        assert_eq!(metric(&server, HITS), hits + 1, "{path} was not found");
    }
}

#[test]
fn without_a_cache_the_tiles_are_the_same() {
    let with = Setup::default().start();
    let without = Setup::default().config("[tiles]\ncache_mib = 0\n").start();
    for z in [8, 12] {
        let path = format!("/tiles/plan/{}.mvt", busy_tile(z));
        for _ in 0..2 {
            let (a, b) = (with.get(&path).expect(200), without.get(&path).expect(200));
            assert_eq!(a.lasting_headers(), b.lasting_headers(), "{path}");
            assert!(a.body == b.body, "{path}");
        }
    }
}

/// Waits for the end of a server that was asked to stop.
fn stop(mut server: Server) {
    server.signal("TERM");
    assert!(server.wait().success());
}

#[test]
fn hot_tiles_are_ready_again_after_a_restart() {
    let state = tempfile::tempdir().unwrap();
    let setup = || Setup::default().state(state.path()).config("[tiles]\nwarm_tiles = 2\n");
    let list = state.path().join("hot-tiles.json");
    let (hot, cold) = (format!("/tiles/mining_blocks/{}.mvt", busy_tile(10)), "/tiles/rivers/9/1/1.mvt");
    let server = setup().start();
    for path in std::iter::repeat_n(hot.as_str(), 600).chain([cold]) {
        server.get(path);
    }
    let before = server.get(&hot).expect(200);
    stop(server);
    let text = std::fs::read_to_string(&list).unwrap();
    assert!(text.contains("mining_blocks"), "{text}");

    let server = setup().start();
    until("the hot tile is ready", || metric(&server, "plantiles_tile_cache_warmed_total") >= 1);
    let (cuts, hits) = (metric(&server, CUTS), metric(&server, HITS));
    let after = server.get(&hot).expect(200);
    assert_eq!(after.lasting_headers(), before.lasting_headers());
    assert!(after.body == before.body);
    assert_eq!((metric(&server, CUTS), metric(&server, HITS)), (cuts, hits + 1));
    stop(server);

    // What there is no longer is left out, and a list that cannot be read is begun anew.
    let gone = r#"[{"tileset":"gone","z":1,"x":0,"y":0,"encoding":"gzip","count":9},{"tileset":"rivers","z":1,"x":7,"y":0,"encoding":"gzip","count":8}]"#;
    for text in [gone, "[{"] {
        std::fs::write(&list, text).unwrap();
        let server = setup().start();
        assert_eq!(metric(&server, "plantiles_tile_cache_warmed_total"), 0);
        stop(server);
    }
}

#[test]
fn nothing_that_is_not_for_everybody_is_in_the_list_of_hot_tiles() {
    let state = tempfile::tempdir().unwrap();
    let keys = Keys::new();
    let key = keys.create("office");
    let config = format!("{}[tiles]\nwarm_tiles = 100\n", keys.toml());
    let server = Setup::default().state(state.path()).config(&config).start();
    let tile = busy_tile(10);
    for tileset in ["mining_rights", "plan", "mining_blocks"] {
        for _ in 0..300 {
            server.ask("GET", &format!("/tiles/{tileset}/{tile}.mvt"), &[("x-api-key", &key)]);
        }
    }
    stop(server);
    let text = std::fs::read_to_string(state.path().join("hot-tiles.json")).unwrap();
    assert!(
        text.contains("mining_blocks") && !text.contains("mining_rights") && !text.contains("plan"),
        "{text}"
    );
}
