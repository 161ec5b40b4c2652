//! TileJSON 3.0.0 and the absolute URLs in it.

use crate::support::plan;
use crate::support::server::{Server, Setup, shared};
use serde_json::{Value, json};

fn document(server: &Server, path: &str, headers: &[(&str, &str)]) -> Value {
    let answer = server.ask("GET", path, headers).expect(200);
    assert_eq!(answer.expect_header("content-type"), "application/json");
    answer.json()
}

fn tile_url(server: &Server, headers: &[(&str, &str)]) -> String {
    document(server, "/tiles/plan.json", headers)["tiles"][0].as_str().unwrap().to_owned()
}

#[test]
fn it_has_every_field_a_client_reads() {
    let server = shared();
    let plan = document(&server, "/tiles/plan.json", &[]);
    assert_eq!(plan["tilejson"], "3.0.0");
    assert!(plan["name"].as_str().is_some_and(|name| !name.is_empty()));
    assert!(plan["attribution"].as_str().is_some_and(|a| !a.is_empty()));
    assert!([Value::Null, json!("xyz")].contains(&plan["scheme"]));
    let (min, max) = (plan["minzoom"].as_u64().unwrap(), plan["maxzoom"].as_u64().unwrap());
    assert!(min <= max && max <= 30, "{min}–{max}");
    let bounds: Vec<f64> = serde_json::from_value(plan["bounds"].clone()).unwrap();
    for (found, expected) in bounds.iter().zip(plan::bounds()) {
        assert!((found - expected).abs() < 1e-6, "{bounds:?} for {:?}", plan::bounds());
    }
    if let Some(center) = plan["center"].as_array() {
        let at = |i: usize| center[i].as_f64().unwrap();
        assert!(bounds[0] <= at(0) && at(0) <= bounds[2] && bounds[1] <= at(1) && at(1) <= bounds[3]);
        assert!(min as f64 <= at(2) && at(2) <= max as f64);
    }
}

#[test]
fn vector_layers_describe_every_layer_and_column() {
    let server = shared();
    let document = document(&server, "/tiles/plan.json", &[]);
    let layers = document["vector_layers"].as_array().unwrap();
    assert_eq!(layers.len(), plan::LAYERS.len());
    for layer in plan::LAYERS.iter() {
        let found = layers.iter().find(|l| l["id"] == layer.id).unwrap_or_else(|| panic!("no {}", layer.id));
        let mut fields: Vec<_> = found["fields"].as_object().unwrap().keys().cloned().collect();
        let mut expected: Vec<_> = layer.fields.iter().map(|(name, _)| name.clone()).collect();
        fields.sort();
        expected.sort();
        assert_eq!(fields, expected, "{}", layer.id);
        assert_eq!(found["minzoom"], layer.minzoom, "{}", layer.id);
        assert!(found["description"].as_str().is_some_and(|d| !d.is_empty()), "{}", layer.id);
    }
}

#[test]
fn one_layer_and_joined_layers_have_documents_of_their_own() {
    let server = shared();
    for tileset in ["mining_blocks", "mining_blocks,roads"] {
        let document = document(&server, &format!("/tiles/{tileset}.json"), &[]);
        let ids = document["vector_layers"].as_array().unwrap().iter().map(|l| l["id"].as_str().unwrap());
        assert_eq!(ids.collect::<Vec<_>>().join(","), tileset);
        let url = document["tiles"][0].as_str().unwrap();
        assert!(url.starts_with(&server.url(&format!("/tiles/{tileset}@"))), "{url}");
    }
}

#[test]
fn its_tile_urls_are_absolute_versioned_and_work() {
    let server = shared();
    let template = tile_url(&server, &[]);
    assert!(template.starts_with(&server.url("/tiles/plan@")), "{template}");
    assert!(template.ends_with("/{z}/{x}/{y}.mvt"), "{template}");
    let tile = crate::tiles::busy_tile(9).to_string();
    let path = template.strip_prefix(&server.url("")).unwrap().replace("{z}/{x}/{y}", &tile);
    let answer = server.get(&path).expect(200);
    assert!(answer.expect_header("cache-control").contains("immutable"));
    // Under its own host name too.
    assert!(
        tile_url(&server, &[("host", "maps.example.org:8443")])
            .starts_with("http://maps.example.org:8443/tiles/")
    );
}

#[test]
fn a_stranger_cannot_say_under_which_url_the_server_is() {
    let server = shared();
    let claims = [
        ("x-forwarded-host", "evil.example"),
        ("x-forwarded-proto", "https"),
        ("x-forwarded-prefix", "/evil"),
        ("x-forwarded-port", "666"),
        ("forwarded", "host=evil.example;proto=https"),
    ];
    assert_eq!(tile_url(&server, &claims), tile_url(&server, &[]));
    for host in ["evil\"><script>", "evil/path", "a@evil", "evil?x", "evil#x", "..", "a\\b", "evil example"] {
        let request = format!("GET /tiles/plan.json HTTP/1.1\nHost: {host}\nConnection: close\n\n");
        let answer = server.raw(&request);
        assert!(!answer.contains("evil") && !answer.contains("a\\b"), "{host} is in the answer");
    }
    // Caches must not hand one host's document to another.
    let vary = server.get("/tiles/plan.json");
    let private = ["private", "no-store"].iter().any(|d| vary.lists("cache-control", d));
    assert!(private || vary.lists("vary", "host") || vary.lists("cache-control", "no-cache"), "{vary:?}");
}

#[test]
fn a_configured_proxy_can() {
    let server = Setup::default().config("[server]\ntrusted_proxies = [\"127.0.0.1/32\"]\n").start();
    let forwarded = [("x-forwarded-host", "maps.example.org"), ("x-forwarded-proto", "https")];
    assert!(tile_url(&server, &forwarded).starts_with("https://maps.example.org/tiles/"));
    let standard = [("forwarded", "for=192.0.2.60;proto=https;host=maps.example.org;by=203.0.113.43")];
    assert!(tile_url(&server, &standard).starts_with("https://maps.example.org/tiles/"));
    let quoted = [("forwarded", "host=\"maps.example.org:8443\";proto=https")];
    assert!(tile_url(&server, &quoted).starts_with("https://maps.example.org:8443/tiles/"));
    let prefixed = [forwarded[0], forwarded[1], ("x-forwarded-prefix", "/plan")];
    assert!(tile_url(&server, &prefixed).starts_with("https://maps.example.org/plan/tiles/"));
    assert!(tile_url(&server, &[]).starts_with(&server.url("/tiles/")));
    for nonsense in ["\"", "a b", "evil/path", "<x>", ""] {
        let url = tile_url(&server, &[("x-forwarded-host", nonsense), ("x-forwarded-proto", "javascript")]);
        assert!(url.starts_with("http://127.0.0.1:"), "{url}");
    }
}

#[test]
fn a_public_url_overrides_what_any_request_says() {
    let server = Setup::default()
        .config("[server]\npublic_url = \"https://plan.example.org/maps\"\ntrusted_proxies = [\"127.0.0.1/32\"]\n")
        .start();
    let claims = [("host", "a.example"), ("x-forwarded-host", "b.example"), ("forwarded", "host=c.example")];
    for headers in [&[][..], &claims[..]] {
        let url = tile_url(&server, headers);
        assert!(url.starts_with("https://plan.example.org/maps/tiles/plan@"), "{url}");
    }
    let style = document(&server, "/styles/plan.json", &claims).to_string();
    assert!(
        style.contains("https://plan.example.org/maps/") && !style.contains(".example\""),
        "{style:.300}"
    );
}
