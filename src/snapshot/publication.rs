//! Publishing: the one way to write into a state directory, and into the bucket that it has copies of.

use super::{
    CurrentSet, Exported, Marks, Naming, Origin, Revision, RevisionName, Revisions, Snapshot, SnapshotId,
    SnapshotWriter, Store, StoreError, WriteError, current,
    manifest::Manifest,
    revision,
    shared::{Seen, Sent, Shared, revision_object},
    store::{at, entries, json, unfinished_aside},
    writer,
};
use crate::{
    plan::{Layer, LayerId},
    unfinished,
};
use jiff::Timestamp;
use std::{
    fs::{self, File, TryLockError},
    io::{self, Write},
    path::Path,
    sync::Arc,
};

/// The right to write into a state directory; given back on drop, or by the system when the process dies.
pub struct Publication<'a> {
    store: &'a Store,
    /// The bucket as it was when this began.
    seen: Option<Seen>,
    previous: Option<CurrentSet>,
    named: Revisions,
    marks: Marks,
    exported: Option<Exported>,
    _lock: File,
}

impl<'a> Publication<'a> {
    pub(super) fn begin(store: &'a Store) -> Result<Self, StoreError> {
        let lock = lock(&store.directory)?;
        let seen = match &store.shared {
            None => None,
            Some(shared) => shared.pull_to_publish(store)?,
        };
        // Written whole or not at all, so it is the disk that failed; a new set heals it.
        let previous = store.current().unwrap_or_else(|error| {
            tracing::warn!(%error, "the published set is not readable and is made anew");
            None
        });
        // What the directory has of another time is nothing to a bucket.
        let previous = match &store.shared {
            None => previous,
            Some(_) => seen.as_ref().map(|seen| seen.manifest.set.clone()),
        };
        let named = store.revisions()?;
        for error in &named.unreadable {
            tracing::warn!(%error, "a revision is not readable: until it is removed every snapshot is kept");
        }
        let (marks, exported) = (Marks::new(), None);
        let publication = Self { store, seen, previous, named, marks, exported, _lock: lock };
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

    /// The same, whose set will say that a database was exported which had `marks` of its layers.
    pub fn exported(self, marks: Marks, exported: Option<Exported>) -> Self {
        Self { marks, exported, ..self }
    }

    /// Makes exactly `snapshots`, in this order, the current set, in one step, and removes versions beyond the
    /// last three that no revision keeps.
    ///
    /// # Errors
    /// The set is unchanged after any error but one: when only the removal of an old version fails. Of a bucket
    /// [`StoreError::Overtaken`] when somebody else has published since this began.
    pub fn commit(self, origin: Origin, snapshots: &[Arc<Snapshot>]) -> Result<CurrentSet, StoreError> {
        let next = self.next(origin, snapshots)?;
        self.share(&next, None)?;
        self.replace(&next)?;
        Ok(next)
    }

    /// Does the same and names the set, which is then kept until [`Self::remove`]. A name that the same set has
    /// already stays as it is.
    ///
    /// # Errors
    /// As [`Self::commit`]; [`StoreError::NameTaken`], after which nothing has changed, when another set has the
    /// name.
    pub fn commit_revision(
        self,
        origin: Origin,
        snapshots: &[Arc<Snapshot>],
        naming: &Naming,
    ) -> Result<(CurrentSet, Revision), StoreError> {
        let next = self.next(origin, snapshots)?;
        let directory = &self.store.directory;
        let revision = self.named.admit(Revision::of(&next, naming, Timestamp::now()), directory)?;
        self.share(&next, Some(&revision))?;
        self.replace(&next)?;
        if self.named.get(&revision.name).is_none() {
            revision.write(directory)?;
        }
        Ok((next, revision))
    }

    /// Removes a revision, also one that cannot be read, and the snapshots that nothing else keeps.
    pub fn remove(mut self, name: &RevisionName) -> Result<(), StoreError> {
        self.unname(name)?;
        let path = revision::path(&self.store.directory, name);
        match fs::remove_file(&path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => match &self.store.shared {
                None => return Err(StoreError::NoRevision(name.clone())),
                Some(_) => Ok(()),
            },
            removed => removed.and_then(|()| writer::sync_directory(path.parent().unwrap_or(&path))),
        }
        .map_err(at(&path))?;
        self.named = self.store.revisions()?;
        self.remove_leftovers()
    }

    /// Puts into the bucket, if there is one, what `next` names and is not there, then has the bucket name it.
    fn share(&self, next: &CurrentSet, revision: Option<&Revision>) -> Result<(), StoreError> {
        let Some(shared) = &self.store.shared else { return Ok(()) };
        let before = self.seen.as_ref().map(|seen| &*seen.manifest);
        let mut manifest = match before {
            Some(before) if before.set == *next => before.clone(),
            before => Manifest::next(before, next.clone()),
        };
        shared.send(&self.files(next, shared.is_to_be_swept())?)?;
        if let Some(revision) = revision {
            let id = self.send_revision(shared, revision)?;
            manifest.revisions.insert(revision.name.clone(), id);
        }
        if before != Some(&manifest) {
            shared.announce(manifest, self.seen.as_ref().map(|seen| &seen.tag))?;
        }
        shared.sweep();
        Ok(())
    }

    /// Puts the file of a revision into the bucket and tells what it hashes to.
    fn send_revision(&self, shared: &Shared, revision: &Revision) -> Result<SnapshotId, StoreError> {
        let text = json(revision).map_err(StoreError::Manifest)?;
        let (id, directory) = (SnapshotId::of(&text), &self.store.directory);
        let mut file = unfinished_aside(directory).map_err(at(directory))?;
        file.as_file_mut().write_all(&text).map_err(at(directory))?;
        shared.send(&[Sent { path: file.path().to_owned(), name: revision_object(&revision.name, id) }])?;
        Ok(id)
    }

    /// The snapshots of `next` that the previous set has not, or `all`, with what was prepared of them.
    fn files(&self, next: &CurrentSet, all: bool) -> Result<Vec<Sent>, StoreError> {
        let mut files = Vec::new();
        for layer in &next.layers {
            let Some(id) = layer.versions.first().map(|version| version.id) else { continue };
            let previous = self.previous.as_ref().and_then(|set| set.version(&layer.id));
            if !all && previous.is_some_and(|previous| previous.id == id) {
                continue;
            }
            for path in entries(&self.store.layer_directory(&layer.id))? {
                let file = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
                let goes = file.ends_with(".fgb") || file.ends_with(".tiles");
                if goes && snapshot_of(&path) == Some(id) {
                    files.push(Sent { path, name: format!("snapshots/{}/{file}", layer.id) });
                }
            }
        }
        Ok(files)
    }

    /// Has the bucket, if there is one, no longer name a revision.
    fn unname(&self, name: &RevisionName) -> Result<(), StoreError> {
        let Some(shared) = &self.store.shared else { return Ok(()) };
        let seen = self.seen.as_ref().ok_or_else(|| StoreError::NoRevision(name.clone()))?;
        let mut manifest = (*seen.manifest).clone();
        if manifest.revisions.remove(name).is_none() {
            return Err(StoreError::NoRevision(name.clone()));
        }
        shared.announce(manifest, Some(&seen.tag))
    }

    /// The current set after `snapshots` are published.
    fn next(&self, origin: Origin, snapshots: &[Arc<Snapshot>]) -> Result<CurrentSet, StoreError> {
        for snapshot in snapshots {
            let (layer, id) = (&snapshot.layer.id, snapshot.id);
            if !self.store.path(layer, id).is_file() {
                return Err(StoreError::Missing { layer: layer.clone(), id });
            }
        }
        let ids = snapshots.iter().map(|snapshot| (snapshot.layer.id.clone(), snapshot.id));
        let set = CurrentSet::next(self.previous.as_ref(), origin, ids, Timestamp::now());
        Ok(set.exported(self.previous.as_ref(), self.marks.clone(), self.exported.clone()))
    }

    fn replace(&self, next: &CurrentSet) -> Result<(), StoreError> {
        let there = self.store.current().ok().flatten();
        if there.as_ref() != Some(next) {
            let directory = &self.store.directory;
            next.write(directory).map_err(at(&directory.join(current::FILE_NAME)))?;
            self.remove_dropped(next)?;
        }
        Ok(())
    }

    /// Removes what the previous set kept and neither `next` nor a revision does.
    fn remove_dropped(&self, next: &CurrentSet) -> Result<(), StoreError> {
        for layer in self.previous.iter().flat_map(|set| &set.layers) {
            let dropped = |path: &Path| {
                let mut ids = layer.versions.iter().map(|version| version.id);
                let kept = |id| next.keeps(&layer.id, id) || self.named.keep(&layer.id, id);
                ids.any(|id| snapshot_of(path) == Some(id) && !kept(id))
            };
            for path in entries(&self.store.layer_directory(&layer.id))?.iter().filter(|path| dropped(path)) {
                remove_file(path)?;
            }
        }
        Ok(())
    }

    /// Removes unfinished files, and finished snapshots that neither the current set nor a revision names, with what
    /// was derived.
    fn remove_leftovers(&self) -> Result<(), StoreError> {
        for directory in [self.store.directory.clone(), self.store.directory.join(revision::DIRECTORY)] {
            for path in entries(&directory)? {
                if path.to_string_lossy().ends_with(unfinished::SUFFIX) {
                    remove_file(&path)?;
                }
            }
        }
        let directories = entries(&self.store.directory.join("snapshots"))?;
        for directory in directories.into_iter().filter(|path| path.is_dir()) {
            let layer = directory.file_name().and_then(|name| LayerId::new(name.to_str()?).ok());
            for path in entries(&directory)? {
                let kept =
                    layer.as_ref().zip(snapshot_of(&path)).is_some_and(|(layer, id)| self.keeps(layer, id));
                if !kept {
                    remove_file(&path)?;
                }
            }
        }
        Ok(())
    }

    fn keeps(&self, layer: &LayerId, id: SnapshotId) -> bool {
        self.previous.as_ref().is_some_and(|set| set.keeps(layer, id)) || self.named.keep(layer, id)
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

fn remove_file(path: &Path) -> Result<(), StoreError> {
    match fs::remove_file(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        removed => removed.map_err(at(path)),
    }
}
