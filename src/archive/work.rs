//! The work file: what was cut so far, so that a run that was killed goes on where it was.
//!
//! ```text
//! "plantiles work 1" │ key 16 B │ (id u64 │ hash 16 B │ length u32 │ CRC-32 of these │ content)*
//! ```
//!
//! A record for each tile that holds something, in the order of their ids; numbers are little-endian. A content that came
//! before is not there again: its length is 0. The key says what the tiles are of. A record counts as far as it is whole:
//! its head has the right sum and its content the right hash. What comes after one that does not is cut off and made anew.

use crate::snapshot::SnapshotId;
use bytes::Bytes;
use libdeflater::crc32;
use rustc_hash::FxHashMap;
use std::{
    fs::{File, TryLockError},
    io::{self, BufReader, BufWriter, Read, Seek, SeekFrom, Write},
    path::Path,
};

const MAGIC: &[u8; 16] = b"plantiles work 1";
const START: u64 = 32;
const HEAD: usize = 32;

/// A tile of the pyramid, compressed.
pub struct CutTile {
    /// See [`Cell::id`](super::curve::Cell::id).
    pub id: u64,
    pub hash: SnapshotId,
    pub bytes: Bytes,
}

/// Tiles that follow each other and hold the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Run {
    pub first: u64,
    pub length: u32,
    /// Number of the content.
    pub content: u32,
}

/// What is in the work file, some 20 bytes for each run and 40 for each content.
#[derive(Default)]
pub struct Index {
    pub runs: Vec<Run>,
    /// Where each content ends when they are put one after another.
    pub ends: Vec<u64>,
    numbers: FxHashMap<SnapshotId, u32>,
}

impl Index {
    /// The tile before which nothing is missing.
    fn last(&self) -> Option<u64> {
        self.runs.last().map(|run| run.first + u64::from(run.length) - 1)
    }

    pub fn tiles(&self) -> u64 {
        self.runs.iter().map(|run| u64::from(run.length)).sum()
    }

    /// Where content `number` begins and how long it is.
    pub fn place(&self, number: u32) -> (u64, u64) {
        let number = number as usize;
        let start = number.checked_sub(1).map_or(0, |before| self.ends[before]);
        (start, self.ends[number] - start)
    }

    fn push(&mut self, id: u64, content: u32) {
        match self.runs.last_mut() {
            Some(run) if run.content == content && run.first + u64::from(run.length) == id => run.length += 1,
            _ => self.runs.push(Run { first: id, length: 1, content }),
        }
    }

    fn add_content(&mut self, hash: SnapshotId, length: usize) -> io::Result<u32> {
        let number = u32::try_from(self.ends.len()).map_err(|_| io::ErrorKind::FileTooLarge)?;
        self.ends.push(self.ends.last().copied().unwrap_or_default() + length as u64);
        self.numbers.insert(hash, number);
        Ok(number)
    }
}

pub struct Work {
    file: BufWriter<File>,
    pub index: Index,
}

impl Work {
    /// Opens the file at `path`, with what is whole in it if it has this `key`, else with nothing. It is locked as long
    /// as the value lives.
    ///
    /// # Errors
    /// [`io::ErrorKind::ResourceBusy`] when another process works on it.
    pub fn open(path: &Path, key: SnapshotId) -> io::Result<Self> {
        let file = File::options().read(true).write(true).create(true).truncate(false).open(path)?;
        match file.try_lock() {
            Err(TryLockError::WouldBlock) => Err(io::ErrorKind::ResourceBusy.into()),
            Err(TryLockError::Error(error)) => Err(error),
            Ok(()) => Self::of(file, key),
        }
    }

    /// In a file without a name, which goes with the value.
    pub fn unnamed(directory: &Path, key: SnapshotId) -> io::Result<Self> {
        Self::of(tempfile::tempfile_in(directory)?, key)
    }

    fn of(mut file: File, key: SnapshotId) -> io::Result<Self> {
        let mut index = Index::default();
        let mut whole = START;
        if read_start(&mut file)? != Some(key) {
            file.rewind()?;
            file.write_all(MAGIC)?;
            file.write_all(key.as_bytes())?;
        } else {
            let mut reader = BufReader::with_capacity(1 << 20, &file);
            while let Some(length) = read_record(&mut reader, &mut index)? {
                whole += length;
            }
        }
        file.set_len(whole)?;
        file.seek(SeekFrom::End(0))?;
        // A small buffer: what is in it is lost when the process is killed.
        Ok(Self { file: BufWriter::with_capacity(1 << 16, file), index })
    }

    /// The number of the first tile that is still to be cut.
    pub fn next(&self) -> u64 {
        self.index.last().map_or(0, |last| last + 1)
    }

    /// Adds a tile whose number is not less than [`Self::next`].
    pub fn add(&mut self, tile: &CutTile) -> io::Result<()> {
        let known = self.index.numbers.get(&tile.hash).copied();
        let content: &[u8] = if known.is_some() { &[] } else { &tile.bytes };
        let length = u32::try_from(content.len()).map_err(|_| io::ErrorKind::FileTooLarge)?;
        self.file.write_all(&head(tile.id, tile.hash, length))?;
        self.file.write_all(content)?;
        let number = known.map_or_else(|| self.index.add_content(tile.hash, content.len()), Ok)?;
        self.index.push(tile.id, number);
        Ok(())
    }

