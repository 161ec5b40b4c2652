//! `/plan`: the tables of the plan, made from the layers, equal the document cell by cell, and its contradictions stand
//! beside the cells that they are about.

use crate::support::{
    database::TestDatabase,
    postgis::{load_plan, query},
    server::{Server, Setup, plantiles, shared},
};
use serde_json::{Value, json};
use std::{fs, path::Path, sync::LazyLock};

const SOURCE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/data/tunliu/source");

static PLAN: LazyLock<Value> = LazyLock::new(|| {
    serde_json::from_slice(&fs::read(Path::new(SOURCE).join("plan.json")).unwrap()).unwrap()
});

static LINES: LazyLock<Vec<String>> = LazyLock::new(|| {
    let text = fs::read_to_string(Path::new(SOURCE).join("plan.txt")).unwrap();
    text.lines().map(str::to_owned).collect()
});

#[track_caller]
fn json_at(server: &Server, path: &str) -> Value {
    server.get(path).expect(200).json()
}

fn texts(table: &Value) -> Vec<Vec<&str>> {
    let rows = table["rows"].as_array().unwrap().iter();
    rows.map(|row| {
        row["cells"].as_array().unwrap().iter().map(|cell| cell["text"].as_str().unwrap()).collect()
    })
    .collect()
}

/// Tables that list a layer: every cell of theirs is made from the data.
const LISTING: [&str; 8] = ["1-1", "1-2", "3-1", "3-2", "3-3", "4-4", "4-5", "5-1"];

#[test]
fn every_table_equals_the_document_cell_by_cell() {
    let server = shared();
    let listed = json_at(&server, "/plan/tables");
    let planned = PLAN["tables"].as_object().unwrap();
    assert_eq!(listed["tables"].as_array().unwrap().len(), planned.len());
    for (name, expected) in planned {
        let id = name.strip_prefix('表').unwrap();
        let table = json_at(&server, &format!("/plan/tables/{id}"));
        let cells: Vec<Vec<String>> = serde_json::from_value(expected["cells"].clone()).unwrap();
        assert_eq!(texts(&table), cells, "{name}");
        assert_eq!(
            (&table["section"], &table["lines"]),
            (&expected["section"], &expected["lines"]),
            "{name}"
        );
        assert_eq!(table["differing"], 0);
        let header_rows = table["header_rows"].as_u64().unwrap() as usize;
        for (number, row) in table["rows"].as_array().unwrap().iter().enumerate() {
            let from_data = LISTING.contains(&id) && number >= header_rows;
            assert_eq!(row["feature"].is_u64(), from_data, "{name} {row}");
            for cell in row["cells"].as_array().unwrap() {
                assert_eq!(cell["from"], if from_data { "data" } else { "document" }, "{name} {cell}");
                // A cell begins with a tab, and a long one goes on in further lines.
                let line = &LINES[cell["line"].as_u64().unwrap() as usize - 1];
                let begun = line.strip_prefix('\t').unwrap_or_else(|| panic!("{name} {cell}: {line}"));
                assert!(cell["text"].as_str().unwrap().starts_with(begun.trim()), "{name} {cell}: {line}");
            }
        }
        // As CSV, by another reader than our writer.
        for bom in ["false", "true"] {
            let answer = server.get(&format!("/plan/tables/{id}?f=csv&bom={bom}")).expect(200);
            assert_eq!(answer.header("content-type"), Some("text/csv; charset=utf-8; header=present"));
            let text = answer.text().strip_prefix('\u{feff}').unwrap_or(answer.text());
            assert_eq!(answer.text().starts_with('\u{feff}'), bom == "true");
            let mut reader =
                csv::ReaderBuilder::new().has_headers(false).flexible(true).from_reader(text.as_bytes());
            let read: Vec<Vec<String>> =
                reader.records().map(|row| row.unwrap().iter().map(str::to_owned).collect()).collect();
            assert_eq!(read, cells, "{name}");
        }
        let page = server.get(&format!("/plan/tables/{id}?f=html")).expect(200);
        assert!(page.text().contains(&cells.last().unwrap()[0]), "{name}");
    }
    server.get("/plan/tables/9-9").expect_problem(404);
    server.get("/plan/tables/4-5?g=1").expect_problem(400);
    server.get("/plan/tables/%E8%A1%A8%2F").expect_problem(404);
}

