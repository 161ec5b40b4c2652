//! Where an issuer's keys are: a file, or a URL.

use crate::config::{Jwks, Tokens};
use rustls::crypto::ring;
use std::{fs, io, path::PathBuf, sync::Arc, time::Duration};
use ureq::{
    Agent,
    tls::{Certificate, PemItem, RootCerts, TlsConfig, parse_pem},
};

/// A fetch that takes longer has failed.
const PATIENCE: Duration = Duration::from_secs(10);
/// Bytes of a set of keys: a key takes some kB with its certificates.
const LARGEST: u64 = 1 << 20;

pub enum Place {
    File(PathBuf),
    Url { url: String, agent: Agent },
}

#[derive(Debug, thiserror::Error)]
pub enum PlaceError {
    #[error("cannot read {path}: {cause}")]
    File { path: PathBuf, cause: io::Error },
    #[error("there is no certificate in {0}, as PEM")]
    NoAuthority(PathBuf),
    #[error("cannot be fetched: {0}")]
    Url(#[from] Box<ureq::Error>),
}

impl Place {
    /// # Errors
    /// When there are no authorities for an https URL.
    pub fn new(config: &Tokens) -> Result<Self, PlaceError> {
        let url = match &config.jwks {
            Jwks::File(path) => return Ok(Self::File(path.clone())),
            Jwks::Url(url) => url.clone(),
        };
        let mut agent = Agent::config_builder().timeout_global(Some(PATIENCE)).max_redirects(0);
        if url.starts_with("https:") {
            let authorities = authorities(&config.authorities)?;
            let tls = TlsConfig::builder().root_certs(RootCerts::new_with_certs(&authorities));
            let provider = Arc::new(ring::default_provider());
            agent = agent.tls_config(tls.unversioned_rustls_crypto_provider(provider).build());
        }
        Ok(Self::Url { url, agent: agent.build().into() })
    }

    /// What is there now. It takes its time.
    ///
    /// # Errors
    /// When it cannot be had.
    pub fn read(&self) -> Result<Vec<u8>, PlaceError> {
        match self {
            Self::File(path) => read(path),
            Self::Url { url, agent } => {
                let answer = agent.get(url).call();
                let body = answer
                    .and_then(|mut answer| answer.body_mut().with_config().limit(LARGEST).read_to_vec());
                Ok(body.map_err(Box::new)?)
            }
        }
    }
}

fn read(path: &PathBuf) -> Result<Vec<u8>, PlaceError> {
    fs::read(path).map_err(|cause| PlaceError::File { path: path.clone(), cause })
}

fn authorities(path: &PathBuf) -> Result<Vec<Certificate<'static>>, PlaceError> {
    let pem = read(path)?;
    let certificate = |item| match item {
        Ok(PemItem::Certificate(certificate)) => Some(certificate),
        _ => None,
    };
    let found: Vec<_> = parse_pem(&pem).filter_map(certificate).collect();
    match found.is_empty() {
        true => Err(PlaceError::NoAuthority(path.clone())),
        false => Ok(found),
    }
}
