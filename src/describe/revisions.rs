//! The editions of the plan.

use crate::{
    catalog::{Catalog, PLAN, Version},
    config::PublicUrl,
    editions::{Edition, Named},
    plan::LayerId,
    snapshot::{Origin, SnapshotId},
};
use jiff::Timestamp;
use serde_json::{Value, json};

/// The current edition, then the revisions, newest adopted first.
pub fn revisions(current: &Catalog, revisions: &[Named], base: &PublicUrl) -> Value {
    let base = base.as_str();
    let layers = current.layers().iter().map(|layer| (layer.id(), layer.snapshot.id, layer.published_at));
    let mut first = edition(&Edition::Current, current.version(), current.origin, layers, base);
    (first["adopted"], first["named"]) = (Value::Null, Value::Null);
    let named = revisions.iter().map(|Named { revision, version, .. }| {
        let layers = revision.layers.iter().map(|layer| (&layer.id, layer.snapshot, layer.published_at));
        let name = Edition::Named(revision.name.clone());
        let mut entry = edition(&name, *version, revision.origin, layers, base);
        (entry["adopted"], entry["named"]) = (json!(revision.adopted), json!(revision.named_at));
        entry
    });
    json!({ "revisions": std::iter::once(first).chain(named).collect::<Vec<_>>() })
}

fn edition<'a>(
    name: &Edition,
    version: Version,
    origin: Origin,
    layers: impl Iterator<Item = (&'a LayerId, SnapshotId, Timestamp)>,
    base: &str,
) -> Value {
    let layers = layers.map(|(id, snapshot, published)| {
        json!({
            "id": id,
            "snapshot": snapshot,
            "published": published,
            "download": format!("{base}/downloads/{id}@{name}.fgb"),
            "tilejson": format!("{base}/tiles/{id}@{name}.json"),
        })
    });
    json!({
        "name": name.to_string(),
        "source": origin,
        "version": version.to_string(),
        "catalog": format!("{base}/layers@{name}.json"),
        "tilejson": format!("{base}/tiles/{PLAN}@{name}.json"),
        "style": format!("{base}/styles/{PLAN}@{name}.json"),
        "layers": layers.collect::<Vec<_>>(),
    })
}
