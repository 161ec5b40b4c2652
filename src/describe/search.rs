//! What a search found.

use crate::{
    features::Match,
    snapshot::{Snapshot, Value},
};
use serde_json::{Value as Json, json};
use std::sync::Arc;

/// `matched` rows in all, and the best of them with what tells them apart and their box in degrees, west, south, east, north.
pub fn found(snapshots: &[Arc<Snapshot>], matched: usize, best: &[Match]) -> Json {
    let results = best.iter().map(|found| result(&snapshots[found.layer], found.position));
    json!({ "matched": matched, "results": results.collect::<Vec<_>>() })
}

fn result(snapshot: &Snapshot, position: usize) -> Json {
    let row = snapshot.row(position);
    let text = |name: &str| {
        let field = snapshot.layer.fields.iter().position(|field| field.name == name)?;
        match row.value(field) {
            Value::Text(text) => Some(text.into_owned()),
            _ => None,
        }
    };
    let bounds = snapshot.feature_bounds(position);
    json!({
        "layer": snapshot.layer.id,
        "id": row.id(),
        "name": text("name"),
        "code": text("code"),
        "mineral": text("mineral"),
        "holder": text("holder"),
        "bounds": [bounds.min_x, bounds.min_y, bounds.max_x, bounds.max_y],
    })
}
