//! `/review` and `plantiles review`: a proposal in each of its forms, what is wrong with it, and the forms of the result.

use crate::support::server::{Server, Setup, plantiles, shared};
use serde_json::{Value, json};
use std::process::Output;

const TEXT: [(&str, &str); 1] = [("content-type", "text/plain; charset=utf-8")];
const JSON: [(&str, &str); 1] = [("content-type", "application/json")];
const GEOJSON: [(&str, &str); 1] = [("content-type", "application/geo+json")];

/// A square kilometre in the 余吾煤业 mine, in zone 38 and in degrees.
const CORNERS: &str = "1,4027000,38387000\n2,4027000,38388000\n3,4028000,38388000\n4,4028000,38387000\n";

fn ring(server: &Server) -> Value {
    let reviewed = server.post("/review", &TEXT, CORNERS.as_bytes()).expect(200).json();
    reviewed["proposal"]["geometry"]["coordinates"][0].clone()
}

fn rule<'a>(review: &'a Value, id: &str) -> &'a Value {
    let rules = review["rules"].as_array().unwrap();
    rules.iter().find(|rule| rule["id"] == id).unwrap_or_else(|| panic!("no {id}"))
}

#[test]
fn a_proposal_in_every_form_is_the_same() {
    let server = shared();
    let ring = ring(&server);
    let polygon = json!({ "type": "Polygon", "coordinates": ring });
    let feature =
        json!({ "type": "Feature", "properties": { "kind": "mining", "矿种": 1 }, "geometry": polygon });
    let collection = json!({ "type": "FeatureCollection", "features": [feature] });
    let positions = ring[0].as_array().unwrap().iter().map(|at| format!("{} {}", at[0], at[1]));
    let wkt = format!("SRID=4490;POLYGON(({}))", positions.collect::<Vec<_>>().join(","));
    let zone =
        "SRID=4547;POLYGON((387000 4027000, 388000 4027000, 388000 4028000, 387000 4028000, 387000 4027000))";
    let unnumbered = CORNERS.replace(",38", ",");
    let form = format!("proposal={}&kind=mining&papers=", CORNERS.replace('\n', "%0A").replace(',', "%2C"));
    let urlencoded = [("content-type", "application/x-www-form-urlencoded")];
    type Request<'a> = (&'a str, &'a [(&'a str, &'a str)], Vec<u8>);
    let requests: [Request; 10] = [
        ("?kind=mining", &TEXT, CORNERS.into()),
        ("?kind=%E9%87%87%E7%9F%BF%E6%9D%83&srid=4547", &TEXT, unnumbered.into()),
        ("?kind=mining", &TEXT, wkt.clone().into()),
        ("?kind=mining", &[], zone.into()),
        ("?kind=mining", &GEOJSON, polygon.to_string().into()),
        ("", &GEOJSON, feature.to_string().into()),
        ("", &JSON, collection.to_string().into()),
        ("", &JSON, json!({ "proposal": polygon, "kind": "mining" }).to_string().into()),
        ("", &JSON, json!({ "proposal": wkt, "kind": "采矿权" }).to_string().into()),
        ("", &urlencoded, form.into()),
    ];
    for (query, headers, body) in requests {
        let text = String::from_utf8_lossy(&body).into_owned();
        let review = server.post(&format!("/review{query}"), headers, &body).expect(200).json();
        let proposal = &review["proposal"];
        assert_eq!(proposal["attributes"]["kind"], "mining", "{text}");
        assert_eq!(proposal["corners"], 4, "{text}");
        let area = proposal["area_km2"].as_f64().unwrap();
        // On the ellipsoid, 113 km from the central meridian.
        assert!((area - 0.999_69).abs() < 1e-4, "{text}: {area}");
        let national = rule(&review, "R20");
        assert_eq!(national["verdict"], "consultation", "{text}");
        let share = national["features"][0]["share"].as_f64().unwrap();
        assert!((share - 1.0).abs() < 1e-6, "{text}: {share}");
    }
}

