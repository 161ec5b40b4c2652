//! Rows and columns for some: what they are given in place of the layer, through publications, editions and restarts, and
//! rules that cannot be followed.

use crate::support::{
    database::TestDatabase,
    http::Response,
    mvt,
    patience::until,
    postgis::{load_plan, query},
    server::{Server, Setup, plantiles},
};
use crate::tiles::busy_tile;
use plantiles::snapshot::{Snapshot, SnapshotId, Value};
use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
    process::Output,
};
use tempfile::TempDir;

const LAYER: &str = "mining_rights";
const DOWNLOAD: &str = "/downloads/mining_rights.fgb";
/// Of the five licences two, without who holds them.
const RULES: &str = "[access.layer.mining_rights]\nfor = [\"office\", \"county\"]\nrows.county = \"id <= 2\"\n\
                     without.county = [\"holder\", \"economic_type\"]\n";

/// A state directory, a configuration and keys of the roles `office` and `county`.
struct Place {
    folder: TempDir,
    office: String,
    county: String,
}

impl Place {
    fn new(rules: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let mut place = Self { folder, office: String::new(), county: String::new() };
        fs::write(place.config(), place.toml(rules)).unwrap();
        place.office = place.key("office");
        place.county = place.key("county");
        place
    }

    fn toml(&self, rules: &str) -> String {
        let keys = self.folder.path().join("keys.json");
        format!("[access]\nkeys = {keys:?}\nroles = [\"office\", \"county\"]\n{rules}")
    }

    fn config(&self) -> PathBuf {
        self.folder.path().join("plantiles.toml")
    }

    fn state(&self) -> PathBuf {
        self.folder.path().join("state")
    }

    fn key(&self, role: &str) -> String {
        let output = self.run(&["key", "create", "--role", role], None);
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap().trim().to_owned()
    }

    fn run(&self, arguments: &[&str], database: Option<&TestDatabase>) -> Output {
        let mut command = plantiles(arguments);
        command.env("PLANTILES_STATE", self.state()).env("PLANTILES_CONFIG", self.config());
        command.envs(database.map(|database| ("DATABASE_URL", database.url())));
        command.output().unwrap()
    }

    fn setup(&self) -> Setup {
        Setup::default().config(&fs::read_to_string(self.config()).unwrap()).state(&self.state())
    }

    fn office(&self, server: &Server, path: &str) -> Response {
        server.ask("GET", path, &[("x-api-key", &self.office)])
    }

    fn county(&self, server: &Server, path: &str) -> Response {
        server.ask("GET", path, &[("x-api-key", &self.county)])
    }

    /// The snapshot that county is given, opened.
    fn snapshot(&self, server: &Server, path: &str) -> std::sync::Arc<Snapshot> {
        let answer = self.county(server, path).expect(200);
        let id: SnapshotId = etag(&answer).parse().unwrap();
        let file = self.folder.path().join("downloaded.fgb");
        fs::write(&file, &answer.body).unwrap();
        Snapshot::open(&file, id).unwrap()
    }
}

fn etag(answer: &Response) -> String {
    answer.expect_header("etag").trim_matches('"').to_owned()
}

fn has(answer: &Response, word: &str) -> bool {
    String::from_utf8_lossy(&answer.body).contains(word)
}

fn ids(snapshot: &Snapshot) -> BTreeSet<i64> {
    (0..snapshot.feature_count()).map(|position| snapshot.row(position).id()).collect()
}

#[test]
fn what_is_given_is_a_snapshot_of_the_rows_and_columns_that_are_seen() {
    let place = Place::new(RULES);
    let server = place.setup().start();
    let (whole, part) = (place.office(&server, DOWNLOAD).expect(200), place.county(&server, DOWNLOAD));
    let snapshot = place.snapshot(&server, DOWNLOAD);
    assert_eq!(ids(&snapshot), BTreeSet::from([1, 2]));
    let names: Vec<_> = snapshot.layer.fields.iter().map(|field| field.name.as_str()).collect();
    assert!(names.contains(&"name") && !names.contains(&"holder") && !names.contains(&"economic_type"));
    let name = snapshot.layer.field("name").unwrap();
    assert!((0..2).all(|position| matches!(snapshot.row(position).value(name), Value::Text(_))));
    // Read in pieces it is the same file.
    let pieces = (0..part.body.len()).step_by(1000).flat_map(|start| {
        let range = format!("bytes={start}-{}", start + 999);
        let headers = [("x-api-key", place.county.as_str()), ("range", &range)];
        server.ask("GET", DOWNLOAD, &headers).expect(206).body
    });
    assert!(pieces.collect::<Vec<_>>() == part.body);
    // By its id it is there for those who see it, and the whole is not, nor anything that is made of it.
    let fixed = |answer: &Response, suffix| format!("/downloads/{LAYER}@{}.{suffix}", etag(answer));
    place.county(&server, &fixed(&part, "fgb")).expect(200);
    place.office(&server, &fixed(&whole, "fgb")).expect(200);
    for suffix in ["fgb", "geojson", "csv", "gpkg", "shp.zip"] {
        place.county(&server, &fixed(&whole, suffix)).expect_problem(404);
        place.office(&server, &fixed(&part, suffix)).expect_problem(404);
    }
    server.get(DOWNLOAD).expect_problem(404);
    assert_eq!(files_of(&place.state()), ["fgb", "tiles"], "nothing of an extract has a name");
}

