//! Asking `/ogc` as a client does.

use super::{http::Response, server::Server};
use serde_json::Value;

/// The path of a collection's items with the parameters.
pub fn items_path(collection: &str, parameters: &[(&str, &str)]) -> String {
    let mut query = form_urlencoded::Serializer::new(String::new());
    query.extend_pairs(parameters);
    format!("/ogc/collections/{collection}/items?{}", query.finish())
}

#[track_caller]
pub fn items(server: &Server, collection: &str, parameters: &[(&str, &str)]) -> Response {
    server.get(&items_path(collection, parameters))
}

/// The ids on a page, in its order.
#[track_caller]
pub fn page_ids(page: &Value) -> Vec<u64> {
    page["features"].as_array().unwrap_or_else(|| panic!("{page}")).iter().map(super::plan::id).collect()
}

/// The path behind the page's link to the next one.
pub fn next(server: &Server, page: &Value) -> Option<String> {
    let links = page["links"].as_array().unwrap();
    let href = links.iter().find(|link| link["rel"] == "next")?["href"].as_str().unwrap();
    Some(href.strip_prefix(&server.url("")).expect("a link to this server").to_owned())
}

/// The ids on all pages, in their order.
#[track_caller]
pub fn all_ids(server: &Server, collection: &str, parameters: &[(&str, &str)]) -> Vec<u64> {
    let mut ids = vec![];
    let mut path = Some(items_path(collection, parameters));
    while let Some(asked) = path {
        let page = server.get(&asked).expect(200).json();
        ids.extend(page_ids(&page));
        path = next(server, &page);
    }
    ids
}

/// Checks that the answer is 400 and that it names the parameter; returns what it says.
#[track_caller]
pub fn refused(server: &Server, collection: &str, parameters: &[(&str, &str)], named: &str) -> String {
    let problem = items(server, collection, parameters).expect_problem(400);
    let detail = problem["detail"].as_str().unwrap().to_owned();
    assert!(detail.starts_with(&format!("parameter `{named}`: ")), "{parameters:?}: {detail}");
    detail
}

/// The URI of a CRS.
pub fn crs(code: u32) -> String {
    format!("http://www.opengis.net/def/crs/EPSG/0/{code}")
}

pub const CRS84: &str = "http://www.opengis.net/def/crs/OGC/1.3/CRS84";
