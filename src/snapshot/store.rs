//! The state directory: every snapshot on disk and which of them are served.
//!
//! ```text
//! lock                       held by the one process that may write here
//! current.json               the set being served, replaced whole
//! snapshots/{layer}/{id}.fgb immutable
//! ```
//!
//! Nothing is ever changed in place: a crash at any instant leaves the previous `current.json` and every
//! snapshot that it names. What a crash leaves half done is removed at the next start.

use super::{
    CurrentSet, Origin, Snapshot, SnapshotError, SnapshotId, SnapshotWriter, WriteError, current,
    writer::{self, UNFINISHED_SUFFIX, file_name},
};
use crate::plan::{Layer, LayerId};
use jiff::Timestamp;
use std::{
    fs::{self, File, TryLockError},
    io,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError},
};

pub struct Store {
    directory: PathBuf,
    current: Mutex<Option<CurrentSet>>,
    /// Locked for as long as the store lives; the system unlocks it when the process dies.
    _lock: File,
}

#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    #[error("{path}: {cause}")]
    Io { path: PathBuf, cause: io::Error },
    #[error("{path} is in use by another plantiles: give each server its own state directory")]
    Locked { path: PathBuf },
    #[error("layer {layer}: snapshot {id} is not in the state directory")]
    Missing { layer: LayerId, id: SnapshotId },
}

/// What a start finds on disk.
pub struct Loaded {
    pub origin: Origin,
    pub snapshots: Vec<Arc<Snapshot>>,
    /// Snapshots that are named but cannot be served; their layers need to be exported again.
    pub damaged: Vec<Damaged>,
}

/// A snapshot that does not hash to its name, or is gone.
#[derive(Debug, thiserror::Error)]
#[error("layer {layer}: {path}: {cause}")]
pub struct Damaged {
    pub layer: LayerId,
    pub path: PathBuf,
    pub cause: SnapshotError,
}

fn at(path: &Path) -> impl FnOnce(io::Error) -> StoreError {
    let path = path.to_owned();
    move |cause| StoreError::Io { path, cause }
}

impl Store {
    /// Takes `directory` for this process, creating it if need be, and removes what a crash left behind.
    ///
    /// # Errors
    /// [`StoreError::Locked`] while another process has it.
    pub fn open(directory: &Path) -> Result<Self, StoreError> {
        let snapshots = directory.join("snapshots");
        fs::create_dir_all(&snapshots).map_err(at(&snapshots))?;
        let lock = lock(directory)?;
        let current = CurrentSet::read(directory).map_err(at(&directory.join(current::FILE_NAME)))?;
        let store = Self { directory: directory.to_owned(), current: Mutex::new(current), _lock: lock };
        store.remove_leftovers()?;
        Ok(store)
    }

    /// The set being served; `None` before the first publication.
    pub fn current(&self) -> Option<CurrentSet> {
        self.lock_current().clone()
    }

    /// Opens and verifies every snapshot of the current set; `None` before the first publication.
    pub fn load(&self) -> Option<Loaded> {
        let set = self.current()?;
        let mut loaded = Loaded { origin: set.origin, snapshots: Vec::new(), damaged: Vec::new() };
        for (layer, versions) in set.layers {
            // A set without versions of a layer is refused when it is read.
            let Some(newest) = versions.first() else { continue };
            let path = self.path(&layer, newest.id);
            match Snapshot::open(&path, newest.id) {
                Ok(snapshot) => loaded.snapshots.push(snapshot),
                Err(cause) => loaded.damaged.push(Damaged { layer, path, cause }),
            }
        }
        Some(loaded)
    }

    /// Opens a kept version that is not necessarily the current one; `None` when it is not kept.
    pub fn version(&self, layer: &LayerId, id: SnapshotId) -> Option<Result<Arc<Snapshot>, SnapshotError>> {
        let kept = self.lock_current().as_ref().is_some_and(|set| set.keeps(layer, id));
        kept.then(|| Snapshot::open(&self.path(layer, id), id))
    }

