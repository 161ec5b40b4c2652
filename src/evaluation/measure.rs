//! Taking a measure.

use super::Layers;
use crate::{
    document::{Measure, Part},
    features::{Condition, Moment, Query},
    plan::LayerId,
    snapshot::{Snapshot, Value},
    statistics::{Areas, Question, sums, tidy},
};
use std::{collections::BTreeMap, sync::Arc};

/// What a measure gives, or why it gives nothing.
pub type Reading = Result<f64, Unknown>;

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Unknown {
    #[error("no layer tells it")]
    NoRule,
    #[error("the layer {0} is not served")]
    NoLayer(LayerId),
    #[error("{layer}: {reason}")]
    Layer { layer: LayerId, reason: String },
    #[error("no feature says anything")]
    Nothing,
}

type Grants = BTreeMap<LayerId, Vec<i64>>;

pub fn read(
    measure: Option<&Measure>,
    licences: &LayerId,
    layers: &Layers,
    areas: &Areas,
    moment: Option<Moment>,
    grants: &Grants,
) -> Reading {
    let measure = measure.ok_or(Unknown::NoRule)?;
    let part = |part: &Part| {
        let own = count(part, layer(layers, &part.layer)?, areas, moment, None)?;
        // What is granted is a licence, and nothing else.
        let grants = grants.iter().filter(|_| part.layer == *licences);
        let granted = grants.map(|(id, ids)| count(part, layer(layers, id)?, areas, None, Some(ids)));
        granted.chain([Ok(own)]).sum::<Reading>()
    };
    let of = part(&measure.of)?;
    let value = match &measure.whole {
        None => of,
        Some(whole) => 100.0 * of / part(whole)?,
    };
    let value = value * measure.times.unwrap_or(1.0);
    if value.is_finite() { Ok(tidy(value)) } else { Err(Unknown::Nothing) }
}

fn layer<'a>(layers: &'a Layers, id: &LayerId) -> Result<&'a Arc<Snapshot>, Unknown> {
    layers.get(id).ok_or_else(|| Unknown::NoLayer(id.clone()))
}

/// The part of `snapshot`, of those with these ids alone if there are any. A layer that lacks a property of it cannot
/// tell: what is not known is not 0.
fn count(
    part: &Part,
    snapshot: &Arc<Snapshot>,
    areas: &Areas,
    moment: Option<Moment>,
    ids: Option<&Vec<i64>>,
) -> Reading {
    let unknown = |reason: String| Unknown::Layer { layer: snapshot.layer.id.clone(), reason };
    let filter = part.filter().transpose().map_err(unknown)?;
    let condition = filter.map(|filter| filter.condition(&snapshot.layer)).transpose();
    let condition = condition.map_err(|error| unknown(error.to_string()))?;
    let among = ids.map(|ids| {
        Condition::Or(ids.iter().map(|&id| Condition::equals(None, Value::Integer(id))).collect())
    });
    let query =
        Query { moment, conditions: condition.into_iter().chain(among).collect(), ..Query::default() };
    let sums = sums(part.sum.as_deref().unwrap_or_default(), &[&snapshot.layer]);
    let question = Question {
        keys: vec![],
        sums: sums.map_err(|error| unknown(error.to_string()))?,
        parts: vec![(Arc::clone(snapshot), query)],
    };
    let total = question.answer(areas).map_err(|error| unknown(error.to_string()))?.total;
    // A sum of which only some features say something is less than the whole.
    match total.sums.first() {
        Some(sum) if sum.features < total.features => Err(unknown(format!(
            "{} of {} features do not say it",
            total.features - sum.features,
            total.features
        ))),
        Some(sum) => Ok(sum.value().unwrap_or(0.0)),
        None => Ok(total.features as f64),
    }
}
