//! Any text at all, taken for a filter in CQL2: refused, or put to every row of a small plan.
//!
//! The first character chooses the encoding and the coordinate system.
#![no_main]

#[allow(dead_code)]
mod small_plan;

use libfuzzer_sys::fuzz_target;
use plantiles::{
    catalog::Catalog,
    crs::Crs,
    features::{Evaluator, Filter, filter::Language},
};
use std::sync::LazyLock;

static PLAN: LazyLock<Catalog> = LazyLock::new(small_plan::catalog);

fuzz_target!(|data: &[u8]| {
    let Some((choice, text)) = data.split_first() else { return };
    let Ok(text) = std::str::from_utf8(text) else { return };
    let language = if choice & 1 == 0 { Language::Text } else { Language::Json };
    let codes = [4490, 4326, 4526];
    let crs = Crs::of_epsg(codes[usize::from(choice >> 1) % codes.len()]).unwrap();
    let Ok(filter) = Filter::parse(text, language, crs) else { return };
    let Ok(conditions) = filter.conditions(PLAN.layers().iter().map(|layer| &*layer.snapshot.layer)) else {
        return;
    };
    for (layer, condition) in PLAN.layers().iter().zip(&conditions) {
        let snapshot = &layer.snapshot;
        let evaluator = Evaluator::new(condition);
        // The box that narrows a search loses no row.
        let within = condition.bounds();
        for position in 0..snapshot.feature_count() {
            let bounds = snapshot.feature_bounds(position);
            if evaluator.matches(&snapshot.row(position), &bounds) {
                assert!(within.is_none_or(|within| within.meets(&bounds)), "row {position}: {text}");
            }
        }
    }
});
