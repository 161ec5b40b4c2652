//! A file mapped read-only into memory: the only unsafe code of the crate.

#![allow(unsafe_code)]

use memmap2::{Advice, Mmap, MmapMut};
use std::{fs::File, io, ops::Deref};

/// The bytes of a file that nobody writes any more.
pub struct MappedFile(Mmap);

impl MappedFile {
    /// Maps `file`: a snapshot, what was derived from one, or what a writer put aside.
    ///
    /// A file with a name is published by rename and never written again, a temporary one only by who made it
    /// and before it is mapped: nobody truncates or changes the mapped bytes, which makes the mapping sound.
    pub fn new(file: &File) -> io::Result<Self> {
        // SAFETY: nobody writes the file, see above.
        let map = unsafe { Mmap::map(file)? };
        // Tiles touch scattered features: the default readahead costs about 11 ms a cold tile.
        map.advise(Advice::Random)?;
        Ok(Self(map))
    }

    /// The same of bytes that are in no file.
    pub fn in_memory(bytes: &[u8]) -> io::Result<Self> {
        let mut map = MmapMut::map_anon(bytes.len())?;
        map.copy_from_slice(bytes);
        Ok(Self(map.make_read_only()?))
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
