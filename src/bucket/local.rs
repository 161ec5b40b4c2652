//! A folder as a bucket: for one machine, and for several that share a file system with locks.
//!
//! What replaces an object only if it is the known one, holds a lock on a file beside the objects meanwhile; the object
//! itself is renamed over, so that readers, who take no lock, see the one or the other.

use super::{BucketError, Tag};
use bytes::Bytes;
use object_store::{ObjectStore, ObjectStoreExt, PutMode, PutOptions, path::Path};
use std::{
    fs::File,
    path::{Path as FilePath, PathBuf},
};

#[derive(Debug, Clone)]
pub struct Folder {
    lock: PathBuf,
}

impl Folder {
    pub fn new(path: &FilePath) -> Self {
        Self { lock: path.join("lock") }
    }

    /// Replaces the object at `path` as [`Bucket::replace`](super::Bucket::replace) does.
    pub async fn replace(
        &self,
        objects: &dyn ObjectStore,
        path: &Path,
        known: Option<Tag>,
        content: Bytes,
    ) -> Result<Tag, BucketError> {
        let lock = self.lock.clone();
        let locked = move || {
            let file = File::options().create(true).append(true).open(lock)?;
            file.lock()?;
            Ok(file)
        };
        let locked = tokio::task::spawn_blocking(locked).await.map_err(std::io::Error::other);
        let _locked = locked.and_then(|file| file).map_err(BucketError::File)?;
        let there = match objects.head(path).await {
            Err(object_store::Error::NotFound { .. }) => None,
            found => found?.e_tag,
        };
        if there != known.and_then(|tag| tag.0.e_tag) {
            return Err(BucketError::Overtaken);
        }
        let options = PutOptions { mode: PutMode::Overwrite, ..PutOptions::default() };
        Ok(Tag(objects.put_opts(path, content.into(), options).await?.into()))
    }
}