#[test]
fn a_result_has_every_rule_with_its_words() {
    let server = shared();
    let answer = server
        .post("/review?kind=mining&application=new&mineral=coal", &TEXT, CORNERS.as_bytes())
        .expect(200);
    assert_eq!(answer.expect_header("cache-control"), "no-store");
    let review = answer.json();
    let rules = review["rules"].as_array().unwrap();
    assert_eq!(rules.len(), 36);
    for rule in rules {
        assert!(
            ["pass", "conflict", "consultation", "not_checkable"]
                .contains(&rule["verdict"].as_str().unwrap())
        );
        assert!(rule["quotes"][0]["text"].as_str().is_some_and(|text| !text.is_empty()));
        assert!(
            rule["verdict"] != "not_checkable" || !rule["reasons"].as_array().unwrap().is_empty(),
            "{rule}"
        );
    }
    let counted: u64 =
        review["counts"].as_object().unwrap().values().map(|count| count.as_u64().unwrap()).sum();
    assert_eq!(counted, 36);
    assert!(review["notices"][0]["zh"].as_str().unwrap().contains("不能作为审批依据"));
    // An expired licence, with the overlap drawn.
    let expired = &rule(&review, "R36")["features"][0];
    assert_eq!(expired["code"], "C1000002012111240127770");
    assert_eq!(expired["geometry"]["type"], "MultiPolygon");
    assert_eq!(rule(&review, "R04")["applies"], false);
    assert_eq!(rule(&review, "R09")["verdict"], "not_checkable");
    let reason = rule(&review, "R09")["reasons"][0]["zh"].as_str().unwrap();
    assert!(reason.contains("生态保护红线") && reason.contains("permanent_farmland"), "{reason}");
}

#[test]
fn a_result_is_a_map_overlay_and_a_report_too() {
    let server = shared();
    let overlay = server.post("/review?f=geojson&mineral=coal", &TEXT, CORNERS.as_bytes()).expect(200);
    assert_eq!(overlay.expect_header("content-type"), "application/geo+json");
    let overlay = overlay.json();
    assert_eq!(overlay["features"][0]["properties"]["role"], "proposal");
    assert!(
        overlay["features"].as_array().unwrap().iter().any(|feature| feature["properties"]["rule"] == "R36")
    );

    let accept = [TEXT[0], ("accept", "text/html")];
    let report = server.post("/review?name=%3Cb%3E", &accept, CORNERS.as_bytes()).expect(200);
    assert_eq!(report.expect_header("content-type"), "text/html; charset=utf-8");
    let policy = report.expect_header("content-security-policy").to_owned();
    assert!(policy.contains("default-src 'none'") && policy.contains("img-src data:"), "{policy}");
    let text = report.text();
    for part in [
        "@page",
        "data:image/png;base64,iVBOR",
        "4027000.00",
        "38387000.00",
        "不能作为审批依据",
        "第四章第二节1（1）",
        "&lt;b&gt;",
    ] {
        assert!(text.contains(part), "no {part}");
    }
    assert!(!text.contains("<script") && !text.contains("http://"), "it is one file");
}

#[test]
fn the_form_asks_what_the_rules_need() {
    let server = shared();
    let questions = server.get("/review").expect(200).json();
    let ids: Vec<_> =
        questions["attributes"].as_array().unwrap().iter().map(|asked| asked["id"].clone()).collect();
    assert!(ids.contains(&json!("degree")) && !ids.contains(&json!("area_km2")));
    let page = server.ask("GET", "/review", &[("accept", "text/html")]).expect(200);
    assert!(page.text().contains("<textarea") && page.text().contains("勘查程度"));
    let refused = server.ask("PUT", "/review", &[]);
    assert_eq!(refused.expect_header("allow"), "GET, HEAD, POST, OPTIONS");
    refused.expect_problem(405);
}

