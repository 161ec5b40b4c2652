//! More work than there are processors for.

use crate::support::{
    http::{Response, request},
    server::Setup,
};
use std::thread;

const CLIENTS: u32 = 48;

#[test]
fn what_does_not_fit_the_queue_is_refused_at_once_and_the_rest_is_served() {
    let server = Setup::default().config("[tiles]\nthreads = 1\nqueue = 1\ncache_mib = 0\n").start();
    let storm = |round: u32| -> Vec<Response> {
        // Different tiles: the same one asked for many times is cut once.
        let tile = |client: u32| {
            server.url(&format!("/tiles/plan/11/{}/{}.mvt", 1660 + client % 8, 796 + client / 8 + round % 4))
        };
        thread::scope(|scope| {
            let ask = |client| {
                let url = tile(client);
                scope.spawn(move || request("GET", &url, &[]))
            };
            let asking: Vec<_> = (0..CLIENTS).map(ask).collect();
            asking.into_iter().map(|client| client.join().unwrap()).collect()
        })
    };
    // How many meet in the queue is up to the scheduler; that some do, within these rounds, is not.
    let answers: Vec<Response> = (0..10).flat_map(storm).collect();
    let (refused, served): (Vec<_>, Vec<_>) = answers.into_iter().partition(|answer| answer.status == 503);
    assert!(served.iter().all(|answer| [200, 204].contains(&answer.status)) && !served.is_empty());
    let count = refused.len();
    for answer in refused {
        assert_eq!(answer.expect_header("retry-after"), "1");
        answer.expect_problem(503);
    }
    let metrics = server.get("/metrics").expect(200);
    let shed = metrics.text().lines().find_map(|line| line.strip_prefix("plantiles_work_shed_total "));
    assert!(count > 0, "nothing was refused");
    assert_eq!(shed, Some(&*count.to_string()));
    // Afterwards it is as it was.
    server.get("/tiles/plan/11/1666/802.mvt").expect(200);
}
