//! A state directory over a bucket: what is in the bucket counts, the directory has copies.
//!
//! ```text
//! current.json                                     the one of these that is ever replaced, see [`Manifest`]
//! revisions/{name}.{hash of the file}.json         named by it
//! snapshots/{layer}/{id}.fgb                       named by it, by its sets and their revisions
//! snapshots/{layer}/{id}.{grid}.{digest}.tiles     what was prepared of it, by one version of the program
//! ```
//!
//! Objects are put in first and named afterwards, in one step; so whoever is killed in between has left what nobody
//! names, and that is removed when it is old. Copies are fetched aside, verified and renamed. Beside them is `keys.json`,
//! see [`KeysFile`](crate::access::KeysFile).

use super::{
    CurrentSet, FormerSet, RevisionName, Snapshot, SnapshotId, Store, StoreError, bounded, current,
    manifest::Manifest,
    revision,
    store::{at, json, unfinished_aside, write_whole},
};
use crate::{
    bucket::{Bucket, BucketError, Found, Tag},
    plan::LayerId,
    telemetry::carried,
};
use jiff::{SignedDuration, Timestamp};
use std::{
    collections::BTreeSet,
    fs::{self, File},
    io,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    thread,
    time::Instant,
};

const CURRENT: &str = current::FILE_NAME;
/// What nobody names is removed when it is this old: longer than objects are put in before they are named.
pub(super) const GRACE: SignedDuration = SignedDuration::from_hours(2);
/// Files on their way at a time.
const TRANSFERS: usize = 8;

pub(super) struct Shared {
    pub bucket: Arc<Bucket>,
    /// Bytes of the state directory.
    room: u64,
    /// What the bucket's `current.json` was when it was last read.
    seen: Mutex<Option<Seen>>,
    /// Held by whoever brings the directory to the state of the bucket.
    copying: Mutex<()>,
    /// When objects that nobody names were last looked for.
    pub(super) swept: Mutex<Option<Instant>>,
}

#[derive(Clone)]
pub(super) struct Seen {
    pub tag: Tag,
    pub manifest: Arc<Manifest>,
    /// Whether the directory has it all.
    copied: bool,
}

/// A file that goes into the bucket, and the object's name there.
pub(super) struct Sent {
    pub path: PathBuf,
    pub name: String,
}

impl Shared {
    pub fn new(bucket: Bucket, room: u64) -> Self {
        let (seen, copying, swept) = (Mutex::default(), Mutex::default(), Mutex::default());
        Self { bucket: Arc::new(bucket), room, seen, copying, swept }
    }

    fn lock(&self) -> MutexGuard<'_, Option<Seen>> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What was last read.
    pub fn seen(&self) -> Option<Seen> {
        self.lock().clone()
    }

    /// Reads what the bucket says now; `None` when nothing is published there.
    pub fn look(&self) -> Result<Option<Seen>, StoreError> {
        let known = self.seen();
        match self.bucket.read(CURRENT, known.as_ref().map(|seen| &seen.tag))? {
            Found::Same => Ok(known),
            Found::Missing => {
                *self.lock() = None;
                Ok(None)
            }
            Found::Other(text, tag) => {
                let manifest = Manifest::read(&text).map_err(StoreError::Manifest)?;
                let seen = Seen { tag, manifest: Arc::new(manifest), copied: false };
                *self.lock() = Some(seen.clone());
                Ok(Some(seen))
            }
        }
    }

    /// Fetches what the directory lacks of the bucket's state now, then has it say so. Snapshots of the set that were
    /// fetched are given back, opened.
    pub fn pull(&self, store: &Store) -> Result<Option<Vec<Arc<Snapshot>>>, StoreError> {
        let _turn = self.copying.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(seen) = self.look()? else { return Ok(None) };
        if seen.copied {
            return Ok(Some(vec![]));
        }
        let set = &seen.manifest.set;
        let newest = set.layers.iter().filter_map(|layer| Some((&layer.id, layer.versions.first()?.id)));
        let lacking: Vec<_> = newest.filter(|(layer, id)| !store.path(layer, *id).is_file()).collect();
        let fetched = beside_each_other(&lacking, |(layer, id)| self.fetch_snapshot(store, layer, *id))?;
        self.say(store, &seen.manifest)?;
        self.note_copied(&seen.tag);
        self.shrink(store);
        Ok(Some(fetched))
    }

