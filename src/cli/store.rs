//! Where commands find what is published.

use crate::{
    bucket::{Bucket, BucketError},
    config::Config,
    snapshot::{Store, StoreError},
};
use std::sync::Arc;
use tokio::task::block_in_place;

/// The state directory, over the bucket if there is one, as it is.
pub fn open(config: &Config) -> anyhow::Result<Arc<Store>> {
    let directory = config.state_dir();
    let store = match bucket(config)? {
        None => Store::open(directory)?,
        Some(bucket) => Store::over(directory, bucket, config.store.cache_bytes())?,
    };
    Ok(Arc::new(store))
}

/// The bucket, if there is one.
pub fn bucket(config: &Config) -> Result<Option<Bucket>, BucketError> {
    config.store.url.as_deref().map(Bucket::open).transpose()
}

/// The same in the state of the bucket, which may have nothing yet.
pub fn pulled(config: &Config) -> anyhow::Result<Arc<Store>> {
    let store = open(config)?;
    match block_in_place(|| store.pull()) {
        Ok(_) | Err(StoreError::Empty) => Ok(store),
        Err(error) => Err(error.into()),
    }
}
