//! `/search` from outside: what it finds is what the plan's own files have.

use crate::support::{plan, server::shared};
use serde_json::Value;

fn search(query: &str) -> Value {
    shared().get(&format!("/search?limit=100&q={query}")).expect(200).json()
}

fn found(answer: &Value) -> Vec<(String, u64)> {
    let results = answer["results"].as_array().unwrap();
    let key = |found: &Value| (found["layer"].as_str().unwrap().to_owned(), found["id"].as_u64().unwrap());
    let mut keys: Vec<_> = results.iter().map(key).collect();
    keys.sort();
    keys
}

#[test]
fn rows_are_found_by_name_code_holder_and_mineral() {
    for words in ["古城", "KQ001", "潞安矿业", "煤层气", "镇"] {
        let mut expected = vec![];
        for layer in &*plan::LAYERS {
            for feature in &layer.features {
                let has =
                    |column: &str| feature["properties"][column].as_str().is_some_and(|v| v.contains(words));
                if ["name", "code", "holder", "mineral"].into_iter().any(has) {
                    expected.push((layer.id.clone(), plan::id(feature)));
                }
            }
        }
        expected.sort();
        assert!(!expected.is_empty(), "{words}");
        let answer = search(words);
        assert_eq!(found(&answer), expected, "{words}");
        assert_eq!(answer["matched"], expected.len(), "{words}");
    }
}

#[test]
fn the_best_comes_first_with_what_tells_it_apart() {
    let answer = search("kq001");
    let first = &answer["results"][0];
    assert_eq!(
        (first["layer"].as_str(), first["code"].as_str()),
        (Some("exploration_blocks"), Some("KQ001"))
    );
    let feature = plan::layer_named("exploration_blocks").feature(first["id"].as_u64().unwrap());
    assert_eq!(first["name"], feature["properties"]["name"]);
    let bounds = plan::bounds_of(feature);
    for (i, edge) in bounds.into_iter().enumerate() {
        assert!((first["bounds"][i].as_f64().unwrap() - edge).abs() < 1e-6, "{first}");
    }
    let few = shared().get("/search?q=煤&limit=2").expect(200).json();
    assert_eq!(few["results"].as_array().unwrap().len(), 2);
    assert!(few["matched"].as_u64().unwrap() > 2);
    let current = shared().get("/search@current?q=kq001&limit=100").expect(200).json();
    assert_eq!(current, answer);
}

#[test]
fn what_is_wrong_is_said() {
    for (query, named) in [
        ("", "q"),
        ("q=", "q"),
        ("q=%20", "q"),
        ("q=a&limit=0", "limit"),
        ("q=a&limit=101", "limit"),
        ("q=a&layer=b", "layer"),
    ] {
        let problem = shared().get(&format!("/search?{query}")).expect_problem(400);
        assert!(problem["detail"].as_str().unwrap().contains(&format!("`{named}`")), "{query}: {problem}");
    }
    shared().get("/search@1999?q=a").expect_problem(404);
}
