//! Revisions from outside: named by the program, kept, served under their names, compared.

use crate::support::{
    database::TestDatabase,
    http::Response,
    mvt,
    patience::{PATIENCE, until},
    postgis::{load_plan, query},
    server::{Server, Setup, plantiles},
};
use crate::tiles::busy_tile;
use serde_json::Value;
use std::{
    fs,
    io::{Read, Write},
    net::TcpStream,
    path::Path,
    process::{Command, Output},
    thread::sleep,
    time::Duration,
};

const FOREVER: &str = "public, max-age=31536000, immutable";

/// Runs the program on the state directory; on the bundled plan where there is no database.
fn run(database: Option<&TestDatabase>, state: &Path, arguments: &[&str]) -> Output {
    let mut command = plantiles(arguments);
    command.env("PLANTILES_STATE", state);
    if let Some(database) = database {
        command.env("DATABASE_URL", database.url());
    }
    command.output().unwrap()
}

#[track_caller]
fn done(output: Output) -> String {
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

/// The one line on standard error of a command that failed.
#[track_caller]
fn refused(output: Output, code: i32) -> String {
    assert_eq!(output.status.code(), Some(code));
    let text = String::from_utf8(output.stderr).unwrap();
    assert!(code == 2 || text.trim_end().lines().count() == 1, "{text}");
    text
}

fn name(database: Option<&TestDatabase>, state: &Path, revision: &str, adopted: &str) {
    done(run(database, state, &["publish", "--revision", revision, "--adopted", adopted]));
}

fn etag(answer: &Response) -> String {
    answer.expect_header("etag").trim_matches('"').to_owned()
}

/// The path of the tile in a TileJSON.
fn fixed_tile(server: &Server, document: &str) -> String {
    let document = server.get(document).expect(200).json();
    let url = document["tiles"][0].as_str().unwrap().to_owned();
    let path = url.strip_prefix(&server.url("")).unwrap().to_owned();
    let tile = busy_tile(10);
    path.replace("{z}/{x}/{y}", &tile.to_string())
}

/// What the plan looked like in one edition: bodies by path, in which `@` stands for the edition.
fn looks(server: &Server, at: &str) -> Vec<Vec<u8>> {
    let tile = busy_tile(10);
    let paths = [
        format!("/tiles/plan{at}/{tile}.mvt"),
        format!("/tiles/mining_blocks,roads{at}/{tile}.mvt"),
        format!("/downloads/mining_blocks{at}.fgb"),
        format!("/downloads/roads{at}.fgb"),
    ];
    paths.iter().map(|path| server.get(path).expect(200).body).collect()
}

const EDIT: &str = "update plan.mining_blocks set name = 'renamed', area_km2 = 1.5 where id = 1;
    update plan.mining_blocks set geom = st_translate(geom, 0.001, 0) where id = 2;
    delete from plan.mining_blocks where id = 3;
    insert into plan.mining_blocks (id, code, name, geom)
        select 900, 'NEW', 'new', geom from plan.mining_blocks where id = 1;
    delete from plan.roads where id < 5";

/// A state directory with the editions 2021 and, after the edit, 2023.
pub async fn two_editions() -> (TestDatabase, tempfile::TempDir) {
    let database = TestDatabase::new().await;
    load_plan(&database.url());
    let state = tempfile::tempdir().unwrap();
    name(Some(&database), state.path(), "2021", "2021-12-31");
    query(&database.url(), EDIT);
    name(Some(&database), state.path(), "2023", "2023-12-31");
    (database, state)
}

#[tokio::test(flavor = "multi_thread")]
async fn an_edition_looks_years_later_exactly_as_it_did() {
    let (database, state) = two_editions().await;
    let setup = || Setup::default().database(&database.url()).state(state.path());
    let server = setup().start();
    let editions = ["@2021", "@2023", "@current"].map(|at| looks(&server, at));
    assert!(editions[0] != editions[1] && editions[1] == editions[2] && editions[2] == looks(&server, ""));
    let fixed = fixed_tile(&server, "/tiles/plan@2021.json");
    assert_eq!(server.get(&fixed).expect(200).expect_header("cache-control"), FOREVER);
    assert!(server.get(&fixed).body == editions[0][0]);
    assert_eq!(fixed_tile(&server, "/tiles/plan@2023.json"), fixed_tile(&server, "/tiles/plan.json"));

    // A plan goes on; what has a name stays.
    for n in 0..5 {
        let before = etag(&server.get("/downloads/mining_blocks.fgb").expect(200));
        query(&database.url(), &format!("update plan.mining_blocks set name = 'edit {n}'"));
        until("the edit", || etag(&server.get("/downloads/mining_blocks.fgb").expect(200)) != before);
    }
    let check = |server: &Server| {
        assert!(looks(server, "@2021") == editions[0] && looks(server, "@2023") == editions[1]);
        assert!(looks(server, "@current") == looks(server, "") && looks(server, "") != editions[1]);
        let answer = server.get(&fixed).expect(200);
        assert!(answer.body == editions[0][0] && answer.expect_header("cache-control") == FOREVER);
    };
    check(&server);
    drop(server);
    let server = setup().start();
    // First by its hash, which nothing here has seen yet.
    check(&server);
}

#[tokio::test(flavor = "multi_thread")]
async fn documents_name_what_belongs_to_the_edition() {
    let (database, state) = two_editions().await;
    let server = Setup::default().database(&database.url()).state(state.path()).start();
    let list = server.get("/revisions").expect(200);
    let revisions = list.json()["revisions"].clone();
    let named: Vec<_> = revisions.as_array().unwrap().iter().map(|r| (&r["name"], &r["adopted"])).collect();
    let expected = [("current", None), ("2023", Some("2023-12-31")), ("2021", Some("2021-12-31"))];
    assert_eq!(named.len(), 3);
    for ((name, adopted), expected) in named.into_iter().zip(expected) {
        assert_eq!((name.as_str().unwrap(), adopted.as_str()), expected);
    }
    assert_eq!(revisions[0]["version"], revisions[1]["version"]);
    for revision in revisions.as_array().unwrap() {
        // Every URL in it leads to what belongs to it.
        let get = |value: &Value| {
            let url = value.as_str().unwrap();
            server.get(url.strip_prefix(&server.url("")).unwrap()).expect(200)
        };
        let catalog = get(&revision["catalog"]).json();
        assert_eq!((&catalog["version"], &catalog["revision"]), (&revision["version"], &revision["name"]));
        assert_eq!(catalog["revisions"], server.url("/revisions"));
        for (listed, described) in
            revision["layers"].as_array().unwrap().iter().zip(catalog["layers"].as_array().unwrap())
        {
            assert_eq!((&listed["id"], &listed["snapshot"]), (&described["id"], &described["snapshot"]));
            assert_eq!(
                (&listed["download"], &listed["tilejson"]),
                (&described["download"], &described["tilejson"])
            );
            assert_eq!(etag(&get(&listed["download"])), listed["snapshot"].as_str().unwrap());
            get(&listed["tilejson"]);
            get(&described["download_version"]);
        }
        let style = get(&revision["style"]).json();
        assert_eq!(style["sources"]["plan"]["url"], revision["tilejson"]);
        let tiles = get(&revision["tilejson"]).json()["tiles"][0].as_str().unwrap().to_owned();
        assert!(
            tiles.contains(&format!("/tiles/plan@{}/", revision["version"].as_str().unwrap())),
            "{tiles}"
        );
        let version = revision["version"].as_str().unwrap();
        for path in [format!("/layers@{version}.json"), format!("/tiles/roads@{version}.json")] {
            server.get(&path).expect(200);
        }
    }

    let tag = list.expect_header("etag").to_owned();
    server.ask("GET", "/revisions", &[("if-none-match", &tag)]).expect(304);
    for path in [
        "/tiles/plan@2021.json".to_owned(),
        format!("/tiles/plan@2021/{}.mvt", busy_tile(10)),
        "/downloads/roads@2021.fgb".to_owned(),
        "/styles/plan@2021.json".to_owned(),
        "/layers@2021.json".to_owned(),
        "/revisions/2021...2023".to_owned(),
    ] {
        let answer = server.get(&path).expect(200);
        assert!(answer.lists("cache-control", "no-cache"), "{path}: {answer:?}");
        let tag = answer.expect_header("etag").to_owned();
        server.ask("GET", &path, &[("if-none-match", &tag)]).expect(304);
    }
    let open = server.get("/tiles/mining_blocks@2021/0/0/0.mvt").status;
    assert!([200, 204].contains(&open));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_edition_is_404() {
    let (database, state) = two_editions().await;
    let server = Setup::default().database(&database.url()).state(state.path()).start();
    let zeros = "0".repeat(32);
    for at in [
        "2022",
        "",
        "Current",
        "A",
        "2021...",
        "...2021",
        "2021...2022",
        "a.b",
        "2021....2023",
        "%2e%2e",
        "x%2Fy",
    ] {
        for path in [
            format!("/tiles/plan@{at}/{}.mvt", busy_tile(10)),
            format!("/tiles/plan@{at}.json"),
            format!("/downloads/roads@{at}.fgb"),
            format!("/styles/plan@{at}.json"),
            format!("/layers@{at}.json"),
            format!("/revisions/{at}"),
        ] {
            server.get(&path).expect_problem(404);
        }
    }
    let problem = server.get("/tiles/plan@2022.json").expect_problem(404);
    assert!(problem["detail"].as_str().unwrap().contains("`2022`"), "{problem}");
    for path in [
        "/tiles/nowhere@2021.json".to_owned(),
        "/downloads/nowhere@2021.fgb".into(),
        "/downloads/nowhere@2021...2023.fgb".into(),
        "/styles/nowhere@2021.json".into(),
        "/styles/plan@2021...2023.json".into(),
        format!("/layers@{zeros}.json"),
        format!("/revisions/{zeros}...2021"),
        "/revisions/2021".into(),
        "/revisions/2021...2023?layer=nowhere".into(),
        "/elsewhere".into(),
    ] {
        server.get(&path).expect_problem(404);
    }
    for query in ["limit=0", "limit=1001", "limit=x", "offset=-1", "geometry=maybe", "limits=1"] {
        server.get(&format!("/revisions/2021...2023?{query}")).expect_problem(400);
    }
    // A version that is not kept leads to the current one, as it always did.
    server.get(&format!("/tiles/plan@{zeros}/{}.mvt", busy_tile(10))).expect(307);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_program_says_what_is_wrong_with_a_name() {
    let (database, state) = two_editions().await;
    let run = |arguments: &[&str]| run(Some(&database), state.path(), arguments);
    refused(run(&["publish", "--revision", "2024"]), 2);
    refused(run(&["publish", "--adopted", "2024-01-01"]), 2);
    for wrong in ["Two", "current", "a...b", "2023年", "../x", &"a".repeat(32)] {
        let text = refused(run(&["publish", "--revision", wrong, "--adopted", "2024-01-01"]), 2);
        assert!(text.contains("is not the name of a revision"), "{text}");
    }
    refused(run(&["publish", "--revision", "2024", "--adopted", "2024-13-01"]), 2);
    let text = refused(run(&["publish", "--revision", "2021", "--adopted", "2021-12-31"]), 1);
    assert!(text.contains("a revision 2021 already") && text.matches("already").count() == 1, "{text}");
    let text = refused(run(&["revisions", "remove", "2022"]), 1);
    assert!(text.contains("no revision 2022"), "{text}");
    let listed = done(run(&["revisions"]));
    let lines: Vec<_> = listed.lines().collect();
    assert!(
        lines[0].starts_with("2023: adopted 2023-12-31") && lines[1].starts_with("2021: adopted"),
        "{listed}"
    );
    let text = refused(crate::revisions::run(None, state.path(), &["publish"]), 1);
    assert!(text.contains("none is given"), "{text}");
    // The same again is the same.
    done(run(&["publish", "--revision", "2023", "--adopted", "2023-12-31"]));
    assert_eq!(done(run(&["revisions"])), listed);
    for command in [&["publish", "--help"][..], &["revisions", "--help"], &["revisions", "remove", "--help"]]
    {
        assert!(done(run(command)).contains("Example"), "{command:?}");
    }

    assert!(done(run(&["check"])).contains("revision 2021: 20 layers verified"));
    let file = state.path().join("revisions/2021.json");
    let revision: Value = serde_json::from_slice(&fs::read(&file).unwrap()).unwrap();
    let blocks =
        revision["layers"].as_array().unwrap().iter().find(|layer| layer["id"] == "mining_blocks").unwrap();
    let snapshot = format!("snapshots/mining_blocks/{}.fgb", blocks["snapshot"].as_str().unwrap());
    fs::remove_file(state.path().join(&snapshot)).unwrap();
    let output = run(&["check"]);
    assert_eq!(output.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&output.stdout).contains("revision 2021: layer mining_blocks"));
    // An edition with a hole is not shown as if it were whole.
    let setup = Setup::default().database(&database.url()).state(state.path());
    let server = setup.expect_log("an edition cannot be served").expect_log("request failed").start();
    server.get("/tiles/plan@2021.json").expect_problem(500);
    server.get("/tiles/plan@2023.json").expect(200);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_running_server_notices_names() {
    let database = TestDatabase::new().await;
    load_plan(&database.url());
    let state = tempfile::tempdir().unwrap();
    let server = Setup::default().database(&database.url()).state(state.path()).start();
    let mut events = TcpStream::connect(&server.address).unwrap();
    events.set_read_timeout(Some(PATIENCE)).unwrap();
    events.write_all(b"GET /events HTTP/1.1\r\nHost: a\r\n\r\n").unwrap();
    let mut heard = String::new();
    let mut hear = |text: &str| {
        while !heard.contains(text) {
            let mut bytes = [0; 4096];
            let count = events.read(&mut bytes).unwrap();
            assert!(count > 0, "the stream ended: {heard}");
            heard.push_str(&String::from_utf8_lossy(&bytes[..count]));
        }
        heard.clear();
    };
    hear(r#""revisions":[]"#);
    server.get("/tiles/plan@2021.json").expect_problem(404);
    name(Some(&database), state.path(), "2021", "2021-12-31");
    hear(r#""revisions":["2021"]"#);
    server.get("/tiles/plan@2021.json").expect(200);
    name(Some(&database), state.path(), "2020", "2020-12-31");
    hear(r#""revisions":["2021","2020"]"#);

    let tile = format!("/tiles/plan@2021/{}.mvt", busy_tile(10));
    let before = server.get(&tile).expect(200);
    done(run(Some(&database), state.path(), &["revisions", "remove", "2021"]));
    hear(r#""revisions":["2020"]"#);
    server.get(&tile).expect_problem(404);
    assert!(server.get(&tile.replace("2021", "2020")).expect(200).body == before.body);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_download_goes_on_while_its_version_is_kept() {
    let (database, state) = two_editions().await;
    let server = Setup::default().database(&database.url()).state(state.path()).start();
    let named = server.get("/downloads/mining_blocks@2021.fgb").expect(200);
    let path = format!("/downloads/mining_blocks@{}.fgb", etag(&named));

    // Half of it is read on a connection that then waits.
    let mut slow = TcpStream::connect(&server.address).unwrap();
    slow.set_read_timeout(Some(PATIENCE)).unwrap();
    slow.write_all(format!("GET {path} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n").as_bytes())
        .unwrap();
    let mut received = vec![0; 1000];
    slow.read_exact(&mut received).unwrap();

    let mut versions = vec![];
    for n in 0..5 {
        let before = etag(&server.get("/downloads/mining_blocks.fgb").expect(200));
        versions.push(before.clone());
        query(&database.url(), &format!("update plan.mining_blocks set name = 'edit {n}'"));
        until("the edit", || etag(&server.get("/downloads/mining_blocks.fgb").expect(200)) != before);
    }
    let resumed = |path: &str, status: u16| {
        let answer = server.ask("GET", path, &[("range", "bytes=1000-")]);
        assert_eq!(answer.status, status, "{path}");
        answer.body
    };
    assert!(resumed(&path, 206) == named.body[1000..], "named");
    let fixed = |version: &str| format!("/downloads/mining_blocks@{version}.fgb");
    for kept in [&versions[3], &versions[4], &etag(&server.get("/downloads/mining_blocks.fgb"))] {
        resumed(&fixed(kept), 206);
    }
    assert_eq!(versions[0], etag(&server.get("/downloads/mining_blocks@2023.fgb").expect(200)));
    resumed(&fixed(&versions[1]), 404);

    done(run(Some(&database), state.path(), &["revisions", "remove", "2021"]));
    let file = state.path().join(format!("snapshots/mining_blocks/{}.fgb", etag(&named)));
    assert!(!file.exists());
    slow.read_to_end(&mut received).unwrap();
    assert!(received.ends_with(&named.body), "what is being downloaded is not taken away");
    drop(server);
    let server = Setup::default().database(&database.url()).state(state.path()).start();
    server.get(&path).expect_problem(404);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_difference_tells_what_changed() {
    let (database, state) = two_editions().await;
    let server = Setup::default().database(&database.url()).state(state.path()).start();
    let all = server.get("/revisions/2021...2023").expect(200).json();
    assert_eq!((&all["added"], &all["removed"], &all["changed"]), (&1.into(), &5.into(), &2.into()));
    assert_eq!((&all["from"]["name"], &all["from"]["adopted"]), (&"2021".into(), &"2021-12-31".into()));
    let layer = |id: &str| all["layers"].as_array().unwrap().iter().find(|layer| layer["id"] == id).unwrap();
    assert_eq!(all["layers"].as_array().unwrap().len(), 20);
    let blocks = layer("mining_blocks");
    assert_eq!((&blocks["matched_by"], &blocks["unchanged"]), (&"code".into(), &0.into()));
    assert_eq!(layer("roads")["removed"], 4);
    assert_eq!((&layer("rivers")["matched_by"], &layer("rivers")["bounds"]), (&Value::Null, &Value::Null));

    let changes = all["changes"].as_array().unwrap();
    let kinds: Vec<_> = changes.iter().map(|change| change["change"].as_str().unwrap()).collect();
    assert_eq!(kinds, ["changed", "changed", "removed", "added", "removed", "removed", "removed", "removed"]);
    assert_eq!(changes[0]["changed"], serde_json::json!(["name", "area_km2"]));
    assert_eq!(changes[0]["attributes"]["name"]["to"], "renamed");
    assert_eq!(changes[0]["attributes"]["area_km2"], serde_json::json!({ "from": 48.22, "to": 1.5 }));
    assert_eq!(
        (&changes[0]["geometry_changed"], &changes[0]["geometry_from"]),
        (&false.into(), &Value::Null)
    );
    assert_eq!(
        (&changes[1]["changed"][0], &changes[1]["attributes"]),
        (&"geometry".into(), &serde_json::json!({}))
    );
    let west = |geometry: &Value| geometry["coordinates"][0][0][0][0].as_f64().unwrap();
    assert!((west(&changes[1]["geometry"]) - west(&changes[1]["geometry_from"]) - 0.001).abs() < 1e-9);
    assert_eq!((&changes[2]["feature_id"], &changes[3]["feature_id"]), (&3.into(), &900.into()));
    assert_eq!(changes[4]["geometry"]["type"], "MultiLineString");
    // 2023 is current: the same difference under another name.
    let current = server.get("/revisions/2021...current").expect(200).json();
    assert_eq!(current["changes"], all["changes"]);
    let nothing = server.get("/revisions/2023...current").expect(200).json();
    assert_eq!((&nothing["added"], &nothing["changes"]), (&0.into(), &serde_json::json!([])));
    let back = server.get("/revisions/current...2021").expect(200).json();
    assert_eq!((&back["added"], &back["removed"], &back["changed"]), (&5.into(), &1.into(), &2.into()));

    // Page by page it is the same; only what is asked for.
    let mut paged = vec![];
    let mut next = Some("/revisions/2021...2023?limit=3".to_owned());
    while let Some(path) = next {
        let page = server.get(&path).expect(200).json();
        assert!(page["changes"].as_array().unwrap().len() <= 3);
        assert_eq!(page["removed"], 5);
        paged.extend(page["changes"].as_array().unwrap().clone());
        next = page["next"].as_str().map(|url| url.strip_prefix(&server.url("")).unwrap().to_owned());
    }
    assert_eq!(&paged, changes);
    let roads = server.get("/revisions/2021...2023?layer=roads&geometry=false").expect(200).json();
    assert_eq!((&roads["removed"], roads["layers"].as_array().unwrap().len()), (&4.into(), 1));
    assert!(roads["changes"].as_array().unwrap().iter().all(|change| change["geometry"].is_null()));
    assert_eq!(roads["changes"][0]["bounds"], changes[4]["bounds"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_difference_is_a_tileset_and_a_download() {
    let (database, state) = two_editions().await;
    let server = Setup::default().database(&database.url()).state(state.path()).start();
    let document = server.get("/tiles/plan@2021...2023.json").expect(200).json();
    let described: Vec<_> = document["vector_layers"]
        .as_array()
        .unwrap()
        .iter()
        .map(|layer| layer["id"].as_str().unwrap())
        .collect();
    assert!(
        described.contains(&"mining_blocks") && !described.contains(&"mining_blocks_label"),
        "{described:?}"
    );

    let fixed = fixed_tile(&server, "/tiles/plan@2021...2023.json");
    let answer = server.get(&fixed).expect(200);
    assert_eq!(answer.expect_header("cache-control"), FOREVER);
    let by_name = server.get(&format!("/tiles/plan@2021...2023/{}.mvt", busy_tile(10))).expect(200);
    assert!(answer.body == by_name.body && by_name.lists("cache-control", "no-cache"));
    let layers = mvt::decode(&answer.body, &fixed);
    let blocks = layers.iter().find(|layer| layer.name == "mining_blocks").unwrap();
    let text = |feature: &mvt::Feature, column: &str| match feature.properties.get(column) {
        Some(mvt::Value::String(text)) => text.clone(),
        other => panic!("{column}: {other:?}"),
    };
    let first: Vec<_> = blocks.features.iter().filter(|feature| feature.id <= 2).collect();
    assert_eq!(first.len(), 2);
    for feature in first {
        let (change, name) = (text(feature, "change"), text(feature, "name"));
        let is_new = feature.id == 2;
        assert_eq!(change, if is_new { "changed_to" } else { "changed_from" });
        assert_eq!((text(feature, "changed").as_str(), name == "renamed"), ("name,area_km2", is_new));
    }
    assert!(layers.iter().all(|layer| !["rivers", "townships"].contains(&layer.name.as_str())));

    // GDAL reads an edition and a difference.
    let gdal = |path: &str, arguments: &[&str]| {
        let output = Command::new("ogr2ogr")
            .args(["-f", "GeoJSON", "/vsistdout/"])
            .arg(format!("/vsicurl/{}", server.url(path)))
            .args(arguments)
            .env("CPL_VSIL_CURL_NON_CACHED", "/vsicurl/http://127.0.0.1")
            .output()
            .expect("ogr2ogr");
        assert!(
            output.status.success() && output.stderr.is_empty(),
            "{}",
            String::from_utf8_lossy(&output.stderr)
        );
        let collection: Value = serde_json::from_slice(&output.stdout).unwrap();
        collection["features"].as_array().unwrap().clone()
    };
    let names = |features: &[Value]| {
        let names =
            features.iter().map(|feature| feature["properties"]["name"].as_str().unwrap_or("").to_owned());
        names.collect::<Vec<_>>()
    };
    let old = gdal("/downloads/mining_blocks@2021.fgb", &[]);
    assert!(old.len() == 3 && !names(&old).contains(&"renamed".to_owned()));
    assert!(names(&gdal("/downloads/mining_blocks@2023.fgb", &[])).contains(&"renamed".to_owned()));
    let changes = gdal("/downloads/mining_blocks@2021...2023.fgb", &[]);
    let mut kinds: Vec<_> =
        changes.iter().map(|feature| feature["properties"]["change"].as_str().unwrap()).collect();
    kinds.sort_unstable();
    assert_eq!(kinds, ["added", "changed_from", "changed_from", "changed_to", "changed_to", "removed"]);
    let added = gdal("/downloads/mining_blocks@2021...2023.fgb", &["-where", "change = 'added'"]);
    assert_eq!((added.len(), &added[0]["properties"]["feature_id"]), (1, &900.into()));
    let part = server.ask("GET", "/downloads/roads@2021...2023.fgb", &[("range", "bytes=0-6")]).expect(206);
    assert_eq!(part.body, b"fgb\x03fgb");
    assert!(gdal("/downloads/rivers@2021...2023.fgb", &[]).is_empty());

    // Nothing of it lies in the state directory under a name.
    let names: Vec<_> = fs::read_dir(state.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(names.len(), 4, "{names:?}");
    // A fixed URL lives as long as both of its editions.
    done(run(Some(&database), state.path(), &["revisions", "remove", "2021"]));
    until("the removal", || server.get("/tiles/plan@2021.json").status == 404);
    server.get(&fixed).expect_problem(404);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_edition_without_a_column_of_the_rules_is_served() {
    let database = TestDatabase::new().await;
    load_plan(&database.url());
    let state = tempfile::tempdir().unwrap();
    name(Some(&database), state.path(), "2021", "2021-12-31");
    let column = "alter table plan.mining_blocks add note text;
        update plan.mining_blocks set note = 'x';
        update plan.layer set fields = fields || '[{\"name\": \"note\", \"type\": \"text\", \"title\": {\"zh\": \"注\", \"en\": \"Note\"}}]'
            where id = 'mining_blocks'";
    query(&database.url(), column);
    done(run(Some(&database), state.path(), &["publish"]));
    let rules = "[tiles.layer.mining_blocks]\nattributes = { note = 12 }\nlabels = [\"note\"]\n";
    let setup = || Setup::default().database(&database.url()).state(state.path()).config(rules);
    let server = setup().start();
    let fields = |path: &str| server.get(path).expect(200).json()["vector_layers"][0]["fields"].clone();
    assert!(fields("/tiles/mining_blocks.json")["note"].is_string());
    assert!(fields("/tiles/mining_blocks@2021.json")["note"].is_null());
    let fixed = fixed_tile(&server, "/tiles/mining_blocks@2021.json");
    let body = server.get(&fixed).expect(200).body;
    let changed = server.get("/revisions/2021...current?layer=mining_blocks").expect(200).json();
    assert_eq!((&changed["changed"], &changed["changes"][0]["changed"][0]), (&3.into(), &"note".into()));
    drop(server);
    assert!(setup().start().get(&fixed).expect(200).body == body);
}

#[test]
fn the_bundled_plan_can_be_named() {
    let state = tempfile::tempdir().unwrap();
    name(None, state.path(), "2021-2025", "2021-12-31");
    let server = Setup::default().state(state.path()).start();
    let list = server.get("/revisions").expect(200).json();
    assert_eq!(
        (&list["revisions"][1]["name"], &list["revisions"][1]["source"]),
        (&"2021-2025".into(), &"bundled".into())
    );
    // What is the same is cut once, whatever it is called.
    let misses = || {
        let metrics = server.get("/metrics").text().to_owned();
        metrics.lines().find(|line| line.starts_with("plantiles_tile_cache_misses_total")).unwrap().to_owned()
    };
    let current = looks(&server, "");
    let before = misses();
    assert!(looks(&server, "@2021-2025") == current && misses() == before);
    done(run(None, state.path(), &["revisions", "remove", "2021-2025"]));
    until("the removal", || server.get("/tiles/plan@2021-2025.json").status == 404);
    assert!(looks(&server, "") == current);
}

/// Killed at ever later moments, up to one at which it is done.
#[test]
fn a_kill_leaves_a_whole_set_with_its_name_or_without() {
    let state = tempfile::tempdir().unwrap();
    name(None, state.path(), "old", "2020-12-31");
    let mut died = 0;
    for n in 1.. {
        // Nothing is left of what was published, so that it is written again.
        let snapshots = state.path().join("snapshots/mining_blocks");
        fs::remove_dir_all(&snapshots).unwrap();
        let mut command = plantiles(&["publish", "--revision", "new", "--adopted", "2024-12-31"]);
        let mut child =
            command.env("PLANTILES_STATE", state.path()).stdout(std::process::Stdio::null()).spawn().unwrap();
        sleep(Duration::from_millis(n * 10));
        child.kill().unwrap();
        let status = child.wait().unwrap();
        died += u32::from(!status.success());
        let listed = done(run(None, state.path(), &["revisions"]));
        assert!(listed.contains("old:"), "{listed}");
        assert!(listed.contains("new:") || !status.success(), "{listed}");
        name(None, state.path(), "again", "2024-12-31");
        done(run(None, state.path(), &["check"]));
        done(run(None, state.path(), &["revisions", "remove", "again"]));
        if status.success() {
            break;
        }
        if listed.contains("new:") {
            done(run(None, state.path(), &["revisions", "remove", "new"]));
        }
    }
    assert!(died > 0);
}
