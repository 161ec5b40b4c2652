//! The extracts of layers that some may see in place of the layers, made before anybody is served.

use crate::{
    catalog::PublishedLayer,
    config::Access,
    extract::{Extract, ExtractError},
    grid::QuadGrid,
    plan::{LayerId, Rules},
    snapshot::{Snapshot, SnapshotId, Store},
    tile::{PrepareError, TileLayer},
};
use jiff::Timestamp;
use std::{collections::BTreeMap, sync::Arc};

/// What of each layer somebody sees who does not see all of it, each extract once.
pub struct Extracts {
    store: Arc<Store>,
    /// By which tiles are drawn.
    rules: BTreeMap<LayerId, Rules>,
    wanted: BTreeMap<LayerId, Vec<Extract>>,
}

/// A rule that cannot be applied to its layer.
#[derive(Debug, thiserror::Error)]
#[error("the configuration: access.layer.{layer}: {cause}")]
pub struct AccessError {
    layer: LayerId,
    cause: ExtractError,
}

#[derive(Debug, thiserror::Error)]
enum MakeError {
    #[error(transparent)]
    Extract(#[from] ExtractError),
    #[error(transparent)]
    Prepare(#[from] PrepareError),
}

impl Extracts {
    pub fn new(store: Arc<Store>, rules: BTreeMap<LayerId, Rules>, access: Option<&Access>) -> Self {
        let wanted = access.map(Access::extracts).unwrap_or_default();
        Self { store, rules, wanted }
    }

    /// Makes the extracts of `layer`, which is on `grid`. What is as it was in `before`, the layer that it replaces, stays.
    ///
    /// One that cannot be made is left out and the log says why: who was to see it sees nothing of the layer.
    pub fn of(
        &self,
        mut layer: PublishedLayer,
        grid: &QuadGrid,
        before: Option<&PublishedLayer>,
    ) -> Arc<PublishedLayer> {
        for extract in self.wanted(layer.id()) {
            let snapshot = extract.of(&layer.snapshot, self.store.aside()).map_err(MakeError::from);
            let made = snapshot.and_then(|snapshot| {
                let served = before.and_then(|before| before.extract(extract));
                Ok(self.prepared(snapshot, layer.published_at, grid, served)?)
            });
            take(&mut layer, extract, made);
        }
        Arc::new(layer)
    }

    /// Prepares the extracts of `published` for `layer`, which is the same on another `grid`.
    pub fn on_grid(
        &self,
        mut layer: PublishedLayer,
        grid: &QuadGrid,
        before: Option<&PublishedLayer>,
        published: &PublishedLayer,
    ) -> Arc<PublishedLayer> {
        for (extract, made) in &published.extracts {
            let served = before.and_then(|before| before.extract(extract));
            let made = self.prepared(Arc::clone(&made.snapshot), made.published_at, grid, served);
            take(&mut layer, extract, made.map_err(MakeError::from));
        }
        Arc::new(layer)
    }

    fn prepared(
        &self,
        snapshot: Arc<Snapshot>,
        published_at: Timestamp,
        grid: &QuadGrid,
        served: Option<&Arc<PublishedLayer>>,
    ) -> Result<Arc<PublishedLayer>, PrepareError> {
        if let Some(same) = served.filter(|served| served.snapshot.id == snapshot.id) {
            return Ok(Arc::clone(same));
        }
        let rules = self.rules.get(&snapshot.layer.id).cloned().unwrap_or_default();
        let before = served.map(|served| &served.tiles);
        let tiles = TileLayer::prepare_unnamed(snapshot, grid, &rules, self.store.aside(), before)?;
        Ok(Arc::new(PublishedLayer::after(served.map(Arc::as_ref), tiles, published_at)))
    }

    /// What the extracts of a kept snapshot hash to, those that can be made.
    pub fn ids(&self, layer: &LayerId, id: SnapshotId) -> Vec<(Extract, SnapshotId)> {
        let wanted = self.wanted(layer);
        if wanted.is_empty() {
            return vec![];
        }
        // What is wrong with a snapshot is told when it is opened to be served.
        let Ok(whole) = self.store.open_snapshot(layer, id) else { return vec![] };
        let made = wanted.iter().map(|extract| Some((extract, extract.of(&whole, self.store.aside()).ok()?)));
        made.flatten().map(|(extract, made)| (extract.clone(), made.id)).collect()
    }

    /// Checks that all can be made of these layers.
    ///
    /// # Errors
    /// The first rule that its layer cannot follow.
    pub fn check<'a>(&self, mut layers: impl Iterator<Item = &'a Snapshot>) -> Result<(), AccessError> {
        layers.try_for_each(|snapshot| {
            let refused = |cause| AccessError { layer: snapshot.layer.id.clone(), cause };
            let mut wanted = self.wanted(&snapshot.layer.id).iter();
            wanted.try_for_each(|extract| extract.check(&snapshot.layer)).map_err(refused)
        })
    }

    fn wanted(&self, layer: &LayerId) -> &[Extract] {
        self.wanted.get(layer).map_or(&[], Vec::as_slice)
    }
}

fn take(layer: &mut PublishedLayer, extract: &Extract, made: Result<Arc<PublishedLayer>, MakeError>) {
    match made {
        Ok(made) => layer.extracts.push((extract.clone(), made)),
        Err(error) => {
            let layer = layer.id();
            tracing::error!(%layer, %error, "some do not see this layer: what they may see of it cannot be made");
        }
    }
}
