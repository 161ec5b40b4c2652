//! What is served, in short: for programs that follow it.

use crate::{
    catalog::{Catalog, PublishedLayer},
    editions::Named,
};
use serde_json::{Value, json};

/// The version of the plan, the snapshot of each layer, and the layers that are not as they were in `before`
/// (all, without one), those that are gone included; and the names of `revisions`.
pub fn state(catalog: &Catalog, before: Option<&Catalog>, revisions: &[Named]) -> Value {
    let layers = catalog.layers().iter().map(|layer| (layer.id().to_string(), json!(layer.snapshot.id)));
    let is_as = |other: &Catalog, layer: &PublishedLayer| {
        other.layer(layer.id()).is_some_and(|same| same.snapshot.id == layer.snapshot.id)
    };
    let new = catalog.layers().iter().filter(|layer| !before.is_some_and(|before| is_as(before, layer)));
    let gone = before.into_iter().flat_map(Catalog::layers);
    let gone = gone.filter(|layer| catalog.layer(layer.id()).is_none());
    json!({
        "version": catalog.version().to_string(),
        "layers": layers.collect::<serde_json::Map<_, _>>(),
        "revisions": revisions.iter().map(|named| &named.revision.name).collect::<Vec<_>>(),
        "changed": new.chain(gone).map(|layer| layer.id()).collect::<Vec<_>>(),
    })
}
