//! The plan on a grid beside the one that it is published on.
//!
//! Layers are prepared for such a grid when somebody first asks for it, and from then on after each publication,
//! behind everything else: an edit is served on the grid of the web without waiting for others.

use crate::{
    catalog::{Catalog, PublishedLayer, Version},
    causes::chain,
    extracts::Extracts,
    grid::QuadGrid,
    plan::{LayerId, Rules},
    publisher::prepare,
    snapshot::Store,
    tile::PrepareError,
    workers::{WorkError, aside},
};
use arc_swap::ArcSwapOption;
use std::{collections::BTreeMap, sync::Arc};
use tokio::sync::{Mutex, MutexGuard};

pub struct OnGrid {
    pub grid: QuadGrid,
    latest: ArcSwapOption<Derived>,
    /// Held by whoever makes the next.
    making: Mutex<()>,
}

/// What was made of a published catalog.
struct Derived {
    of: Version,
    catalog: Arc<Catalog>,
}

impl OnGrid {
    pub fn new(grid: QuadGrid) -> Self {
        Self { grid, latest: ArcSwapOption::empty(), making: Mutex::new(()) }
    }

    /// What was made last, of whatever was published then; `None` when nobody has asked yet.
    pub fn latest(&self) -> Option<Arc<Catalog>> {
        self.latest.load().as_ref().map(|latest| Arc::clone(&latest.catalog))
    }

    /// What was made of `published`.
    pub fn of(&self, published: &Catalog) -> Option<Arc<Catalog>> {
        let latest = self.latest.load();
        latest
            .as_ref()
            .filter(|latest| latest.of == published.version())
            .map(|latest| Arc::clone(&latest.catalog))
    }

    /// The right to make the next; one has it at a time.
    pub async fn turn(&self) -> MutexGuard<'_, ()> {
        self.making.lock().await
    }

    /// Makes the catalog of this grid from `published`: layers that are as they were stay, the others are opened or
    /// prepared now.
    ///
    /// # Errors
    /// [`WorkError::Aborted`] when a layer cannot be prepared; the log says why.
    pub async fn derive(
        &self,
        published: Arc<Catalog>,
        store: Arc<Store>,
        rules: BTreeMap<LayerId, Rules>,
        extracts: Arc<Extracts>,
    ) -> Result<Arc<Catalog>, WorkError> {
        let (grid, before) = (self.grid.clone(), self.latest());
        let derived = aside(move || {
            let layers = published.layers().iter().map(|layer| {
                let served = before.as_ref().and_then(|before| before.layer(layer.id()));
                if let Some(same) = served.filter(|served| served.snapshot.id == layer.snapshot.id) {
                    return Ok(Arc::clone(same));
                }
                let served = served.map(Arc::as_ref);
                let before = served.map(|layer| &layer.tiles);
                let tiles = prepare(&store, &rules, &grid, Arc::clone(&layer.snapshot), before)?;
                let made = PublishedLayer::after(served, tiles, layer.published_at);
                Ok(extracts.on_grid(made, &grid, served, layer))
            });
            let layers = layers.collect::<Result<Vec<_>, PrepareError>>()?;
            Ok(Arc::new(Catalog::new(published.origin, &grid, layers, published.max_tile())))
        });
        derived.await?.map_err(|error: PrepareError| {
            tracing::error!(grid = %self.grid.id, error = chain(&error), "the plan cannot be cut on this grid");
            WorkError::Aborted
        })
    }

    /// Gives out `catalog`, made of `published`, from now on.
    pub fn serve(&self, published: &Catalog, catalog: Arc<Catalog>) {
        self.latest.store(Some(Arc::new(Derived { of: published.version(), catalog })));
    }
}