/// What kinds of files lie beside the snapshots of the layer.
fn files_of(state: &Path) -> Vec<String> {
    let files = fs::read_dir(state.join("snapshots").join(LAYER)).unwrap();
    let kinds = files.map(|file| file.unwrap().path().extension().unwrap().to_str().unwrap().to_owned());
    kinds.collect::<BTreeSet<_>>().into_iter().collect()
}

#[test]
fn tiles_numbers_and_searches_are_of_what_is_seen() {
    let place = Place::new(RULES);
    let server = place.setup().start();
    let path = format!("/tiles/{LAYER}/{}.mvt", busy_tile(9));
    let rights = |answer: Response| {
        let layers = mvt::decode(&answer.expect(200).body, &path);
        let layer = layers.into_iter().find(|layer| layer.name == LAYER).unwrap();
        let columns: BTreeSet<_> =
            layer.features.iter().flat_map(|feature| feature.properties.keys().cloned()).collect();
        (layer.ids().into_iter().collect::<BTreeSet<_>>(), columns.contains("holder"))
    };
    assert_eq!(rights(place.office(&server, &path)), (BTreeSet::from([1, 2, 3, 4, 5]), true));
    assert_eq!(rights(place.county(&server, &path)), (BTreeSet::from([1, 2]), false));
    let count = |answer: Response| answer.expect(200).json()["groups"][0]["features"].clone();
    let statistics = format!("/statistics?layers={LAYER}&group_by=layer");
    assert_eq!(count(place.office(&server, &statistics)), 5);
    assert_eq!(count(place.county(&server, &statistics)), 2);
    let found = |answer: Response| answer.expect(200).text().contains("C1400002009111220046147");
    assert!(found(place.office(&server, "/search?q=小南村")));
    assert!(!found(place.county(&server, "/search?q=小南村")));
    // A column that is left out is one that has never been.
    for path in [
        format!("/tiles/{LAYER}.json?filter=COLUMN='x'"),
        format!("/ogc/collections/{LAYER}/items?filter=COLUMN='x'"),
        format!("/ogc/collections/{LAYER}/items?COLUMN=x"),
        format!("/ogc/collections/{LAYER}/items?sortby=COLUMN"),
        format!("/downloads/{LAYER}.csv?properties=COLUMN"),
        format!("/statistics?layers={LAYER}&group_by=COLUMN"),
        format!("/statistics?layers={LAYER}&sum=COLUMN"),
    ] {
        let ask = |column: &str| {
            let answer = place.county(&server, &path.replace("COLUMN", column));
            (answer.status, answer.text().replace(column, "COLUMN"))
        };
        let (status, text) = ask("holder");
        assert_eq!((status, &text), (400, &ask("nobody").1), "{path}");
    }
}