    /// As [`Self::pull`], for who publishes: a snapshot that the bucket has lost is no hindrance, as its layer is published
    /// anew.
    pub fn pull_to_publish(&self, store: &Store) -> Result<Option<Seen>, StoreError> {
        match self.pull(store) {
            Err(error @ StoreError::Lost { .. }) => {
                tracing::warn!(%error, "the bucket has lost a snapshot: its layer is published anew");
                self.seen().map_or(Ok(()), |seen| self.say(store, &seen.manifest))?;
            }
            pulled => drop(pulled?),
        }
        Ok(self.seen())
    }

    /// Has the directory say what the bucket says.
    fn say(&self, store: &Store, manifest: &Manifest) -> Result<(), StoreError> {
        self.copy_revisions(store, manifest)?;
        if store.current().ok().flatten().as_ref() != Some(&manifest.set) {
            manifest.set.write(&store.directory).map_err(at(&store.directory.join(CURRENT)))?;
        }
        Ok(())
    }

    /// Has the directory keep within its room.
    pub fn shrink(&self, store: &Store) {
        bounded::shrink(store, self.room, &self.bucket.counts().cached_bytes);
    }

    fn note_copied(&self, tag: &Tag) {
        if let Some(seen) = self.lock().as_mut().filter(|seen| seen.tag == *tag) {
            seen.copied = true;
        }
    }

    /// Brings the revisions of the directory to those of the bucket.
    pub fn copy_revisions(&self, store: &Store, manifest: &Manifest) -> Result<(), StoreError> {
        let mut named = BTreeSet::new();
        for (name, id) in &manifest.revisions {
            let path = revision::path(&store.directory, name);
            if fs::read(&path).ok().is_none_or(|text| SnapshotId::of(&text) != *id) {
                match self.revision_text(name, *id) {
                    Ok(text) => {
                        revision::make_directory(&store.directory)?;
                        write_whole(&path, &text).map_err(at(&path))?;
                    }
                    // It is one of many, and may be removed.
                    Err(StoreError::NoRevision(_)) => {
                        tracing::warn!(revision = %name, "the bucket names a revision that it does not have");
                        continue;
                    }
                    Err(error) => return Err(error),
                }
            }
            named.insert(path);
        }
        revision::remove_others(&store.directory, &named)
    }

    pub(super) fn revision_text(&self, name: &RevisionName, id: SnapshotId) -> Result<Vec<u8>, StoreError> {
        match self.bucket.read(&revision_object(name, id), None)? {
            Found::Other(text, _) if SnapshotId::of(&text) == id => Ok(text.to_vec()),
            _ => Err(StoreError::NoRevision(name.clone())),
        }
    }

    /// The snapshot from the bucket, verified, in its place in the directory.
    pub fn fetch_snapshot(
        &self,
        store: &Store,
        layer: &LayerId,
        id: SnapshotId,
    ) -> Result<Arc<Snapshot>, StoreError> {
        let path = store.path(layer, id);
        let lost = || StoreError::Lost { layer: layer.clone(), id };
        let mut snapshot = None;
        let fetched = self.fetch(store, &snapshot_object(layer, id), &path, |file| {
            snapshot = Some(Snapshot::read_verified(file, id).map_err(io::Error::other)?);
            Ok(())
        });
        match fetched {
            Err(StoreError::Bucket(BucketError::Missing)) => Err(lost()),
            fetched => fetched.and_then(|()| snapshot.ok_or_else(lost)),
        }
    }

    /// Fetches an object aside, has it verified, and gives it its name.
    pub fn fetch(
        &self,
        store: &Store,
        name: &str,
        path: &Path,
        verify: impl FnOnce(&File) -> io::Result<()>,
    ) -> Result<(), StoreError> {
        let directory = path.parent().unwrap_or(path);
        fs::create_dir_all(directory).map_err(at(directory))?;
        let unfinished = unfinished_aside(&store.directory).map_err(at(path))?;
        self.bucket.fetch(name, unfinished.as_file())?;
        verify(unfinished.as_file()).map_err(at(path))?;
        unfinished.persist(path).map_err(|error| at(path)(error.error))?;
        Ok(())
    }

    /// Puts files in, unless they are there.
    pub fn send(&self, files: &[Sent]) -> Result<(), StoreError> {
        let fresh = Timestamp::now() - GRACE / 2;
        beside_each_other(files, |Sent { path, name }| {
            let file = File::open(path).map_err(at(path))?;
            Ok(self.bucket.send(name, &file, fresh)?)
        })?;
        Ok(())
    }

