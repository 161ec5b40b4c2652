//! What the service says of itself: how publishing goes, and its numbers.

use super::Service;
use crate::{metrics::LayerLabel, plan::LayerId, postgis::Database, publisher::Export, snapshot::Exported};
use jiff::Timestamp;
use std::{collections::BTreeMap, sync::PoisonError};

/// How publishing goes, for `/readyz`.
#[derive(Debug, Clone, Default)]
pub struct Freshness {
    /// When the served state was last found equal to its origin.
    pub confirmed_at: Option<Timestamp>,
    /// Why the served state may be older than its origin.
    pub error: Option<String>,
    /// Whether the published state has been served, of a bucket that of its own; later it may be older.
    pub caught_up: bool,
    /// The state of the database that is served.
    pub exported: Option<Exported>,
    /// The last export of each layer by this server.
    pub exports: BTreeMap<LayerId, Export>,
}

impl Service {
    pub fn freshness(&self) -> Freshness {
        self.freshness.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Notes that the served state equals its origin now.
    pub fn confirm(&self) {
        self.freshness.lock().unwrap_or_else(PoisonError::into_inner).confirmed_at = Some(Timestamp::now());
    }

    /// Notes of which state of the database the served one is.
    pub fn note_exported(&self, exported: Option<Exported>) {
        self.freshness.lock().unwrap_or_else(PoisonError::into_inner).exported = exported;
    }

    /// Notes that what is published is served.
    pub fn note_caught_up(&self) {
        self.freshness.lock().unwrap_or_else(PoisonError::into_inner).caught_up = true;
    }

    /// Notes why the served state may be old, if anything keeps it so.
    pub fn note_error(&self, error: Option<String>) {
        self.freshness.lock().unwrap_or_else(PoisonError::into_inner).error = error;
    }

    /// Notes how some of the `layers` that there are were exported.
    pub fn note_exports(&self, layers: &[LayerId], exports: &[Export]) {
        let mut freshness = self.freshness.lock().unwrap_or_else(PoisonError::into_inner);
        freshness.exports.retain(|layer, _| layers.contains(layer));
        for export in exports {
            let label = LayerLabel { layer: export.layer.to_string() };
            self.metrics.layer_export_seconds.get_or_create(&label).set(export.seconds);
            self.metrics.exports.inc();
            if export.error.is_some() {
                self.metrics.export_failures.inc();
            }
            freshness.exports.insert(export.layer.clone(), export.clone());
        }
    }

    /// The metrics text, with the gauges read now.
    pub fn metrics_text(&self) -> String {
        self.metrics.cache_entries.set(self.cache.entries() as i64);
        self.metrics.cache_bytes.set(self.cache.weight() as i64);
        self.metrics.queue_length.set(self.workers.waiting() as i64);
        if let Some(pool) = self.database.as_ref().map(Database::status) {
            self.metrics.database_connections.set(pool.size as i64);
            self.metrics.database_idle.set(pool.available as i64);
        }
        for layer in self.catalog().iter().flat_map(|catalog| catalog.layers().to_vec()) {
            let label = LayerLabel { layer: layer.id().to_string() };
            self.metrics.layer_age.get_or_create(&label).set(layer.age_seconds());
            self.metrics.layer_features.get_or_create(&label).set(layer.snapshot.feature_count() as i64);
        }
        self.metrics.encode()
    }
}
