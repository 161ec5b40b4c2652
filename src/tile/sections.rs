//! A file of arrays that are used where they lie: written from front to back, checked whole when it is opened,
//! mapped into memory.
//!
//! ```text
//! sections, each padded to 16 B │ end of each section, u64 │ number of sections, u64 │ SHA-256 of key and all before
//! ```
//!
//! Numbers have the byte order of the machine. Whatever else the content depends on is in the key, which is not
//! in the file: a file that was written for another key fails the check like a damaged one.

use crate::snapshot::Parts;
use bytemuck::Pod;
use plantiles_mapped::MappedFile;
use sha2::{Digest, Sha256};
use std::{
    io::{self, Write},
    marker::PhantomData,
    ops::{Deref, Range},
    slice,
    sync::Arc,
};

/// Boundary on which sections begin, so that any of their types is aligned in a mapped file.
const ALIGNMENT: usize = 16;

const DIGEST: usize = 32;

const NUMBER: usize = size_of::<u64>();

/// Writes such a file.
pub struct SectionWriter<W> {
    out: W,
    digest: Sha256,
    length: u64,
    ends: Vec<u64>,
}

impl<W: Write> SectionWriter<W> {
    /// `out` is best a buffered writer.
    pub fn new(out: W, key: &str) -> Self {
        Self { out, digest: Sha256::new_with_prefix(key), length: 0, ends: vec![] }
    }

    /// Adds items to the section at hand.
    pub fn extend<T: Pod>(&mut self, items: &[T]) -> io::Result<()> {
        let bytes = bytemuck::cast_slice(items);
        self.digest.update(bytes);
        self.length += bytes.len() as u64;
        self.out.write_all(bytes)
    }

    /// Ends the section at hand.
    pub fn end(&mut self) -> io::Result<()> {
        self.ends.push(self.length);
        let padding = self.length.next_multiple_of(ALIGNMENT as u64) - self.length;
        self.extend(&[0u8; ALIGNMENT][..padding as usize])
    }

    /// Adds a whole section.
    pub fn section<T: Pod>(&mut self, items: &[T]) -> io::Result<()> {
        self.extend(items)?;
        self.end()
    }

    /// Ends the file.
    pub fn finish(mut self) -> io::Result<W> {
        let ends = std::mem::take(&mut self.ends);
        self.extend(&ends)?;
        self.extend(&[ends.len() as u64])?;
        self.out.write_all(&self.digest.finalize())?;
        self.out.flush()?;
        Ok(self.out)
    }
}

/// The sections of an opened file, taken in the order in which they were written.
pub struct Sections {
    map: Arc<MappedFile>,
    ends: std::vec::IntoIter<usize>,
    start: usize,
}

impl Sections {
    /// `None` when the file is not, to the last byte, what was written for `key`.
    pub fn open(map: MappedFile, key: &str) -> Option<Self> {
        let (content, digest) = map.split_at_checked(map.len().checked_sub(DIGEST)?)?;
        if Sha256::new_with_prefix(key).chain_update(content).finalize()[..] != *digest {
            return None;
        }
        let ends = read_ends(content)?.into_iter();
        Some(Self { map: Arc::new(map), ends, start: 0 })
    }

    /// The next section; `None` when there is none, or none of this type.
    pub fn take<T: Pod>(&mut self) -> Option<Section<T>> {
        let end = self.ends.next()?;
        let range = self.start..end;
        bytemuck::try_cast_slice::<u8, T>(self.map.get(range.clone())?).ok()?;
        self.start = end.next_multiple_of(ALIGNMENT);
        Some(Section { map: Arc::clone(&self.map), range, items: PhantomData })
    }
}

/// The ends of sections, as they stand at the end of `content`.
fn read_ends(content: &[u8]) -> Option<Vec<usize>> {
    let (rest, count) = content.split_last_chunk()?;
    let count = usize::try_from(u64::from_ne_bytes(*count)).ok()?;
    let table = rest.len().checked_sub(count.checked_mul(NUMBER)?)?;
    let (ends, _) = rest[table..].as_chunks::<NUMBER>();
    Some(ends.iter().map(|end| u64::from_ne_bytes(*end) as usize).collect())
}

/// The sections of a file that is elsewhere, by their numbers.
///
/// The check over the whole file is not made: the parts are as right as who sends them, so whoever makes something of
/// them has that checked as it checks a whole file.
pub struct RemoteSections<'a> {
    parts: &'a dyn Parts,
    ends: Vec<usize>,
}

/// What is read to know the ends of all sections: a layer of all zooms has 59.
const ENDS: u64 = 4096;

impl<'a> RemoteSections<'a> {
    /// # Errors
    /// When the file cannot be read, or is none of these.
    pub fn open(parts: &'a dyn Parts) -> io::Result<Self> {
        let length = parts.length();
        let last = parts.read_one(length.saturating_sub(ENDS)..length)?;
        let content = last.len().checked_sub(DIGEST).map(|content| &last[..content]);
        let ends = content.and_then(read_ends).ok_or(io::ErrorKind::InvalidData)?;
        Ok(Self { parts, ends })
    }

    fn place(&self, section: usize) -> io::Result<Range<usize>> {
        let end = *self.ends.get(section).ok_or(io::ErrorKind::InvalidData)?;
        let start = section.checked_sub(1).map_or(0, |before| self.ends[before].next_multiple_of(ALIGNMENT));
        if start <= end { Ok(start..end) } else { Err(io::ErrorKind::InvalidData.into()) }
    }

    /// Some of its items, end to end.
    pub fn items<T: Pod>(&self, section: usize, runs: &[Range<usize>]) -> io::Result<Vec<T>> {
        let place = self.place(section)?;
        let range = |run: &Range<usize>| {
            let at = |item: usize| place.start.checked_add(item.checked_mul(size_of::<T>())?);
            let (start, end) = (at(run.start)?, at(run.end)?);
            (start <= end && end <= place.end).then_some(start as u64..end as u64)
        };
        let runs = runs.iter().filter(|run| !run.is_empty());
        let ranges: Option<Vec<_>> = runs.map(range).collect();
        let read = self.parts.read(&ranges.ok_or(io::ErrorKind::InvalidData)?)?;
        let items = read.iter().flat_map(|bytes| bytes.chunks_exact(size_of::<T>()));
        Ok(items.map(bytemuck::pod_read_unaligned).collect())
    }

    /// So many of its items, from the first on.
    pub fn first<T: Pod>(&self, section: usize, count: usize) -> io::Result<Vec<T>> {
        self.items(section, slice::from_ref(&(0..count)))
    }

    /// All of its items.
    pub fn all<T: Pod>(&self, section: usize) -> io::Result<Vec<T>> {
        self.first(section, self.place(section)?.len() / size_of::<T>())
    }
}

/// An array in a mapped file.
pub struct Section<T> {
    map: Arc<MappedFile>,
    range: Range<usize>,
    items: PhantomData<T>,
}

impl<T: Pod> Deref for Section<T> {
    type Target = [T];

    /// Cannot fail: it did not when the section was taken.
    fn deref(&self) -> &[T] {
        bytemuck::cast_slice(&self.map[self.range.clone()])
    }
}
