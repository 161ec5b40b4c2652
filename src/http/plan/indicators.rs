//! `/plan/indicators`: how far the targets of the plan are reached.

use super::document;
use crate::{
    describe::plan::Evaluated,
    document::Evaluation,
    evaluation::{self, Licences},
    http::{
        Problem,
        asked::Asked,
        media::{HTML, JSON},
        parameters::{Parameters, wrong},
    },
    plan::{LayerId, today},
};
use axum::response::Response;
use jiff::civil::Date;
use std::{collections::BTreeMap, sync::Arc};

/// Features that may be taken as granted at once.
const MOST_GRANTS: usize = 100;

/// `/plan/indicators[?at=YYYY-MM-DD][&grant=layer/id,…]`
pub async fn indicators(asked: Asked) -> Result<Response, Problem> {
    let document = Arc::clone(document(&asked)?);
    let Some(evaluation) = &document.evaluation else {
        return Err(Problem::not_found("the document of this plan has no rules for its targets"));
    };
    let form = asked.form_with(&["at", "grant", "f"], &[JSON, HTML])?;
    let question =
        evaluation::Asked { at: day(&asked.parameters)?, grants: grants(&asked, evaluation).await? };
    let layers: evaluation::Layers = asked
        .catalog
        .layers()
        .iter()
        .map(|layer| (layer.id().clone(), Arc::clone(&layer.snapshot)))
        .collect();
    let (areas, base) = (Arc::clone(&asked.app.service.areas), asked.base.clone());
    let work = {
        let document = Arc::clone(&document);
        move || {
            let evaluation = document.evaluation.as_ref()?;
            let licences = layers.get(&evaluation.licences).map(|layer| Licences::at(question.at, layer));
            let evaluated = Evaluated {
                document: &document,
                evaluation,
                asked: &question,
                standings: &question.standings(evaluation, &layers, &areas),
                licences: licences.as_ref(),
                base: &base,
            };
            Some(if form == HTML { evaluated.html() } else { evaluated.json().to_string() })
        }
    };
    let made = asked.app.service.work(work).await?.ok_or_else(Problem::internal)?;
    asked.answer(made, form)
}

/// The day that is asked for; today in China without it.
fn day(parameters: &Parameters) -> Result<Date, Problem> {
    let Some(text) = parameters.get("at") else { return Ok(today()) };
    let written = text.len() == 10 && text.is_ascii();
    text.parse().ok().filter(|_| written).ok_or_else(|| wrong("at", "it is a date, YYYY-MM-DD"))
}

/// The features that are taken as granted, each known and there once.
async fn grants(asked: &Asked, evaluation: &Evaluation) -> Result<BTreeMap<LayerId, Vec<i64>>, Problem> {
    let mut grants: BTreeMap<LayerId, Vec<i64>> = BTreeMap::new();
    let text = asked.parameters.get("grant").unwrap_or_default();
    let named: Vec<&str> = text.split(',').filter(|name| !name.is_empty()).collect();
    if named.len() > MOST_GRANTS {
        return Err(wrong("grant", &format!("at most {MOST_GRANTS} features")));
    }
    for name in named {
        let brief: String = name.chars().take(80).collect();
        let form = || wrong("grant", "it is layer/id, with commas between: mining_blocks/1");
        let (layer, id) = name.split_once('/').ok_or_else(form)?;
        let id: i64 = id.parse().map_err(|_| form())?;
        let may = evaluation.granted.iter().find(|known| known.as_str() == layer);
        let layer = may.and_then(|id| asked.catalog.layer(id));
        let layer = layer.ok_or_else(|| wrong("grant", &format!("nothing of `{brief}` can be granted")))?;
        let (snapshot, orders) = (Arc::clone(&layer.snapshot), Arc::clone(&asked.app.service.orders));
        let found = asked.app.service.work(move || orders.find(&snapshot, id)).await?;
        found.ok_or_else(|| wrong("grant", &format!("there is no `{brief}`")))?;
        let ids = grants.entry(layer.id().clone()).or_default();
        if ids.contains(&id) {
            return Err(wrong("grant", &format!("`{brief}` is there twice")));
        }
        ids.push(id);
    }
    Ok(grants)
}
