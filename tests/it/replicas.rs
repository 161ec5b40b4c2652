//! Servers over one bucket of a real S3 server: whoever publishes, all serve the same, and the bucket may go away.

use crate::support::{
    database::TestDatabase,
    objects::Objects,
    patience::until,
    postgis::{load_plan, query},
    server::{Server, Setup},
    tls::Certificate,
};
use std::{
    process::{Command, Stdio},
    thread::sleep,
    time::{Duration, Instant},
};

fn version(server: &Server) -> String {
    server.get("/readyz").json()["version"].as_str().unwrap_or_default().to_owned()
}

fn run(command: &mut Command) -> String {
    let done = command.output().unwrap();
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    String::from_utf8(done.stdout).unwrap()
}

/// A tile with much in it, of a version.
fn tile(version: &str) -> String {
    format!("/tiles/plan@{version}/{}.mvt", crate::tiles::busy_tile(10))
}

const DOWNLOAD: &str = "/downloads/mining_blocks.fgb";

/// A server that asks for what is in the bucket now and then only.
fn seldom(setup: Setup) -> Setup {
    setup.config("[store]\npoll_seconds = 3600\n")
}

#[test]
fn an_edge_without_a_database_waits_for_what_others_publish_and_serves_it() {
    let objects = Objects::start();
    let mut edge = objects.server("plan").unready().start();
    until("it says why", || {
        let told = edge.get("/readyz");
        told.status == 503 && told.text().contains("nothing is published in the bucket yet")
    });
    let state = tempfile::tempdir().unwrap();
    let said = run(&mut objects.command("plan", state.path(), &["publish"]));
    assert!(said.contains("mining_blocks "), "{said}");
    edge.wait_until_ready();
    // The same again is nothing new, and commands of another machine have it.
    run(&mut objects.command("plan", state.path(), &["publish"]));
    let other = tempfile::tempdir().unwrap();
    let checked = run(&mut objects.command("plan", other.path(), &["check"]));
    assert!(checked.contains("layers verified"), "{checked}");
    let adopted = ["publish", "--revision", "2023", "--adopted", "2023-12-31"];
    run(&mut objects.command("plan", other.path(), &adopted));
    assert!(run(&mut objects.command("plan", state.path(), &["revisions"])).starts_with("2023: adopted"));
    until("the revision", || edge.get("/tiles/plan@2023.json").status == 200);
    run(&mut objects.command("plan", state.path(), &["revisions", "remove", "2023"]));
    until("its end", || edge.get("/tiles/plan@2023.json").status == 404);
    // A second edge begins with nothing, prepares nothing, and is the same to the last byte.
    let fresh = objects.server("plan").start();
    for path in [tile(&version(&edge)).as_str(), DOWNLOAD] {
        let [one, two] = [&edge, &fresh].map(|server| server.get(path).expect(200));
        assert_eq!((one.header("etag"), &one.body), (two.header("etag"), &two.body), "{path}");
    }
}

#[test]
fn a_bucket_over_tls_is_trusted_where_somebody_vouches_for_it() {
    let folder = tempfile::tempdir().unwrap();
    let certificate = Certificate::new(folder.path(), "bucket");
    let objects = Objects::start_tls(&certificate);
    let state = tempfile::tempdir().unwrap();
    let publish = || objects.command("plan", state.path(), &["publish"]);
    let refused = publish().output().unwrap();
    let said = String::from_utf8_lossy(&refused.stderr);
    assert!(!refused.status.success() && said.contains("invalid peer certificate"), "{said}");
    run(publish().env("SSL_CERT_FILE", &certificate.certificate));
    let edge = objects.server("plan").env("SSL_CERT_FILE", certificate.certificate.to_str().unwrap());
    edge.start().get(DOWNLOAD).expect(200);
}

