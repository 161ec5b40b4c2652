//! What an operator watches, in the Prometheus text format.

use crate::{audit::Counts, bucket};
use prometheus_client::{
    encoding::{EncodeLabelSet, text},
    metrics::{counter::Counter, family::Family, gauge::Gauge, histogram::Histogram},
    registry::Registry,
};
use std::sync::atomic::AtomicU64;

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
pub struct RequestLabels {
    /// The first segment of the path, of those that there are.
    pub place: &'static str,
    pub method: &'static str,
    pub status: u16,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
pub struct LayerLabel {
    pub layer: String,
}

/// Seconds; a ready tile takes microseconds, a cold one milliseconds.
const SECONDS: [f64; 12] = [0.0001, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.5, 1.0, 5.0];

fn seconds() -> Histogram {
    Histogram::new(SECONDS)
}

pub struct Metrics {
    registry: Registry,
    pub connections: Gauge,
    pub dismissals: Counter,
    pub requests: Family<RequestLabels, Counter>,
    pub request_seconds: Histogram,
    pub cache_hits: Counter,
    pub cache_misses: Counter,
    pub cache_entries: Gauge,
    pub cache_bytes: Gauge,
    pub cache_carried: Gauge,
    pub cache_touched: Gauge,
    pub cache_recut: Counter,
    pub cache_warmed: Counter,
    pub cut_seconds: Histogram,
    pub dropped_features: Counter,
    pub queue_length: Gauge,
    pub shed: Counter,
    pub layer_features: Family<LayerLabel, Gauge>,
    pub layer_age: Family<LayerLabel, Gauge>,
    pub export_seconds: Gauge<f64, AtomicU64>,
    pub layer_export_seconds: Family<LayerLabel, Gauge<f64, AtomicU64>>,
    pub exports: Counter,
    pub export_failures: Counter,
    pub changes: Counter,
    pub changes_coalesced: Counter,
    pub change_lag: Histogram,
    pub change_seconds: Histogram,
    pub listening: Gauge,
    pub event_streams: Gauge,
    pub database_connections: Gauge,
    pub database_idle: Gauge,
    pub audit: Counts,
}

impl Default for Metrics {
    fn default() -> Self {
        let mut metrics = Self {
            registry: Registry::with_prefix("plantiles"),
            connections: Gauge::default(),
            dismissals: Counter::default(),
            requests: Family::default(),
            request_seconds: seconds(),
            cache_hits: Counter::default(),
            cache_misses: Counter::default(),
            cache_entries: Gauge::default(),
            cache_bytes: Gauge::default(),
            cache_carried: Gauge::default(),
            cache_touched: Gauge::default(),
            cache_recut: Counter::default(),
            cache_warmed: Counter::default(),
            cut_seconds: seconds(),
            dropped_features: Counter::default(),
            queue_length: Gauge::default(),
            shed: Counter::default(),
            layer_features: Family::default(),
            layer_age: Family::default(),
            export_seconds: Gauge::default(),
            layer_export_seconds: Family::default(),
            exports: Counter::default(),
            export_failures: Counter::default(),
            changes: Counter::default(),
            changes_coalesced: Counter::default(),
            change_lag: seconds(),
            change_seconds: seconds(),
            listening: Gauge::default(),
            event_streams: Gauge::default(),
            database_connections: Gauge::default(),
            database_idle: Gauge::default(),
            audit: Counts::default(),
        };
        metrics.register();
        metrics
    }
}

impl Metrics {
    fn register(&mut self) {
        let r = &mut self.registry;
        r.register("http_connections", "Open connections", self.connections.clone());
        r.register(
            "http_connections_dismissed",
            "Connections closed while they waited, to make room for others",
            self.dismissals.clone(),
        );
        r.register("http_requests", "Requests answered", self.requests.clone());
        r.register("http_request_seconds", "Time to the response head", self.request_seconds.clone());
        r.register("tile_cache_hits", "Tiles answered from memory", self.cache_hits.clone());
        r.register("tile_cache_misses", "Tiles that had to be cut", self.cache_misses.clone());
        r.register("tile_cache_entries", "Tiles in memory", self.cache_entries.clone());
        r.register("tile_cache_bytes", "Memory of the tiles, with their keys", self.cache_bytes.clone());
        r.register(
            "tile_cache_carried",
            "Tiles in memory that the last change left as they are",
            self.cache_carried.clone(),
        );
        r.register(
            "tile_cache_touched",
            "Tiles in memory that the last change touched",
            self.cache_touched.clone(),
        );
        r.register(
            "tile_cache_recut",
            "Touched tiles cut anew before a change was served",
            self.cache_recut.clone(),
        );
        r.register("tile_cache_warmed", "Hot tiles cut again after the start", self.cache_warmed.clone());
        r.register("tile_cut_seconds", "Time to cut and compress a tile", self.cut_seconds.clone());
        r.register(
            "tile_dropped_features",
            "Features left out by the size cap",
            self.dropped_features.clone(),
        );
        r.register("work_queue_length", "Tiles waiting for a processor", self.queue_length.clone());
        r.register("work_shed", "Requests refused because the queue was full", self.shed.clone());
        r.register("layer_features", "Features of the served snapshot", self.layer_features.clone());
        r.register("layer_age_seconds", "Age of the served snapshot", self.layer_age.clone());
        r.register(
            "export_seconds",
            "Duration of the last export of all layers",
            self.export_seconds.clone(),
        );
        r.register(
            "layer_export_seconds",
            "Duration of the layer's last export",
            self.layer_export_seconds.clone(),
        );
        r.register("exports", "Exports of a layer", self.exports.clone());
        r.register("export_failures", "Exports of a layer that failed", self.export_failures.clone());
        r.register("changes", "Changes that the database announced", self.changes.clone());
        r.register(
            "changes_coalesced",
            "Announced changes that were published together with an earlier one",
            self.changes_coalesced.clone(),
        );
        r.register(
            "change_lag_seconds",
            "From the announcement of a change, by the database's clock, to its arrival",
            self.change_lag.clone(),
        );
        r.register(
            "change_seconds",
            "From the arrival of a change to its being served",
            self.change_seconds.clone(),
        );
        r.register("listening", "Whether the database's announcements are heard", self.listening.clone());
        r.register("event_streams", "Open streams of /events", self.event_streams.clone());
        r.register("database_connections", "Open database connections", self.database_connections.clone());
        r.register("database_idle_connections", "Idle database connections", self.database_idle.clone());
        r.register("audit_records", "Records written into the audit file", self.audit.written.clone());
        r.register("audit_lost", "Audit records for which there was no room", self.audit.lost.clone());
    }

    /// Those of a bucket, where there is one.
    pub fn register_bucket(&mut self, counts: &bucket::Counts) {
        let r = &mut self.registry;
        r.register("store_answers", "Whether the bucket answered the last time", counts.answers.clone());
        r.register("store_requests", "Requests to the bucket", counts.requests.clone());
        r.register("store_failures", "Requests that the bucket did not answer", counts.failures.clone());
        r.register("store_fetched_bytes", "Bytes of files from the bucket", counts.fetched_bytes.clone());
        r.register("store_sent_bytes", "Bytes of files to the bucket", counts.sent_bytes.clone());
        r.register(
            "store_cache_bytes",
            "Bytes of copies in the state directory",
            counts.cached_bytes.clone(),
        );
    }

    /// The exposition text.
    pub fn encode(&self) -> String {
        let mut out = String::new();
        match text::encode(&mut out, &self.registry) {
            Ok(()) => out,
            // Writing to a String does not fail.
            Err(std::fmt::Error) => String::new(),
        }
    }
}
