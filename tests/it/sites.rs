//! The map as files, in a folder and in a bucket.

use crate::support::server::{plantiles, shared};
use serde_json::Value;
use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
    process::{Command, Output},
    sync::LazyLock,
    thread,
    time::{Duration, SystemTime},
};
use tempfile::TempDir;

/// A state directory with the bundled plan, and room for sites.
static FOLDER: LazyLock<TempDir> = LazyLock::new(|| tempfile::tempdir().unwrap());

fn path(name: &str) -> PathBuf {
    FOLDER.path().join(name)
}

/// The export of a site, from the state directory `state`.
fn export(state: &str, arguments: &[&str]) -> Command {
    let state = path(state);
    let mut command = plantiles(&["export", "--format", "site", "--state", state.to_str().unwrap()]);
    command.args(arguments);
    command
}

#[track_caller]
fn said(command: &mut Command) -> String {
    let Output { status, stdout, stderr } = command.output().unwrap();
    assert!(status.success(), "{}", String::from_utf8_lossy(&stderr));
    String::from_utf8(stdout).unwrap()
}

#[track_caller]
fn refused(command: &mut Command, code: i32, why: &str) {
    let Output { status, stderr, .. } = command.output().unwrap();
    let said = String::from_utf8(stderr).unwrap();
    assert!(status.code() == Some(code) && said.contains(why), "{status}: {said}");
}

fn json(path: &Path) -> Value {
    serde_json::from_slice(&fs::read(path).unwrap()).unwrap()
}

/// All files below `folder`, by their names in it, with the time of the last change.
fn files(folder: &Path) -> BTreeMap<String, SystemTime> {
    let mut found = BTreeMap::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(next) = folders.pop() {
        for entry in fs::read_dir(next).unwrap() {
            let entry = entry.unwrap();
            match entry.file_type().unwrap().is_dir() {
                true => folders.push(entry.path()),
                false => {
                    let name = entry.path().strip_prefix(folder).unwrap().to_str().unwrap().to_owned();
                    found.insert(name, entry.metadata().unwrap().modified().unwrap());
                }
            }
        }
    }
    found
}

/// What the documents of a site name: its archive and its layers.
fn named(site: &Path) -> Vec<String> {
    let style = json(&site.join("styles/plan.json"));
    let archive =
        style["sources"]["plan"]["url"].as_str().unwrap().strip_prefix("pmtiles://").unwrap().to_owned();
    let catalog = json(&site.join("layers.json"));
    let layers = catalog["layers"]
        .as_array()
        .unwrap()
        .iter()
        .map(|layer| layer["download"].as_str().unwrap().to_owned());
    layers.chain([archive]).collect()
}

#[test]
fn a_site_is_a_new_folder_whose_files_are_named_by_their_content() {
    let site = path("site");
    let to = ["--zoom", "0-9", "-o", site.to_str().unwrap()];
    said(&mut export("state", &to));
    for file in ["index.html", "assets/app.js", "styles/plan-dark.json", "sprites/plan.png", "revisions"] {
        assert!(site.join(file).is_file(), "{file}");
    }
    let named = named(&site);
    assert!(named.len() > 10);
    for name in &named {
        let sum = Command::new("sha256sum").arg(site.join(name)).output().unwrap().stdout;
        let sum = String::from_utf8(sum).unwrap();
        assert!(name.contains(&format!("@{}.", &sum[..32])), "{name}: {sum}");
    }
    let roads = named.iter().find(|name| name.starts_with("downloads/roads@")).unwrap();
    assert!(fs::read(site.join(roads)).unwrap() == shared().get("/downloads/roads.fgb").expect(200).body);
    let archive = named.last().unwrap();
    let tilejson = json(&site.join("tiles/plan.json"));
    assert_eq!(tilejson["tiles"][0], format!("pmtiles://{archive}/{{z}}/{{x}}/{{y}}"));
    assert_eq!(tilejson["maxzoom"], 9);
    for document in ["styles/plan.json", "layers.json", "revisions", "tiles/plan.json"] {
        let text = fs::read_to_string(site.join(document)).unwrap();
        assert!(!text.contains("folder.invalid"), "{document}");
    }
    refused(&mut export("state", &to), 1, "name a new folder");
}

#[test]
fn a_site_with_an_address_can_be_read_from_elsewhere() {
    let site = path("addressed");
    let address = "https://maps.example.org/plan";
    said(&mut export("state", &["--zoom", "0-6", "--address", address, "-o", site.to_str().unwrap()]));
    let style = json(&site.join("styles/plan.json"));
    let url = style["sources"]["plan"]["url"].as_str().unwrap();
    assert!(url.starts_with(&format!("pmtiles://{address}/downloads/plan@")), "{url}");
    assert_eq!(style["glyphs"], format!("{address}/fonts/{{fontstack}}/{{range}}.pbf"));
    assert!(json(&site.join("tiles/plan.json"))["tiles"][0].as_str().unwrap().starts_with(url));
}

