//! Traces and metrics for a collector, by OTLP.

use super::{PublicUrl, Secret};
use schemars::JsonSchema;
use serde::{Deserialize, Deserializer, de::Error};
use std::{collections::BTreeMap, num::NonZeroU16, path::PathBuf};

#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Telemetry {
    /// The collector's URL, to which `/v1/traces` and `/v1/metrics` are added: OTLP by HTTP, as protobuf. Without it nothing
    /// is traced or sent.
    pub endpoint: Option<PublicUrl>,
    /// Headers of what is sent there, such as `authorization`. They are secrets: never logged, and better in the environment.
    pub headers: BTreeMap<String, Secret>,
    /// PEM: the authorities that vouch for the server of an https URL. The default is Debian's.
    pub authorities: PathBuf,
    /// What this server is called there.
    pub service_name: String,
    /// The share of requests that are traced, 0 to 1, where no trusted proxy has decided it. Publications are traced all.
    #[serde(deserialize_with = "share")]
    #[schemars(range(min = 0, max = 1))]
    pub sampling: f64,
    /// Seconds from one sending of the metrics to the next.
    pub metrics_seconds: NonZeroU16,
}

impl Default for Telemetry {
    fn default() -> Self {
        Self {
            endpoint: None,
            headers: BTreeMap::new(),
            authorities: super::authorities_of_the_system(),
            service_name: "plantiles".to_owned(),
            sampling: 0.01,
            metrics_seconds: NonZeroU16::MIN.saturating_add(59),
        }
    }
}

fn share<'de, D: Deserializer<'de>>(share: D) -> Result<f64, D::Error> {
    let share = f64::deserialize(share)?;
    match (0.0..=1.0).contains(&share) {
        true => Ok(share),
        false => Err(D::Error::custom("a share is 0 to 1")),
    }
}
