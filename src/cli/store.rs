//! Where commands find what is published.

use crate::{
    bucket::Bucket,
    config::Config,
    snapshot::{Store, StoreError},
};
use std::sync::Arc;
use tokio::task::block_in_place;

/// The state directory, over the bucket if there is one, as it is.
pub fn open(config: &Config) -> anyhow::Result<Arc<Store>> {
    let directory = config.state_dir();
    let store = match &config.store.url {
        None => Store::open(directory)?,
        Some(url) => Store::over(directory, Bucket::open(url)?, config.store.cache_bytes())?,
    };
    Ok(Arc::new(store))
}

/// The same in the state of the bucket, which may have nothing yet.
pub fn pulled(config: &Config) -> anyhow::Result<Arc<Store>> {
    let store = open(config)?;
    match block_in_place(|| store.pull()) {
        Ok(_) | Err(StoreError::Empty) => Ok(store),
        Err(error) => Err(error.into()),
    }
}
