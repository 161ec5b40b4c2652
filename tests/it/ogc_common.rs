//! `/ogc` as OGC API, Common asks for it, each test under the name of the abstract test (OGC 19-072, annex A; OGC
//! 20-024, annex A), and what all resources under it have in common.

use crate::support::{
    http::Response,
    plan,
    server::{Server, shared},
};
use serde_json::Value;
use std::collections::BTreeSet;

/// Every link of a document: relation, media type and path.
pub fn links(server: &Server, document: &Value) -> Vec<(String, String, String)> {
    let text = |value: &Value| value.as_str().unwrap_or_else(|| panic!("{document}")).to_owned();
    let links = document["links"].as_array().unwrap_or_else(|| panic!("no links in {document}"));
    let link = |link: &Value| {
        let href = text(&link["href"]);
        let path = href.strip_prefix(&server.url("")).unwrap_or_else(|| panic!("{href} leads elsewhere"));
        (text(&link["rel"]), text(&link["type"]), path.to_owned())
    };
    links.iter().map(link).collect()
}

/// The path of the only link with the relation and the type.
#[track_caller]
pub fn linked(server: &Server, document: &Value, rel: &str, media_type: &str) -> String {
    let mut fitting = links(server, document).into_iter().filter(|l| l.0 == rel && l.1 == media_type);
    let found = fitting.next().unwrap_or_else(|| panic!("no {rel} {media_type} in {document}"));
    assert_eq!(fitting.next(), None, "{rel} {media_type}");
    found.2
}

/// What `/ogc/conformance` declares.
pub fn declared() -> BTreeSet<String> {
    let document = shared().get("/ogc/conformance").expect(200).json();
    document["conformsTo"].as_array().unwrap().iter().map(|c| c.as_str().unwrap().to_owned()).collect()
}

/// Nothing is declared that no test names.
#[test]
fn every_declared_class_has_a_test() {
    let tests = [
        include_str!("ogc_common.rs"),
        include_str!("ogc_crs.rs"),
        include_str!("ogc_features.rs"),
        include_str!("ogc_filter.rs"),
        include_str!("ogc_tiles.rs"),
        include_str!("ogc_processes.rs"),
    ]
    .concat();
    for class in declared() {
        let name = class.strip_prefix("http://www.opengis.net/spec/").unwrap();
        assert!(tests.contains(&format!("`{name}`")), "no test of {name}");
    }
}

#[track_caller]
fn json(path: &str) -> Value {
    let answer = shared().get(path).expect(200);
    assert_eq!(answer.expect_header("content-type"), "application/json");
    answer.json()
}

/// `ogcapi-common-1/1.0/conf/core`, `ogcapi-common-1/1.0/conf/landing-page`: `/conf/landing-page/root-op`, `root-success`,
/// `api-definition-op`, `api-definition-success`
#[test]
fn landing_page_root_success() {
    let server = shared();
    let page = json("/ogc");
    assert!(page["title"].as_str().is_some_and(|title| !title.is_empty()));
    for rel in ["self", "conformance", "data"] {
        server.get(&linked(&server, &page, rel, "application/json")).expect(200);
    }
    let definition = "application/vnd.oai.openapi+json;version=3.0";
    let answer = server.get(&linked(&server, &page, "service-desc", definition)).expect(200);
    assert_eq!(answer.expect_header("content-type"), definition);
    assert_eq!(linked(&server, &page, "self", "application/json"), "/ogc");
}

/// `/conf/landing-page/conformance-op`, `conformance-success`
#[test]
fn landing_page_conformance_success() {
    json("/ogc/conformance");
    let classes = declared();
    for class in ["core", "landing-page", "json", "html"] {
        assert!(classes.contains(&format!("http://www.opengis.net/spec/ogcapi-common-1/1.0/conf/{class}")));
    }
}

/// `ogcapi-common-2/1.0/conf/collections`: `/conf/collections/rc-md-success`, `rc-md-items` and `src-md-success`
#[test]
fn collections_rc_md_success() {
    let server = shared();
    let document = json("/ogc/collections");
    let collections = document["collections"].as_array().unwrap();
    let ids: BTreeSet<_> = collections.iter().map(|c| c["id"].as_str().unwrap()).collect();
    assert_eq!(ids, plan::LAYERS.iter().map(|layer| layer.id.as_str()).collect());
    for collection in collections {
        let path = linked(&server, collection, "self", "application/json");
        assert_eq!(path, format!("/ogc/collections/{}", collection["id"].as_str().unwrap()));
        let alone = json(&path);
        for member in ["id", "title", "description", "itemType", "extent", "itemCount"] {
            assert!(!alone[member].is_null(), "{member} in {alone}");
            assert_eq!(alone[member], collection[member], "{path}");
        }
        let layer = plan::LAYERS.iter().find(|layer| layer.id == collection["id"]).unwrap();
        assert_eq!(collection["itemCount"], layer.features.len());
        let download = linked(&server, collection, "enclosure", "application/flatgeobuf");
        let length =
            server.ask("HEAD", &download, &[]).expect(200).expect_header("content-length").to_owned();
        let links = collection["links"].as_array().unwrap();
        let enclosure = links.iter().find(|link| link["rel"] == "enclosure").unwrap();
        assert_eq!(enclosure["length"].to_string(), length);
    }
}

/// `ogcapi-common-1/1.0/conf/json`, `ogcapi-common-1/1.0/conf/html`: `/conf/json/definition`, `/conf/html/definition`: every resource in both, by `f` and by `Accept`.
#[test]
fn html_definition() {
    let server = shared();
    for path in ["/ogc", "/ogc/conformance", "/ogc/collections", "/ogc/collections/mining_blocks"] {
        let accepted = |accept| server.ask("GET", path, &[("accept", accept)]).expect(200);
        let browser = accepted("text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8");
        check_page(&server, path, &browser);
        check_page(&server, path, &server.get(&format!("{path}?f=html")));
        let document = accepted("application/json");
        assert_eq!(document.expect_header("content-type"), "application/json", "{path}");
        assert!(document.lists("vary", "accept") && document.lists("vary", "host"), "{path}");
        assert_eq!(document.body, server.get(&format!("{path}?f=json")).body, "{path}");
        let problem = server.get(&format!("{path}?f=xml")).expect_problem(400);
        assert!(problem["detail"].as_str().unwrap().contains("`f`"), "{problem}");
        let problem = server.get(&format!("{path}?flat=1")).expect_problem(400);
        assert!(problem["detail"].as_str().unwrap().contains("`flat`"), "{problem}");
        let tag = document.expect_header("etag").to_owned();
        server.ask("GET", path, &[("accept", "application/json"), ("if-none-match", &tag)]).expect(304);
    }
    server.get("/ogc/collections/nowhere").expect_problem(404);
}

/// A page with nothing on it from elsewhere, whose links lead to what is there.
#[track_caller]
pub fn check_page(server: &Server, path: &str, page: &Response) {
    assert_eq!(
        (page.status, page.expect_header("content-type")),
        (200, "text/html; charset=utf-8"),
        "{path}"
    );
    let policy = page.expect_header("content-security-policy");
    assert!(policy.starts_with("default-src 'none'"), "{path}: {policy}");
    for link in page.text().split("href=\"").skip(1).map(|rest| rest.split('"').next().unwrap()) {
        let link = link.replace("&amp;", "&");
        let to = link.strip_prefix(&server.url("")).unwrap_or_else(|| panic!("{path} leads to {link}"));
        server.ask("HEAD", to, &[]).expect(200);
    }
}
