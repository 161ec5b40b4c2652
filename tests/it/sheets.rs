//! Map sheets, opened by other programs: poppler reads the PDF, PROJ says where things are.

use crate::support::{
    database::TestDatabase,
    gdal,
    server::{Server, Setup, plantiles, shared},
};
use serde_json::Value;
use std::{
    io::Write,
    path::Path,
    process::{Command, Stdio},
};
use tiny_skia::Pixmap;

const MAPS: [(&str, &str); 5] = [
    ("general-map", "规划总图"),
    ("exploration-map", "勘查规划图"),
    ("mining-map", "开采规划图"),
    ("restoration-map", "生态修复图"),
    ("plan", "规划图（全部图层）"),
];

fn pixels(server: &Server, path: &str) -> Pixmap {
    let answer = server.get(path).expect(200);
    assert_eq!(answer.expect_header("content-type"), "image/png");
    Pixmap::decode_png(&answer.body).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// The PDF at `path` as a file.
fn pdf(server: &Server, path: &str) -> tempfile::NamedTempFile {
    let answer = server.get(path).expect(200);
    assert_eq!(answer.expect_header("content-type"), "application/pdf");
    let mut file = tempfile::NamedTempFile::new().unwrap();
    file.write_all(&answer.body).unwrap();
    file
}

/// A word of a page and its middle, millimetres from the upper left corner.
struct Word {
    text: String,
    at: [f64; 2],
}

fn words(pdf: &Path) -> Vec<Word> {
    let xml = gdal::run("pdftotext", &["-bbox", pdf.to_str().unwrap(), "-"]);
    let word = |line: &str| {
        let rest = line.trim().strip_prefix("<word ")?;
        let (attributes, text) = rest.split_once('>')?;
        let number = |name: &str| -> Option<f64> {
            attributes.split(&format!("{name}=\"")).nth(1)?.split('"').next()?.parse().ok()
        };
        let middle = |axis: char| {
            let [min, max] = ["Min", "Max"].map(|end| number(&format!("{axis}{end}")));
            Some((min? + max?) / 2.0 * 25.4 / 72.0)
        };
        let text = text.strip_suffix("</word>")?.to_owned();
        Some(Word { text, at: [middle('x')?, middle('y')?] })
    };
    xml.lines().filter_map(word).collect()
}

/// Positions through PROJ; x east, y north on both sides.
fn transformed(from: u32, to: u32, positions: &[[f64; 2]]) -> Vec<[f64; 2]> {
    let mut child = Command::new("gdaltransform")
        .args(["-s_srs", &format!("EPSG:{from}"), "-t_srs", &format!("EPSG:{to}"), "-output_xy"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let lines: String = positions.iter().map(|[x, y]| format!("{x} {y}\n")).collect();
    child.stdin.take().unwrap().write_all(lines.as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success());
    let text = String::from_utf8(output.stdout).unwrap();
    let position = |line: &str| {
        let mut numbers = line.split_whitespace().map(|n| n.parse().unwrap());
        [numbers.next().unwrap(), numbers.next().unwrap()]
    };
    text.lines().map(position).collect()
}

/// What `/sheets/{map}.json` says of a sheet.
struct Description {
    scale: f64,
    epsg: u32,
    /// Left, top, right, bottom.
    frame: [f64; 4],
    west: f64,
    south: f64,
}

impl Description {
    fn of(server: &Server, path: &str) -> Self {
        let json = server.get(path).expect(200).json();
        let frame = [0, 1, 2, 3].map(|i| json["frameMillimetres"][i].as_f64().unwrap());
        let extent = |name: &str| json["extent"][name].as_f64().unwrap();
        let scale = json["scale"].as_f64().unwrap();
        // Paper and plane are of one size.
        let width = (extent("maxEasting") - extent("minEasting")) * 1000.0 / scale;
        let height = (extent("maxNorthing") - extent("minNorthing")) * 1000.0 / scale;
        assert!(
            (width - (frame[2] - frame[0])).abs() < 1e-6 && (height - (frame[3] - frame[1])).abs() < 1e-6
        );
        let epsg = json["crs"].as_str().unwrap().rsplit('/').next().unwrap().parse().unwrap();
        Self { scale, epsg, frame, west: extent("minEasting"), south: extent("minNorthing") }
    }

    fn plane(&self, [x, y]: [f64; 2]) -> [f64; 2] {
        let metres = |mm: f64| mm * self.scale / 1000.0;
        [self.west + metres(x - self.frame[0]), self.south + metres(self.frame[3] - y)]
    }

    fn paper(&self, [x, y]: [f64; 2]) -> [f64; 2] {
        let mm = |metres: f64| metres * 1000.0 / self.scale;
        [self.frame[0] + mm(x - self.west), self.frame[3] - mm(y - self.south)]
    }

    fn is_inside(&self, [x, y]: [f64; 2]) -> bool {
        let [left, top, right, bottom] = self.frame;
        left < x && x < right && top < y && y < bottom
    }
}

#[test]
fn every_map_is_listed_and_is_an_a3_sheet() {
    let server = shared();
    let list = server.get("/sheets.json").expect(200).json();
    let ids: Vec<_> = list["sheets"].as_array().unwrap().iter().map(|s| s["id"].as_str().unwrap()).collect();
    assert_eq!(ids, MAPS.map(|(id, _)| id));
    for sheet in list["sheets"].as_array().unwrap() {
        for form in ["pdf", "description", "style"] {
            let url = sheet[form].as_str().unwrap();
            server.get(url.strip_prefix(&server.url("")).unwrap()).expect(200);
        }
    }
    for (language, word) in [("", "图件"), ("?lang=zh", "图件"), ("?lang=en", "Map sheets")] {
        let page = server.get(&format!("/sheets{language}")).expect(200);
        assert!(page.expect_header("content-security-policy").contains("default-src 'none'"));
        let page = page.text();
        assert!(page.contains(word) && MAPS.iter().all(|(id, _)| page.contains(&format!("sheets/{id}.pdf"))));
    }
    for (map, title) in MAPS {
        let file = pdf(&server, &format!("/sheets/{map}.pdf"));
        let path = file.path().to_str().unwrap();
        let info = gdal::run("pdfinfo", &[path]);
        assert!(info.contains("(A3)") && info.contains("1190.55 x 841.89 pts"), "{info}");
        assert!(info.contains(&format!("屯留区矿产资源总体规划（2021—2025年）{title}")), "{info}");
        let fonts = gdal::run("pdffonts", &[path]);
        assert!(
            fonts.lines().skip(2).all(|font| font.contains("yes yes yes")),
            "embedded, a subset: {fonts}"
        );
        let text = gdal::run("pdftotext", &[path, "-"]);
        for word in ["图例", "行政辖区", "比例尺", "1:200 000", "CGCS2000", "中央经线114°", "示意图形"]
        {
            assert!(text.contains(word), "{map}: no {word} in {text}");
        }
        let letters: String = text.chars().filter(|c| !c.is_whitespace()).collect();
        assert!(letters.contains(title), "{map}: {text}");
        let pixels = pixels(&server, &format!("/sheets/{map}.png?dpi=50"));
        assert_eq!((pixels.width(), pixels.height()), (827, 585));
    }
    // The legend has what is on the sheet.
    let text = |map: &str| {
        let file = pdf(&server, &format!("/sheets/{map}.pdf"));
        gdal::run("pdftotext", &[file.path().to_str().unwrap(), "-"])
    };
    let (exploration, mining) = (text("exploration-map"), text("mining-map"));
    assert!(exploration.contains("勘查规划区块＊") && exploration.contains("逆断层"));
    assert!(
        mining.contains("开采规划区块＊") && !mining.contains("逆断层") && !mining.contains("勘查规划区块")
    );
}

#[test]
fn the_pdf_and_the_png_show_the_same() {
    let server = shared();
    let rendered = |map: &str| {
        let file = pdf(&server, &format!("/sheets/{map}.pdf"));
        let folder = tempfile::tempdir().unwrap();
        let stem = folder.path().join("page");
        gdal::run(
            "pdftoppm",
            &["-r", "144", "-png", "-singlefile", file.path().to_str().unwrap(), stem.to_str().unwrap()],
        );
        Pixmap::load_png(stem.with_extension("png")).unwrap()
    };
    for map in ["general-map", "restoration-map"] {
        let (png, page) = (pixels(&server, &format!("/sheets/{map}.png?dpi=144")), rendered(map));
        assert!(png.width().abs_diff(page.width()) <= 1 && png.height().abs_diff(page.height()) <= 1);
        let same = difference(&png, &page);
        let other = difference(&png, &rendered("exploration-map"));
        assert!(same < 2.0 && other > 3.0 * same, "{map}: {same} of 255 apart, from another map {other}");
    }
}

/// Pixels of a side of a square whose mean counts: two programs smooth edges differently.
const SQUARE: u32 = 8;

/// The mean difference of a colour, 0 to 255, between the squares of two pictures.
fn difference(a: &Pixmap, b: &Pixmap) -> f64 {
    let (columns, rows) = (a.width().min(b.width()) / SQUARE, a.height().min(b.height()) / SQUARE);
    let sums = |pixmap: &Pixmap, column: u32, row: u32| {
        let mut sums = [0i64; 3];
        for (x, y) in (0..SQUARE).flat_map(|y| (0..SQUARE).map(move |x| (x, y))) {
            let pixel = pixmap.pixel(column * SQUARE + x, row * SQUARE + y).unwrap();
            let colors = [pixel.red(), pixel.green(), pixel.blue()];
            sums = [0, 1, 2].map(|c| sums[c] + i64::from(colors[c]));
        }
        sums
    };
    let mut total = 0;
    for (column, row) in (0..rows).flat_map(|row| (0..columns).map(move |column| (column, row))) {
        let (a, b) = (sums(a, column, row), sums(b, column, row));
        total += (0..3).map(|c| (a[c] - b[c]).abs()).sum::<i64>();
    }
    total as f64 / f64::from(3 * columns * rows * SQUARE * SQUARE)
}

#[test]
fn labels_along_the_frame_stand_where_proj_has_them() {
    let server = shared();
    for query in ["", "?scale=50000", "?bbox=112.85,36.2,112.95,36.4"] {
        let sheet = Description::of(&server, &format!("/sheets/mining-map.json{query}"));
        let file = pdf(&server, &format!("/sheets/mining-map.pdf{query}"));
        let words = words(file.path());
        let [left, top, right, bottom] = sheet.frame;
        let mut angles = vec![];
        let mut kilometres = 0;
        for word in &words {
            let [x, y] = word.at;
            let is_upright = (left..right).contains(&x)
                && ((top - 8.0..top).contains(&y) || (bottom..bottom + 8.0).contains(&y));
            let is_beside = (top..bottom).contains(&y)
                && ((left - 8.0..left).contains(&x) || (right..right + 8.0).contains(&x));
            if !(is_upright || is_beside) {
                continue;
            }
            let edge = if is_upright {
                [x, if y < top { top } else { bottom }]
            } else {
                [if x < left { left } else { right }, y]
            };
            let axis = usize::from(is_beside);
            if let Some((degrees, minutes)) = word.text.split_once('°') {
                let minutes: f64 = minutes.trim_end_matches('′').parse().unwrap();
                angles.push((degrees.parse::<f64>().unwrap() + minutes / 60.0, axis, sheet.plane(edge)));
            } else if let Ok(written) = word.text.parse::<f64>() {
                let metres = sheet.plane(edge)[axis];
                assert!(
                    (metres - written * 1000.0).abs() * 1000.0 / sheet.scale < 0.4,
                    "{query}: {}",
                    word.text
                );
                kilometres += 1;
            }
        }
        assert!(angles.len() >= 6 && kilometres >= 10, "{query}: {} and {kilometres}", angles.len());
        let positions: Vec<_> = angles.iter().map(|(_, _, plane)| *plane).collect();
        for ((written, axis, _), found) in angles.iter().zip(transformed(sheet.epsg, 4490, &positions)) {
            let metres = (found[*axis] - written).abs() * 111_000.0;
            assert!(metres * 1000.0 / sheet.scale < 0.5, "{query}: {written} is at {found:?}");
        }
        // The scale bar: its numbers are as far apart as they say.
        let numbers: Vec<_> = words
            .iter()
            .filter(|w| w.at[0] > 195.0)
            .filter_map(|w| Some((w.text.parse::<f64>().ok()?, w.at)))
            .collect();
        let (_, zero) =
            numbers.iter().filter(|(n, _)| *n == 0.0).max_by(|a, b| a.1[1].total_cmp(&b.1[1])).unwrap();
        let along =
            numbers.iter().filter(|(n, at)| *n > 0.0 && (at[1] - zero[1]).abs() < 0.5 && at[0] > zero[0]);
        let along: Vec<_> = along.filter(|(_, at)| at[0] - zero[0] < 50.0).collect();
        assert!(along.len() >= 3, "{query}");
        let unit = if words.iter().any(|w| w.text == "km" && (w.at[1] - zero[1]).abs() < 1.0) {
            1000.0
        } else {
            1.0
        };
        for (n, at) in along {
            let metres = (at[0] - zero[0]) * sheet.scale / 1000.0;
            assert!((metres - n * unit).abs() * 1000.0 / sheet.scale < 0.2, "{query}: {n} is {metres} m");
        }
    }
}

#[test]
fn what_lies_in_a_block_is_drawn_where_proj_has_it() {
    let server = shared();
    let sheet = Description::of(&server, "/sheets/exploration-map.json");
    let png = pixels(&server, "/sheets/exploration-map.png?dpi=100");
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("data/tunliu/exploration_blocks.geojson");
    let blocks: Value = serde_json::from_str(&std::fs::read_to_string(file).unwrap()).unwrap();
    let blue = |[x, y]: [f64; 2]| {
        let [x, y] = [x, y].map(|mm| (mm / 25.4 * 100.0).round() as u32);
        let near = (x - 2..=x + 2).flat_map(|x| (y - 2..=y + 2).map(move |y| (x, y)));
        near.filter(|&(x, y)| png.pixel(x, y).is_some_and(|p| p.blue().saturating_sub(p.red()) > 20)).count()
    };
    for block in blocks["features"].as_array().unwrap() {
        let ring = block["geometry"]["coordinates"][0][0].as_array().unwrap();
        let corners: Vec<[f64; 2]> = ring.iter().map(|p| [0, 1].map(|i| p[i].as_f64().unwrap())).collect();
        let middle = [0, 1].map(|i| corners.iter().map(|p| p[i]).sum::<f64>() / corners.len() as f64);
        // Corners are on the outline; a little towards the middle is inside.
        let inside: Vec<_> =
            corners.iter().map(|p| [0, 1].map(|i| p[i] + (middle[i] - p[i]) * 0.15)).collect();
        let at = transformed(4490, sheet.epsg, &inside).into_iter().map(|p| sheet.paper(p));
        let at: Vec<_> = at.filter(|p| sheet.is_inside(*p)).collect();
        let shown = at.iter().filter(|p| blue(**p) >= 20).count();
        assert!(
            at.len() >= 4 && shown * 4 >= at.len() * 3,
            "{}: {shown} of {}",
            block["properties"]["code"],
            at.len()
        );
    }
}

#[test]
fn the_same_data_gives_the_same_bytes() {
    let folder = tempfile::tempdir().unwrap();
    let made = || {
        let server = Setup::default().state(folder.path()).start();
        ["/sheets/restoration-map.pdf", "/sheets/restoration-map.png?dpi=50"].map(|path| {
            let answer = server.get(path).expect(200);
            (answer.expect_header("etag").to_owned(), answer.body)
        })
    };
    let (first, second) = (made(), made());
    assert!(first == second, "other bytes after a restart");
    assert_ne!(first[0].0, first[1].0);
}

#[test]
fn a_sheet_has_a_name_and_a_tag_and_refuses_what_is_none() {
    let server = shared();
    let answer = server.get("/sheets/mining-map.pdf").expect(200);
    let disposition = answer.expect_header("content-disposition");
    assert!(
        disposition.starts_with("inline; filename=\"mining-map.pdf\"; filename*=UTF-8''%E5%B1%AF"),
        "{disposition}"
    );
    let edition = server.get("/sheets/mining-map@current.pdf").expect(200);
    let disposition = edition.expect_header("content-disposition");
    assert!(disposition.starts_with("inline; filename=\"mining-map@current.pdf\"; "), "{disposition}");
    let tag = answer.expect_header("etag").to_owned();
    assert_eq!(server.ask("GET", "/sheets/mining-map.pdf", &[("if-none-match", &tag)]).status, 304);
    let other = server.get("/sheets/mining-map.pdf?scale=100000").expect(200);
    assert_ne!(other.expect_header("etag"), tag);
    for (query, parameter) in [
        ("bbox=1", "bbox"),
        ("bbox=113,36,112,37", "bbox"),
        ("bbox=112,36,113,NaN", "bbox"),
        ("bbox=36,112,37,113", "bbox"),
        ("bbox=0,0,1,1", "bbox"),
        ("bbox=74,10,135,50", "bbox"),
        ("scale=0", "scale"),
        ("scale=499", "scale"),
        ("scale=1e5", "scale"),
        ("scale=50000&scale=50000", "scale"),
        ("dpi=301", "dpi"),
        ("lang=fr", "lang"),
        ("page=A4", "page"),
    ] {
        let problem = server.get(&format!("/sheets/mining-map.png?{query}")).expect_problem(400);
        assert!(
            problem["detail"].as_str().unwrap().contains(&format!("`{parameter}`")),
            "{query}: {problem}"
        );
    }
    server.get("/sheets/mining-map.pdf?dpi=100").expect_problem(400);
    server.get("/sheets?lang=fr").expect_problem(400);
    for missing in [
        "nowhere.pdf",
        "nowhere-map.png",
        "mining-map",
        "mining-map.svg",
        "mining-map@0.pdf",
        "mining-map-print.pdf",
    ] {
        let status = server.get(&format!("/sheets/{missing}")).status;
        assert!([400, 404].contains(&status), "{missing}: {status}");
    }
    // Where nothing is, the frame and its numbers are.
    server.get("/sheets/mining-map.png?dpi=50&bbox=100,30,100.1,30.1").expect(200);
}

/// Nobody is blamed for a parameter that is not there.
#[tokio::test(flavor = "multi_thread")]
async fn a_map_that_no_sheet_has_room_for_is_told_as_such() {
    let database = TestDatabase::migrated().await;
    let wide = "insert into plan.admin_boundary (id, name, geom)
        values (1, '全国', st_multi(st_makeenvelope(80, 20, 130, 50, 4490)))";
    database.execute(wide).await;
    let server = Setup::default().database(&database.url()).start();
    for path in ["/sheets/plan.png", "/sheets/admin_boundary.json"] {
        let problem = server.get(path).expect_problem(422);
        let detail = problem["detail"].as_str().unwrap();
        assert!(detail.contains("no room for all of it; `bbox` names a part"), "{path}: {detail}");
        assert!(!detail.contains("parameter"), "{path}: {detail}");
    }
    server.get("/sheets/plan.png?dpi=50&bbox=112,36,113,37").expect(200);
}

#[test]
fn a_sheet_is_in_english_when_that_is_asked_for() {
    let server = shared();
    let file = pdf(&server, "/sheets/mining-map.pdf?lang=en");
    let text = gdal::run("pdftotext", &["-layout", file.path().to_str().unwrap(), "-"]);
    let words =
        ["Legend", "Mining plan", "Scale 1:200 000", "zone 38, central meridian 114°", "Schematic: drawn"];
    for part in words {
        assert!(text.contains(part), "no {part} in {text}");
    }
    assert!(!text.contains("图例") && !text.contains("比例尺"), "{text}");
    // Names are those of the plan.
    assert!(text.contains("屯留") || text.contains("余吾"), "{text}");
    let info = gdal::run("pdfinfo", &[file.path().to_str().unwrap()]);
    assert!(info.contains("Tunliu") && info.contains(": Mining plan"), "{info}");
    let tag = |query: &str| {
        server
            .get(&format!("/sheets/mining-map.png?dpi=50{query}"))
            .expect(200)
            .expect_header("etag")
            .to_owned()
    };
    assert_eq!(tag(""), tag("&lang=zh"));
    assert_ne!(tag(""), tag("&lang=en"));
    assert!(server.get("/sheets?lang=en").expect(200).text().contains("sheets/mining-map.pdf?lang=en"));
}

#[test]
fn a_sheet_is_printed_on_the_command_line() {
    let folder = tempfile::tempdir().unwrap();
    let (state, file) = (folder.path().join("state"), folder.path().join("sheet"));
    let (state, output) = (state.to_str().unwrap(), file.to_str().unwrap());
    let run = |arguments: &str| {
        let arguments: Vec<&str> =
            ["sheet", "--state", state].into_iter().chain(arguments.split(' ')).collect();
        plantiles(&arguments).output().unwrap()
    };
    let printed = |arguments: &str| {
        let done = run(&format!("{arguments} -o {output}"));
        assert!(done.status.success(), "{arguments}: {done:?}");
        std::fs::read(&file).unwrap()
    };
    let pdf = printed("--style mining-map --format pdf");
    let named = plantiles(&["publish", "--state", state, "--revision", "2023", "--adopted", "2023-12-31"]);
    assert!({ named }.output().unwrap().status.success());
    let server = Setup::default().state(Path::new(state)).start();
    let served = |path: &str| server.get(path).expect(200).body;
    assert!(pdf == served("/sheets/mining-map.pdf"), "the file is that of /sheets");
    let part =
        printed("--style plan --format png --bbox 112.7,36.2,112.9,36.35 --scale 50000 --dpi 60 --lang en");
    assert!(part == served("/sheets/plan.png?bbox=112.7,36.2,112.9,36.35&scale=50000&dpi=60&lang=en"));
    let edition = printed("--style mining_rights --format png --dpi 50 --revision 2023");
    assert!(edition == served("/sheets/mining_rights@2023.png?dpi=50"));

    let help = plantiles(&["sheet", "--help"]).output().unwrap();
    assert!(
        String::from_utf8_lossy(&help.stdout).contains("plantiles sheet --style mining-map --format pdf -o")
    );
    for (arguments, code, expected) in [
        ("--style mining-map --format svg", 2, "possible values: pdf, png"),
        ("--style mining-map --format pdf --scale 499", 2, "499 is not in 500..=2000000"),
        ("--style mining-map --format pdf --bbox 113,36,112,37", 2, "such as 112.6,36.2"),
        ("--style mining-map --format pdf --bbox 113,36,113,37", 1, "each min below its max"),
        ("--style mining-map --format pdf --lang fr", 2, "it is zh or en"),
        ("--style Mining --format pdf", 2, "not the id of a map or a layer"),
        (
            "--style nowhere --format pdf",
            1,
            "there is no map or layer `nowhere`; there are plan, general-map",
        ),
        ("--style mining-map --format pdf --dpi 100", 2, "--dpi is for PNG"),
        ("--style mining-map --format pdf --bbox 0,0,1,1", 1, "longitudes of a sheet are between"),
        ("--style mining-map --format pdf --revision 2099", 1, "there is no revision `2099`"),
    ] {
        let refused = run(&format!("{arguments} -o {output}"));
        let said = String::from_utf8_lossy(&refused.stderr).into_owned();
        assert_eq!(refused.status.code(), Some(code), "{arguments}: {said}");
        assert!(said.contains(expected), "{arguments}: {said}");
        assert!(code == 2 || said.trim().lines().count() == 1, "{said}");
        assert!(std::fs::read(&file).unwrap() == edition, "{arguments}: the file before is there");
    }
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 2, "nothing unfinished is left");
    assert_eq!(run("--style plan --format pdf").status.code(), Some(2), "a file is named");
}

#[test]
fn sheets_look_as_they_did() {
    let server = shared();
    let bless = std::env::var_os("PLANTILES_BLESS").is_some();
    for (map, query) in
        [("general-map", ""), ("exploration-map", ""), ("mining-map", "&bbox=112.85,36.2,112.95,36.4")]
    {
        let file = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("tests/golden/sheet_{map}.png"));
        let answer = server.get(&format!("/sheets/{map}.png?dpi=72{query}")).expect(200);
        if bless {
            std::fs::write(&file, &answer.body).unwrap();
        }
        let golden = Pixmap::load_png(&file).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
        let now = Pixmap::decode_png(&answer.body).unwrap();
        assert_eq!((now.width(), now.height()), (golden.width(), golden.height()));
        // The date and the version of the data are written on it; those of another day take this much.
        let apart = difference(&now, &golden);
        assert!(apart < 0.05, "{map}: {apart} of 255 apart");
    }
}
