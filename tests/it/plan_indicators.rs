//! `/plan/indicators`: the targets of 表2-1, by the rules of the document and by hand.

use crate::support::{plan::layer_named, server::shared};
use serde_json::{Value, json};

#[track_caller]
fn asked(query: &str) -> Value {
    shared().get(&format!("/plan/indicators?{query}")).expect(200).json()
}

fn indicator<'a>(found: &'a Value, id: &str) -> &'a Value {
    let indicators = found["indicators"].as_array().unwrap();
    indicators.iter().find(|indicator| indicator["id"] == id).unwrap_or_else(|| panic!("{id}"))
}

#[test]
fn eleven_targets_stand_as_printed_beside_what_the_layers_tell() {
    let _server = shared();
    let found = asked("");
    let indicators = found["indicators"].as_array().unwrap();
    assert_eq!(indicators.len(), 11);
    let text = include_str!("../../data/tunliu/source/plan.txt");
    let lines: Vec<&str> = text.lines().collect();
    for indicator in indicators {
        let target = &indicator["target"];
        let printed = target["printed"]["text"].as_str().unwrap();
        assert_eq!(lines[target["printed"]["line"].as_u64().unwrap() as usize - 1].trim(), printed);
        match target["value"].as_f64() {
            Some(value) => assert_eq!(printed.parse(), Ok(value), "{indicator}"),
            None => assert_eq!(printed, "--"),
        }
        if let Some(quote) = indicator["base"].get("quote") {
            let line = lines[quote["line"].as_u64().unwrap() as usize - 1];
            assert!(line.contains(quote["text"].as_str().unwrap()), "{quote}");
        }
        // Either a rule or what is missing is said.
        assert!(indicator["rule"].is_object() || indicator["missing"].is_object(), "{indicator}");
        assert_eq!(indicator["rule"].is_object(), indicator["current"]["value"].is_number(), "{indicator}");
    }
    for (id, base, current, met) in [
        ("coal_output", json!(0.18), json!(0.207), json!(true)),
        ("coal_mines", json!(5.0), json!(5.0), json!(false)),
        ("coal_mines_medium_large", json!(100.0), json!(100.0), json!(true)),
        ("methane_mines", json!(0.0), json!(0.0), json!(false)),
        ("green_mines", json!(0.0), Value::Null, Value::Null),
        ("geological_survey", Value::Null, Value::Null, Value::Null),
    ] {
        let found = indicator(&found, id);
        assert_eq!(
            (&found["base"]["value"], &found["current"]["value"], &found["met"]),
            (&base, &current, &met),
            "{id}"
        );
    }
    assert_eq!(indicator(&found, "geological_survey")["kind"], "预期性");
    assert_eq!(indicator(&found, "three_rates")["kind"], "约束性");
    assert_eq!(indicator(&found, "coal_mines")["kind"], Value::Null);
}

#[test]
fn licences_end_on_their_day() {
    let _server = shared();
    let rights = layer_named("mining_rights");
    for day in ["2018-10-26", "2018-10-27", "2024-06-01", "2026-01-01", "2029-03-19", "2029-03-20"] {
        let found = asked(&format!("at={day}"));
        let next_year = format!("{}{}", day[..4].parse::<u32>().unwrap() + 1, &day[4..]);
        let ends = |right: &Value| right["properties"]["valid_to"].as_str().unwrap().to_owned();
        let mut expected: Vec<(String, u64, &str)> = rights
            .features
            .iter()
            .filter(|right| ends(right) <= next_year)
            .map(|right| {
                (
                    ends(right),
                    right["id"].as_u64().unwrap(),
                    if *ends(right) < *day { "expired" } else { "expiring" },
                )
            })
            .collect();
        expected.sort();
        let licences = &found["licences"];
        let listed: Vec<_> = licences["listed"]
            .as_array()
            .unwrap()
            .iter()
            .map(|licence| {
                (
                    licence["ends"].as_str().unwrap().to_owned(),
                    licence["id"].as_u64().unwrap(),
                    licence["state"].as_str().unwrap(),
                )
            })
            .collect();
        assert_eq!(listed, expected, "{day}");
        let expired = expected.iter().filter(|(.., state)| *state == "expired").count();
        assert_eq!(
            (&licences["expired"], &licences["expiring"], &licences["all"]),
            (&json!(expired), &json!(expected.len() - expired), &json!(5))
        );
        // In force: those that have begun and not ended.
        let begins = |right: &Value| right["properties"]["valid_from"].as_str().unwrap().to_owned();
        let valid: Vec<_> =
            rights.features.iter().filter(|right| *begins(right) <= *day && *ends(right) >= *day).collect();
        let capacity: f64 =
            valid.iter().map(|right| right["properties"]["capacity_10kt_per_year"].as_f64().unwrap()).sum();
        assert_eq!(indicator(&found, "coal_mines")["in_force"]["value"], json!(valid.len() as f64), "{day}");
        let output = indicator(&found, "coal_output")["in_force"]["value"].as_f64().unwrap();
        assert!((output - capacity / 1e4).abs() < 1e-12, "{day}");
        // A share of nothing is not told.
        let share = &indicator(&found, "coal_mines_medium_large")["in_force"]["value"];
        assert_eq!(share.is_null(), valid.is_empty(), "{day}");
    }
}

#[test]
fn what_is_granted_counts_where_it_is_known() {
    let server = shared();
    let found = asked("grant=mining_blocks/1,mining_blocks/2,mining_blocks/3&at=2024-01-01");
    let projected = |id: &str| indicator(&found, id)["projected"].clone();
    // I27: with its own blocks the plan has more mines than its cap.
    assert_eq!(projected("coal_mines"), json!({ "value": 7.0 }));
    assert_eq!(projected("methane_mines"), json!({ "value": 1.0 }));
    for id in ["coal_output", "coal_mines_medium_large"] {
        assert_eq!(projected(id)["value"], Value::Null);
        let unknown = projected(id)["unknown"].as_str().unwrap().to_owned();
        assert!(
            unknown.starts_with("mining_blocks: ") && unknown.contains("capacity_10kt_per_year"),
            "{unknown}"
        );
    }
    assert_eq!(indicator(&found, "coal_mines")["current"]["value"], 5.0);
    assert_eq!(asked("")["indicators"][5].get("projected"), None);
    let page = server.get("/plan/indicators?f=html&grant=mining_blocks/3&at=2026-01-01").expect(200);
    for words in ["煤层气矿山数量", "已到期 expired", "mining_blocks/3", "出让后"] {
        let words = words.replace(" expired", "");
        assert!(page.text().contains(&words), "{words}");
    }
    for (query, named) in [
        ("at=soon", "at"),
        ("at=2026-02-30", "at"),
        ("at=2026-01-01T00:00:00Z", "at"),
        ("grant=mining_blocks", "grant"),
        ("grant=mining_blocks/x", "grant"),
        ("grant=mining_blocks/99", "grant"),
        ("grant=mining_rights/1", "grant"),
        ("grant=clouds/1", "grant"),
        ("grant=mining_blocks/1,mining_blocks/1", "grant"),
        ("within=3", "within"),
    ] {
        let problem = server.get(&format!("/plan/indicators?{query}")).expect_problem(400);
        let detail = problem["detail"].as_str().unwrap();
        assert!(detail.starts_with(&format!("parameter `{named}`: ")), "{query}: {detail}");
    }
}
