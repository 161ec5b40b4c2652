//! Any bytes at all, taken for a request to review: refused, or judged on a small plan by every kind of rule.
//!
//! The first line is the content type and, behind `?`, the query; the rest is the body.
#![no_main]

#[path = "../../tile/fixture.rs"]
#[allow(dead_code)]
mod fixture;

use fixture::{Geometry, Row};
use libfuzzer_sys::fuzz_target;
use plantiles::{
    catalog::{Catalog, PublishedLayer},
    describe::review::{json, overlay, page},
    grid::QuadGrid,
    plan::{self, GeometryKind},
    review::{BodyKind, Memory, Proposal, Review, Rules, Settings},
    snapshot::Origin,
    tile::TileLayer,
};
use std::sync::{Arc, LazyLock};

static RULES: LazyLock<Arc<Rules>> =
    LazyLock::new(|| Arc::new(Rules::parse(include_str!("review_rules.toml")).unwrap()));
static PLAN: LazyLock<Catalog> = LazyLock::new(catalog);
static MEMORY: LazyLock<Memory> = LazyLock::new(Memory::default);

fuzz_target!(|data: &[u8]| {
    let mut lines = data.splitn(2, |byte| *byte == b'\n');
    let (first, body) = (lines.next().unwrap_or_default(), lines.next().unwrap_or_default());
    let Ok(first) = std::str::from_utf8(first) else { return };
    let (content_type, query) = first.split_once('?').unwrap_or((first, ""));
    let settings = Settings::of(form_urlencoded::parse(query.as_bytes()).into_owned());
    // An error is an answer; a panic is not.
    let Ok((proposal, given)) = BodyKind::of(content_type).proposal(body, settings) else { return };
    let Ok(proposal) = Proposal::read(&proposal, &given, &RULES) else { return };
    let Ok(review) = Review::of(proposal, &RULES, &PLAN, &MEMORY) else { return };
    let bounds = review.proposal.bounds();
    // Edges of a piece are cut where they meet others, and go along geodesics between: over long ones areas differ.
    let is_small = bounds.max_x - bounds.min_x < 0.2 && bounds.max_y - bounds.min_y < 0.2;
    for judgement in review.judgements.iter().filter(|_| is_small) {
        let overlaps = judgement.findings.iter().filter_map(|finding| finding.overlap.as_ref());
        for piece in overlaps {
            assert!(
                (-1e-6..review.area_km2 * 1.001 + 0.2).contains(&piece.area_km2),
                "{} of {} km²",
                piece.area_km2,
                review.area_km2
            );
        }
    }
    let _ = (json(&review), overlay(&review), page(&review, None));
});

/// Areas with holes, lines and points between 112.6° and 112.9° E, 36.2° and 36.4° N.
fn catalog() -> Catalog {
    let places = || (0..15).flat_map(|x| (0..10).map(move |y| [x, y]));
    let at = |[x, y]: [i32; 2], right: f64, up: f64| {
        [112.6 + (f64::from(x) + right) * 0.02, 36.2 + (f64::from(y) + up) * 0.02]
    };
    let square = |place, from: f64, to: f64| -> fixture::Ring {
        [[from, from], [to, from], [to, to], [from, to]].map(|[x, y]| at(place, x, y)).into()
    };
    let area = |place| Geometry::Polygons(vec![vec![square(place, 0.0, 1.0), square(place, 0.4, 0.6)]]);
    let line =
        |place| Geometry::Lines(vec![vec![at(place, 0.1, 0.2), at(place, 1.3, 0.9), at(place, 0.5, 1.4)]]);
    let point = |place| Geometry::Points(vec![at(place, 0.3, 0.3)]);
    let layers = [
        layer("blocks", GeometryKind::Polygon, places().map(area)),
        layer("roads", GeometryKind::Line, places().map(line)),
        layer("wells", GeometryKind::Point, places().map(point)),
    ];
    Catalog::new(Origin::Bundled, &QuadGrid::web_mercator(), layers.into(), 500_000)
}

fn layer(id: &str, kind: GeometryKind, shapes: impl Iterator<Item = Geometry>) -> Arc<PublishedLayer> {
    let rows = shapes.zip(1..).map(|(shape, id)| Row::new(id, shape));
    let snapshot = fixture::snapshot(&fixture::layer(id, kind), rows);
    let tiles = TileLayer::prepare(snapshot, &QuadGrid::web_mercator(), &plan::Rules::default()).unwrap();
    Arc::new(PublishedLayer::after(None, tiles, Default::default()))
}
