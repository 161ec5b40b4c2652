//! More work than there are processors for.

use crate::support::{
    database::TestDatabase,
    http::{Response, request},
    patience::until,
    server::Setup,
};
use std::{
    io::{Read, Write},
    net::TcpStream,
    thread,
};

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

/// Slow clients do not add up.
#[tokio::test(flavor = "multi_thread")]
async fn indexes_have_so_much_memory_and_the_next_is_refused_until_one_is_gone() {
    let database = TestDatabase::migrated().await;
    // More rows than a MiB is for, and more bytes than the kernel takes from the server ahead of its client.
    let rows = "insert into plan.mining_blocks (id, code, name, geom)
        select n, 'c' || n, repeat(md5(n::text), 20),
            st_multi(st_makeenvelope(112 + n * 1e-5, 36, 112 + n * 1e-5 + 5e-6, 36.00001, 4490))
        from generate_series(1, 25000) n";
    database.execute(rows).await;
    let server = Setup::default().database(&database.url()).config("[server]\nindex_mib = 1\n").start();
    let large = "/downloads/mining_blocks.fgb?crs=3857";
    let mut slow = TcpStream::connect(&server.address).unwrap();
    write!(slow, "GET {large} HTTP/1.1\r\nHost: {}\r\n\r\n", server.address).unwrap();
    let mut begin = [0; 15];
    slow.read_exact(&mut begin).unwrap();
    assert_eq!(&begin, b"HTTP/1.1 200 OK");

    let refused = server.get(large);
    assert_eq!(refused.expect_header("retry-after"), "1");
    let problem = refused.expect_problem(503);
    assert_eq!(problem["detail"], "too many large FlatGeobuf files are going out at once");
    server.get("/ogc/collections/mining_blocks/items?f=fgb&limit=10000").expect_problem(503);
    for small in [
        "/downloads/mining_blocks.fgb?bbox=112.1,36,112.101,36.1",
        "/downloads/mining_blocks.csv?bbox=112.1,36,112.101,36.1",
        "/ogc/collections/mining_blocks/items?f=fgb&limit=100",
    ] {
        server.get(small).expect(200);
    }
    server.ask("HEAD", large, &[]).expect(200);
    server.ask("GET", "/downloads/mining_blocks.fgb", &[("range", "bytes=0-99")]).expect(206);
    drop(slow);
    until("there is room again", || server.get(large).status == 200);
}
