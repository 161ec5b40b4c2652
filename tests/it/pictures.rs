//! Tiles as PNG pictures.

use crate::support::server::{Server, shared};
use std::path::Path;
use tiny_skia::Pixmap;

fn picture(server: &Server, path: &str) -> Pixmap {
    let answer = server.get(path).expect(200);
    assert_eq!(answer.expect_header("content-type"), "image/png");
    Pixmap::decode_png(&answer.body).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// A pixel as it lies on white.
fn on_white(picture: &Pixmap, x: u32, y: u32) -> [f32; 3] {
    let pixel = picture.pixel(x, y).unwrap();
    let below = 255.0 - f32::from(pixel.alpha());
    [pixel.red(), pixel.green(), pixel.blue()].map(|c| f32::from(c) + below)
}

fn difference(a: [f32; 3], b: [f32; 3]) -> f32 {
    (0..3).map(|c| (a[c] - b[c]).abs()).fold(0.0, f32::max)
}

#[test]
fn a_picture_has_its_size_its_versions_and_its_tags() {
    let server = shared();
    for (suffix, side) in [("", 256), ("@2x", 512)] {
        let picture = picture(&server, &format!("/tiles/plan/11/1665/801{suffix}.png"));
        assert_eq!((picture.width(), picture.height()), (side, side));
        assert!(picture.pixels().iter().filter(|p| p.alpha() > 0).count() > 1000, "something is drawn");
    }
    let far = picture(&server, "/tiles/plan/11/0/0.png");
    assert!(far.pixels().iter().all(|p| p.alpha() == 0), "nothing is drawn where nothing is");
    picture(&server, "/tiles/plan/0/0/0.png");
    picture(&server, "/tiles/mining_blocks,roads/18/213175/102640@2x.png");

    let mut tags = std::collections::BTreeSet::new();
    for path in
        ["11/1665/801.png", "11/1665/801@2x.png", "11/1665/801.png?style=dark", "11/1665/801.png?style=print"]
    {
        let answer = server.get(&format!("/tiles/plan/{path}")).expect(200);
        assert_eq!(answer.expect_header("cache-control"), "public, no-cache");
        let tag = answer.expect_header("etag").to_owned();
        let again = server.ask("GET", &format!("/tiles/plan/{path}"), &[("if-none-match", &tag)]);
        assert_eq!(again.status, 304, "{path}");
        assert!(tags.insert(tag), "{path}: another picture has its tag");
    }
    for query in ["", "?style=dark"] {
        let document = server.get(&format!("/tiles/plan.png.json{query}")).expect(200).json();
        assert_eq!((document["tileSize"].as_u64(), document.get("vector_layers")), (Some(256), None));
        let url = document["tiles"][0].as_str().unwrap().replace("{z}/{x}/{y}", "11/1665/801");
        let path = url.strip_prefix(&server.url("")).unwrap();
        let answer = server.get(path).expect(200);
        assert!(answer.expect_header("cache-control").contains("immutable"), "{path}");
        assert_eq!(answer.body, server.get(&format!("/tiles/plan/11/1665/801.png{query}")).body);
        // A version that is no longer kept leads to the one that is.
        let (head, tail) = path.split_once('@').unwrap();
        let gone = format!("{head}@{}{}", "0".repeat(32), &tail[32..]);
        let answer = server.get(&gone).expect(307);
        assert_eq!(answer.expect_header("location"), url);
    }
    for missing in [
        "/tiles/plan/11/2048/0.png",
        "/tiles/plan/19/0/0.png",
        "/tiles/nowhere/0/0/0.png",
        "/tiles/plan/1/1/1@3x.png",
        "/tiles/plan/1/1.png",
    ] {
        server.get(missing).expect_problem(404);
    }
    for wrong in ["style=light2", "style=", "stile=dark", "style=dark&style=dark"] {
        server.get(&format!("/tiles/plan/1/1/1.png?{wrong}")).expect_problem(400);
    }
}

/// How many more pixels step from the last column of `left` to the first of `right` than beside that edge. Whatever crosses
/// the edge goes on behind it: a name cut off there is a step that nothing else makes.
fn excess(left: &Pixmap, right: &Pixmap) -> i64 {
    let steps = |a: (&Pixmap, u32), b: (&Pixmap, u32)| {
        let steps = (0..512).map(|y| difference(on_white(a.0, a.1, y), on_white(b.0, b.1, y)));
        steps.filter(|step| *step > 60.0).count() as i64
    };
    steps((left, 511), (right, 0)) - steps((left, 510), (left, 511)) - steps((right, 0), (right, 1))
}

/// Of layers with names, ticks, shields and patterns; dashes begin anew in each vector tile, as on the map.
#[test]
fn pictures_fit_together() {
    let server = shared();
    let tileset = "townships,mining_blocks,exploration_blocks,mining_rights,prohibited_zones,governance_zones,\
                   prevention_zones,faults,folds,rivers,reservoirs,roads";
    let mut torn = 0;
    for (z, columns, rows) in
        [(10, 831..=834, 399..=402), (11, 1664..=1668, 799..=803), (12, 3328..=3333, 1600..=1605)]
    {
        let at = |x: u32, y: u32| picture(&server, &format!("/tiles/{tileset}/{z}/{x}/{y}@2x.png"));
        let pictures: Vec<Vec<Pixmap>> =
            rows.clone().map(|y| columns.clone().map(|x| at(x, y)).collect()).collect();
        for (n, row) in pictures.iter().enumerate() {
            for (x, pair) in row.windows(2).enumerate() {
                let excess = excess(&pair[0], &pair[1]);
                assert!(excess <= 6, "{z}, row {n}, column {x}: {excess} steps at the edge");
            }
        }
        // The measure sees what does not belong together.
        let rows = pictures.iter().zip(pictures.iter().skip(1));
        let astray = rows.flat_map(|(row, next)| row.iter().zip(next.iter().skip(1)));
        torn += astray.filter(|(left, right)| excess(left, right) > 6).count();
    }
    assert!(torn > 10, "hardly anything crosses an edge: {torn}");
}

#[test]
fn pictures_look_as_they_did() {
    let server = shared();
    let bless = std::env::var_os("PLANTILES_BLESS").is_some();
    for path in [
        "plan/11/1665/801@2x.png",
        "plan/12/3330/1603.png?style=dark",
        "mining_blocks/11/1666/801.png",
        "faults,folds/12/3331/1602.png?style=print",
    ] {
        let name = path.replace("?style=", "_").replace(['/', ','], "_").replace(".png", "") + ".png";
        let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden").join(name);
        let answer = server.get(&format!("/tiles/{path}")).expect(200);
        if bless {
            std::fs::write(&file, &answer.body).unwrap();
        }
        let golden = Pixmap::load_png(&file).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
        let now = Pixmap::decode_png(&answer.body).unwrap();
        assert_eq!((now.width(), now.height()), (golden.width(), golden.height()));
        let side = now.width();
        let pixels = (0..side).flat_map(|x| (0..side).map(move |y| (x, y)));
        // Another processor may round otherwise.
        let changed =
            pixels.filter(|&(x, y)| difference(on_white(&now, x, y), on_white(&golden, x, y)) > 2.0).count();
        assert_eq!(changed, 0, "{path}: so many pixels are not as they were");
    }
}
