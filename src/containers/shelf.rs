//! Where the files lie: beside the snapshots that they are made of, under names that say of what and what they hash to.
//!
//! ```text
//! snapshots/{layer}/{snapshot}.{key}.{content}.gpkg
//! plans/plan.{key}.{content}.zip
//! {…}.making                                         unfinished, locked by who makes it
//! ```
//!
//! The key is a hash of all that the bytes follow from, the content the hash of the bytes, as a snapshot's id is. A file is
//! written aside, synced, hashed and then named. What lies beside a snapshot goes with it.

use crate::{
    export::FileError,
    snapshot::{SnapshotId, Store},
    unfinished,
};
use plantiles_mapped::MappedFile;
use std::{
    fs::{self, File},
    io,
    path::{Path, PathBuf},
    sync::Arc,
};
use tempfile::NamedTempFile;

/// What names of unfinished files end in.
pub const UNFINISHED: &str = ".making";

/// A whole file, mapped. It lives as long as this does, named or not.
pub struct Boxed {
    map: MappedFile,
    /// Hash of the bytes.
    pub id: SnapshotId,
}

impl AsRef<[u8]> for Boxed {
    fn as_ref(&self) -> &[u8] {
        &self.map
    }
}

/// Where a file is to be kept.
pub struct Place {
    pub directory: PathBuf,
    /// The folder in the bucket that stands for that directory.
    pub shared: String,
    /// First part of the name: of what it is.
    pub stem: String,
    pub key: SnapshotId,
    pub suffix: &'static str,
    /// How many of this stem are kept.
    pub kept: usize,
}

pub struct Shelf {
    store: Arc<Store>,
    /// Whether this server may put into the bucket what it makes: one that only follows may not.
    shares: bool,
}

impl Shelf {
    /// Removes what processes that were killed have left half done.
    pub fn new(store: Arc<Store>, shares: bool) -> Self {
        for path in files(store.aside()) {
            // Whoever makes it holds its lock.
            let abandoned = || File::open(&path).is_ok_and(|file| file.try_lock().is_ok());
            if path.to_string_lossy().ends_with(UNFINISHED) && abandoned() {
                // One that stays takes room and nothing else; the next start tries again.
                let _removed = fs::remove_file(&path);
            }
        }
        Self { store, shares }
    }

    /// Where unfinished files lie.
    pub fn aside(&self) -> &Path {
        self.store.aside()
    }

    /// What is kept at `place`, here or in the bucket.
    pub fn find(&self, place: &Place) -> Option<Boxed> {
        Self::find_here(place).or_else(|| self.find_shared(place))
    }

    /// What is kept at `place`, if it still hashes to its name.
    fn find_here(place: &Place) -> Option<Boxed> {
        let begin = format!("{}.{}.", place.stem, place.key);
        let path = place.files().into_iter().find(|path| name(path).starts_with(&begin))?;
        let content = name(&path).strip_prefix(&begin)?.split('.').next()?.parse().ok();
        let boxed = File::open(&path).and_then(|file| open(&file)).ok();
        boxed.filter(|boxed| Some(boxed.id) == content)
    }

    /// What another server has made, kept here too.
    fn find_shared(&self, place: &Place) -> Option<Boxed> {
        let unfinished = self.unfinished().ok()?;
        let id = self.store.fetch_made(&place.shared_name(), unfinished.as_file())?;
        let (boxed, _) = place.keep(unfinished).ok()?;
        (boxed.id == id).then_some(boxed)
    }

    /// Keeps at `place`, and in the bucket, what `write` writes; the oldest of what is too much there goes.
    pub fn keep(
        &self,
        place: &Place,
        write: impl FnOnce(&NamedTempFile) -> Result<(), FileError>,
    ) -> Result<Boxed, FileError> {
        let unfinished = self.unfinished()?;
        write(&unfinished)?;
        let (boxed, path) = place.keep(unfinished)?;
        if self.shares {
            self.store.send_made(&place.shared_name(), boxed.id, &path);
        }
        Ok(boxed)
    }

    /// What `write` writes, in a file without a name.
    pub fn pass(
        &self,
        write: impl FnOnce(&NamedTempFile) -> Result<(), FileError>,
    ) -> Result<Boxed, FileError> {
        let unfinished = self.unfinished()?;
        write(&unfinished)?;
        Ok(open(unfinished.as_file())?)
    }

    fn unfinished(&self) -> io::Result<NamedTempFile> {
        let file = unfinished::named(self.store.aside(), UNFINISHED)?;
        file.as_file().lock()?;
        Ok(file)
    }
}

fn open(file: &File) -> io::Result<Boxed> {
    let map = MappedFile::new(file)?;
    let id = SnapshotId::of(&map);
    Ok(Boxed { map, id })
}

impl Place {
    /// The name under which it is shared.
    fn shared_name(&self) -> String {
        let Self { shared, stem, key, suffix, .. } = self;
        format!("{shared}/{stem}.{key}.{suffix}")
    }

    /// Keeps a file that is whole, and tells where.
    fn keep(&self, unfinished: NamedTempFile) -> io::Result<(Boxed, PathBuf)> {
        unfinished.as_file().sync_all()?;
        let boxed = open(unfinished.as_file())?;
        let Self { directory, stem, key, suffix, .. } = self;
        fs::create_dir_all(directory)?;
        let path = directory.join(format!("{stem}.{key}.{}.{suffix}", boxed.id));
        unfinished.persist(&path).map_err(|error| error.error)?;
        File::open(directory)?.sync_all()?;
        self.remove_others(&path);
        Ok((boxed, path))
    }

    /// What lies there of this stem and kind.
    fn files(&self) -> Vec<PathBuf> {
        let (begin, end) = (format!("{}.", self.stem), format!(".{}", self.suffix));
        let of_kind = |path: &PathBuf| name(path).starts_with(&begin) && name(path).ends_with(&end);
        files(&self.directory).into_iter().filter(of_kind).collect()
    }

    /// Removes all but `path` and the newest of the others.
    fn remove_others(&self, path: &Path) {
        let mut others: Vec<_> = self.files().into_iter().filter(|other| other != path).collect();
        others.sort_by_key(|path| fs::metadata(path).and_then(|file| file.modified()).ok());
        let surplus = (others.len() + 1).saturating_sub(self.kept);
        for other in others.into_iter().take(surplus) {
            // Another process may have done so.
            let _removed = fs::remove_file(other);
        }
    }
}

/// Nothing where there is no such directory, or it cannot be read.
fn files(directory: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(directory).into_iter().flatten();
    entries.filter_map(|entry| Some(entry.ok()?.path())).collect()
}

fn name(path: &Path) -> &str {
    path.file_name().and_then(|name| name.to_str()).unwrap_or_default()
}
