//! How far the targets of a plan are reached, by the rules of its [`document`](crate::document): now, by the licences that
//! are in force on a day, and if something more is granted.

mod licences;
mod measure;

pub use licences::{Licence, Licences, State};
pub use measure::{Reading, Unknown};

use crate::{
    document::{Evaluation, Indicator},
    features::Moment,
    plan::LayerId,
    snapshot::Snapshot,
    statistics::Areas,
};
use jiff::civil::Date;
use std::{collections::BTreeMap, sync::Arc};

/// Layers as they are served.
pub type Layers = BTreeMap<LayerId, Arc<Snapshot>>;

/// What is asked.
pub struct Asked {
    /// The day on which licences are in force or not.
    pub at: Date,
    /// Ids of features that are taken as granted, by layer.
    pub grants: BTreeMap<LayerId, Vec<i64>>,
}

/// How an indicator stands.
#[derive(Debug)]
pub struct Standing<'a> {
    pub indicator: &'a Indicator,
    /// By all that the layers hold.
    pub current: Reading,
    /// By what of it is valid on the day.
    pub in_force: Reading,
    /// Current, and what is granted; `None` when nothing is.
    pub projected: Option<Reading>,
}

impl Asked {
    /// Each indicator in the order of the document. Not for an event loop.
    pub fn standings<'a>(
        &self,
        evaluation: &'a Evaluation,
        layers: &Layers,
        areas: &Areas,
    ) -> Vec<Standing<'a>> {
        let day = Moment::parse(&self.at.to_string()).ok();
        let standing = |indicator: &'a Indicator| {
            let read = |moment, grants| {
                measure::read(indicator.measure.as_ref(), &evaluation.licences, layers, areas, moment, grants)
            };
            let nothing = BTreeMap::new();
            Standing {
                indicator,
                current: read(None, &nothing),
                in_force: read(day, &nothing),
                projected: (!self.grants.is_empty()).then(|| read(None, &self.grants)),
            }
        };
        evaluation.indicators.iter().map(standing).collect()
    }
}
