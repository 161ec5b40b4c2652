//! What a browser is told beside the answer: what a page may do, and which sites may read.

use crate::support::{
    http::Response,
    server::{Server, Setup, shared},
};
use base64::{Engine, prelude::BASE64_STANDARD};
use sha2::{Digest, Sha256};
use std::collections::{BTreeSet, VecDeque};

/// Where a walk over the pages begins; everything else is found by links.
const DOORS: [&str; 7] =
    ["/", "/connect", "/sheets", "/review?f=html", "/ogc?f=html", "/plan?f=html", "/statistics?f=html"];

/// What a page may load, run and send, by directive.
fn directive<'a>(policy: &'a str, name: &str) -> &'a str {
    let found = policy.split(';').find_map(|part| part.trim().strip_prefix(name));
    found.unwrap_or_else(|| panic!("no {name} in {policy}")).trim()
}

#[track_caller]
fn is_guarded(page: &Response, path: &str) {
    let policy = page.expect_header("content-security-policy");
    for loose in ["unsafe", "http:", "https:", "*", "blob:"] {
        assert!(!policy.contains(loose), "{path}: {loose} in {policy}");
    }
    assert!(["'self'", "'none'"].contains(&directive(policy, "default-src")), "{path}: {policy}");
    assert_eq!(directive(policy, "base-uri"), "'none'", "{path}");
    assert_eq!(directive(policy, "frame-ancestors"), "'self'", "{path}");
    assert!(["'self'", "'none'"].contains(&directive(policy, "form-action")), "{path}");
    assert_eq!(page.expect_header("referrer-policy"), "same-origin", "{path}");
}

fn is_page(answer: &Response) -> bool {
    answer.header("content-type").is_some_and(|kind| kind.starts_with("text/html"))
}

#[test]
fn every_page_is_told_what_it_may_do() {
    let server = shared();
    let mut seen: BTreeSet<String> = DOORS.iter().map(ToString::to_string).collect();
    let mut coming: VecDeque<String> = seen.iter().cloned().collect();
    let mut pages = 0;
    while let Some(path) = coming.pop_front() {
        let answer = server.ask("GET", &path, &[("accept", "text/html")]);
        assert_eq!(answer.expect_header("x-content-type-options"), "nosniff", "{path}");
        if !is_page(&answer) {
            continue;
        }
        is_guarded(&answer, &path);
        pages += 1;
        let base = path.split(['?', '#']).next().unwrap();
        for link in answer.text().split("href=\"").skip(1).map(|rest| rest.split('"').next().unwrap()) {
            let link = link.replace("&amp;", "&");
            let link = link.split('#').next().unwrap();
            let link = match link.strip_prefix(&server.url("")) {
                Some(path) => path.to_owned(),
                None if link.starts_with('/') => link.to_owned(),
                None if link.starts_with('?') => format!("{base}{link}"),
                None => continue,
            };
            // Of features and tiles one is as the other.
            let is_new = seen.len() < 400 && !link.contains("/items/") && !link.contains("/tiles/");
            if is_new && seen.insert(link.clone()) {
                coming.push_back(link);
            }
        }
    }
    assert!(pages > 60, "{pages} pages were seen");
}

#[test]
fn a_report_may_show_its_own_style_and_map_alone() {
    let server = shared();
    let proposal = b"POLYGON((112.8 36.3,112.81 36.3,112.81 36.31,112.8 36.31,112.8 36.3))";
    let report = server.post("/review?f=html&kind=mining", &[("content-type", "text/plain")], proposal);
    let report = report.expect(200);
    is_guarded(&report, "/review");
    let style = report.text().split("<style>").nth(1).unwrap().split("</style>").next().unwrap();
    let hash = format!("'sha256-{}'", BASE64_STANDARD.encode(Sha256::digest(style)));
    assert_eq!(directive(report.expect_header("content-security-policy"), "style-src"), hash);
}

#[test]
fn no_answer_is_taken_for_another_type() {
    let server = shared();
    for path in
        ["/tiles/plan/9/419/199.mvt", "/downloads/roads.geojson", "/nowhere", "/layers.json", "/healthz"]
    {
        assert_eq!(server.get(path).expect_header("x-content-type-options"), "nosniff", "{path}");
    }
}

// CORS.

const SITE: &str = "https://maps.example.org";

fn allowing(origins: &str) -> Server {
    Setup::default().config(&format!("[server]\ncors_origins = [{origins}]\n")).start()
}

#[test]
fn only_sites_that_are_listed_may_read() {
    let server = allowing(&format!("\"{SITE}\", \"http://localhost:3000\""));
    for path in ["/tiles/plan.json", "/tiles/plan/9/419/199.mvt", "/downloads/roads.fgb", "/nowhere"] {
        let from = |origin| server.ask("GET", path, &[("origin", origin)]);
        for site in [SITE, "http://localhost:3000"] {
            let answer = from(site);
            assert_eq!(answer.header("access-control-allow-origin"), Some(site), "{path}");
            assert!(answer.lists("access-control-expose-headers", "etag"), "{path}");
            assert!(answer.lists("vary", "origin"), "{path}");
        }
        for stranger in
            ["https://evil.example", "http://maps.example.org", "https://maps.example.org.evil", "null"]
        {
            let answer = from(stranger);
            assert_eq!(answer.header("access-control-allow-origin"), None, "{path} {stranger}");
            assert!(answer.lists("vary", "origin"), "{path}: a cache must not give it to a site that may");
        }
        assert!(server.get(path).lists("vary", "origin"), "{path}");
    }
    let preflight = |origin| {
        server.ask("OPTIONS", "/review", &[("origin", origin), ("access-control-request-method", "POST")])
    };
    assert_eq!(preflight(SITE).header("access-control-allow-origin"), Some(SITE));
    assert_eq!(preflight("https://evil.example").header("access-control-allow-origin"), None);
}

#[test]
fn an_empty_list_is_for_this_site_alone() {
    let answer = allowing("").ask("GET", "/tiles/plan.json", &[("origin", SITE)]).expect(200);
    assert_eq!(answer.header("access-control-allow-origin"), None);
}
