//! Which rules look at a feature of the plan.

use super::{Rule, Rules, Selection};
use crate::{
    crs::Crs,
    features::{Evaluator, Filter, filter::Language},
    snapshot::Snapshot,
};

impl Rules {
    /// The rules that a proposal may break at the feature at `position`. Which features a filter with answers in it
    /// chooses is up to the proposal, so it may be any.
    pub fn looking_at(&self, snapshot: &Snapshot, position: usize) -> Vec<&Rule> {
        let looks = |rule: &&Rule| {
            let mut selections = rule.checks.iter().flat_map(|check| check.test.selections());
            selections.any(|(selection, _)| self.may_choose(selection, snapshot, position))
        };
        self.rules.iter().filter(looks).collect()
    }

    fn may_choose(&self, selection: &Selection, snapshot: &Snapshot, position: usize) -> bool {
        if selection.layer != snapshot.layer.id {
            return false;
        }
        let text = selection.filter.as_deref().and_then(|filter| self.filled(filter, |_| None).ok());
        let filter = text.and_then(|text| Filter::parse(&text, Language::Text, Crs::Crs84).ok());
        let condition = filter.and_then(|filter| filter.condition(&snapshot.layer).ok());
        condition.is_none_or(|condition| {
            let bounds = snapshot.feature_bounds(position);
            Evaluator::new(&condition).matches(&snapshot.row(position), &bounds)
        })
    }
}
