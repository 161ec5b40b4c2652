//! The bucket that replicas share: objects in S3, GCS, Azure or a folder, by name.
//!
//! Callers wait for an answer, as for that of a disk; the work itself goes on in threads of the bucket's own, so that one
//! that hangs holds up nobody else. Each request has a time limit and is tried again a few times. Whether the bucket
//! answers is told when that changes, see [`Standing`].

mod error;
mod local;
mod location;
mod standing;
mod transfer;

pub use error::BucketError;
pub use location::{Location, LocationError};
pub use standing::Counts;

use crate::telemetry::Span;
use bytes::Bytes;
use futures_util::TryStreamExt;
use jiff::Timestamp;
use local::Folder;
use object_store::{
    GetOptions, ObjectMeta, ObjectStore, ObjectStoreExt, PutMode, PutOptions, UpdateVersion, path::Path,
};
use standing::Standing;
use std::{
    fs::File,
    future::Future,
    io,
    ops::Range,
    sync::{Arc, mpsc},
    time::Duration,
};
use tokio::runtime::{self, Runtime};

/// Threads for what waits for the network.
const THREADS: usize = 2;
/// How long a small object is waited for, all tries together: a request may wait behind it.
const SHORTLY: Duration = Duration::from_secs(5);

pub struct Bucket {
    objects: Arc<dyn ObjectStore>,
    prefix: Path,
    /// Where it is a folder: that has no conditional replacement of its own.
    folder: Option<Folder>,
    standing: Standing,
    /// None once it is dropped.
    runtime: Option<Runtime>,
}

/// Which content of an object somebody has read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tag(UpdateVersion);

/// An object of which another content may be known.
pub enum Found {
    Missing,
    /// What is known is what is there.
    Same,
    Other(Bytes, Tag),
}

/// An object in a list.
pub struct Listed {
    /// Under the bucket's prefix.
    pub name: String,
    pub modified: Timestamp,
}

impl Bucket {
    /// The bucket at `url`, with the credentials of the environment. It is not asked for anything yet.
    ///
    /// # Errors
    /// When `url` is no address of a bucket, or the environment has no credentials that make sense.
    pub fn open(url: &str) -> Result<Self, BucketError> {
        let Location { store: objects, prefix, folder, .. } = Location::open(url)?;
        let runtime = runtime::Builder::new_multi_thread()
            .worker_threads(THREADS)
            .thread_name("bucket")
            .enable_all()
            .build()
            .map_err(BucketError::File)?;
        let standing = Standing::default();
        Ok(Self { objects, prefix, folder, standing, runtime: Some(runtime) })
    }

    /// What an operator watches.
    pub fn counts(&self) -> &Counts {
        &self.standing.counts
    }

    /// Whether it answered the last time.
    pub fn answers(&self) -> bool {
        self.standing.answers()
    }

    /// The object, unless it is the one `known`.
    pub fn read(&self, name: &str, known: Option<&Tag>) -> Result<Found, BucketError> {
        let (objects, path) = (Arc::clone(&self.objects), self.path(name));
        let known = known.and_then(|tag| tag.0.e_tag.clone());
        let read = async move {
            let options = GetOptions::new().with_if_none_match(known);
            let found = objects.get_opts(&path, options).await?;
            let tag =
                Tag(UpdateVersion { e_tag: found.meta.e_tag.clone(), version: found.meta.version.clone() });
            Ok((found.bytes().await?, tag))
        };
        match self.shortly("bucket read", read) {
            Ok((bytes, tag)) => Ok(Found::Other(bytes, tag)),
            Err(BucketError::Missing) => Ok(Found::Missing),
            Err(BucketError::Same) => Ok(Found::Same),
            Err(error) => Err(error),
        }
    }

    /// Bytes of an object.
    pub fn length(&self, name: &str) -> Result<u64, BucketError> {
        let (objects, path) = (Arc::clone(&self.objects), self.path(name));
        self.shortly("bucket length", async move { Ok(objects.head(&path).await?.size) })
    }

    /// Some bytes of an object, in the order of `ranges`; those that lie near each other are asked for at once.
    pub fn ranges(&self, name: &str, ranges: &[Range<u64>]) -> Result<Vec<Bytes>, BucketError> {
        let (objects, path, ranges) = (Arc::clone(&self.objects), self.path(name), ranges.to_vec());
        self.wait("bucket ranges", async move { Ok(objects.get_ranges(&path, &ranges).await?) })
    }

