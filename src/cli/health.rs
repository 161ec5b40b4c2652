//! `plantiles health`: whether the server of this machine is ready, for a container, which has no other program to ask it.

use super::say::say;
use crate::config::Config;
use anyhow::{Context, bail};
use rustls::crypto::ring;
use std::{sync::Arc, time::Duration};
use tokio::task::block_in_place;
use ureq::{Agent, http::StatusCode, tls::TlsConfig};

/// Longer than a server takes that is not in trouble.
const PATIENCE: Duration = Duration::from_secs(5);

/// Fails unless `/readyz` is answered 200.
pub async fn health(config: &Config) -> anyhow::Result<()> {
    let url = format!("{}/readyz", config.server.own_url().as_str());
    // The certificate names the server as others reach it, and nothing that is secret is asked for.
    let tls = TlsConfig::builder().disable_verification(true);
    let tls = tls.unversioned_rustls_crypto_provider(Arc::new(ring::default_provider())).build();
    let agent =
        Agent::config_builder().http_status_as_error(false).timeout_global(Some(PATIENCE)).tls_config(tls);
    let agent: Agent = agent.build().into();
    let status = block_in_place(|| agent.get(&url).call()).with_context(|| url.clone())?.status();
    if status != StatusCode::OK {
        bail!("{url}: {status}");
    }
    say!("{url}: ready");
    Ok(())
}
