//! Reading from a streaming standby, and a standby that takes over.

use crate::push::{layer, metric};
use crate::support::{
    patience::until,
    postgis::{Cluster, load_plan, query},
    server::{Server, Setup},
};

const RENAME: &str = "update plan.mining_blocks set name = name || '+' where id = 1";

fn snapshot(server: &Server) -> String {
    layer(server, "mining_blocks")["snapshot"].to_string()
}

#[test]
fn exports_read_a_standby_that_is_up_to_date() {
    let primary = Cluster::start();
    load_plan(&primary.url);
    let standby = primary.standby();
    let setup =
        Setup::default().database(&primary.url).expect_log("exports read the primary, not the standby");
    let server =
        setup.env("PLANTILES_EXPORT_URL", &format!("{}?application_name=reader", standby.url)).start();
    until("the primary is heard", || metric(&server, "plantiles_listening") == 1.0);
    let reads = "select count(*) from pg_stat_activity where application_name = 'reader'";
    assert_ne!(query(&standby.url, reads), "0");
    let edit = || {
        let old = snapshot(&server);
        query(&primary.url, RENAME);
        until("the change is served", || snapshot(&server) != old);
    };
    // Each is read by the standby after it was heard from the primary.
    (0..5).for_each(|_| edit());
    assert!(!server.log().contains("exports read the primary"), "{}", server.log());
    let position = server.get("/readyz").json()["exported"]["position"].as_str().unwrap().to_owned();
    let holds = format!("select pg_last_wal_replay_lsn() >= '{position}'");
    assert_eq!(query(&standby.url, &holds), "t");

    query(&standby.url, "select pg_wal_replay_pause()");
    edit();
    server.wait_for_log("exports read the primary, not the standby");
    query(&standby.url, "select pg_wal_replay_resume()");
    edit();
    server.wait_for_log("exports read the standby again");
}

#[test]
fn a_standby_that_takes_over_is_found() {
    let primary = Cluster::start();
    load_plan(&primary.url);
    let standby = primary.standby();
    let (first, second) = (place(&primary), place(&standby));
    let database = format!(
        "postgresql://checks:{}@{first},{second}/postgres?target_session_attrs=read-write",
        primary.password()
    );
    let server = Setup::default()
        .database(&database)
        .expect_log("changes are heard broke")
        .expect_log("changes are not heard")
        .expect_log("may be older")
        .start();
    until("the primary is heard", || metric(&server, "plantiles_listening") == 1.0);
    let exports = metric(&server, "plantiles_exports_total");
    let replayed = format!(
        "select pg_last_wal_replay_lsn() >= '{}'",
        query(&primary.url, "select pg_current_wal_lsn()")
    );
    until("the standby has it all", || query(&standby.url, &replayed) == "t");

    primary.stop_at_once();
    until("nobody is heard", || metric(&server, "plantiles_listening") == 0.0);
    server.get("/downloads/mining_blocks.fgb").expect(200);
    standby.promote();
    until("the new primary is heard", || metric(&server, "plantiles_listening") == 1.0);
    let compared = server.get("/readyz").json()["confirmed"].to_string();
    until("they are compared", || server.get("/readyz").json()["confirmed"] != compared);
    assert_eq!(metric(&server, "plantiles_exports_total"), exports, "it has the same changes");

    let old = snapshot(&server);
    query(&standby.url, RENAME);
    until("the change is served", || snapshot(&server) != old);
    assert_eq!(metric(&server, "plantiles_exports_total"), exports + 1.0);
}

fn place(cluster: &Cluster) -> &str {
    cluster.url.split(['@', '/']).nth(3).unwrap()
}