    /// Writes an object into an empty file, in parts that are fetched beside each other where it is large.
    ///
    /// # Errors
    /// [`BucketError::Missing`] when there is no such object.
    pub fn fetch(&self, name: &str, into: &File) -> Result<(), BucketError> {
        let (objects, path) = (Arc::clone(&self.objects), self.path(name));
        let into = into.try_clone().map_err(BucketError::File)?;
        let length = self.wait("bucket fetch", transfer::fetch(objects, path, into))?;
        self.counts().fetched_bytes.inc_by(length);
        Ok(())
    }

    /// Puts a file in as an object, unless that is there. One that has been there since before `fresh` is put in again: who
    /// removes what nobody names does so by age.
    pub fn send(&self, name: &str, file: &File, fresh: Timestamp) -> Result<(), BucketError> {
        let (objects, path) = (Arc::clone(&self.objects), self.path(name));
        let file = file.try_clone().map_err(BucketError::File)?;
        let sent = self.wait("bucket send", transfer::send(objects, path, file, fresh))?;
        self.counts().sent_bytes.inc_by(sent);
        Ok(())
    }

    /// Replaces the object, if it is still the one `known`, or none is there and none was known.
    ///
    /// # Errors
    /// [`BucketError::Overtaken`] when it is another: somebody else has replaced it.
    pub fn replace(&self, name: &str, known: Option<&Tag>, content: Bytes) -> Result<Tag, BucketError> {
        let (objects, path) = (Arc::clone(&self.objects), self.path(name));
        let known = known.cloned();
        if let Some(folder) = self.folder.clone() {
            return self.shortly("bucket replace", async move {
                folder.replace(&*objects, &path, known, content).await
            });
        }
        let (put, sent) = (Arc::clone(&objects), content.clone());
        let (at, mode) = (path.clone(), known.map_or(PutMode::Create, |tag| PutMode::Update(tag.0)));
        let put = async move {
            let options = PutOptions { mode, ..PutOptions::default() };
            Ok(Tag(put.put_opts(&at, sent.into(), options).await?.into()))
        };
        match self.shortly("bucket replace", put) {
            // A try whose answer was lost may have done it; what is missing was there before.
            Err(BucketError::Overtaken | BucketError::Missing) => match self.read(name, None)? {
                Found::Other(there, tag) if there == content => Ok(tag),
                _ => Err(BucketError::Overtaken),
            },
            done => done,
        }
    }

    /// What is there whose name begins with `folder` and a `/`.
    pub fn list(&self, folder: &str) -> Result<Vec<Listed>, BucketError> {
        let (objects, path) = (Arc::clone(&self.objects), self.path(folder));
        let listed: Vec<ObjectMeta> =
            self.wait("bucket list", async move { Ok(objects.list(Some(&path)).try_collect().await?) })?;
        let named = |object: ObjectMeta| {
            let name = object.location.prefix_match(&self.prefix)?.map(|part| part.as_ref().to_owned());
            let name = name.collect::<Vec<_>>().join("/");
            Some(Listed { name, modified: transfer::modified(&object) })
        };
        Ok(listed.into_iter().filter_map(named).collect())
    }

    pub fn remove(&self, name: &str) -> Result<(), BucketError> {
        let (objects, path) = (Arc::clone(&self.objects), self.path(name));
        match self.wait("bucket remove", async move { Ok(objects.delete(&path).await?) }) {
            Err(BucketError::Missing) => Ok(()),
            removed => removed,
        }
    }

    fn path(&self, name: &str) -> Path {
        name.split('/').fold(self.prefix.clone(), |path, part| path.join(part))
    }

    /// As [`Self::wait`], for what is small.
    fn shortly<T: Send + 'static>(
        &self,
        name: &'static str,
        work: impl Future<Output = Result<T, BucketError>> + Send + 'static,
    ) -> Result<T, BucketError> {
        self.wait(name, async move {
            tokio::time::timeout(SHORTLY, work).await.unwrap_or(Err(BucketError::Silent(SHORTLY)))
        })
    }

    /// Does `work` in the bucket's threads; this one waits for it. `name` is that of its span.
    fn wait<T: Send + 'static>(
        &self,
        name: &'static str,
        work: impl Future<Output = Result<T, BucketError>> + Send + 'static,
    ) -> Result<T, BucketError> {
        let _span = Span::call(name);
        let stopped = || BucketError::File(io::Error::other("the bucket is closed"));
        let (sender, done) = mpsc::sync_channel(1);
        let work = async move {
            // Whoever waits for it may be gone.
            let _unwanted = sender.send(work.await);
        };
        self.runtime.as_ref().ok_or_else(stopped)?.spawn(work);
        let done = done.recv().map_err(|_| stopped())?;
        self.standing.note(done.as_ref().err());
        done
    }
}

impl Drop for Bucket {
    fn drop(&mut self) {
        if let Some(runtime) = self.runtime.take() {
            // It may be dropped where nobody may wait.
            runtime.shutdown_background();
        }
    }
}