#[tokio::test(flavor = "multi_thread")]
async fn replicas_and_an_edge_come_to_the_same_after_every_change() {
    let objects = Objects::start();
    let database = TestDatabase::new().await;
    load_plan(&database.url());
    let replica = || objects.server("plan").database(&database.url()).start();
    let servers = [replica(), replica(), objects.server("plan").start()];
    for round in 0..3 {
        let before = version(&servers[0]);
        query(&database.url(), &format!("update plan.mining_blocks set name = 'round {round}' where id = 1"));
        until("all have the change", || {
            let versions = servers.each_ref().map(version);
            versions[0] != before && versions.iter().all(|version| *version == versions[0])
        });
        let path = tile(&version(&servers[0]));
        let [one, two, edge] = servers.each_ref().map(|server| server.get(&path).expect(200));
        assert_eq!((one.header("etag"), &one.body), (two.header("etag"), &two.body));
        assert_eq!((one.header("etag"), &one.body), (edge.header("etag"), &edge.body));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_version_that_a_replica_has_not_heard_of_is_looked_for_in_the_bucket() {
    let objects = Objects::start();
    let database = TestDatabase::new().await;
    load_plan(&database.url());
    let ahead = objects.server("plan").database(&database.url()).start();
    let behind = seldom(objects.server("plan")).start();
    let first = version(&ahead);
    assert_eq!(version(&behind), first);
    let change = |name: &str| {
        let before = version(&ahead);
        query(&database.url(), &format!("update plan.mining_blocks set name = '{name}' where id = 1"));
        until("it is published", || version(&ahead) != before);
    };
    change("second");
    let second = version(&ahead);
    let snapshot = ahead.get("/layers.json").json();
    let layers = snapshot["layers"].as_array().unwrap();
    let blocks = layers.iter().find(|layer| layer["id"] == "mining_blocks").unwrap();
    let file = format!("/downloads/mining_blocks@{}.fgb", blocks["snapshot"].as_str().unwrap());
    // It has the address of each server in it.
    behind.get(&format!("/tiles/plan@{second}.json")).expect(200);
    for path in [tile(&second), file] {
        let [one, two] = [&ahead, &behind].map(|server| server.get(&path).expect(200));
        assert_eq!((one.header("etag"), one.body.len()), (two.header("etag"), two.body.len()), "{path}");
    }
    assert_eq!(version(&behind), first, "it follows when its time comes");
    // Of a server that was never there when they were served.
    change("third");
    let fresh = seldom(objects.server("plan")).start();
    for old in [&first, &second] {
        let path = tile(old);
        let [one, two] = [&ahead, &fresh].map(|server| server.get(&path).expect(200));
        assert_eq!((one.header("etag"), &one.body), (two.header("etag"), &two.body), "{path}");
    }
    // What nobody has announced: the bucket is asked a few times a second, however many ask.
    let asked = fresh.metric("plantiles_store_requests_total");
    let start = Instant::now();
    std::thread::scope(|scope| {
        for n in 0..40 {
            let fresh = &fresh;
            scope.spawn(move || fresh.get(&tile(&format!("{n:032x}"))).expect(307));
        }
    });
    let looks = fresh.metric("plantiles_store_requests_total") - asked;
    let most = 2.0 + start.elapsed().as_secs_f64() * 5.0;
    assert!(looks >= 1.0 && looks <= most, "{looks} looks, {most} at most");
}

/// As in the middle of an upgrade.
#[test]
fn where_servers_draw_in_another_way_each_sends_clients_to_its_own_version() {
    let objects = Objects::start();
    let state = tempfile::tempdir().unwrap();
    run(&mut objects.command("plan", state.path(), &["publish"]));
    let old = objects.server("plan").start();
    let new = objects.server("plan").config("[tiles]\nmax_tile_kb = 400\n").start();
    assert_ne!(version(&old), version(&new));
    for (server, other) in [(&old, &new), (&new, &old)] {
        let moved = server.get(&tile(&version(other))).expect(307);
        let own = moved.header("location").unwrap();
        assert!(own.ends_with(&tile(&version(server))), "{own}");
        server.get(&tile(&version(server))).expect(200);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn so_is_one_of_what_the_public_sees() {
    let objects = Objects::start();
    let database = TestDatabase::new().await;
    load_plan(&database.url());
    let access = "[access.layer]\nmining_rights = \"hidden\"\n";
    let ahead = objects.server("plan").database(&database.url()).config(access).start();
    let behind = objects.server("plan").config(&format!("{access}[store]\npoll_seconds = 3600\n")).start();
    let url = |server: &Server| {
        let document = server.get("/tiles/plan.json").expect(200).json();
        let url = document["tiles"][0].as_str().unwrap().to_owned();
        url.split("@").nth(1).unwrap().split('/').next().unwrap().to_owned()
    };
    let first = url(&ahead);
    query(&database.url(), "update plan.mining_blocks set name = 'second' where id = 1");
    until("it is published", || url(&ahead) != first);
    assert_eq!(url(&behind), first);
    let path = tile(&url(&ahead));
    let [one, two] = [&ahead, &behind].map(|server| server.get(&path).expect(200));
    assert_eq!((one.header("etag"), &one.body), (two.header("etag"), &two.body));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bucket_that_goes_away_or_hangs_holds_up_nobody() {
    let objects = Objects::start();
    let database = TestDatabase::new().await;
    load_plan(&database.url());
    let replica =
        objects.server("plan").database(&database.url()).expect_log("the bucket does not answer").start();
    let edge = objects.server("plan").expect_log("the bucket does not answer").start();
    let before = version(&edge);
    for (name, go, come) in [
        ("killed", Objects::kill as fn(&Objects), Objects::start_again as fn(&Objects)),
        ("hanging", |objects| objects.signal("STOP"), |objects| objects.signal("CONT")),
    ] {
        go(&objects);
        until("it is noticed", || edge.metric("plantiles_store_answers") == 0.0);
        query(&database.url(), &format!("update plan.mining_blocks set name = '{name}' where id = 1"));
        for server in [&replica, &edge] {
            for path in ["/tiles/plan/9/416/199.mvt", DOWNLOAD, "/readyz", "/layers.json"] {
                let start = Instant::now();
                let answer = server.get(path);
                assert!(answer.status == 200 || answer.status == 204, "{path}: {}", answer.status);
                assert!(start.elapsed() < Duration::from_secs(3), "{path} took {:?}", start.elapsed());
            }
        }
        // A version that nobody knows is not waited for either.
        edge.get(&tile(&"0".repeat(32))).expect(307);
        come(&objects);
        edge.wait_for_log("the bucket answers again");
        until("the change", || version(&edge) != before && version(&edge) == version(&replica));
    }
    let told = edge.log().matches("the bucket does not answer").count();
    assert_eq!(told, 2, "once each time:\n{}", edge.log());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_layer_of_many_parts_is_the_same_on_another_machine() {
    let objects = Objects::start();
    let database = TestDatabase::new().await;
    load_plan(&database.url());
    query(
        &database.url(),
        "insert into plan.mining_blocks (id, code, geom) select n, 'n' || n, st_multi(st_setsrid(st_buffer(st_makepoint(
         112 + n * 0.001, 36), 0.0004, 250), 4490)) from generate_series(1001, 1700) n",
    );
    let [here, there] = [tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap()];
    let publish = || {
        let mut command = objects.command("plan", here.path(), &["publish"]);
        command.env("DATABASE_URL", database.url());
        command
    };
    // Killed while the parts are on their way: nobody has heard of any of it.
    let mut child = publish().stdout(Stdio::null()).spawn().unwrap();
    let folder = objects.files().join("plans/plan/snapshots");
    until("objects are put in", || folder.is_dir() || child.try_wait().unwrap().is_some());
    child.kill().unwrap();
    child.wait().unwrap();
    assert!(!objects.files().join("plans/plan/current.json").exists(), "it was too late to kill it");
    run(&mut publish());
    let checked = run(&mut objects.command("plan", there.path(), &["check"]));
    assert!(checked.contains("20 layers verified"), "{checked}");
    let file = |state: &tempfile::TempDir| {
        let folder = state.path().join("snapshots/mining_blocks");
        let mut files = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
        std::fs::read(files.find(|path| path.extension().is_some_and(|e| e == "fgb")).unwrap()).unwrap()
    };
    let [one, two] = [file(&here), file(&there)];
    assert!(one.len() > 10 << 20, "{} bytes are no parts", one.len());
    assert!(one == two);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_publication_killed_at_any_instant_leaves_the_bucket_whole() {
    let objects = Objects::start();
    let database = TestDatabase::new().await;
    load_plan(&database.url());
    let state = tempfile::tempdir().unwrap();
    let publish = || {
        let mut command = objects.command("plan", state.path(), &["publish"]);
        command.env("DATABASE_URL", database.url()).stdout(Stdio::null()).stderr(Stdio::null());
        command
    };
    let start = Instant::now();
    assert!(publish().status().unwrap().success());
    let whole = start.elapsed();
    for round in 0..12u32 {
        query(&database.url(), &format!("update plan.mining_blocks set name = 'round {round}'"));
        let mut child = publish().spawn().unwrap();
        // The later half is where objects are put in.
        sleep(whole.mul_f64(0.4 + f64::from(round) * 0.05));
        child.kill().unwrap();
        child.wait().unwrap();
        // Another machine finds a whole set, verified.
        let other = tempfile::tempdir().unwrap();
        let checked = run(&mut objects.command("plan", other.path(), &["check"]));
        assert!(checked.contains("20 layers verified"), "{checked}");
    }
    assert!(publish().status().unwrap().success());
}

#[tokio::test(flavor = "multi_thread")]
async fn what_one_makes_for_a_download_the_others_have() {
    let objects = Objects::start();
    let database = TestDatabase::new().await;
    load_plan(&database.url());
    let one = objects.server("plan").database(&database.url()).start();
    let [two, edge] =
        [objects.server("plan").database(&database.url()).start(), objects.server("plan").start()];
    for file in ["mining_blocks.gpkg", "plan.pmtiles"] {
        let path = format!("/downloads/{file}");
        let made = one.get(&path).expect(200);
        for other in [&two, &edge] {
            let before = other.metric("plantiles_store_fetched_bytes_total");
            let found = other.get(&path).expect(200);
            assert!(found.body == made.body && found.header("etag") == made.header("etag"), "{file}");
            let fetched = other.metric("plantiles_store_fetched_bytes_total") - before;
            assert!(fetched >= made.body.len() as f64, "{file}: {fetched} fetched");
        }
    }
    // What an edge makes stays there: it may not write.
    let sent = edge.metric("plantiles_store_sent_bytes_total");
    edge.get("/downloads/rivers.shp.zip").expect(200);
    assert_eq!(edge.metric("plantiles_store_sent_bytes_total"), sent);
}
