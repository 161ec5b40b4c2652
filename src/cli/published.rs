//! What is published, as commands read it: from the state directory, with the database or without.

use crate::{
    audit::{self, Audit, Counts},
    catalog::{Catalog, PublishedLayer},
    config::Config,
    publisher::{Publisher, Wanted, served_grid},
    snapshot::{CurrentSet, Store, StoreError},
};
use anyhow::bail;
use std::sync::Arc;
use tokio::task::block_in_place;

/// What is published, from the state directory alone when it is there; the first time it is published now.
pub async fn published(config: &Config, store: &Arc<Store>) -> anyhow::Result<CurrentSet> {
    let publisher = Publisher::new(config, Arc::clone(store))?;
    let current = match config.database.url {
        Some(_) => publisher.current()?,
        None => store.current()?,
    };
    if let Some(set) = current {
        return Ok(set);
    }
    if !publisher.publishes() {
        return Err(StoreError::Empty.into());
    }
    let audit = Audit::start(config.audit.as_ref(), Counts::default())?;
    let publisher = publisher.recorded(audit.clone(), audit::operator());
    let published = publisher.publish(Wanted::All, &[], &|_| {}).await?;
    audit.finish().await?;
    match published.failures.as_slice() {
        [] => Ok(published.set),
        failures => bail!("{}", failures.join("; ")),
    }
}

/// The same, ready for cutting.
pub async fn catalog(config: &Config, store: &Arc<Store>) -> anyhow::Result<Catalog> {
    let set = published(config, store).await?;
    let publisher = Publisher::new(config, Arc::clone(store))?;
    let opened = block_in_place(|| publisher.open_set(set, &[]));
    if !opened.failures.is_empty() {
        bail!("{}", opened.failures.join("; "));
    }
    let set = opened.set;
    let layers = opened.snapshots.into_iter().map(|snapshot| {
        let at = set.published_at(&snapshot.layer.id, snapshot.id).unwrap_or_default();
        Ok(Arc::new(PublishedLayer::after(None, publisher.tiles(snapshot, None)?, at)))
    });
    let layers = block_in_place(|| layers.collect::<anyhow::Result<Vec<_>>>())?;
    Ok(Catalog::new(set.origin, &served_grid(), layers, publisher.max_tile()))
}
