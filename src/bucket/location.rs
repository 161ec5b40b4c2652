//! A place in an object store, by its URL.

use object_store::{ObjectStore, parse_url_opts, path::Path};
use reqwest::Url;
use std::{env, sync::Arc};

/// A bucket and what all names in it begin with.
#[derive(Debug, Clone)]
pub struct Location {
    pub store: Arc<dyn ObjectStore>,
    pub prefix: Path,
    /// Whether objects have headers, such as their media type; those of a folder have none.
    pub has_headers: bool,
}

#[derive(Debug, thiserror::Error)]
pub enum LocationError {
    #[error("{0}: not s3://bucket/prefix, gs://bucket/prefix, az://container/prefix or file:///folder")]
    NoUrl(String),
    #[error("{0}: {1}")]
    Refused(String, object_store::Error),
}

/// Variables of the environment that say how a store is reached; `TOKEN` or `BUCKET` without a prefix are of something else.
const VARIABLES: [&str; 3] = ["AWS_", "GOOGLE_", "AZURE_"];

impl Location {
    /// Opens `url`, with credentials and endpoint from the environment; nothing is asked for yet.
    ///
    /// # Errors
    /// When the URL is of no store, or the environment does not say enough.
    pub fn open(url: &str) -> Result<Self, LocationError> {
        let parsed = Url::parse(url).ok();
        let parsed = parsed.filter(|url| ["s3", "gs", "az", "file"].contains(&url.scheme()));
        let parsed = parsed.ok_or_else(|| LocationError::NoUrl(url.to_owned()))?;
        // The client of a store has no TLS of its own; another part of the program may have named this one before.
        let _named_before = rustls::crypto::ring::default_provider().install_default();
        let told = env::vars_os()
            .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)));
        let told = told.filter(|(name, _)| VARIABLES.iter().any(|prefix| name.starts_with(prefix)));
        let (store, prefix) =
            parse_url_opts(&parsed, told).map_err(|error| LocationError::Refused(url.to_owned(), error))?;
        Ok(Self { store: store.into(), prefix, has_headers: parsed.scheme() != "file" })
    }
}
