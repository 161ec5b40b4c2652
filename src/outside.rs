//! Other servers, asked over http or https.

use rustls::crypto::ring;
use std::{
    fs, io,
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};
use ureq::{
    Agent,
    tls::{Certificate, PemItem, RootCerts, TlsConfig, parse_pem},
};

#[derive(Debug, thiserror::Error)]
pub enum AuthoritiesError {
    #[error("cannot read {path}: {cause}")]
    File { path: PathBuf, cause: io::Error },
    #[error("there is no certificate in {0}, as PEM")]
    None(PathBuf),
}

/// Who asks the server of `url`, for `patience` at a time; redirects are not followed. `authorities` is a file of those that
/// vouch for it where it is https.
///
/// # Errors
/// When there are none in it.
pub fn agent(url: &str, authorities: &Path, patience: Duration) -> Result<Agent, AuthoritiesError> {
    let mut agent = Agent::config_builder().timeout_global(Some(patience)).max_redirects(0);
    if url.starts_with("https:") {
        let authorities = read(authorities)?;
        let tls = TlsConfig::builder().root_certs(RootCerts::new_with_certs(&authorities));
        let provider = Arc::new(ring::default_provider());
        agent = agent.tls_config(tls.unversioned_rustls_crypto_provider(provider).build());
    }
    Ok(agent.build().into())
}

fn read(path: &Path) -> Result<Vec<Certificate<'static>>, AuthoritiesError> {
    let pem = fs::read(path).map_err(|cause| AuthoritiesError::File { path: path.to_owned(), cause })?;
    let certificate = |item| match item {
        Ok(PemItem::Certificate(certificate)) => Some(certificate),
        _ => None,
    };
    let found: Vec<_> = parse_pem(&pem).filter_map(certificate).collect();
    match found.is_empty() {
        true => Err(AuthoritiesError::None(path.to_owned())),
        false => Ok(found),
    }
}