#[test]
fn the_public_may_be_shown_a_part_and_a_role_all() {
    let place = Place::new(
        "[access.layer.mining_rights]\nfor = \"public\"\nrows.public = \"name LIKE '%煤%'\"\nwithout.public = [\"holder\"]\n",
    );
    let server = place.setup().start();
    let count = |answer: Response| answer.expect(200).json()["numberMatched"].clone();
    let items = format!("/ogc/collections/{LAYER}/items?f=json");
    assert_eq!(count(place.office(&server, &items)), 5);
    assert_eq!(count(server.get(&items)), 4);
    let schema = format!("/ogc/collections/{LAYER}/schema");
    assert!(place.office(&server, &schema).expect(200).text().contains("holder"));
    assert!(!server.get(&schema).expect(200).text().contains("holder"));
    // The plan's own text and table have what is left out, and go with it.
    server.get("/plan/tables/1-2?f=json").expect_problem(404);
    place.office(&server, "/plan/tables/1-2?f=json").expect(200);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_publication_changes_what_somebody_sees_of_it_alone() {
    let database = TestDatabase::new().await;
    load_plan(&database.url());
    let place = Place::new(RULES);
    let told = "some do not see this layer";
    let server = place.setup().database(&database.url()).expect_log(told).start();
    let tags = || {
        let tag = |answer: Response| etag(&answer.expect(200));
        [tag(place.office(&server, DOWNLOAD)), tag(place.county(&server, DOWNLOAD))]
    };
    let [whole, part] = tags();
    query(&database.url(), "update plan.mining_rights set name = 'hidden' where id = 3");
    until("office sees the change", || tags()[0] != whole);
    assert_eq!(tags()[1], part, "what county does not see has changed");

    query(&database.url(), "update plan.mining_rights set holder = 'hidden' where id = 1");
    let [whole, _] = tags();
    until("office sees the change", || tags()[0] != whole);
    assert_eq!(tags()[1], part);

    query(&database.url(), "update plan.mining_rights set name = 'seen' where id = 1");
    until("county sees the change", || tags()[1] != part);
    assert!(has(&place.county(&server, DOWNLOAD), "seen"));
    assert_eq!(ids(&place.snapshot(&server, DOWNLOAD)), BTreeSet::from([1, 2]));
    // An open map goes on with the version that it began with.
    place.county(&server, &format!("/downloads/{LAYER}@{part}.fgb")).expect(200);

    // A column that is to be left out is gone, perhaps under another name.
    let [whole, _] = tags();
    query(
        &database.url(),
        "begin;
         alter table plan.mining_rights rename column economic_type to kind_of_holder;
         update plan.layer set fields = replace(fields::text, '\"economic_type\"', '\"kind_of_holder\"')::jsonb
             where id = 'mining_rights';
         update plan.mining_rights set name = 'later' where id = 1;
         commit",
    );
    until("office sees the change", || etag(&place.office(&server, DOWNLOAD).expect(200)) != whole);
    assert!(has(&place.office(&server, DOWNLOAD), "kind_of_holder"));
    place.county(&server, DOWNLOAD).expect_problem(404);
    place.county(&server, &format!("/tiles/{LAYER}.json")).expect_problem(404);
    place.county(&server, "/downloads/roads.fgb").expect(200);
    server.wait_for_log("there is no column `economic_type` to be left out");
}

#[tokio::test(flavor = "multi_thread")]
async fn editions_and_what_changed_between_them_are_seen_in_part() {
    let database = TestDatabase::new().await;
    load_plan(&database.url());
    let place = Place::new(RULES);
    let name = |revision: &str, adopted: &str| {
        let arguments = ["publish", "--revision", revision, "--adopted", adopted];
        let output = place.run(&arguments, Some(&database));
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    };
    name("2021", "2021-12-31");
    query(
        &database.url(),
        "update plan.mining_rights set name = 'seen' where id = 1;
         update plan.mining_rights set name = 'hidden' where id = 3;
         update plan.mining_rights set holder = 'hidden' where id = 2;
         delete from plan.mining_rights where id = 5",
    );
    name("2023", "2023-12-31");
    query(&database.url(), "update plan.mining_rights set name = 'later' where id = 1");
    let server = place.setup().database(&database.url()).start();
    let changes = |answer: Response| {
        let document = answer.expect(200).json();
        let layers = document["layers"].as_array().unwrap().clone();
        layers.into_iter().find(|layer| layer["id"] == LAYER).unwrap()["changed"].clone()
    };
    let difference = "/revisions/2021...2023";
    assert_eq!(changes(place.office(&server, difference)), 3);
    assert_eq!(changes(place.county(&server, difference)), 1);
    let shown = place.county(&server, &format!("{difference}?layer={LAYER}")).expect(200);
    assert!(shown.text().contains("seen") && !shown.text().contains("hidden"), "{}", shown.text());

    let old = place.snapshot(&server, &format!("/downloads/{LAYER}@2021.fgb"));
    assert_eq!(ids(&old), BTreeSet::from([1, 2]));
    // The version of an edition that is told of is the one that it has, also before anybody has opened it.
    let document = place.county(&server, "/tiles/plan@2021.json").expect(200).json();
    let url = document["tiles"][0].as_str().unwrap().to_owned();
    let tile = url.strip_prefix(&server.url("")).unwrap().replace("{z}/{x}/{y}", &busy_tile(9).to_string());
    let before = place.county(&server, &tile).expect(200);
    drop(server);
    let server = place.setup().database(&database.url()).start();
    assert!(place.county(&server, &tile).expect(200).body == before.body);
    place.county(&server, &format!("/downloads/{LAYER}@{}.fgb", old.id)).expect(200);
    let listed = place.county(&server, "/revisions").expect(200).json();
    let version = url.split(['@', '/']).find(|part| part.len() == 32).unwrap();
    assert!(listed.to_string().contains(version), "{listed}");
    place.office(&server, &tile).expect(307);
}

#[test]
fn a_rule_that_its_layer_cannot_follow_is_told_at_the_start() {
    for (rule, told) in [
        ("rows.county = \"admin = '1'\"", "at character 1: there is no property `admin`"),
        ("without.county = [\"owner\"]", "there is no column `owner` to be left out"),
    ] {
        let place = Place::new(&format!("[access.layer.{LAYER}]\nfor = [\"office\", \"county\"]\n{rule}\n"));
        let mut server = place.setup().unready().expect_log(told).start();
        assert_eq!(server.wait().code(), Some(1));
        let line = server.log().lines().last().unwrap().to_owned();
        assert!(line.contains("access.layer.mining_rights: ") && line.contains(told), "{line}");
        let output = place.run(&["check"], None);
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        assert!(!output.status.success() && text.contains(&format!("access: layer {LAYER}: ")), "{text}");
    }
}