#[test]
fn a_bucket_gets_the_page_last_and_nothing_twice() {
    let (bucket, folder) = (path("bucket/maps"), path("folder"));
    let to = ["--zoom", "0-8", "--to", &format!("file://{}", bucket.display())];
    assert!(said(&mut export("bucket-state", &to)).contains("; 0 were there, 0 old ones"));
    said(&mut export("bucket-state", &["--zoom", "0-8", "-o", folder.to_str().unwrap()]));
    let (sent, in_folder) = (files(&bucket), files(&folder));
    for name in in_folder.keys() {
        assert!(fs::read(bucket.join(name)).unwrap() == fs::read(folder.join(name)).unwrap(), "{name}");
    }
    let extra: Vec<_> = sent.keys().filter(|name| !in_folder.contains_key(*name)).collect();
    assert_eq!(extra, ["site.json"]);
    let latest = |is_of: &dyn Fn(&str) -> bool| {
        sent.iter().filter(|(name, _)| is_of(name)).map(|(_, time)| *time).max()
    };
    let earliest = |is_of: &dyn Fn(&str) -> bool| {
        sent.iter().filter(|(name, _)| is_of(name)).map(|(_, time)| *time).min()
    };
    let by_content = |name: &str| name.starts_with("downloads/");
    let others = |name: &str| !by_content(name) && name != "site.json" && name != "index.html";
    assert!(latest(&by_content) <= earliest(&others), "the data go first");
    assert!(latest(&others) <= earliest(&|name| name == "index.html"), "the page goes last");
    // Nothing that is sent stays in the state directory.
    assert!(!path("bucket-state/site/plan").exists());

    let again = said(&mut export("bucket-state", &to));
    assert!(
        again.starts_with("0 files sent, 0 bytes;") || again.contains("\n0 files sent, 0 bytes;"),
        "{again}"
    );
    let kept = |time: &BTreeMap<String, SystemTime>| {
        time.iter()
            .filter(|(name, _)| *name != "site.json")
            .map(|(name, time)| (name.clone(), *time))
            .collect::<Vec<_>>()
    };
    assert_eq!(kept(&files(&bucket)), kept(&sent));

    // With another archive that before stays: pages that are open read it.
    let before = named(&bucket);
    said(&mut export("bucket-state", &["--zoom", "0-7", "--to", to[3]]));
    let after = named(&bucket);
    assert_ne!(before.last(), after.last());
    assert!(before.iter().chain(&after).all(|name| bucket.join(name).is_file()));
    // Its time is over when it was replaced long ago.
    let mut ledger = json(&bucket.join("site.json"));
    ledger["sites"][0]["until"] = "2026-01-01T00:00:00Z".into();
    fs::write(bucket.join("site.json"), ledger.to_string()).unwrap();
    assert!(said(&mut export("bucket-state", &["--zoom", "0-7", "--to", to[3]])).contains(", 1 old ones"));
    assert!(!bucket.join(before.last().unwrap()).exists() && bucket.join(after.last().unwrap()).is_file());
}

#[test]
fn whoever_looks_while_a_site_is_sent_finds_what_it_names() {
    let bucket = path("killed/maps");
    let to = format!("file://{}", bucket.display());
    said(&mut export("killed-state", &["--zoom", "0-6", "--to", &to]));
    for round in 0..8 {
        let zoom = format!("0-{}", 5 + round % 3);
        let mut child = export("killed-state", &["--zoom", &zoom, "--to", &to]).spawn().unwrap();
        thread::sleep(Duration::from_millis(150 * round));
        child.kill().unwrap();
        child.wait().unwrap();
        for name in named(&bucket) {
            assert!(bucket.join(&name).is_file(), "round {round}: {name}");
        }
    }
    let done = said(&mut export("killed-state", &["--zoom", "0-6", "--to", &to]));
    assert!(done.contains("files sent"), "{done}");
    assert!(named(&bucket).iter().all(|name| bucket.join(name).is_file()));
}

#[test]
fn a_site_has_what_everybody_may_see() {
    let config = path("access.toml");
    let rules = format!(
        "[access]\nkeys = {:?}\nroles = [\"office\"]\n[access.layer]\nmining_rights = [\"office\"]\nfaults = \"hidden\"\n\
         [access.layer.mining_blocks]\nfor = \"public\"\nrows.public = \"id <= 2\"\n",
        path("keys.json")
    );
    fs::write(&config, rules).unwrap();
    let site = path("public");
    let config = config.to_str().unwrap();
    let output =
        export("access-state", &["--config", config, "--zoom", "0-6", "-o", site.to_str().unwrap()]).output();
    let said = String::from_utf8(output.unwrap().stderr).unwrap();
    let hidden = ["mining_rights", "faults", "mining_blocks"];
    let told = said.lines().find(|line| line.starts_with("not for everybody, and left out: ")).unwrap();
    assert!(hidden.iter().all(|layer| told.contains(layer)), "{told}");
    let is_of_them = |name: &str| hidden.iter().any(|layer| name.starts_with(&format!("downloads/{layer}@")));
    assert!(!files(&site).keys().any(|name| is_of_them(name)));
    let catalog = json(&site.join("layers.json"));
    let ids: Vec<_> =
        catalog["layers"].as_array().unwrap().iter().map(|layer| layer["id"].as_str().unwrap()).collect();
    assert!(ids.contains(&"roads") && !hidden.iter().any(|layer| ids.contains(layer)), "{ids:?}");
    for document in ["styles/plan.json", "tiles/plan.json", "layers.json", "revisions"] {
        let text = fs::read_to_string(site.join(document)).unwrap();
        for layer in hidden {
            assert!(!text.contains(&format!("\"{layer}\"")), "{document} has {layer}");
        }
    }
}

#[test]
fn what_is_no_bucket_is_refused() {
    refused(&mut export("state", &["--to", "ftp://maps"]), 1, "ftp://maps: not s3://bucket/prefix");
    refused(&mut export("state", &["--to", "s3://maps", "-o", "map"]), 2, "cannot be used with");
    refused(&mut export("state", &[]), 2, "--output");
    let mut tiles = plantiles(&["export", "--format", "pmtiles", "--to", "file:///tmp/nowhere"]);
    refused(&mut tiles, 2, "--to is for a site");
}
