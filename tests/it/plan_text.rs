//! `/plan/text`, `/plan/search`, `/plan/features`: the plan's text by section, found by its words, and linked both ways
//! with the features that it names.

use crate::support::{
    database::TestDatabase,
    http::Response,
    plan,
    postgis::{load_plan, query},
    server::{Server, Setup, shared},
};
use serde_json::{Value, json};
use std::{collections::BTreeSet, fs, sync::LazyLock};

static LINES: LazyLock<Vec<String>> = LazyLock::new(|| {
    let text = fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/data/tunliu/source/plan.txt"));
    text.unwrap().lines().map(|line| line.trim().to_owned()).collect()
});

fn printed(line: &Value) -> &'static str {
    &LINES[line.as_u64().unwrap() as usize - 1]
}

#[track_caller]
fn json_at(server: &Server, path: &str) -> Value {
    server.get(path).expect(200).json()
}

fn list(value: &Value) -> &Vec<Value> {
    value.as_array().unwrap()
}

fn strings<'a>(values: &'a Value, member: &str) -> Vec<&'a str> {
    list(values).iter().map(|value| value[member].as_str().unwrap()).collect()
}

fn lines(values: &Value) -> Vec<u64> {
    list(values).iter().map(|value| value["line"].as_u64().unwrap()).collect()
}

/// Characters of a text.
fn characters(text: &Value, start: &Value, end: &Value) -> String {
    let (start, end) = (start.as_u64().unwrap() as usize, end.as_u64().unwrap() as usize);
    text.as_str().unwrap().chars().skip(start).take(end - start).collect()
}

fn query_of(words: &str) -> String {
    form_urlencoded::byte_serialize(words.as_bytes()).collect()
}

#[test]
fn every_section_is_read_with_what_it_names() {
    let server = shared();
    let contents = json_at(&server, "/plan/text");
    let sections = list(&contents["sections"]);
    assert_eq!(sections.len(), 86);
    let mut before = Value::Null;
    let mut rules = BTreeSet::new();
    for listed in sections {
        let id = listed["id"].as_str().unwrap();
        let section = json_at(&server, &format!("/plan/text/{id}"));
        assert_eq!(section["previous"]["id"], before, "{id}");
        before = section["id"].clone();
        assert_eq!(list(&section["path"]).len() + 1, listed["level"].as_u64().unwrap() as usize, "{id}");
        assert_eq!((&section["title"], &section["lines"]), (&listed["title"], &listed["lines"]));
        for paragraph in list(&section["paragraphs"]) {
            assert_eq!(paragraph["text"], printed(&paragraph["line"]));
            for feature in list(&paragraph["features"]) {
                let named = [&feature["name"], &feature["code"]];
                if let (Value::Null, false) = (&feature["line"], feature["start"].is_null()) {
                    let words = characters(&paragraph["text"], &feature["start"], &feature["end"]);
                    assert!(named.contains(&&json!(words)), "{feature}");
                }
                // What names a feature is among what is said of it.
                let (layer, id) = (feature["layer"].as_str().unwrap(), &feature["id"]);
                let said = json_at(&server, &format!("/plan/features/{layer}/{id}"));
                let line = if feature["line"].is_null() { &paragraph["line"] } else { &feature["line"] };
                let passage = list(&said["text"]).iter().find(|passage| passage["line"] == *line).unwrap();
                assert_eq!((&passage["section"], &passage["title"]), (&section["id"], &section["title"]));
            }
            rules.extend(list(&paragraph["rules"]).iter().map(|rule| rule.as_str().unwrap().to_owned()));
        }
    }
    assert_eq!(rules.len(), 36, "each rule stands in the text");
    let zones = json_at(&server, "/plan/text/3-3-3");
    let paragraph = &zones["paragraphs"][1];
    assert_eq!(paragraph["line"], 674);
    assert_eq!(
        strings(&paragraph["features"], "layer").iter().filter(|layer| **layer == "townships").count(),
        0
    );
    assert_eq!(paragraph["inconsistencies"], json!(["I30", "I31"]));
    assert_eq!(zones["paragraphs"][2]["rules"], json!(["R06", "R07", "R08"]));
    let table = &json_at(&server, "/plan/text/4-3-2")["paragraphs"][1];
    assert_eq!((&table["table"], &table["features"][1]["code"]), (&json!("4-5"), &json!("CQ002")));
}

