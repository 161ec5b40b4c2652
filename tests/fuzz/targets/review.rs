//! Any bytes at all, taken for a request to review: refused, or judged on a small plan by every kind of rule.
//!
//! The first line is the content type and, behind `?`, the query; the rest is the body.
#![no_main]

mod small_plan;

use libfuzzer_sys::fuzz_target;
use plantiles::{
    catalog::Catalog,
    describe::review::{json, overlay, page},
    review::{BodyKind, Memory, Proposal, Review, Rules, Settings},
};
use std::sync::{Arc, LazyLock};

static RULES: LazyLock<Arc<Rules>> =
    LazyLock::new(|| Arc::new(Rules::parse(include_str!("review_rules.toml")).unwrap()));
static PLAN: LazyLock<Catalog> = LazyLock::new(small_plan::catalog);
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
