//! Which tiles are asked for most: a list in the state directory, by which they are cut again after a restart.
//!
//! One request in sixteen is counted, on average: so what is ready goes out as fast as without. Tiles that the public does not see
//! whole are not counted, nor filtered ones, nor those of other grids than the published one; so the list says nothing that
//! is not for everybody.

use crate::{
    catalog::Tileset,
    config::Access,
    encoding::Encoding,
    extract::Part,
    grid::TileCoord,
    plan::LayerId,
    publisher::served_grid,
    snapshot::Store,
    unfinished,
    view::{View, ViewId},
};
use serde::{Deserialize, Serialize};
use std::{
    cell::Cell,
    cmp::Reverse,
    collections::{BTreeSet, HashMap},
    fs, io,
    path::PathBuf,
    sync::{Mutex, MutexGuard, PoisonError},
};

/// One request of so many is counted.
const SAMPLE: u32 = 16;
/// So many times the tiles that are wanted are told apart, to find out which of them are the hottest.
const CANDIDATES: usize = 4;
const FILE: &str = "hot-tiles.json";

/// A tile as it is asked for, whatever the version.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct HotTile {
    pub tileset: String,
    #[serde(flatten)]
    pub tile: TileCoord,
    pub encoding: Encoding,
}

/// A tile and how often it was counted, later counts weighing more.
#[derive(Serialize, Deserialize)]
struct Counted {
    #[serde(flatten)]
    tile: HotTile,
    count: u32,
}

pub struct Heat {
    /// Tiles in the list.
    most: usize,
    /// Layers of which the public does not see everything.
    hidden: BTreeSet<LayerId>,
    file: PathBuf,
    counts: Mutex<HashMap<HotTile, u32>>,
}

impl Heat {
    /// The list of the `most` hottest tiles, in the directory of `store`; 0 is for none.
    pub fn new(most: usize, store: &Store, access: Option<&Access>) -> Self {
        let layers = access.iter().flat_map(|access| &access.layers);
        let hidden = layers.filter(|(_, visibility)| visibility.part(None) != Part::Whole);
        let hidden = hidden.map(|(id, _)| id.clone()).collect();
        Self { most, hidden, file: store.aside().join(FILE), counts: Mutex::default() }
    }

    pub fn is_kept(&self) -> bool {
        self.most > 0
    }

    /// A tile is asked for.
    pub fn note(&self, tileset: &Tileset, tile: TileCoord, encoding: Encoding, view: &View) {
        if self.is_kept() && is_sampled() && view.id() == ViewId::OPEN && self.is_public(tileset) {
            let tile = HotTile { tileset: tileset.name.clone(), tile, encoding };
            // Whoever writes the list has it for a moment; one count more or less is nothing.
            if let Ok(mut counts) = self.counts.try_lock() {
                *counts.entry(tile).or_default() += 1;
                if counts.len() > self.most * CANDIDATES {
                    cool(&mut counts, self.most * CANDIDATES / 2);
                }
            }
        }
    }

    fn is_public(&self, tileset: &Tileset) -> bool {
        tileset.grid == served_grid() && !tileset.layers.iter().any(|layer| self.hidden.contains(layer.id()))
    }

    /// The tiles that were hottest when the list was written, hottest first. They are counted on from there.
    ///
    /// # Errors
    /// When the list cannot be read; none is as good as an empty one.
    pub fn read(&self) -> io::Result<Vec<HotTile>> {
        let text = match fs::read(&self.file) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(vec![]),
            text => text?,
        };
        let mut list: Vec<Counted> = serde_json::from_slice(&text)?;
        list.sort_by_key(|counted| Reverse(counted.count));
        list.truncate(self.most);
        let mut counts = self.lock();
        for Counted { tile, count } in &list {
            let counted = counts.entry(tile.clone()).or_default();
            // What was asked for before the restart is worth half of what is asked for now.
            *counted = counted.saturating_add(count / 2);
        }
        Ok(list.into_iter().map(|counted| counted.tile).collect())
    }

    /// Writes the list anew; after a crash there is the old one or the new one, or one that cannot be read.
    pub fn write(&self) -> io::Result<()> {
        let mut list: Vec<Counted> =
            self.lock().iter().map(|(tile, count)| Counted { tile: tile.clone(), count: *count }).collect();
        list.sort_by_key(|counted| Reverse(counted.count));
        list.truncate(self.most);
        let mut unfinished = unfinished::beside(&self.file)?;
        serde_json::to_writer(&mut unfinished, &list)?;
        unfinished.persist(&self.file).map_err(|error| error.error)?;
        Ok(())
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<HotTile, u32>> {
        self.counts.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Whether this request is counted: by chance, as maps ask in patterns.
fn is_sampled() -> bool {
    thread_local!(static CHANCE: Cell<u32> = const { Cell::new(0x9e37_79b9) });
    CHANCE.with(|chance| {
        // Xorshift (Marsaglia, 2003): three shifts, no lock.
        let mut x = chance.get();
        x ^= x << 13;
        x ^= x >> 17;
        x ^= x << 5;
        chance.set(x);
        x % SAMPLE == 0
    })
}

/// Halves all counts, so that what was hot long ago goes, and leaves `most` of them.
fn cool(counts: &mut HashMap<HotTile, u32>, most: usize) {
    let mut all: Vec<u32> = counts.values().copied().collect();
    all.sort_unstable_by_key(|count| Reverse(*count));
    let least = all.get(most).copied().unwrap_or(0);
    counts.retain(|_, count| {
        let hot = *count > least;
        *count /= 2;
        hot
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tile(x: u32) -> HotTile {
        HotTile { tileset: "plan".into(), tile: TileCoord { z: 10, x, y: 0 }, encoding: Encoding::Gzip }
    }

    #[test]
    fn one_request_in_sixteen_is_counted() {
        let sampled = (0..160_000).filter(|_| is_sampled()).count();
        assert!((9_000..11_000).contains(&sampled), "{sampled}");
    }

    #[test]
    fn the_hottest_stay_and_the_others_make_room() {
        let mut counts: HashMap<_, _> = (0..100).map(|x| (tile(x), x + 1)).collect();
        cool(&mut counts, 10);
        assert_eq!(counts.len(), 10);
        assert_eq!(counts[&tile(99)], 50);
        // Where all are alike nobody is hot.
        let mut counts: HashMap<_, _> = (0..100).map(|x| (tile(x), 1)).collect();
        cool(&mut counts, 10);
        assert!(counts.is_empty());
    }

    #[test]
    fn a_list_is_read_as_it_was_written() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(folder.path()).unwrap();
        let heat = Heat::new(2, &store, None);
        assert!(heat.read().unwrap().is_empty());
        heat.lock().extend([(tile(1), 4), (tile(2), 9), (tile(3), 1)]);
        heat.write().unwrap();
        let again = Heat::new(2, &store, None);
        assert_eq!(again.read().unwrap(), [tile(2), tile(1)]);
        assert_eq!(again.lock()[&tile(2)], 4);
        fs::write(&again.file, "[{").unwrap();
        assert!(again.read().is_err());
    }
}