#[test]
fn what_is_wrong_is_told_with_its_place() {
    let server = shared();
    let many: String = (0..100_000).map(|n| format!("{n},{},38387000\n", 4_027_000 + n)).collect();
    let circle = (0..=100_000).map(|n| {
        let angle = std::f64::consts::TAU * f64::from(n % 100_000) / 100_000.0;
        format!("{:.9} {:.9}", 112.7 + 0.01 * angle.cos(), 36.3 + 0.01 * angle.sin())
    });
    let circle = format!("POLYGON(({}))", circle.collect::<Vec<_>>().join(","));
    let cases: [(&str, Vec<u8>, &str); 19] = [
        ("", "".into(), "the proposal is empty"),
        ("", "POLYGON EMPTY".into(), "is empty"),
        (
            "",
            "1,4027000,38387000\n2,4028000,38388000\n3,4027000,38388000\n4,4028000,38386000".into(),
            "the edges from corner 1 to the next of ring 1 and from corner 3 to the next of ring 1 cross at X 40",
        ),
        ("", "POLYGON((112.7 36.3, 112.8 36.3, 112.8 36.4, 112.7 36.35))".into(), "the ring is not closed"),
        ("", "POLYGON((112.7 36.3, 112.8 36.3, 112.9 36.3, 112.7 36.3))".into(), "ring 1"),
        (
            "",
            "POLYGON((36.3 112.7, 36.3 112.8, 36.4 112.8, 36.3 112.7))".into(),
            "x and y look swapped, which northing-first",
        ),
        ("", CORNERS.replace(",38", ",37").into(), "with srid 4526 its corners would lie in it"),
        ("", CORNERS.replace(",38", ",").into(), "the easting has no zone number: srid names the zone"),
        ("", CORNERS.replace(",38", ",99").into(), "which is no zone of China"),
        ("", "POLYGON((2.3 48.8, 2.4 48.8, 2.4 48.9, 2.3 48.8))".into(), "do not lie in China"),
        ("", "POINT(112.7 36.3)".into(), "the geometry is a point"),
        (
            "",
            r#"{"type":"LineString","coordinates":[]}"#.into(),
            "GeoJSON of type `LineString`, not a polygon",
        ),
        ("", r#"{"type":"Polygon","coordinates":[[["#.into(), "the proposal is not GeoJSON"),
        ("", "hello".into(), "it has no line of corner coordinates"),
        ("", many.into(), "corners, at most 10000 are reviewed"),
        ("", circle.into(), "the proposal has 100001 corners, at most 10000 are reviewed"),
        ("?kind=other", CORNERS.into(), "`kind` is one of exploration (探矿权), mining (采矿权)"),
        ("?colour=red", CORNERS.into(), "`colour` is not asked of a proposal; date, name, applicant"),
        ("?srid=2385", CORNERS.into(), "`srid` is an EPSG code"),
    ];
    for (query, body, expected) in cases {
        let problem = server.post(&format!("/review{query}"), &TEXT, &body).expect_problem(400);
        let detail = problem["detail"].as_str().unwrap();
        assert!(detail.contains(expected), "{expected}: {detail}");
        assert!(detail.len() < 600, "{detail}");
    }
    for (body, expected) in [
        ("[]", "the body is not a JSON object"),
        ("{}", "there is no `proposal`"),
        (r#"{"proposal": 1}"#, "`proposal` is GeoJSON, or a text"),
    ] {
        let problem = server.post("/review", &JSON, body.as_bytes()).expect_problem(400);
        assert!(problem["detail"].as_str().unwrap().contains(expected), "{problem}");
    }
    server.post("/review", &TEXT, &vec![b'1'; (4 << 20) + 1]).expect_problem(413);
}

#[test]
fn a_county_has_rules_of_its_own() {
    let folder = tempfile::tempdir().unwrap();
    let own = folder.path().join("rules.toml");
    let rules = "plan = { zh = \"某县规划\", en = \"A county\" }\n[[rule]]\nid = \"A1\"\nsection = \"第一章\"\nstrength = \"must\"\n\
                 quotes = [{ text = \"距河流不小于一千米\", line = 3 }]\n\
                 [[rule.check]]\ntest.distance = { of = [{ layer = \"rivers\" }], metres = 1000 }\n";
    std::fs::write(&own, rules).unwrap();
    let config = format!("[review]\nrules = {:?}\n", own.to_str().unwrap());
    let server = Setup::default().config(&config).start();
    let river = crate::support::plan::layer_named("rivers").feature(1);
    let at = &river["geometry"]["coordinates"][0][5];
    let (lon, lat) = (at[0].as_f64().unwrap() + 0.004, at[1].as_f64().unwrap());
    let wkt = format!("POLYGON(({lon} {lat}, {} {lat}, {lon} {}, {lon} {lat}))", lon + 0.001, lat + 0.001);
    let review = server.post("/review", &TEXT, wkt.as_bytes()).expect(200).json();
    assert_eq!(review["verdict"], "conflict");
    let near = review["rules"][0]["features"][0]["distance_m"].as_f64().unwrap();
    assert!((0.0..360.0).contains(&near), "{near}");

    let file = folder.path().join("plantiles.toml");
    let state = folder.path().join("state");
    let check = |rules: &str| {
        std::fs::write(&own, rules).unwrap();
        std::fs::write(&file, &config).unwrap();
        let (file, state) = (file.to_str().unwrap(), state.to_str().unwrap());
        plantiles(&["check", "--config", file, "--state", state]).output().unwrap()
    };
    let good = check(rules);
    assert!(good.status.success() && stdout(&good).contains("review: 1 rules"), "{good:?}");
    let wrong = check(&rules.replace("rivers", "oceans"));
    assert_eq!(wrong.status.code(), Some(1));
    assert!(
        stdout(&wrong).contains("review: rule A1: there is no layer `oceans`, and [layers] does not name it")
    );
}

fn stdout(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned()
}

#[test]
fn a_file_is_reviewed_on_the_command_line() {
    let folder = tempfile::tempdir().unwrap();
    let (state, file) = (folder.path().join("state"), folder.path().join("corners.txt"));
    std::fs::write(&file, CORNERS).unwrap();
    let run = |arguments: &[&str]| {
        let all =
            [&["review", file.to_str().unwrap(), "--state", state.to_str().unwrap()], arguments].concat();
        plantiles(&all).output().unwrap()
    };
    let text =
        run(&["--kind", "mining", "--application", "new", "--mineral", "煤", "--answer", "degree=详查"]);
    assert!(text.status.success(), "{text:?}");
    let lines = stdout(&text);
    for part in ["注意：规划图形为示意图形", "R20 需征求意见", "结论：冲突"] {
        assert!(lines.contains(part), "{part}: {lines}");
    }
    let json = run(&["--format", "json"]);
    assert_eq!(serde_json::from_str::<Value>(&stdout(&json)).unwrap()["rules"].as_array().unwrap().len(), 36);
    let report = folder.path().join("report.html");
    let html = run(&["--format", "html", "-o", report.to_str().unwrap()]);
    assert!(html.status.success(), "{html:?}");
    assert!(std::fs::read_to_string(report).unwrap().contains("data:image/png"));
    std::fs::write(&file, "POLYGON((2.3 48.8, 2.4 48.8, 2.4 48.9, 2.3 48.8))").unwrap();
    let refused = run(&[]);
    assert_eq!(refused.status.code(), Some(1));
    let error = String::from_utf8_lossy(&refused.stderr).into_owned();
    assert!(error.contains("do not lie in China") && error.trim().lines().count() == 1, "{error}");
}

/// Nobody who judges a right in the morning does it by the day before.
#[test]
fn today_is_that_of_china() {
    let folder = tempfile::tempdir().unwrap();
    let proposal = folder.path().join("proposal.txt");
    std::fs::write(&proposal, CORNERS).unwrap();
    for (time, date) in [("2024-01-01 15:59:00", "2024-01-01"), ("2024-01-01 16:01:00", "2024-01-02")] {
        let mut command = std::process::Command::new("faketime");
        command.args([time, env!("CARGO_BIN_EXE_plantiles"), "review"]).arg(&proposal);
        command.args(["--format", "json", "--state"]).arg(folder.path().join("state"));
        command.env("TZ", "UTC").env_remove("DATABASE_URL");
        let output = command.output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        let review: Value = serde_json::from_slice(&output.stdout).unwrap();
        assert_eq!(review["date"], date, "at {time} UTC");
    }
}
