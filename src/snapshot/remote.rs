//! Files of a bucket that are read in parts, as long as there is no copy.

use super::{Parts, SnapshotId, Store, StoreError, shared};
use crate::{bucket::Bucket, plan::LayerId};
use bytes::Bytes;
use std::{io, ops::Range};

/// An object.
pub struct RemoteFile<'a> {
    bucket: &'a Bucket,
    name: String,
    length: u64,
}

impl Parts for RemoteFile<'_> {
    fn length(&self) -> u64 {
        self.length
    }

    fn read(&self, ranges: &[Range<u64>]) -> io::Result<Vec<Bytes>> {
        if ranges.is_empty() {
            return Ok(vec![]);
        }
        self.bucket.ranges(&self.name, ranges).map_err(io::Error::other)
    }
}

impl Store {
    /// A snapshot where it is in the bucket.
    pub fn remote_snapshot(&self, layer: &LayerId, id: SnapshotId) -> Result<RemoteFile<'_>, StoreError> {
        self.remote(shared::snapshot_object(layer, id))
    }

    /// What was prepared of it for tiles of a grid, see [`Self::prepared`].
    pub fn remote_prepared(
        &self,
        layer: &LayerId,
        id: SnapshotId,
        grid: &str,
        digest: &str,
    ) -> Result<RemoteFile<'_>, StoreError> {
        self.remote(shared::prepared_object(layer, id, grid, digest))
    }

    fn remote(&self, name: String) -> Result<RemoteFile<'_>, StoreError> {
        let bucket = &self.shared.as_ref().ok_or(StoreError::Empty)?.bucket;
        let length = bucket.length(&name)?;
        Ok(RemoteFile { bucket, name, length })
    }
}
