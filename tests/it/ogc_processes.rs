//! `/ogc/processes` as OGC API – Processes (OGC 18-062r2) asks for it, each test under the name of the abstract test.
//! Executions are synchronous, so what is about jobs is not there.

use crate::{
    ogc_common::{declared, linked},
    support::{http::Response, server::shared},
};
use serde_json::{Value, json};

const SQUARE: &str = "POLYGON((112.74 36.37, 112.75 36.37, 112.75 36.38, 112.74 36.38, 112.74 36.37))";

#[track_caller]
fn execute(body: &Value) -> Response {
    let headers = [("content-type", "application/json")];
    shared().post("/ogc/processes/review/execution", &headers, body.to_string().as_bytes())
}

/// `ogcapi-processes-1/1.0/conf/core`: `/conf/core/landingpage-op`, `/conf/core/landingpage-success`
#[test]
fn landing_page_leads_to_the_processes() {
    let server = shared();
    let page = server.get("/ogc").expect(200).json();
    let rel = "http://www.opengis.net/def/rel/ogc/1.0/processes";
    server.get(&linked(&server, &page, rel, "application/json")).expect(200);
}

/// `/conf/core/conformance-success`
#[test]
fn conformance_success() {
    for class in ["core", "json", "ogc-process-description"] {
        let uri = format!("http://www.opengis.net/spec/ogcapi-processes-1/1.0/conf/{class}");
        assert!(declared().contains(&uri), "{class}");
    }
}

/// `/conf/core/process-list`, `process-list-success`, `pl-limit-definition`, `pl-limit-response`, `pl-links`
#[test]
fn process_list_success() {
    let server = shared();
    for path in ["/ogc/processes", "/ogc/processes?limit=1", "/ogc/processes?limit=1000"] {
        let list = server.get(path).expect(200).json();
        assert_eq!(list["processes"].as_array().unwrap().len(), 1);
        linked(&server, &list, "self", "application/json");
        let process = &list["processes"][0];
        for member in ["id", "version", "title"] {
            assert!(process[member].is_string(), "{member}");
        }
        assert_eq!(process["jobControlOptions"], json!(["sync-execute"]));
        assert_eq!(process["outputTransmission"], json!(["value"]));
        server.get(&linked(&server, process, "self", "application/json")).expect(200);
    }
    for limit in ["0", "x", "-1", ""] {
        server.get(&format!("/ogc/processes?limit={limit}")).expect_problem(400);
    }
}

/// `/conf/core/process`, `process-success`; `ogcapi-processes-1/1.0/conf/ogc-process-description`: `json-encoding`,
/// `inputs-def`, `input-def`, `outputs-def`, `output-def`
#[test]
fn process_success() {
    let process = shared().get("/ogc/processes/review").expect(200).json();
    let inputs = process["inputs"].as_object().unwrap();
    for (name, input) in inputs {
        assert!(input["schema"].is_object() && input["title"].is_string(), "{name}");
    }
    assert_eq!(inputs["proposal"].get("minOccurs"), None, "it is there once");
    assert_eq!(inputs["kind"]["schema"]["enum"], json!(["exploration", "mining"]));
    assert_eq!(inputs["papers"]["maxOccurs"], 4);
    assert!(process["outputs"]["review"]["schema"]["oneOf"].is_array());
}

/// `/conf/core/process-exception/no-such-process`
#[test]
fn no_such_process() {
    let server = shared();
    let kind = "http://www.opengis.net/def/exceptions/ogcapi-processes-1/1.0/no-such-process";
    assert_eq!(server.get("/ogc/processes/nothing").expect_problem(404)["type"], kind);
    let headers = [("content-type", "application/json")];
    let problem = server.post("/ogc/processes/nothing/execution", &headers, b"{}").expect_problem(404);
    assert_eq!(problem["type"], kind);
}

/// `/conf/core/process-execute-op`, `process-execute-request`, `process-execute-inputs`, `process-execute-input-inline-object`,
/// `process-execute-sync-raw-value-one`, `process-execute-default-outputs`; `ogcapi-processes-1/1.0/conf/json`: `definition`
#[test]
fn execute_raw() {
    let polygon = json!({ "type": "Polygon", "coordinates": [[[112.74, 36.37], [112.75, 36.37], [112.75, 36.38], [112.74, 36.37]]] });
    for proposal in [
        json!(SQUARE),
        json!({ "value": SQUARE, "mediaType": "text/plain" }),
        polygon.clone(),
        json!({ "value": polygon }),
    ] {
        let body =
            json!({ "inputs": { "proposal": proposal, "kind": "mining", "papers": ["geological_report"] } });
        let answer = execute(&body).expect(200);
        assert_eq!(answer.expect_header("content-type"), "application/json");
        let review = answer.json();
        assert_eq!(review["rules"].as_array().unwrap().len(), 36);
        assert_eq!(review["proposal"]["attributes"]["papers"], json!(["geological_report"]));
    }
}

/// `/conf/core/process-execute-sync-document`, `process-execute-output-format`
#[test]
fn execute_document() {
    let of = |media_type: &str, response: &str| {
        execute(&json!({
            "inputs": { "proposal": SQUARE },
            "outputs": { "review": { "format": { "mediaType": media_type }, "transmissionMode": "value" } },
            "response": response,
        }))
    };
    let document = of("application/json", "document").expect(200).json();
    assert_eq!(document["review"]["rules"].as_array().unwrap().len(), 36);
    let overlay = of("application/geo+json", "raw").expect(200);
    assert_eq!(overlay.expect_header("content-type"), "application/geo+json");
    assert_eq!(
        of("application/geo+json", "document").expect(200).json()["review"]["value"]["type"],
        "FeatureCollection"
    );
    let report = of("text/html", "raw").expect(200);
    assert!(
        report.expect_header("content-type").starts_with("text/html")
            && report.text().contains("矿业权审查报告")
    );
    assert_eq!(of("text/html", "document").expect(200).json()["review"]["mediaType"], "text/html");
}

/// `/conf/core/process-execute-request`: what is no request is refused with its reason.
#[test]
fn what_cannot_be_executed_is_refused() {
    for (body, expected) in [
        (json!("review"), "the body is not a request to execute"),
        (json!({}), "there is no `proposal`"),
        (json!({ "inputs": { "proposal": SQUARE, "colour": "red" } }), "`colour` is not asked of a proposal"),
        (json!({ "inputs": { "proposal": SQUARE }, "outputs": { "map": {} } }), "there is no output `map`"),
        (
            json!({ "inputs": { "proposal": SQUARE }, "outputs": { "review": { "format": { "mediaType": "image/png" } } } }),
            "output `review`: its media types are",
        ),
        (json!({ "inputs": { "proposal": "POINT(1 1)" } }), "the geometry is a point"),
    ] {
        let problem = execute(&body).expect_problem(400);
        assert!(problem["detail"].as_str().unwrap().contains(expected), "{expected}: {problem}");
    }
    let get = shared().get("/ogc/processes/review/execution");
    assert_eq!(get.expect_header("allow"), "POST, OPTIONS");
    get.expect_problem(405);
}
