//! Health, metrics, styles, their assets and the page.

use crate::support::plan;
use crate::support::server::{Setup, shared};
use serde_json::Value;
use std::collections::BTreeSet;

#[test]
fn a_healthy_server_says_so() {
    let server = shared();
    server.get("/healthz").expect(200);
    let ready = server.get("/readyz").expect(200);
    assert!(ready.lists("cache-control", "no-store") || ready.lists("cache-control", "no-cache"));
}

#[test]
fn metrics_are_in_the_format_and_count_requests() {
    let server = Setup::default().start();
    let sample = |text: &str, name: &str| -> f64 {
        let lines = text.lines().filter(|line| line.starts_with(name));
        lines.map(|line| line.rsplit_once(' ').unwrap().1.parse::<f64>().unwrap()).sum()
    };
    let read = || {
        let answer = server.get("/metrics").expect(200);
        let kind = answer.expect_header("content-type").to_owned();
        assert!(kind.starts_with("application/openmetrics-text") || kind.starts_with("text/plain"), "{kind}");
        answer.text().to_owned()
    };
    let before = read();
    let mut families = BTreeSet::new();
    for line in before.lines() {
        if let Some(family) = line.strip_prefix("# TYPE ") {
            families.insert(family.split(' ').next().unwrap());
        } else if !line.starts_with('#') {
            let (name, value) = line.rsplit_once(' ').unwrap_or_else(|| panic!("{line}"));
            assert!(name.starts_with("plantiles_") || name.starts_with("process_"), "{line}");
            assert!(value.parse::<f64>().is_ok(), "{line}");
        }
    }
    for subject in ["request", "cache", "cut", "layer_age", "queue", "database"] {
        assert!(
            families.iter().any(|name| name.contains(subject)),
            "nothing about {subject} in {families:?}"
        );
    }
    let requests = "plantiles_http_requests_total";
    for _ in 0..10 {
        server.get("/tiles/plan/9/1/1.mvt");
    }
    assert!(sample(&read(), requests) >= sample(&before, requests) + 10.0, "{before}");
    // A path a client makes up must not become a label: each would be a new time series for ever.
    for n in 0..50 {
        server.get(&format!("/made-up-{n}"));
    }
    assert!(!read().contains("made-up"));
}

#[test]
fn the_style_names_only_what_the_server_has() {
    let server = shared();
    let style = server.get("/styles/plan.json").expect(200).json();
    assert_eq!(style["version"], 8);
    let base = server.url("/");
    let mut tilesets = BTreeSet::new();
    for (name, source) in style["sources"].as_object().unwrap() {
        let url = source["url"].as_str().or(source["tiles"][0].as_str()).unwrap_or_else(|| panic!("{name}"));
        assert!(url.starts_with(&base), "{url}");
        tilesets.insert(name.clone());
        if source["url"].is_string() {
            server.get(url.strip_prefix(&server.url("")).unwrap()).expect(200);
        }
    }
    let known: BTreeSet<_> = plan::LAYERS.iter().map(|l| l.id.as_str()).collect();
    let mut drawn = BTreeSet::new();
    for layer in style["layers"].as_array().unwrap() {
        if let Some(source) = layer["source"].as_str() {
            assert!(tilesets.contains(source), "{layer}");
            drawn.insert(layer["source-layer"].as_str().unwrap());
        }
    }
    assert_eq!(drawn, known, "layers drawn and layers there are");
}

#[test]
fn sprites_and_glyphs_are_served() {
    let server = shared();
    let style = server.get("/styles/plan.json").expect(200).json();
    let path = |url: &Value| {
        url.as_str().unwrap().strip_prefix(&server.url("")).unwrap_or_else(|| panic!("{url}")).to_owned()
    };
    let sprite = path(&style["sprite"]);
    for size in ["", "@2x"] {
        let index = server.get(&format!("{sprite}{size}.json")).expect(200).json();
        let image = server.get(&format!("{sprite}{size}.png")).expect(200);
        assert_eq!(image.expect_header("content-type"), "image/png");
        assert_eq!(image.body[..8], *b"\x89PNG\r\n\x1a\n");
        let width = u64::from(u32::from_be_bytes(image.body[16..20].try_into().unwrap()));
        for (name, icon) in index.as_object().unwrap() {
            assert!(icon["x"].as_u64().unwrap() + icon["width"].as_u64().unwrap() <= width, "{name}{size}");
        }
    }
    let glyphs = path(&style["glyphs"]);
    let fonts: BTreeSet<String> = style["layers"]
        .as_array()
        .unwrap()
        .iter()
        .filter_map(|layer| layer["layout"]["text-font"].as_array())
        .map(|stack| stack.iter().map(|font| font.as_str().unwrap()).collect::<Vec<_>>().join(","))
        .collect();
    assert!(!fonts.is_empty());
    for font in fonts {
        // Latin, and the block of 煤.
        for range in ["0-255", "28928-29183"] {
            let url = glyphs.replace("{fontstack}", &font.replace(' ', "%20")).replace("{range}", range);
            assert!(server.get(&url).expect(200).body.len() > 100, "{url}");
        }
    }
    for unknown in [
        "/sprites/nowhere.json",
        "/sprites/..%2fplan.json",
        "/fonts/nowhere/0-255.pbf",
        "/fonts/a/0-1.pbf",
        "/fonts/..%2f..%2fstyles/plan.json",
        "/styles/nowhere.json",
    ] {
        server.get(unknown).expect_problem(404);
    }
}

#[test]
fn the_list_of_styles_leads_to_each() {
    let server = shared();
    let list = server.get("/styles").expect(200).json();
    assert!(list.to_string().contains(&server.url("/styles/plan.json")), "{list}");
}

#[test]
fn layers_are_described_with_titles_in_both_languages() {
    let server = shared();
    let document = server.get("/layers.json").expect(200).json();
    let layers = document.as_array().or(document["layers"].as_array()).expect("a list of layers");
    let found: BTreeSet<_> = layers.iter().map(|l| l["id"].as_str().unwrap()).collect();
    assert_eq!(found, plan::LAYERS.iter().map(|l| l.id.as_str()).collect());
    for layer in layers {
        for language in ["zh", "en"] {
            assert!(layer["title"][language].as_str().is_some_and(|t| !t.is_empty()), "{layer}");
        }
    }
}

#[test]
fn the_page_may_load_from_this_server_only() {
    let server = shared();
    let page = server.get("/").expect(200);
    assert!(page.expect_header("content-type").starts_with("text/html"));
    let policy = page.expect_header("content-security-policy");
    assert!(policy.contains("default-src 'self'") || policy.contains("default-src 'none'"), "{policy}");
    assert!(!policy.contains("http:") && !policy.contains("https:") && !policy.contains('*'), "{policy}");
    assert_eq!(page.expect_header("x-content-type-options"), "nosniff");
    for attribute in ["src=\"", "href=\""] {
        for url in page.text().split(attribute).skip(1).map(|rest| rest.split('"').next().unwrap()) {
            assert!(!url.contains("//"), "{url} leaves the server");
            if !url.starts_with('#') && !url.starts_with("data:") {
                server.get(&format!("/{}", url.trim_start_matches("./").trim_start_matches('/'))).expect(200);
            }
        }
    }
}

#[test]
fn an_unknown_path_is_404() {
    let server = shared();
    for path in [
        "/nowhere",
        "/favicon.php",
        "/..%2f..%2fetc/passwd",
        "/%00",
        "/styles/",
        "//",
        "/a.fg1",
        "/assets/nowhere.js",
    ] {
        server.get(path).expect_problem(404);
    }
}
