//! `/connect`: what it tells to paste is there.

use crate::{
    support::{
        plan::{self, LAYERS},
        server::{Server, Setup, shared},
    },
    tiles::busy_tile,
};

/// All texts to paste, unescaped.
fn pastes(html: &str) -> Vec<String> {
    let codes = html.split("<pre><code>").skip(1).map(|rest| rest.split("</code>").next().unwrap());
    codes.map(|code| code.replace("&lt;", "<").replace("&quot;", "\"").replace("&amp;", "&")).collect()
}

/// The URLs of the server in a text.
fn urls<'a>(server: &Server, text: &'a str) -> Vec<&'a str> {
    let base = server.url("");
    let starts = text.match_indices(&base).map(|(at, _)| &text[at..]);
    starts.map(|rest| rest.split(['"', ' ', ')', '\n', '<', '&']).next().unwrap()).collect()
}

#[test]
fn every_address_on_the_page_answers() {
    let server = shared();
    for path in ["/connect", "/connect?lang=en"] {
        let page = server.get(path).expect(200);
        assert_eq!(page.header("content-type"), Some("text/html; charset=utf-8"));
        assert!(page.expect_header("content-security-policy").contains("default-src 'self'"));
        assert_eq!(page.expect_header("x-content-type-options"), "nosniff");
        let pastes = pastes(page.text());
        assert!(pastes.len() > 10 + 2 * LAYERS.len());
        for text in &pastes {
            let urls = urls(&server, text);
            assert!(!urls.is_empty() || text.contains("import"), "no address in {text}");
            for url in urls {
                let url = url.replace("{z}/{x}/{y}", &busy_tile(10).to_string());
                let url = url.replace("/c/{z}/{y}/{x}", &format!("/c/{}", busy_tile_4490(10)));
                server.get_when_there(url.strip_prefix(&server.url("")).unwrap());
            }
        }
        let links = page.text().split("href=\"").skip(1).map(|rest| rest.split('"').next().unwrap());
        for link in links.filter(|link| !link.starts_with(['#', '?'])) {
            server.get_when_there(&format!("/{}", link.trim_start_matches("./")));
        }
        server.get("/assets/connect.js").expect(200);
    }
}

#[test]
fn every_file_that_is_offered_is_on_the_page() {
    let server = shared();
    let (catalog, page) = (server.get("/layers.json").json(), server.get("/connect").expect(200));
    let mut files: Vec<_> = catalog["downloads"].as_array().unwrap().iter().collect();
    files.extend(catalog["layers"][0]["downloads"].as_array().unwrap());
    assert!(files.len() > 5, "{files:?}");
    for file in files {
        let href = file["href"].as_str().unwrap();
        let path = href.strip_prefix(&server.url("/")).unwrap();
        assert!(page.text().contains(path), "{path}");
    }
}

/// Level, row and column in Tianditu's matrix set `c` of a tile with something in it.
fn busy_tile_4490(level: u32) -> String {
    let [west, south, east, north] = plan::bounds();
    let side = 360.0 / 2f64.powi(level as i32);
    let row = (90.0 - (south + north) / 2.0) / side;
    let column = (180.0 + (west + east) / 2.0) / side;
    format!("{level}/{}/{}", row.floor(), column.floor())
}

#[test]
fn it_speaks_chinese_and_english() {
    let server = shared();
    let text = |path: &str| server.get(path).expect(200).text().to_owned();
    let (zh, en) = (text("/connect"), text("/connect?lang=en"));
    assert_eq!(zh, text("/connect?lang=zh"));
    assert!(zh.contains("矢量切片") && zh.contains("<html lang=\"zh\">"));
    let is_chinese = |line: &&str| line.chars().any(|c| ('\u{4e00}'..='\u{9fff}').contains(&c));
    let chinese: Vec<_> = en.split('<').filter(is_chinese).collect();
    assert!(chinese.len() == 1 && chinese[0].ends_with(">中文"), "{chinese:?}");
    for query in ["lang=de", "language=en", "lang=en&x=1"] {
        let problem = server.get(&format!("/connect?{query}")).expect_problem(400);
        assert!(problem["detail"].as_str().unwrap().contains("lang"), "{problem}");
    }
}

#[test]
fn its_addresses_are_of_the_public_url() {
    let server =
        Setup::default().config("[server]\npublic_url = \"https://maps.example.org:8443/plan\"\n").start();
    let base = "https://maps.example.org:8443/plan/";
    let texts = pastes(server.get("/connect").text());
    assert!(texts.iter().all(|text| !text.contains("127.0.0.1")));
    assert!(texts.contains(&format!("{base}tiles/plan/{{z}}/{{x}}/{{y}}.mvt")));
    let qlr = server.get("/connect/plan.qlr").expect(200);
    assert!(
        qlr.text().contains(&format!("url={base}tiles/plan/%7Bz%7D/%7Bx%7D/%7By%7D.mvt")),
        "{}",
        qlr.text()
    );
    let qlr = server.get("/connect/mining_blocks.qlr").expect(200);
    assert_eq!(qlr.text().matches(&format!("/vsicurl/{base}downloads/mining_blocks.fgb")).count(), 2);
}

#[test]
fn there_is_no_other_file() {
    for path in ["/connect/nothing.qlr", "/connect/plan.xml", "/connect/..%2F.qlr", "/connect/.qlr"] {
        shared().get(path).expect_problem(404);
    }
}
