//! Rules of drawing in the configuration: followed, described, and told when they cannot be.

use crate::support::database::TestDatabase;
use crate::support::mvt;
use crate::support::postgis::load_plan;
use crate::support::server::{Setup, plantiles, shared};
use crate::tiles::busy_tile;
use serde_json::Value;
use std::path::Path;
use std::process::Output;

const RULES: &str = r#"
    [tiles.layer.mining_blocks]
    minzoom = 9
    attributes = { code = 12, name = false }
    labels = ["code"]

    [tiles.layer.prohibited_zones]
    labels = []
"#;

fn vector_layer<'a>(document: &'a Value, id: &str) -> Option<&'a Value> {
    document["vector_layers"].as_array().unwrap().iter().find(|layer| layer["id"] == id)
}

#[test]
fn tiles_and_documents_follow_the_rules() {
    let server = Setup::default().config(RULES).start();
    let document = server.get("/tiles/plan.json").json();
    let blocks = vector_layer(&document, "mining_blocks").unwrap();
    assert_eq!(blocks["minzoom"], 9);
    assert!(blocks["fields"]["code"].is_string() && blocks["fields"]["name"].is_null());
    let names = vector_layer(&document, "mining_blocks_label").unwrap();
    assert_eq!(names["fields"].as_object().unwrap().keys().collect::<Vec<_>>(), ["code"]);
    assert!(vector_layer(&document, "prohibited_zones_label").is_none());
    assert_eq!(server.get("/tiles/mining_blocks.json").json()["minzoom"], 9);

    let path = |z| format!("/tiles/mining_blocks/{}.mvt", busy_tile(z));
    assert_eq!(server.get(&path(8)).status, 204);
    for (z, has_code) in [(9, false), (11, false), (12, true)] {
        let layers = mvt::decode(&server.get(&path(z)).expect(200).body, &path(z));
        let feature = &layers.iter().find(|l| l.name == "mining_blocks").unwrap().features[0];
        assert_eq!(feature.properties.contains_key("code"), has_code, "zoom {z}");
        assert!(!feature.properties.contains_key("name"), "zoom {z}");
    }
    // Other rules, other version; a layer without rules is cut as ever.
    let version =
        |document: Value| document["tiles"][0].as_str().unwrap().rsplit_once('@').unwrap().1.to_owned();
    let versions = |tileset: &str| {
        let path = format!("/tiles/{tileset}.json");
        (version(server.get(&path).json()), version(shared().get(&path).json()))
    };
    let (ruled, plain) = versions("mining_blocks");
    assert_ne!(ruled, plain);
    let (same, plain) = versions("roads");
    assert_eq!(same, plain);
}

#[test]
fn a_tile_over_the_cap_says_what_was_left_out() {
    let server = Setup::default().config("[tiles]\nmax_tile_kb = 4").start();
    let path = format!("/tiles/plan/{}.mvt", busy_tile(10));
    let whole = shared().get(&path).expect(200);
    assert!(whole.header("plantiles-dropped-features").is_none());
    // From the cutter, then from the cache.
    for _ in 0..2 {
        let less = server.get(&path).expect(200);
        assert!(less.body.len() <= 4000);
        let count = |body: &[u8]| -> usize {
            let layers = mvt::decode(body, &path).into_iter().filter(|l| !l.name.ends_with("_label"));
            layers.map(|l| l.features.len()).sum()
        };
        let dropped: usize = less.expect_header("plantiles-dropped-features").parse().unwrap();
        assert!(dropped > 0);
        assert_eq!(count(&less.body) + dropped, count(&whole.body));
        let metrics = server.get("/metrics").text().to_owned();
        assert!(metrics.contains(&format!("plantiles_tile_dropped_features_total {dropped}")), "{metrics}");
    }
    assert_eq!(server.get("/tiles/plan.json").json()["max_tile_bytes"], 4000);
    let exposed = server.ask("GET", &path, &[("Origin", "https://a.example")]);
    assert!(exposed.expect_header("access-control-expose-headers").contains("plantiles-dropped-features"));
}

fn run(arguments: &[&str], config: &str, folder: &Path) -> Output {
    let file = folder.join("plantiles.toml");
    std::fs::write(&file, config).unwrap();
    let state = folder.join("state");
    let common = ["--config", file.to_str().unwrap(), "--state", state.to_str().unwrap()];
    plantiles(arguments).args(common).output().unwrap()
}

const WRONG: [(&str, &str); 4] = [
    ("[tiles.layer.mining_block]\nminzoom = 9", "tiles.layer.mining_block: there is no such layer"),
    (
        "[tiles.layer.mining_blocks]\nattributes = { colour = 9 }",
        "tiles.layer.mining_blocks.attributes: the layer has no column `colour`",
    ),
    (
        "[tiles.layer.roads]\nlabels = [\"name\"]",
        "tiles.layer.roads.labels: only polygons have points for their names",
    ),
    ("[tiles.layer.mining_blocks]\nminzoom = 19", "line 2: minzoom: zooms are 0 to 18"),
];

#[test]
fn a_wrong_rule_ends_every_command_with_one_line() {
    let folder = tempfile::tempdir().unwrap();
    for (config, expected) in WRONG {
        let serve = run(&["serve", "--listen", "127.0.0.1:0"], config, folder.path());
        let log = String::from_utf8(serve.stderr).unwrap();
        assert_eq!(serve.status.code(), Some(1), "{config}: {log}");
        let last = log.lines().last().unwrap();
        assert!(last.starts_with("plantiles: ") && last.ends_with(expected), "{config}: {log}");
        let check = run(&["check"], config, folder.path());
        assert_eq!(check.status.code(), Some(1), "{config}");
        let said = String::from_utf8([check.stdout, check.stderr].concat()).unwrap();
        assert_eq!(said.lines().filter(|line| line.ends_with(expected)).count(), 1, "{config}: {said}");
    }
    assert_eq!(run(&["check"], RULES, folder.path()).status.code(), Some(0));
}

#[tokio::test]
async fn rules_of_database_layers_are_checked_against_their_columns() {
    let database = TestDatabase::new().await;
    load_plan(&database.url());
    let folder = tempfile::tempdir().unwrap();
    for (config, expected) in WRONG {
        for command in ["publish", "check"] {
            let done = run(&[command, "--database-url", &database.url()], config, folder.path());
            let said = String::from_utf8([done.stdout, done.stderr].concat()).unwrap();
            assert_eq!(done.status.code(), Some(1), "{command} {config}: {said}");
            assert_eq!(said.lines().filter(|line| line.ends_with(expected)).count(), 1, "{said}");
        }
    }
    let done = run(&["publish", "--database-url", &database.url()], RULES, folder.path());
    assert_eq!(done.status.code(), Some(0), "{}", String::from_utf8_lossy(&done.stderr));
}
