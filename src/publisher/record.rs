//! What is said in the audit file of a publication.

use super::PublishedSet;
use crate::{
    audit::{Audit, Event, Record},
    plan::LayerId,
    snapshot::{CurrentSet, Origin, SnapshotId},
};

/// One record for each layer that has another version than `before`, and of an edition for each of its layers.
pub fn published(audit: &Audit, who: &str, before: Option<&CurrentSet>, published: &PublishedSet) {
    let set = &published.set;
    let record = |action: &str, layer: &LayerId, version: SnapshotId| Record {
        action: Some(action.to_owned()),
        layer: Some(layer.to_string()),
        version: Some(version.to_string()),
        origin: Some(origin(set.origin).to_owned()),
        ..Record::new(Event::Publish, who)
    };
    let version = |set: &CurrentSet, layer: &LayerId| set.version(layer).map(|version| version.id);
    for snapshot in &published.snapshots {
        let (layer, id) = (&snapshot.layer.id, snapshot.id);
        if before.and_then(|before| version(before, layer)) != Some(id) {
            let rows = Some(snapshot.feature_count() as u64);
            audit.record(|| Record { rows, ..record("publish", layer, id) });
        }
    }
    for gone in before.iter().flat_map(|before| &before.layers) {
        if let (None, Some(newest)) = (version(set, &gone.id), gone.versions.first()) {
            audit.record(|| record("remove", &gone.id, newest.id));
        }
    }
    if let Some(revision) = &published.revision {
        for layer in &revision.layers {
            let edition = Some(revision.name.to_string());
            audit.record(|| Record { edition, ..record("adopt", &layer.id, layer.snapshot) });
        }
    }
}

fn origin(origin: Origin) -> &'static str {
    match origin {
        Origin::Bundled => "bundled",
        Origin::Database => "database",
    }
}
