//! Keys where servers share a bucket: what its `keys.json` says counts, and the file of each server is a copy of it.
//!
//! It is replaced on the condition that nobody else has replaced it meanwhile. As long as it is not there, each file counts by
//! itself; the first change puts in what the file has.

use super::{
    KeysError,
    keys::{Keys, KeysFile, parse, text},
};
use crate::bucket::{Bucket, BucketError, Found, Tag};
use std::{
    path::Path,
    sync::{Arc, Mutex, PoisonError},
};

const OBJECT: &str = "keys.json";
/// So often a change begins anew when somebody else was quicker.
const TRIES: usize = 10;

/// The keys in a bucket.
pub struct SharedKeys {
    bucket: Arc<Bucket>,
    /// What the file is a copy of.
    copied: Mutex<Option<Tag>>,
}

impl SharedKeys {
    pub fn new(bucket: Arc<Bucket>) -> Self {
        Self { bucket, copied: Mutex::default() }
    }

    /// `None` where the bucket has none yet.
    pub fn read(&self) -> Result<Option<(Keys, Tag)>, KeysError> {
        match self.bucket.read(OBJECT, None)? {
            Found::Other(json, tag) => Ok(Some((read(&json)?, tag))),
            Found::Missing | Found::Same => Ok(None),
        }
    }

    /// Changes them; those of `file` where the bucket has none.
    pub fn change<T>(&self, file: &KeysFile, mut change: impl FnMut(&mut Keys) -> T) -> Result<T, KeysError> {
        let mut tries = 0..TRIES;
        loop {
            let (mut keys, tag) = match self.read()? {
                Some((keys, tag)) => (keys, Some(tag)),
                None => (file.read()?, None),
            };
            let changed = change(&mut keys);
            let json = text(&keys).map_err(|cause| file.failed(cause))?;
            match self.bucket.replace(OBJECT, tag.as_ref(), json.into()) {
                Err(BucketError::Overtaken) if tries.next().is_some() => {}
                done => return done.map(|_| changed).map_err(KeysError::from),
            }
        }
    }

    /// Brings `file` to what the bucket has; tells whether that was news.
    pub fn pull(&self, file: &KeysFile) -> Result<bool, KeysError> {
        let mut copied = self.copied.lock().unwrap_or_else(PoisonError::into_inner);
        match self.bucket.read(OBJECT, copied.as_ref())? {
            Found::Missing | Found::Same => Ok(false),
            Found::Other(json, tag) => {
                let keys = read(&json)?;
                let is_news = file.copy(&keys)?;
                *copied = Some(tag);
                Ok(is_news)
            }
        }
    }
}

fn read(json: &[u8]) -> Result<Keys, KeysError> {
    parse(json, Path::new("keys.json of the bucket"))
}