#[test]
fn contradictions_stand_beside_their_cells() {
    let server = shared();
    let found = json_at(&server, "/plan/inconsistencies");
    let found = found["inconsistencies"].as_array().unwrap();
    let planned =
        PLAN["inconsistencies"].as_array().unwrap().iter().filter(|known| known["severity"] != "none");
    let planned: Vec<&Value> = planned.collect();
    assert_eq!((found.len(), planned.len()), (41, 41));
    for (found, planned) in found.iter().zip(planned) {
        for member in ["id", "kind", "severity", "quotes", "calc"] {
            assert_eq!(found[member], planned[member], "{planned}");
        }
        assert_eq!(found["what"]["en"], planned["what"]);
        for quote in found["quotes"].as_array().unwrap() {
            let line = &LINES[quote["line"].as_u64().unwrap() as usize - 1];
            assert!(line.contains(quote["text"].as_str().unwrap()), "{quote}: {line}");
        }
        // What it is about is there.
        for concern in found["concerns"].as_array().unwrap() {
            let href = concern["href"].as_str().unwrap().strip_prefix(&server.url("")).unwrap();
            let there = server.get(href).expect(200).json();
            if !concern["feature"].is_null() {
                assert_eq!(there["features"].as_array().unwrap().len(), 1, "{concern}");
            }
        }
    }
    let beside = |table: &str, row: usize, column: usize| {
        json_at(&server, &format!("/plan/tables/{table}"))["rows"][row]["cells"][column]["inconsistencies"]
            .clone()
    };
    // The licence that ended in 2018, and the column of areas, not its heading.
    assert_eq!(beside("1-2", 5, 9), json!(["I16"]));
    assert_eq!(beside("1-2", 3, 7), json!(["I04"]));
    assert_eq!(beside("1-2", 0, 7), Value::Null);
    assert_eq!(beside("2-1", 9, 3), json!(["I27"]));
    assert_eq!(beside("4-5", 3, 4), json!(["I26"]));
    let page = server.get("/plan/tables/1-2?f=html").expect(200);
    assert!(page.text().contains(r##"<a href="#I16">I16</a>"##) && page.text().contains(r#"<h2 id="I16">"#));
    let page = server.get("/plan/inconsistencies?f=html").expect(200);
    assert!(page.text().contains("共流径7个乡镇，河流全长约120km"));
    server.get("/plan?f=html").expect(200);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_data_says_otherwise_is_seen() {
    let database = TestDatabase::new().await;
    load_plan(&database.url());
    query(
        &database.url(),
        "UPDATE plan.mining_blocks SET area_km2 = 5 WHERE code = 'CQ002';
         DELETE FROM plan.mining_blocks WHERE code = 'CQ003';
         INSERT INTO plan.mining_blocks (id, code, name, geom)
           SELECT 9, 'CQ009', '新增', st_multi(st_makeenvelope(112.9, 36.2, 112.91, 36.21, 4490));",
    );
    let unnamed = Setup::default().database(&database.url()).start();
    let problem = unnamed.get("/plan/tables").expect_problem(404);
    assert!(problem["detail"].as_str().unwrap().contains("plan.document"), "{problem}");
    assert!(json_at(&unnamed, "/layers.json")["plan_text"].is_null());
    let server =
        Setup::default().database(&database.url()).config("[plan]\ndocument = \"bundled\"\n").start();
    assert_eq!(json_at(&server, "/layers.json")["plan_text"], server.url("/plan/text"));
    let table = json_at(&server, "/plan/tables/4-5");
    let rows = texts(&table);
    assert_eq!(rows[1][4], "48.22");
    assert_eq!(rows[2][..5], ["2", "CQ002", "山西省屯留县康庄煤矿", "煤", "5"]);
    assert_eq!(table["rows"][2]["cells"][4]["printed"], "4.51");
    assert_eq!(table["differing"], 1);
    // Only in the document, and only in the data.
    assert_eq!((rows[3][1], &table["rows"][3]["cells"][1]["from"]), ("CQ003", &json!("document")));
    assert_eq!(
        (rows[4].clone(), &table["rows"][4]["feature"]),
        (vec!["", "CQ009", "新增", "", "", "", ""], &json!(9))
    );
    let page = server.get("/plan/tables/4-5?f=html").expect(200);
    assert!(page.text().contains("（原文 printed: 4.51）"));
}

#[test]
fn a_countys_own_document_is_read_or_refused() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("county.json");
    let own = json!({
        "title": "某县规划",
        "tables": [{ "id": "1", "title": { "zh": "表", "en": "Table" }, "section": "一", "lines": [1, 2], "header_rows": 1,
            "lists": { "layer": "mining_blocks", "key": "code", "columns": ["code", "colour"] },
            "rows": [[{ "text": "编号", "line": 1 }, { "text": "颜色", "line": 1 }], [{ "text": "CQ001", "line": 2 }, { "text": "红", "line": 2 }]] }],
        "inconsistencies": [],
    });
    fs::write(&file, own.to_string()).unwrap();
    let config = format!("[plan]\ndocument = {file:?}\n");
    let server = Setup::default().config(&config).start();
    let table = json_at(&server, "/plan/tables/1");
    // The layer has no such property: the document's word stands.
    assert_eq!(table["rows"][1]["cells"][1], json!({ "text": "红", "from": "document", "line": 2 }));
    assert_eq!(table["rows"].as_array().unwrap().len(), 4);
    fs::write(&file, "{}").unwrap();
    let settings = folder.path().join("plantiles.toml");
    fs::write(&settings, config).unwrap();
    let output = plantiles(&["serve", "--listen", "127.0.0.1:0", "--config"])
        .arg(&settings)
        .arg("--state")
        .arg(folder.path().join("state"))
        .output()
        .unwrap();
    let said = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(1), "{said}");
    assert!(said.contains("county.json: not a plan's document: missing field"), "{said}");
}
