//! A file mapped read-only into memory: the only unsafe code of the crate.

#![allow(unsafe_code)]

use memmap2::{Advice, Mmap};
use std::{fs::File, io, ops::Deref};

/// The bytes of a file that nobody writes any more.
pub struct MappedFile(Mmap);

impl MappedFile {
    /// Maps `file`.
    ///
    /// A published snapshot is never written again, and a temporary file without a name only by who made it,
    /// before it is mapped: nobody truncates or changes the mapped bytes; that is what makes the mapping
    /// sound.
    pub fn new(file: &File) -> io::Result<Self> {
        // SAFETY: nobody writes the file, see above.
        let map = unsafe { Mmap::map(file)? };
        // Tiles touch scattered features: the default readahead costs about 11 ms a cold tile.
        map.advise(Advice::Random)?;
        Ok(Self(map))
    }
}

impl Deref for MappedFile {
    type Target = [u8];
    fn deref(&self) -> &[u8] {
        &self.0
    }
}

/// The feature in `buffer` (with its size prefix), not verified again.
///
/// Only for bytes of a [`MappedFile`] in which [`flatgeobuf::size_prefixed_root_as_feature`] has already
/// accepted a feature at this very place.
pub(super) fn verified_feature(buffer: &[u8]) -> flatgeobuf::Feature<'_> {
    // SAFETY: verified when the snapshot was opened, and the bytes never change.
    unsafe { flatgeobuf::size_prefixed_root_as_feature_unchecked(buffer) }
}