    /// Names what was put in: replaces the manifest that had `tag`.
    ///
    /// # Errors
    /// [`StoreError::Overtaken`] when somebody else has replaced it; what is there is as they left it.
    pub fn announce(&self, manifest: Manifest, tag: Option<&Tag>) -> Result<(), StoreError> {
        let text = json(&manifest).map_err(StoreError::Manifest)?;
        let tag = self.bucket.replace(CURRENT, tag, text.into())?;
        *self.lock() = Some(Seen { tag, manifest: Arc::new(manifest), copied: false });
        Ok(())
    }
}

impl Store {
    /// Brings the directory to the state of the bucket, if there is one; what was fetched for it is given back, opened.
    /// It takes as long as what is lacking takes to come.
    ///
    /// # Errors
    /// When the bucket does not answer, or has nothing published; the directory is as it was.
    pub fn pull(&self) -> Result<Vec<Arc<Snapshot>>, StoreError> {
        match &self.shared {
            None => Ok(vec![]),
            Some(shared) => shared.pull(self)?.ok_or(StoreError::Empty),
        }
    }

    /// Looks once at what the bucket has announced, and fetches the revisions; tells whether that is news.
    pub fn look(&self) -> Result<bool, StoreError> {
        let Some(shared) = &self.shared else { return Ok(false) };
        let before = shared.seen();
        let Some(seen) = shared.look()? else { return Ok(false) };
        if before.is_some_and(|before| before.tag == seen.tag) {
            return Ok(false);
        }
        shared.copy_revisions(self, &seen.manifest)?;
        Ok(true)
    }

    /// The sets without a name that replicas have announced, newest first; the current one may be served here or not yet.
    pub fn announced(&self) -> Vec<FormerSet> {
        let seen = self.shared.as_ref().and_then(Shared::seen);
        let sets = seen.map(|seen| {
            let mut sets = seen.manifest.before.clone();
            sets.insert(0, FormerSet::of(&seen.manifest.set));
            sets
        });
        sets.unwrap_or_default()
    }

    /// Whether the bucket answered when it was last asked; without one, always.
    pub fn answers(&self) -> bool {
        self.shared.as_ref().is_none_or(|shared| shared.bucket.answers())
    }

    /// The set that is published, of a bucket as it is at this moment: the directory may not have it yet.
    pub fn published(&self) -> Result<Option<CurrentSet>, StoreError> {
        match &self.shared {
            None => self.current(),
            Some(shared) => Ok(shared.look()?.map(|seen| seen.manifest.set.clone())),
        }
    }

    /// The set of the bucket, as it was last read; without a bucket none.
    pub fn announced_set(&self) -> Option<CurrentSet> {
        Some(self.shared.as_ref()?.seen()?.manifest.set.clone())
    }
}

pub(super) fn snapshot_object(layer: &LayerId, id: SnapshotId) -> String {
    format!("snapshots/{layer}/{id}.fgb")
}

/// What was prepared of a snapshot; `digest` is of all that it depends on.
pub(super) fn prepared_object(layer: &LayerId, id: SnapshotId, grid: &str, digest: &str) -> String {
    format!("snapshots/{layer}/{id}.{grid}.{digest}.tiles")
}

pub(super) fn revision_object(name: &RevisionName, id: SnapshotId) -> String {
    format!("revisions/{name}.{id}.json")
}

impl From<BucketError> for StoreError {
    fn from(error: BucketError) -> Self {
        match error {
            BucketError::Overtaken => Self::Overtaken,
            error => Self::Bucket(error),
        }
    }
}

/// Does `work` for each of `all`, some at a time; the results are in their order.
fn beside_each_other<T: Sync, R: Send>(
    all: &[T],
    work: impl Fn(&T) -> Result<R, StoreError> + Sync,
) -> Result<Vec<R>, StoreError> {
    let next = Mutex::new(all.iter().enumerate());
    let done = Mutex::new(Vec::with_capacity(all.len()));
    thread::scope(|scope| {
        for _ in 0..TRANSFERS.min(all.len()) {
            scope.spawn(carried(|| {
                loop {
                    let Some((number, one)) = next.lock().unwrap_or_else(PoisonError::into_inner).next()
                    else {
                        return;
                    };
                    let result = work(one);
                    done.lock().unwrap_or_else(PoisonError::into_inner).push((number, result));
                }
            }));
        }
    });
    let mut done = done.into_inner().unwrap_or_else(PoisonError::into_inner);
    done.sort_by_key(|(number, _)| *number);
    done.into_iter().map(|(_, result)| result).collect()
}
