//! The state directory: every snapshot on disk and which of them are served.
//!
//! ```text
//! lock                                held while a process publishes
//! current.json                        the set being served, replaced whole
//! revisions/{name}.json               a set that is kept until its name is removed
//! snapshots/{layer}/{id}.fgb          immutable
//! snapshots/{layer}/{id}.{grid}.tiles derived from the snapshot, see [`TileLayer`](crate::tile::TileLayer)
//! snapshots/{layer}/{id}.….gpkg       as well, like plans/, see [`Containers`](crate::containers::Containers)
//! ```
//!
//! Nothing is ever changed in place: a crash at any instant leaves the previous `current.json`, the revisions and
//! every snapshot that they name. Any number of processes may read; one at a time publishes. A derived file may be
//! missing or damaged, any process may make it anew at any time, and it goes when its snapshot goes.
//!
//! Over a bucket, see [`Shared`], the directory has copies of what replicas share: what is missing is fetched when it is
//! asked for, and what nobody has used for long goes.

use super::{
    CurrentSet, Origin, Publication, RevisionName, Revisions, Snapshot, SnapshotError, SnapshotId, bounded,
    current,
    shared::{self, Shared},
    writer::{self, file_name},
};
use crate::{
    bucket::{Bucket, BucketError, Counts},
    plan::LayerId,
    unfinished,
};
use jiff::Timestamp;
use serde::Serialize;
use std::{
    fs,
    io::{self, Write},
    path::{Path, PathBuf},
    sync::Arc,
};
use tempfile::NamedTempFile;

pub struct Store {
    pub(super) directory: PathBuf,
    /// What it is a copy of.
    pub(super) shared: Option<Shared>,
}

#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    #[error("the state directory {path}: {cause}")]
    Unusable { path: PathBuf, cause: io::Error },
    #[error("{}: {cause}", name(path))]
    Io { path: PathBuf, cause: io::Error },
    #[error("another plantiles is publishing into it: try again when it is done")]
    Locked,
    #[error("layer {layer}: snapshot {id} is not in the state directory")]
    Missing { layer: LayerId, id: SnapshotId },
    #[error(
        "there is a revision {0} already, and it never changes: `plantiles revisions remove {0}` makes room for another"
    )]
    NameTaken(RevisionName),
    #[error("there is no revision {0}")]
    NoRevision(RevisionName),
    #[error(transparent)]
    Damaged(#[from] Damaged),
    #[error(transparent)]
    Bucket(BucketError),
    #[error("layer {layer}: snapshot {id} is not in the bucket")]
    Lost { layer: LayerId, id: SnapshotId },
    #[error("what the bucket has as current.json cannot be read: {0}")]
    Manifest(io::Error),
    #[error("nothing is published in the bucket yet")]
    Empty,
    #[error(
        "somebody else has published meanwhile: what they published stands, nothing of this was published"
    )]
    Overtaken,
}

/// The current set, opened.
pub struct Loaded {
    pub origin: Origin,
    /// In legend order.
    pub snapshots: Vec<Arc<Snapshot>>,
    /// Snapshots that are named but cannot be served; their layers need to be exported again.
    pub damaged: Vec<Damaged>,
}

/// A snapshot that does not hash to its name, or is gone.
#[derive(Debug, thiserror::Error)]
#[error("layer {layer}: {}: {cause}", name(path))]
pub struct Damaged {
    pub layer: LayerId,
    pub path: PathBuf,
    pub cause: SnapshotError,
}

/// The last part of `path`: errors are told to clients, who need not know where the state directory is.
fn name(path: &Path) -> std::borrow::Cow<'_, str> {
    path.file_name().unwrap_or(path.as_os_str()).to_string_lossy()
}

pub(super) fn at(path: &Path) -> impl FnOnce(io::Error) -> StoreError {
    let path = path.to_owned();
    move |cause| StoreError::Io { path, cause }
}

/// What the names of files end in that are on their way from the bucket.
const FETCHED_SUFFIX: &str = ".fetching";

/// A file in the state directory, to be renamed when it has come. Its lock tells that somebody waits for it.
pub(super) fn unfinished_aside(directory: &Path) -> io::Result<NamedTempFile> {
    let file = unfinished::named(directory, FETCHED_SUFFIX)?;
    file.as_file().lock()?;
    Ok(file)
}

