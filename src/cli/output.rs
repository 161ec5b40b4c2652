//! Files that are written.

use crate::unfinished;
use anyhow::Context;
use std::path::{self, Path};
use tempfile::NamedTempFile;

/// Has the file written beside `path` and gives it its name when it is whole; returns its length.
pub fn write(path: &Path, file: impl FnOnce(&NamedTempFile) -> anyhow::Result<u64>) -> anyhow::Result<u64> {
    let write = || {
        let path = path::absolute(path)?;
        let unfinished = unfinished::beside(&path)?;
        let length = file(&unfinished)?;
        unfinished.as_file().sync_all()?;
        unfinished.persist(&path).map_err(|error| error.error)?;
        Ok(length)
    };
    let written: anyhow::Result<u64> = write();
    written.with_context(|| format!("cannot write {}", path.display()))
}
