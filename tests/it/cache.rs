//! What is kept ready, seen through the metrics.

use crate::support::server::{Server, Setup};
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