/// Removes what processes that were killed had not fetched to the end.
fn remove_abandoned(directory: &Path) -> Result<(), StoreError> {
    for path in entries(directory)? {
        let abandoned = || fs::File::open(&path).is_ok_and(|file| file.try_lock().is_ok());
        if path.to_string_lossy().ends_with(FETCHED_SUFFIX) && abandoned() {
            fs::remove_file(&path).map_err(at(&path))?;
        }
    }
    Ok(())
}

/// Puts `content` as JSON into the file `path`: after a crash either what was there or all of it is there.
pub(super) fn replace(path: &Path, content: &impl Serialize) -> io::Result<()> {
    write_whole(path, &json(content)?)
}

pub(super) fn json(content: &impl Serialize) -> io::Result<Vec<u8>> {
    let mut text = serde_json::to_vec_pretty(content)?;
    text.push(b'\n');
    Ok(text)
}

/// Puts `content` into the file `path`: after a crash either what was there or all of it is there.
pub(super) fn write_whole(path: &Path, content: &[u8]) -> io::Result<()> {
    let mut unfinished = unfinished::beside(path)?;
    // By itself: the error of a named file has its path in it.
    unfinished.as_file_mut().write_all(content)?;
    unfinished.as_file().sync_all()?;
    unfinished.persist(path).map_err(|error| error.error)?;
    writer::sync_directory(path.parent().unwrap_or(path))
}

/// What is in `directory`; nothing when it is not there.
pub(super) fn entries(directory: &Path) -> Result<Vec<PathBuf>, StoreError> {
    match fs::read_dir(directory).and_then(|entries| entries.map(|e| Ok(e?.path())).collect()) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(vec![]),
        entries => entries.map_err(at(directory)),
    }
}

impl Store {
    /// Opens `directory`, creating it if need be.
    pub fn open(directory: &Path) -> Result<Self, StoreError> {
        let snapshots = directory.join("snapshots");
        let unusable = |cause| StoreError::Unusable { path: directory.to_owned(), cause };
        fs::create_dir_all(&snapshots).map_err(unusable)?;
        Ok(Self { directory: directory.to_owned(), shared: None })
    }

    /// Opens `directory` as copies of what is in `bucket`, of `room` bytes, creating it if need be. The bucket is not asked
    /// for anything yet.
    pub fn over(directory: &Path, bucket: Bucket, room: u64) -> Result<Self, StoreError> {
        let store = Self::open(directory)?;
        remove_abandoned(directory)?;
        Ok(Self { shared: Some(Shared::new(bucket, room)), ..store })
    }

    /// The bucket, if there is one.
    pub fn bucket(&self) -> Option<Arc<Bucket>> {
        self.shared.as_ref().map(|shared| Arc::clone(&shared.bucket))
    }

    /// What an operator watches of the bucket; `None` without one.
    pub fn bucket_counts(&self) -> Option<&Counts> {
        self.shared.as_ref().map(|shared| shared.bucket.counts())
    }

    /// Whether it is over a bucket, which others publish into.
    pub fn is_shared(&self) -> bool {
        self.shared.is_some()
    }

    /// The set being served; `None` before the first publication.
    pub fn current(&self) -> Result<Option<CurrentSet>, StoreError> {
        CurrentSet::read(&self.directory).map_err(at(&self.directory.join(current::FILE_NAME)))
    }

    /// The sets that have a name.
    pub fn revisions(&self) -> Result<Revisions, StoreError> {
        Revisions::read(&self.directory)
    }

    /// Opens and verifies every snapshot of `set`; those among `open` are open already.
    pub fn load(&self, set: &CurrentSet, open: &[Arc<Snapshot>]) -> Loaded {
        let mut loaded = Loaded { origin: set.origin, snapshots: Vec::new(), damaged: Vec::new() };
        for layer in &set.layers {
            // A set without versions of a layer is refused when it is read.
            let Some(newest) = layer.versions.first() else { continue };
            let is_open = |open: &&Arc<Snapshot>| open.id == newest.id && open.layer.id == layer.id;
            if let Some(snapshot) = open.iter().find(is_open) {
                loaded.snapshots.push(Arc::clone(snapshot));
                continue;
            }
            match self.copy(&layer.id, newest.id) {
                Ok(snapshot) => loaded.snapshots.push(snapshot),
                Err(damaged) => loaded.damaged.push(damaged),
            }
        }
        loaded
    }

