//! A file mapped read-only into memory.

#[cfg(not(miri))]
use memmap2::{Advice, Mmap, MmapMut};
use std::{fs::File, io, ops::Deref};

/// The bytes of a file that nobody writes any more.
#[cfg(not(miri))]
pub struct MappedFile(Mmap);

/// Miri maps no files. What it judges is how they are read, and of a vector it sees each byte that is nobody's.
#[cfg(miri)]
pub struct MappedFile(Vec<u8>);

#[cfg(miri)]
impl MappedFile {
    pub fn new(file: &File) -> io::Result<Self> {
        use std::io::{Read, Seek};
        let (mut file, mut bytes) = (file.try_clone()?, Vec::new());
        file.rewind()?;
        file.read_to_end(&mut bytes)?;
        Ok(Self(bytes))
    }

    pub fn in_memory(bytes: &[u8]) -> io::Result<Self> {
        Ok(Self(bytes.to_vec()))
    }
}

#[cfg(not(miri))]
impl MappedFile {
    /// Maps `file`: a snapshot, what was derived from one, or what a writer put aside.
    ///
    /// A file with a name is published by rename and never written again, a temporary one only by who made it
    /// and before it is mapped: nobody truncates or changes the mapped bytes, which makes the mapping sound. Somebody
    /// else who does so is not withstood, see "What it withstands" in docs/design.md.
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

#[cfg(test)]
mod tests {
    use super::*;
    use std::{fs, io::Write};

    #[test]
    fn a_map_has_the_bytes_of_its_file() {
        for length in [1, 4095, 4096, 4097, 100_000] {
            let bytes: Vec<u8> = (0..length).map(|i| (i % 251) as u8).collect();
            let mut file = tempfile::tempfile().unwrap();
            file.write_all(&bytes).unwrap();
            assert_eq!(*MappedFile::new(&file).unwrap(), *bytes);
            assert_eq!(*MappedFile::in_memory(&bytes).unwrap(), *bytes);
        }
    }

    #[test]
    fn an_empty_file_is_an_empty_map() {
        assert!(MappedFile::new(&tempfile::tempfile().unwrap()).unwrap().is_empty());
        assert!(MappedFile::in_memory(&[]).unwrap().is_empty());
    }

    /// Snapshots are pruned, and replaced by rename, while they are served.
    #[test]
    fn a_map_outlives_the_name_and_the_handle_of_its_file() {
        let folder = tempfile::tempdir().unwrap();
        let [path, other] = ["layer.fgb", "other.fgb"].map(|name| folder.path().join(name));
        fs::write(&path, "what was published").unwrap();
        fs::write(&other, "what came after it").unwrap();
        let map = MappedFile::new(&File::open(&path).unwrap()).unwrap();
        fs::rename(&other, &path).unwrap();
        assert_eq!(&*map, b"what was published");
        fs::remove_file(&path).unwrap();
        assert_eq!(&*map, b"what was published");
    }

    #[test]
    fn what_cannot_be_mapped_is_an_error() {
        let folder = tempfile::tempdir().unwrap();
        assert!(MappedFile::new(&File::open(folder.path()).unwrap()).is_err());
    }
}
