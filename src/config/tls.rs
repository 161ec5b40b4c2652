//! TLS of the server's own, where no proxy in front has it.

use schemars::JsonSchema;
use serde::Deserialize;
use std::path::PathBuf;

#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Tls {
    /// PEM: the server's certificate, and behind it those up to an authority that clients know.
    pub certificate: PathBuf,
    /// PEM: its private key, in PKCS #8, PKCS #1 or SEC 1.
    pub key: PathBuf,
    /// Seconds for which a browser that was here once comes by https alone (HSTS, RFC 6797); 0 for as it likes. Nobody comes
    /// back by plain HTTP before they are over, so begin with 300.
    #[serde(default = "a_year")]
    pub hsts_seconds: u32,
}

/// What lists of sites that are never asked by plain http want at least.
fn a_year() -> u32 {
    365 * 24 * 60 * 60
}

impl Tls {
    /// Of flags, which name the files alone.
    pub fn of(certificate: PathBuf, key: PathBuf, hsts_seconds: Option<u32>) -> Self {
        Self { certificate, key, hsts_seconds: hsts_seconds.unwrap_or_else(a_year) }
    }
}