    /// A kept version, opened and verified, with the time when it was published; `None` when it is not kept.
    pub fn version(
        &self,
        layer: &LayerId,
        id: SnapshotId,
    ) -> Result<Option<(Arc<Snapshot>, Timestamp)>, StoreError> {
        let announced = self.announced_set().and_then(|set| set.published_at(layer, id));
        let served = announced.or(self.current()?.and_then(|set| set.published_at(layer, id)));
        let Some(published_at) = served.or(self.revisions()?.published_at(layer, id)) else {
            return Ok(None);
        };
        Ok(Some((self.open_snapshot(layer, id)?, published_at)))
    }

    /// A snapshot, opened and verified.
    pub fn open_snapshot(&self, layer: &LayerId, id: SnapshotId) -> Result<Arc<Snapshot>, StoreError> {
        Ok(self.copy(layer, id)?)
    }

    /// The same; what is missing or damaged is fetched from the bucket, if there is one.
    fn copy(&self, layer: &LayerId, id: SnapshotId) -> Result<Arc<Snapshot>, Damaged> {
        let path = self.path(layer, id);
        let cause = match (Snapshot::open(&path, id), &self.shared) {
            (Ok(snapshot), None) => return Ok(snapshot),
            (Ok(snapshot), Some(_)) => {
                bounded::touch(&path);
                return Ok(snapshot);
            }
            (Err(cause), None) => cause,
            (Err(cause), Some(shared)) => {
                let missing = matches!(&cause, SnapshotError::Io(e) if e.kind() == io::ErrorKind::NotFound);
                if !missing {
                    tracing::warn!(%layer, %id, error = %cause, "a copy is damaged and is fetched again");
                }
                match shared.fetch_snapshot(self, layer, id) {
                    Ok(snapshot) => {
                        shared.shrink(self);
                        return Ok(snapshot);
                    }
                    Err(error) => SnapshotError::Unfetched(error.to_string()),
                }
            }
        };
        Err(Damaged { layer: layer.clone(), path, cause })
    }

    /// Where what is prepared of a snapshot for tiles of a grid lies; `digest` is of all that it depends on. A bucket may
    /// have it: then it is fetched.
    pub fn prepared(&self, layer: &LayerId, id: SnapshotId, grid: &str, digest: &str) -> PathBuf {
        let Some(shared) = &self.shared else {
            return self.derived_path(layer, id, &format!("{grid}.tiles"));
        };
        let path = self.derived_path(layer, id, &format!("{grid}.{digest}.tiles"));
        if !path.is_file() && shared.bucket.answers() {
            let object = shared::prepared_object(layer, id, grid, digest);
            // Whoever opens it looks at every byte, and makes it where there is none.
            if let Err(error) = shared.fetch(self, &object, &path, |_| Ok(())) {
                tracing::debug!(%layer, %error, "not prepared by anybody else");
            }
        }
        path
    }

    /// Begins to publish. What a crash left half done is removed first.
    ///
    /// # Errors
    /// [`StoreError::Locked`] while another publication is under way.
    pub fn begin(&self) -> Result<Publication<'_>, StoreError> {
        Publication::begin(self)
    }

    /// Where a file derived from a snapshot lies; `name` tells it from others of that snapshot.
    pub fn derived_path(&self, layer: &LayerId, id: SnapshotId, name: &str) -> PathBuf {
        self.layer_directory(layer).join(format!("{id}.{name}"))
    }

    pub fn path(&self, layer: &LayerId, id: SnapshotId) -> PathBuf {
        self.layer_directory(layer).join(file_name(id))
    }

    /// Where temporary files without a name may lie, which go with whoever made them.
    pub fn aside(&self) -> &Path {
        &self.directory
    }

    /// Where archives of the whole plan are kept.
    pub fn plans(&self) -> PathBuf {
        self.directory.join("plans")
    }

    pub(crate) fn layer_directory(&self, layer: &LayerId) -> PathBuf {
        self.directory.join("snapshots").join(layer.as_str())
    }
}
