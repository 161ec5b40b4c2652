//! `/ogc/conformance`: what the server does of which standard.

use serde_json::{Value, json};

/// OGC API, Common (OGC 19-072, 20-024).
const COMMON: [&str; 5] = [
    "http://www.opengis.net/spec/ogcapi-common-1/1.0/conf/core",
    "http://www.opengis.net/spec/ogcapi-common-1/1.0/conf/landing-page",
    "http://www.opengis.net/spec/ogcapi-common-1/1.0/conf/json",
    "http://www.opengis.net/spec/ogcapi-common-1/1.0/conf/html",
    "http://www.opengis.net/spec/ogcapi-common-2/1.0/conf/collections",
];

/// All conformance classes that are declared: each has its tests.
pub fn classes() -> impl Iterator<Item = &'static str> {
    COMMON.into_iter()
}

pub fn conformance() -> Value {
    json!({ "conformsTo": classes().collect::<Vec<_>>() })
}
