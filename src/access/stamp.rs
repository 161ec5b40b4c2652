//! What tells that a file was replaced.

use std::{fs, os::unix::fs::MetadataExt, path::Path};

/// Time, length and inode: a file that is replaced differs in one of them. `None` where there is none.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stamp(Option<(i64, i64, u64, u64)>);

impl Stamp {
    pub fn of(path: &Path) -> Self {
        let file = fs::metadata(path).ok();
        Self(file.map(|file| (file.mtime(), file.mtime_nsec(), file.size(), file.ino())))
    }
}