    /// A writer for a new snapshot of `layer`. What it finishes is on disk but not served until it is
    /// published. Export a layer once at a time.
    pub fn writer(&self, layer: &Layer) -> Result<SnapshotWriter, WriteError> {
        let directory = self.layer_directory(&layer.id);
        let created = fs::create_dir_all(&directory)
            .and_then(|()| writer::sync_directory(&self.directory.join("snapshots")));
        created.map_err(|cause| WriteError::Io { layer: layer.id.clone(), cause })?;
        SnapshotWriter::create(&directory, layer)
    }

    /// Makes exactly `snapshots` the current set, in one step, and removes versions beyond the last three.
    ///
    /// # Errors
    /// The set is unchanged after any error but one: when only the removal of an old version fails.
    pub fn publish(&self, origin: Origin, snapshots: &[Arc<Snapshot>]) -> Result<CurrentSet, StoreError> {
        let mut current = self.lock_current();
        for snapshot in snapshots {
            let (layer, id) = (&snapshot.layer.id, snapshot.id);
            if !self.path(layer, id).is_file() {
                return Err(StoreError::Missing { layer: layer.clone(), id });
            }
        }
        let ids = snapshots.iter().map(|snapshot| (snapshot.layer.id.clone(), snapshot.id));
        let next = CurrentSet::next(current.as_ref(), origin, ids, Timestamp::now());
        next.write(&self.directory).map_err(at(&self.directory.join(current::FILE_NAME)))?;
        let previous = current.replace(next.clone());
        if let Some(previous) = previous {
            self.remove_dropped(&previous, &next)?;
        }
        Ok(next)
    }

    pub fn path(&self, layer: &LayerId, id: SnapshotId) -> PathBuf {
        self.layer_directory(layer).join(file_name(id))
    }

    fn layer_directory(&self, layer: &LayerId) -> PathBuf {
        self.directory.join("snapshots").join(layer.as_str())
    }

    fn lock_current(&self) -> std::sync::MutexGuard<'_, Option<CurrentSet>> {
        // The value is replaced in one move, so it is whole even if a holder panicked.
        self.current.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Removes what `previous` kept and `next` does not. Snapshots that neither names may be about to be
    /// published by another task and stay; after a crash [`Self::remove_leftovers`] finds them.
    fn remove_dropped(&self, previous: &CurrentSet, next: &CurrentSet) -> Result<(), StoreError> {
        for (layer, versions) in &previous.layers {
            for version in versions.iter().filter(|version| !next.keeps(layer, version.id)) {
                remove_file(&self.path(layer, version.id))?;
            }
        }
        Ok(())
    }

    /// Removes unfinished files and finished snapshots that were never published.
    fn remove_leftovers(&self) -> Result<(), StoreError> {
        let current = self.lock_current();
        let kept = |path: &Path| {
            current
                .iter()
                .flat_map(|set| &set.layers)
                .any(|(layer, versions)| versions.iter().any(|version| self.path(layer, version.id) == path))
        };
        for path in entries(&self.directory)? {
            if path.to_string_lossy().ends_with(UNFINISHED_SUFFIX) {
                remove_file(&path)?;
            }
        }
        for layer in entries(&self.directory.join("snapshots"))?.into_iter().filter(|path| path.is_dir()) {
            for path in entries(&layer)?.into_iter().filter(|path| !kept(path)) {
                remove_file(&path)?;
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
        Err(TryLockError::WouldBlock) => Err(StoreError::Locked { path: directory.to_owned() }),
        Err(TryLockError::Error(cause)) => Err(StoreError::Io { path, cause }),
    }
}

fn entries(directory: &Path) -> Result<Vec<PathBuf>, StoreError> {
    let entries = fs::read_dir(directory).and_then(|entries| entries.map(|e| Ok(e?.path())).collect());
    entries.map_err(at(directory))
}

fn remove_file(path: &Path) -> Result<(), StoreError> {
    match fs::remove_file(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        removed => removed.map_err(at(path)),
    }
}
