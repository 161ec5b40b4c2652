//! Files that are made of what is published, archives and other formats: whoever makes one first shares it.
//!
//! ```text
//! snapshots/{layer}/{snapshot}.{key}.{suffix}/{content}    of a layer
//! archives/plan.{key}.{suffix}/{content}                   of the whole plan
//! ```
//!
//! The key is a hash of all that the bytes follow from, the content the hash of the bytes. Without a bucket that answers each
//! server makes its own, which is the same.

use super::{SnapshotId, Store, StoreError, shared::Sent};
use std::{fs::File, path::Path};

impl Store {
    /// Fetches into an empty file what somebody has made under `name`, and tells what it has to hash to; `None` when nobody
    /// has, or the bucket cannot be asked.
    pub fn fetch_made(&self, name: &str, into: &File) -> Option<SnapshotId> {
        let shared = self.shared.as_ref().filter(|shared| shared.bucket.answers())?;
        let fetch = || {
            let made = shared.bucket.list(name)?;
            let made = made.iter().find_map(|object| {
                let id = object.name.rsplit('/').next()?.parse().ok()?;
                Some((&object.name, id))
            });
            made.map(|(object, id)| shared.bucket.fetch(object, into).map(|()| id)).transpose()
        };
        fetch().unwrap_or_else(|error| {
            tracing::debug!(name, %error, "what others have made cannot be fetched");
            None
        })
    }

    /// Shares the file at `path`, which hashes to `id`, under `name`.
    pub fn send_made(&self, name: &str, id: SnapshotId, path: &Path) {
        let sent = match &self.shared {
            Some(shared) if shared.bucket.answers() => {
                shared.send(&[Sent { path: path.to_owned(), name: format!("{name}/{id}") }])
            }
            _ => return,
        };
        if let Err::<(), StoreError>(error) = sent {
            tracing::debug!(name, %error, "what was made is not shared: others make their own");
        }
    }
}
