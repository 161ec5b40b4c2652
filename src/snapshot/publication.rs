//! Publishing: the one way to write into a state directory.

use super::{
    CurrentSet, Origin, Snapshot, SnapshotId, SnapshotWriter, Store, StoreError, WriteError, current,
    store::at,
    writer::{self, UNFINISHED_SUFFIX},
};
use crate::plan::Layer;
use jiff::Timestamp;
use std::{
    collections::HashSet,
    fs::{self, File, TryLockError},
    io,
    path::{Path, PathBuf},
    sync::Arc,
};

/// The right to write into a state directory; given back on drop, or by the system when the process dies.
pub struct Publication<'a> {
    store: &'a Store,
    previous: Option<CurrentSet>,
    _lock: File,
}

impl<'a> Publication<'a> {
    pub(super) fn begin(store: &'a Store) -> Result<Self, StoreError> {
        let lock = lock(&store.directory)?;
        // Written whole or not at all, so it is the disk that failed; a new set heals it.
        let previous = store.current().unwrap_or_else(|error| {
            tracing::warn!(%error, "the published set is not readable and is made anew");
            None
        });
        let publication = Self { store, previous, _lock: lock };
        publication.remove_leftovers()?;
        Ok(publication)
    }

    /// A writer for a new snapshot of `layer`. What it finishes is on disk but not served until it is
    /// committed.
    pub fn writer(&self, layer: &Layer) -> Result<SnapshotWriter, WriteError> {
        let directory = self.store.layer_directory(&layer.id);
        let created = fs::create_dir_all(&directory)
            .and_then(|()| writer::sync_directory(&self.store.directory.join("snapshots")));
        created.map_err(|cause| WriteError::Io { layer: layer.id.clone(), cause })?;
        SnapshotWriter::create(&directory, layer)
    }

    /// Makes exactly `snapshots`, in this order, the current set, in one step, and removes versions beyond the
    /// last three.
    ///
    /// # Errors
    /// The set is unchanged after any error but one: when only the removal of an old version fails.
    pub fn commit(self, origin: Origin, snapshots: &[Arc<Snapshot>]) -> Result<CurrentSet, StoreError> {
        for snapshot in snapshots {
            let (layer, id) = (&snapshot.layer.id, snapshot.id);
            if !self.store.path(layer, id).is_file() {
                return Err(StoreError::Missing { layer: layer.clone(), id });
            }
        }
        let ids = snapshots.iter().map(|snapshot| (snapshot.layer.id.clone(), snapshot.id));
        let next = CurrentSet::next(self.previous.as_ref(), origin, ids, Timestamp::now());
        if self.previous.as_ref() != Some(&next) {
            let directory = &self.store.directory;
            next.write(directory).map_err(at(&directory.join(current::FILE_NAME)))?;
            self.remove_dropped(&next)?;
        }
        Ok(next)
    }

    /// Removes what the previous set kept and `next` does not.
    fn remove_dropped(&self, next: &CurrentSet) -> Result<(), StoreError> {
        for layer in self.previous.iter().flat_map(|set| &set.layers) {
            let dropped = |path: &Path| {
                let mut ids = layer.versions.iter().map(|version| version.id);
                ids.any(|id| snapshot_of(path) == Some(id) && !next.keeps(&layer.id, id))
            };
            for path in entries(&self.store.layer_directory(&layer.id))?.iter().filter(|path| dropped(path)) {
                remove_file(path)?;
            }
        }
        Ok(())
    }

    /// Removes unfinished files and finished snapshots that were never committed, with what was derived.
    fn remove_leftovers(&self) -> Result<(), StoreError> {
        let kept: HashSet<(PathBuf, SnapshotId)> = self
            .previous
            .iter()
            .flat_map(|set| &set.layers)
            .flat_map(|layer| layer.versions.iter().map(|version| (&layer.id, version.id)))
            .map(|(layer, id)| (self.store.layer_directory(layer), id))
            .collect();
        for path in entries(&self.store.directory)? {
            if path.to_string_lossy().ends_with(UNFINISHED_SUFFIX) {
                remove_file(&path)?;
            }
        }
        let directories = entries(&self.store.directory.join("snapshots"))?;
        for directory in directories.into_iter().filter(|path| path.is_dir()) {
            for path in entries(&directory)? {
                if !snapshot_of(&path).is_some_and(|id| kept.contains(&(directory.clone(), id))) {
                    remove_file(&path)?;
                }
            }
        }
        Ok(())
    }
}

fn lock(directory: &Path) -> Result<File, StoreError> {
    let path = directory.join("lock");
    let file = File::options().create(true).append(true).open(&path).map_err(at(&path))?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(StoreError::Locked),
        Err(TryLockError::Error(cause)) => Err(StoreError::Io { path, cause }),
    }
}

/// The snapshot that the file is, or is derived from.
fn snapshot_of(path: &Path) -> Option<SnapshotId> {
    path.file_name()?.to_str()?.split_once('.')?.0.parse().ok()
}

/// What is in `directory`; nothing when it is not there.
fn entries(directory: &Path) -> Result<Vec<PathBuf>, StoreError> {
    match fs::read_dir(directory).and_then(|entries| entries.map(|e| Ok(e?.path())).collect()) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(vec![]),
        entries => entries.map_err(at(directory)),
    }
}

fn remove_file(path: &Path) -> Result<(), StoreError> {
    match fs::remove_file(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        removed => removed.map_err(at(path)),
    }
}