    /// Gives every content to `each`, in the order of their numbers.
    pub fn contents<E: From<io::Error>>(
        &mut self,
        mut each: impl FnMut(&[u8]) -> Result<(), E>,
    ) -> Result<(), E> {
        self.file.flush()?;
        let mut file = self.file.get_ref();
        file.seek(SeekFrom::Start(START))?;
        let mut reader = BufReader::with_capacity(1 << 20, file);
        let (mut content, mut left) = (vec![], self.index.ends.len());
        while left > 0 {
            let mut head = [0; HEAD];
            reader.read_exact(&mut head)?;
            let length = length_in(&head);
            if length > 0 {
                content.resize(length, 0);
                reader.read_exact(&mut content)?;
                each(&content)?;
                left -= 1;
            }
        }
        Ok(())
    }
}

/// The key in the file; `None` when it is not a work file.
fn read_start(file: &mut File) -> io::Result<Option<SnapshotId>> {
    let mut start = vec![];
    Read::by_ref(file).take(START).read_to_end(&mut start)?;
    let key = start.strip_prefix(MAGIC).and_then(|key| key.try_into().ok());
    Ok(key.map(SnapshotId::from_bytes))
}

/// Takes the next record into `index` and gives its length; `None` when there is none that is whole and right.
fn read_record(reader: &mut impl Read, index: &mut Index) -> io::Result<Option<u64>> {
    let mut bytes = Vec::with_capacity(HEAD);
    reader.take(HEAD as u64).read_to_end(&mut bytes)?;
    let Ok(found): Result<[u8; HEAD], _> = bytes.try_into() else { return Ok(None) };
    let (id, hash, length) = (id_in(&found), hash_in(&found), length_in(&found));
    if found != head(id, hash, length as u32) || index.last().is_some_and(|last| id <= last) {
        return Ok(None);
    }
    let mut content = vec![];
    reader.take(length as u64).read_to_end(&mut content)?;
    let number = match index.numbers.get(&hash) {
        Some(&known) if length == 0 => known,
        None if length > 0 && SnapshotId::of(&content) == hash => index.add_content(hash, length)?,
        _ => return Ok(None),
    };
    index.push(id, number);
    Ok(Some((HEAD + length) as u64))
}

fn head(id: u64, hash: SnapshotId, length: u32) -> [u8; HEAD] {
    let mut head = [0; HEAD];
    head[..8].copy_from_slice(&id.to_le_bytes());
    head[8..24].copy_from_slice(hash.as_bytes());
    head[24..28].copy_from_slice(&length.to_le_bytes());
    let sum = crc32(&head[..28]);
    head[28..].copy_from_slice(&sum.to_le_bytes());
    head
}

fn id_in(head: &[u8; HEAD]) -> u64 {
    u64::from_le_bytes(std::array::from_fn(|i| head[i]))
}

fn hash_in(head: &[u8; HEAD]) -> SnapshotId {
    SnapshotId::from_bytes(std::array::from_fn(|i| head[8 + i]))
}

fn length_in(head: &[u8; HEAD]) -> usize {
    u32::from_le_bytes(std::array::from_fn(|i| head[24 + i])) as usize
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tile(id: u64, content: &str) -> CutTile {
        CutTile { id, hash: SnapshotId::of(content.as_bytes()), bytes: content.to_owned().into() }
    }

    #[test]
    fn it_is_taken_up_to_the_first_fault_whatever_byte_that_is() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("work");
        let key = SnapshotId::of(b"plan");
        let tiles = [tile(3, "one"), tile(4, "one"), tile(5, "two"), tile(9, "one"), tile(11, "three")];
        let mut work = Work::open(&path, key).unwrap();
        tiles.iter().for_each(|tile| work.add(tile).unwrap());
        let runs = [(3, 2, 0), (5, 1, 1), (9, 1, 0), (11, 1, 2)];
        let runs = runs.map(|(first, length, content)| Run { first, length, content });
        assert_eq!(work.index.runs, runs);
        assert!(matches!(Work::open(&path, key), Err(e) if e.kind() == io::ErrorKind::ResourceBusy));
        drop(work);
        let whole = std::fs::read(&path).unwrap();

        for at in START as usize..=whole.len() {
            let mut faulty = whole[..at].to_vec();
            if at % 2 == 0 {
                // Not cut off but changed.
                faulty = whole.clone();
                faulty.get_mut(at).into_iter().for_each(|byte| *byte ^= 1);
            }
            std::fs::write(&path, faulty).unwrap();
            let mut work = Work::open(&path, key).unwrap();
            let next = work.next();
            tiles.iter().filter(|tile| tile.id >= next).for_each(|tile| work.add(tile).unwrap());
            assert_eq!(work.index.runs, runs, "{at}");
            let mut contents = vec![];
            let keep = |content: &[u8]| {
                contents.push(content.to_vec());
                Ok::<_, io::Error>(())
            };
            work.contents(keep).unwrap();
            assert_eq!(contents, [&b"one"[..], b"two", b"three"]);
            drop(work);
            assert!(std::fs::read(&path).unwrap() == whole, "{at}");
        }
        let other = Work::open(&path, SnapshotId::of(b"another plan")).unwrap();
        assert_eq!(other.next(), 0);
    }
}
