//! Tiles of what the bucket has announced, while its files are still on their way: a server on a new machine answers a
//! moment after its start.
//!
//! Each is cut from the parts of the files that it needs, and is what it will be when all is there. But parts are not
//! verified by a hash, as files are: so these tiles are not kept, here or by anybody else.

use super::Service;
use crate::{
    cache::ReadyTile,
    catalog::{PLAN, Version},
    encoding::{self, Encoding},
    grid::TileCoord,
    plan::{LayerId, Rules},
    publisher::served_grid,
    snapshot::{CurrentSet, RemoteSnapshot, SnapshotError, SnapshotId, Store, StoreError},
    tile::{self, TileLayer},
    workers::aside,
};
use std::{collections::BTreeMap, panic, sync::Arc, thread};

/// Tiles on their way at a time: each has read some bytes for every feature of its layers.
pub const AT_A_TIME: usize = 4;

#[derive(Debug, thiserror::Error)]
enum EarlyError {
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(transparent)]
    Snapshot(#[from] SnapshotError),
    #[error("it lies around the antimeridian")]
    Wraps,
}

/// A layer of the announced set.
struct Announced {
    layer: LayerId,
    id: SnapshotId,
    rules: Rules,
}

impl Service {
    /// The tile of a tileset of the announced set, with its version, while this server [is starting](Self::is_starting); `None` where it has to be
    /// waited for: it has another version, or cannot be cut so, or too many are on their way.
    pub async fn early_tile(
        &self,
        name: &str,
        wanted: Option<Version>,
        tile: TileCoord,
        encoding: Encoding,
    ) -> Option<(Version, ReadyTile)> {
        let layers = announced(&self.store.announced_set()?, &self.rules, name)?;
        let versions = layers.iter().map(|layer| (&layer.layer, layer.id, &layer.rules));
        let version = Version::of(versions, &served_grid(), self.max_tile);
        if wanted.is_some_and(|wanted| wanted != version) {
            return None;
        }
        let _turn = self.early.try_acquire().ok()?;
        let (store, most) = (Arc::clone(&self.store), self.max_tile);
        let make = move || {
            let tile::Tile { bytes, dropped } = cut(&store, &layers, tile, most)?;
            let (bytes, encoding) = encoding::encode(bytes.into(), encoding);
            Ok::<_, EarlyError>(ReadyTile { bytes, encoding, dropped })
        };
        match aside(make).await {
            Ok(Ok(ready)) => Some((version, ready)),
            Ok(Err(error)) => {
                tracing::debug!(%error, "a tile has to wait for the files");
                None
            }
            Err(_) => None,
        }
    }
}

/// The layers of the tileset `name`, in legend order; `None` when there is none of that name.
fn announced(set: &CurrentSet, rules: &BTreeMap<LayerId, Rules>, name: &str) -> Option<Vec<Announced>> {
    let ids: Vec<_> = name.split(',').collect();
    let is_wanted = |layer: &LayerId| name == PLAN || ids.contains(&layer.as_str());
    let layers = set.layers.iter().filter(|layer| is_wanted(&layer.id));
    let layers: Option<Vec<_>> = layers
        .map(|layer| {
            let rules = rules.get(&layer.id).cloned().unwrap_or_default();
            Some(Announced { layer: layer.id.clone(), id: layer.versions.first()?.id, rules })
        })
        .collect();
    layers.filter(|layers| name == PLAN || layers.len() == ids.len())
}

fn cut(store: &Store, layers: &[Announced], tile: TileCoord, most: usize) -> Result<tile::Tile, EarlyError> {
    let portions = thread::scope(|scope| {
        let under_way: Vec<_> =
            layers.iter().map(|layer| scope.spawn(move || layer.portion(store, tile))).collect();
        let done =
            under_way.into_iter().map(|layer| layer.join().unwrap_or_else(|p| panic::resume_unwind(p)));
        done.collect::<Result<Vec<TileLayer>, EarlyError>>()
    })?;
    Ok(tile::cut(&portions.iter().collect::<Vec<_>>(), &served_grid(), tile, most))
}

impl Announced {
    fn portion(&self, store: &Store, tile: TileCoord) -> Result<TileLayer, EarlyError> {
        let grid = served_grid();
        let file = store.remote_snapshot(&self.layer, self.id)?;
        let snapshot = RemoteSnapshot::open(&file)?;
        let digest = TileLayer::digest(&snapshot.layer, self.id, &grid, &self.rules);
        let prepared = store.remote_prepared(&self.layer, self.id, &grid.id, &digest)?;
        TileLayer::portion(&snapshot, &prepared, &grid, &self.rules, tile)?.ok_or(EarlyError::Wraps)
    }
}
