//! A place in an object store, by its URL: which kind of store, where in it, and how long it is waited for.

use super::local::Folder;
use object_store::{
    BackoffConfig, ObjectStore, ObjectStoreScheme, RetryConfig,
    aws::{AmazonS3Builder, AmazonS3ConfigKey},
    azure::{AzureConfigKey, MicrosoftAzureBuilder},
    client::ClientConfigKey,
    gcp::{GoogleCloudStorageBuilder, GoogleConfigKey},
    local::LocalFileSystem,
    path::Path,
};
use reqwest::Url;
use std::{fs, path::PathBuf, sync::Arc, time::Duration};

/// A try to connect, and one request with its answer: a part of 8 MiB has to come through. Where the environment does not
/// say otherwise.
const PATIENCE: [(ClientConfigKey, &str); 2] =
    [(ClientConfigKey::ConnectTimeout, "3 seconds"), (ClientConfigKey::Timeout, "60 seconds")];
/// How often a request is tried again, and how long in all.
const RETRIES: usize = 3;
const RETRYING: Duration = Duration::from_secs(20);
/// First and longest pause before that.
const PAUSES: [Duration; 2] = [Duration::from_millis(100), Duration::from_secs(2)];

/// A bucket and what all names in it begin with.
#[derive(Debug, Clone)]
pub struct Location {
    pub store: Arc<dyn ObjectStore>,
    pub prefix: Path,
    /// Whether objects have headers, such as their media type; those of a folder have none.
    pub has_headers: bool,
    /// Where it is a folder: that has no conditional replacement of its own.
    pub(super) folder: Option<Folder>,
}

#[derive(Debug, thiserror::Error)]
pub enum LocationError {
    #[error("{0}: not s3://bucket/prefix, gs://bucket/prefix, az://container/prefix or file:///folder")]
    NoUrl(String),
    #[error("the address of a bucket has no password in it: credentials belong into the environment")]
    Secret,
    #[error("{0}: {1}")]
    Refused(String, object_store::Error),
    #[error("{path}: {cause}")]
    Folder { path: PathBuf, cause: std::io::Error },
}

/// A builder that has read the environment, with our patience where that says nothing of it.
macro_rules! patient {
    ($builder:ty, $key:path) => {
        PATIENCE.into_iter().fold(<$builder>::from_env().with_retry(retry()), |builder, (key, value)| {
            let key = $key(key);
            match builder.get_config_value(&key) {
                None => builder.with_config(key, value),
                Some(_) => builder,
            }
        })
    };
}

impl Location {
    /// Opens `url`, with credentials and endpoint from the environment; nothing is asked for yet.
    ///
    /// # Errors
    /// When the URL is of no store, or the environment does not say enough.
    pub fn open(url: &str) -> Result<Self, LocationError> {
        let no_url = || LocationError::NoUrl(url.to_owned());
        let parsed = Url::parse(url).map_err(|_| no_url())?;
        if parsed.password().is_some() {
            return Err(LocationError::Secret);
        }
        if !["s3", "gs", "az", "file"].contains(&parsed.scheme()) {
            return Err(no_url());
        }
        let (scheme, prefix) = ObjectStoreScheme::parse(&parsed).map_err(|_| no_url())?;
        // The client of a store has no TLS of its own; another part of the program may have named this one before.
        let _named_before = rustls::crypto::ring::default_provider().install_default();
        let store: Result<Arc<dyn ObjectStore>, _> = match scheme {
            // The root of the machine is where a path was forgotten.
            ObjectStoreScheme::Local if parsed.path() == "/" => return Err(no_url()),
            ObjectStoreScheme::Local => return Self::folder(&parsed.to_file_path().map_err(|()| no_url())?),
            ObjectStoreScheme::AmazonS3 => patient!(AmazonS3Builder, AmazonS3ConfigKey::Client)
                .with_url(url)
                .build()
                .map(|store| Arc::new(store) as _),
            ObjectStoreScheme::GoogleCloudStorage => {
                patient!(GoogleCloudStorageBuilder, GoogleConfigKey::Client)
                    .with_url(url)
                    .build()
                    .map(|store| Arc::new(store) as _)
            }
            ObjectStoreScheme::MicrosoftAzure => patient!(MicrosoftAzureBuilder, AzureConfigKey::Client)
                .with_url(url)
                .build()
                .map(|store| Arc::new(store) as _),
            _ => return Err(no_url()),
        };
        let store = store.map_err(|error| LocationError::Refused(url.to_owned(), error))?;
        Ok(Self { store, prefix, has_headers: true, folder: None })
    }

    /// A folder, made if need be.
    fn folder(path: &std::path::Path) -> Result<Self, LocationError> {
        let unusable = |cause| LocationError::Folder { path: path.to_owned(), cause };
        fs::create_dir_all(path).map_err(unusable)?;
        let store = LocalFileSystem::new_with_prefix(path)
            .map_err(|error| LocationError::Refused(path.display().to_string(), error))?;
        let (store, folder) = (Arc::new(store.with_fsync(true)), Some(Folder::new(path)));
        Ok(Self { store, prefix: Path::default(), has_headers: false, folder })
    }
}

fn retry() -> RetryConfig {
    let backoff =
        BackoffConfig { init_backoff: PAUSES[0], max_backoff: PAUSES[1], ..BackoffConfig::default() };
    RetryConfig { backoff, max_retries: RETRIES, retry_timeout: RETRYING }
}