#[test]
fn pages_are_whole_and_lead_to_what_is_there() {
    let server = shared();
    let contents = json_at(&server, "/plan/text");
    let pages = strings(&contents["sections"], "id").into_iter().map(|id| format!("/plan/text/{id}?f=html"));
    let landing = json_at(&server, "/ogc");
    assert!(strings(&landing["links"], "href").contains(&server.url("/plan").as_str()));
    let others =
        ["/ogc?f=html", "/plan?f=html", "/plan/text?f=html", "/plan/search?f=html&q=%E7%BB%9B%E6%B2%B3"];
    let mut links = BTreeSet::new();
    for path in pages.chain(others.map(str::to_owned)) {
        let page = server.get(&path).expect(200);
        assert_eq!(page.expect_header("content-type"), "text/html; charset=utf-8");
        assert!(page.expect_header("content-security-policy").starts_with("default-src 'none'"));
        links.extend(well_formed(&path, &page));
    }
    for link in links {
        let to = link.strip_prefix(&server.url("")).unwrap_or_else(|| panic!("{link} is elsewhere"));
        let (path, anchor) = to.split_once('#').unwrap_or((to, ""));
        let there = server.get(path).expect(200);
        if !anchor.is_empty() && !anchor.starts_with("feature=") {
            assert!(there.text().contains(&format!("id=\"{anchor}\"")), "{link} leads to no place");
        }
    }
    let page = server.get("/plan/text/1-1-4?f=html").expect(200);
    for words in ["麟降镇", r#"<p id="line-31">"#, r#"/#feature=rivers/1">绛河</a>：浊漳南源的一级支流"#]
    {
        assert!(page.text().contains(words), "{words}");
    }
    let browser = server.ask("GET", "/plan/text/1-1-4", &[("accept", "text/html")]).expect(200);
    assert_eq!(browser.body, page.body);
}

/// Every element ends, each id is there once; the links of the page.
#[track_caller]
fn well_formed(path: &str, page: &Response) -> Vec<String> {
    const VOID: [&str; 5] = ["meta", "link", "br", "input", "!DOCTYPE"];
    let (mut open, mut ids, mut links) = (vec![], BTreeSet::new(), vec![]);
    for tag in page.text().split('<').skip(1) {
        let (tag, _) = tag.split_once('>').unwrap_or_else(|| panic!("{path}: <{tag}"));
        let name = tag.split_whitespace().next().unwrap();
        if let Some(name) = name.strip_prefix('/') {
            assert_eq!(open.pop(), Some(name), "{path}");
        } else if !VOID.contains(&name) {
            open.push(name);
        }
        let value = |attribute: &str| Some(tag.split_once(&format!(" {attribute}=\""))?.1.split_once('"')?.0);
        if let Some(id) = value("id") {
            assert!(ids.insert(id.to_owned()), "{path}: {id} is there twice");
        }
        if name == "a" {
            links.push(value("href").unwrap().replace("&amp;", "&"));
        }
    }
    assert!(open.is_empty(), "{path}: {open:?}");
    links
}

#[test]
fn words_are_found_in_text_titles_and_tables() {
    let server = shared();
    let search = |words: &str| json_at(&server, &format!("/plan/search?limit=100&q={}", query_of(words)));
    for words in ["绛河", "煤层气 沁南", "ＣＱ００２", "cq002", "平方千米", "km2", "规划 区块 屯留"]
    {
        let found = search(words);
        let hits = list(&found["hits"]);
        assert_eq!(found["matched"].as_u64().unwrap().min(100) as usize, hits.len());
        assert!(!hits.is_empty(), "{words}");
        for hit in hits {
            let section = json_at(&server, &format!("/plan/text/{}", hit["section"].as_str().unwrap()));
            let [first, last] = [0, 1].map(|end| section["lines"][end].as_u64().unwrap());
            assert!((first..=last).contains(&hit["line"].as_u64().unwrap()), "{hit}");
            assert_eq!(hit["title"], section["title"]);
            for mark in list(&hit["marks"]) {
                let marked = characters(&hit["excerpt"], &mark[0], &mark[1]);
                let alike = words.split(' ').map(|word| (word, word.chars().count()));
                assert!(
                    alike
                        .into_iter()
                        .any(|(word, length)| marked == word || marked.chars().count() == length),
                    "{words}: {marked}"
                );
            }
        }
    }
    // Headings first, then where it is said most often, then in the order of the text.
    assert_eq!(search("规划区块")["hits"][0]["line"], 756);
    let times = |line: &u64| LINES[*line as usize - 1].matches("示范区").count();
    let mut said: Vec<u64> = (1..=LINES.len() as u64).filter(|line| times(line) > 0).collect();
    said.sort_by_key(|line| (std::cmp::Reverse(times(line)), *line));
    assert!(said.len() > 3 && !said.is_sorted());
    assert_eq!(lines(&search("示范区")["hits"]), said);
    // In a cell, whatever the width; with words of other cells of the row.
    for words in ["ＣＱ００２", "cq002 康庄煤矿 4.51"] {
        let found = search(words);
        assert_eq!(found["matched"], 1, "{words}");
        assert_eq!(found["hits"][0]["section"], "4-3-2");
        assert_eq!(found["hits"][0]["excerpt"], "2 CQ002 山西省屯留县康庄煤矿 煤 4.51 2021-2025");
    }
    assert_eq!(search("麟降镇")["matched"], 1, "wrong words stay as the plan has them");
    assert_eq!(search("没有这话")["matched"], 0);
    let one = json_at(&server, "/plan/search?limit=1&q=%E7%85%A4");
    assert_eq!(list(&one["hits"]).len(), 1);
    assert!(one["matched"].as_u64().unwrap() > 50);
    let page = server.get("/plan/search?f=html&q=%E7%BB%9B%E6%B2%B3").expect(200);
    assert!(page.text().contains("<mark>绛河</mark>：浊漳南源的一级支流"));
    let hostile = server.get("/plan/search?f=html&q=%22%3E%3Cscript%3E").expect(200);
    assert!(!hostile.text().contains("<script"));
}

#[test]
fn what_is_asked_wrongly_is_named() {
    let server = shared();
    let long = "%E7%85%A4".repeat(201);
    for (path, status, reason) in [
        ("/plan/search", 400, "`q`"),
        ("/plan/search?q=%E3%80%80", 400, "`q`"),
        (&format!("/plan/search?q={long}"), 400, "200 characters"),
        ("/plan/search?q=1+2+3+4+5+6+7+8+9", 400, "8 words"),
        ("/plan/search?q=a&limit=0", 400, "`limit`"),
        ("/plan/search?q=a&limit=101", 400, "`limit`"),
        ("/plan/search?q=a&q=b", 400, "twice"),
        ("/plan/search?q=a&f=csv", 400, "`f`"),
        ("/plan/text?q=a", 400, "`q`"),
        ("/plan/text/9-9", 404, "9-9"),
        ("/plan/text/%E7%AC%AC%E4%B8%80%E7%AB%A0", 404, "第一章"),
        ("/plan/features/nothing/1", 404, "nothing"),
        ("/plan/features/rivers/9", 404, "no such feature"),
        ("/plan/features/rivers/-1", 404, "no such feature"),
        ("/plan/features/rivers/1?f=html", 400, "`f`"),
        ("/plan/features/rivers/1?g=1", 400, "`g`"),
    ] {
        let problem = server.get(path).expect_problem(status);
        assert!(problem["detail"].as_str().unwrap().contains(reason), "{path}: {problem}");
    }
}

#[test]
fn a_feature_leads_to_what_the_plan_says_of_it() {
    let server = shared();
    let about = |layer: &str, id: u64| json_at(&server, &format!("/plan/features/{layer}/{id}"));
    let river = about("rivers", 1);
    assert_eq!(
        (&river["layer"], &river["id"], &river["name"]),
        (&json!("rivers"), &json!(1), &json!("绛河"))
    );
    assert_eq!(lines(&river["text"]), [29, 31, 33]);
    assert_eq!(river["text"][1]["section"], "1-1-4");
    assert_eq!(river["text"][1]["title"], "四、水系");
    assert_eq!(river["text"][1]["quote"], "绛河：浊漳南源的一级支流，属海河流域漳河水系浊漳河南源支流。");
    // Of all rivers, of this one, and not that of 谷河 alone.
    let found = strings(&river["inconsistencies"], "id");
    assert!(found.contains(&"I07") && found.contains(&"I13") && !found.contains(&"I08"), "{found:?}");

    // A row of a table, and where its name stands in the text; contradictions of the row.
    let right = about("mining_rights", 5);
    assert_eq!(right["code"], "C1400002009111220046147");
    assert_eq!(lines(&right["text"]), [120, 313]);
    let row = right["text"][1]["quote"].as_str().unwrap();
    assert!(row.starts_with("5 C1400002009111220046147 ") && row.ends_with("停产、减量重组"), "{row}");
    let found = strings(&right["inconsistencies"], "id");
    assert!(
        ["I04", "I16", "I17", "I27"].iter().all(|id| found.contains(id)) && !found.contains(&"I15"),
        "{found:?}"
    );
    let rules = strings(&right["rules"], "id");
    assert!(["R01", "R10", "R25", "R36"].iter().all(|id| rules.contains(id)), "{rules:?}");
    assert!(!rules.contains(&"R11"), "it is a coal mine");
    assert_eq!(
        right["rules"][0],
        json!({ "id": "R01", "title": "第二节 勘查规划区块", "quote": "不得与现有矿业权重叠", "section": "4-2", "line": 759, "verdict": "conflict" })
    );

    // The plan speaks of the road without its name, and of the fault.
    let road = about("roads", 14);
    assert_eq!((&road["name"], lines(&road["text"])), (&json!("北康线"), vec![674]));
    assert_eq!(lines(&about("faults", 1)["text"]), [76, 78]);
    // Rules look at the bases of coal-bed methane alone.
    let rules = |layer, id| strings(&about(layer, id)["rules"], "id").join(" ");
    assert_eq!((rules("energy_bases", 1).as_str(), rules("energy_bases", 3).as_str()), ("", "R19 R19"));
    assert_eq!(rules("prohibited_zones", 2), "R05 R05 R06 R07");

    for layer in plan::LAYERS.iter() {
        for id in 1..=layer.features.len() as u64 {
            let said = about(&layer.id, id);
            assert!(!list(&said["text"]).is_empty(), "{} {id}", layer.id);
            for passage in list(&said["text"]) {
                let quote = passage["quote"].as_str().unwrap().trim_matches('…');
                let line = printed(&passage["line"]);
                // A sentence of the line, or the row that the cell at the line is in.
                assert!(line.contains(quote) || quote.contains(line), "{passage}");
            }
            for rule in list(&said["rules"]) {
                assert!(printed(&rule["line"]).contains(rule["quote"].as_str().unwrap()), "{rule}");
                server.get(&format!("/plan/text/{}", rule["section"].as_str().unwrap())).expect(200);
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn rows_are_found_by_code_and_name_however_they_are_numbered() {
    let database = TestDatabase::new().await;
    load_plan(&database.url());
    query(
        &database.url(),
        "UPDATE plan.mining_blocks SET id = 1000 - id;
         UPDATE plan.rivers SET id = id + 10;
         UPDATE plan.rivers SET name = '谷水' WHERE name = '谷河';",
    );
    let without = Setup::default().database(&database.url()).start();
    for path in ["/plan/features/rivers/11", "/plan/text", "/plan/text/1", "/plan/search?q=a"] {
        let problem = without.get(path).expect_problem(404);
        assert!(problem["detail"].as_str().unwrap().contains("plan.document"), "{problem}");
    }
    let server =
        Setup::default().database(&database.url()).config("[plan]\ndocument = \"bundled\"\n").start();
    server.get("/plan/features/mining_blocks/2").expect_problem(404);
    let block = json_at(&server, "/plan/features/mining_blocks/998");
    assert_eq!(block["code"], "CQ002");
    assert_eq!(lines(&block["text"]), [861]);
    let found = strings(&block["inconsistencies"], "id");
    assert!(found.contains(&"I31") && !found.contains(&"I26"), "{found:?}");
    let table = &json_at(&server, "/plan/text/4-3-2")["paragraphs"][1];
    let ids: Vec<_> =
        list(&table["features"]).iter().map(|feature| feature["id"].as_u64().unwrap()).collect();
    assert_eq!(ids, [999, 998, 997]);
    // What the layer does not have is not linked.
    let rivers = &json_at(&server, "/plan/text/1-1-4")["paragraphs"][0]["features"];
    let rivers: Vec<_> = list(rivers).iter().filter(|feature| feature["layer"] == "rivers").collect();
    assert_eq!(rivers.iter().map(|river| &river["id"]).collect::<Vec<_>>(), [11, 12]);
    assert_eq!(json_at(&server, "/plan/features/rivers/13")["text"], json!([]));
}

#[test]
fn a_countys_own_text_is_read_or_there_is_none() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("county.json");
    let config = format!("[plan]\ndocument = {file:?}\n");
    let own = json!({
        "title": "某县规划", "tables": [], "inconsistencies": [],
        "text": [{ "id": "1", "title": "总则", "line": 1, "lines": [1, 3],
            "paragraphs": [{ "line": 3, "text": "另有绛河。", "features": [{ "layer": "rivers", "feature": { "name": "绛河" }, "at": [2, 4] }] }] }],
    });
    fs::write(&file, own.to_string()).unwrap();
    let server = Setup::default().config(&config).start();
    let section = json_at(&server, "/plan/text/1");
    assert_eq!(section["paragraphs"][0]["features"][0]["id"], 1);
    // The rules in use are of another plan: none of their words are here.
    let river = json_at(&server, "/plan/features/rivers/1");
    assert_eq!(river["text"], json!([{ "section": "1", "title": "总则", "line": 3, "quote": "另有绛河。" }]));
    let zone = json_at(&server, "/plan/features/prohibited_zones/1");
    assert_eq!(
        (&zone["rules"][0]["section"], &zone["rules"][0]["title"]),
        (&Value::Null, &json!("第三章第三节三（禁止开采区）"))
    );
    fs::write(&file, json!({ "title": "某县规划", "tables": [], "inconsistencies": [] }).to_string())
        .unwrap();
    let server = Setup::default().config(&config).start();
    for path in ["/plan/text", "/plan/text/1", "/plan/search?q=a"] {
        let problem = server.get(path).expect_problem(404);
        assert_eq!(problem["detail"], "the document of this plan has no text");
    }
    assert_eq!(json_at(&server, "/plan/features/rivers/1")["text"], json!([]));
}
