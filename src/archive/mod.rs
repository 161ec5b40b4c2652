//! Archives: the tiles of a tileset in one file, for use offline and on static file hosts.
//!
//! ```text
//! walk the curve ▶ cut on all cores ▶ work file, in order, each content once ▶ PMTiles or MBTiles, aside ▶ rename
//!  (index: where          (as the              (what a run that was
//!  nothing is, no          server              killed goes on from)
//!  tile is looked at)      cuts)
//! ```
//!
//! Tiles are those of the server to the last byte, gzip however small, as archives have one coding for all. They depend on
//! the tileset, the zooms and the box alone, and so does their order: the same archive comes out each time, also by a run
//! that was killed and goes on.

mod curve;
mod in_order;
mod mbtiles;
mod metadata;
mod pmtiles;
mod pyramid;
mod work;

pub use curve::Cell;
pub use in_order::in_order;
pub use pyramid::{DEEPEST, Pyramid};

use std::{
    ffi::OsString,
    fs::{self, File},
    io,
    path::{Path, PathBuf},
};
use work::Work;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    PmTiles,
    MbTiles,
}

/// What a written archive has.
#[derive(Debug, Clone, Copy)]
pub struct Written {
    pub tiles: u64,
    /// Different ones.
    pub contents: u64,
    /// Tiles that were cut now; the others were by the run before, which was killed.
    pub cut: u64,
    pub bytes: u64,
}

/// How far it is.
#[derive(Debug, Clone, Copy)]
pub enum Progress {
    Cutting { done: usize, of: usize, tiles: u64 },
    Writing,
}

#[derive(Debug, thiserror::Error)]
pub enum ArchiveError {
    #[error("nothing is in these layers, zooms and box")]
    Empty,
    #[error("another export to it is under way")]
    Busy,
    #[error(transparent)]
    Io(#[from] io::Error),
    #[error(transparent)]
    Database(#[from] rusqlite::Error),
}

/// An error of the disk as it was; the others with what they say.
impl From<ArchiveError> for io::Error {
    fn from(error: ArchiveError) -> Self {
        match error {
            ArchiveError::Io(error) => error,
            error => Self::other(error),
        }
    }
}

/// Writes the archive of `pyramid` to `path`, cutting on so many `threads`.
///
/// It is written aside, synced and renamed. What was cut lies meanwhile in `{path}.work`, from which the next call goes
/// on when this one is killed; a work file of another pyramid is begun anew. Takes some 50 bytes of memory for each
/// different tile, and twice the archive's size on disk.
///
/// # Errors
/// After any of them `path` is as it was.
pub fn write(
    pyramid: &Pyramid,
    format: Format,
    path: &Path,
    threads: usize,
    progress: &mut dyn FnMut(Progress),
) -> Result<Written, ArchiveError> {
    let work_path = beside(path, ".work");
    let mut work = Work::open(&work_path, pyramid.key()).map_err(|error| match error.kind() {
        io::ErrorKind::ResourceBusy => ArchiveError::Busy,
        _ => error.into(),
    })?;
    let before = work.index.tiles();
    cut(pyramid, &mut work, threads, progress)?;
    let tiles = work.index.tiles();
    if tiles == 0 {
        fs::remove_file(&work_path)?;
        return Err(ArchiveError::Empty);
    }
    progress(Progress::Writing);
    // Nobody else writes it: the work file is locked.
    let unfinished = beside(path, ".unfinished");
    match fs::remove_file(&unfinished) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error.into()),
        _ => {}
    }
    match format {
        Format::PmTiles => pmtiles::write(pyramid, &mut work, &unfinished)?,
        Format::MbTiles => mbtiles::write(pyramid, &mut work, &unfinished)?,
    }
    let bytes = unfinished.metadata()?.len();
    fs::rename(&unfinished, path)?;
    File::open(path.parent().filter(|folder| *folder != Path::new("")).unwrap_or(Path::new(".")))?
        .sync_all()?;
    let contents = work.index.ends.len() as u64;
    fs::remove_file(&work_path)?;
    Ok(Written { tiles, contents, cut: tiles - before, bytes })
}

/// Writes the PMTiles archive of `pyramid` into the file `path`, which is there and empty, cutting on so many `threads`; work
/// files have no name and lie in `aside`.
///
/// # Errors
/// As [`write`].
pub fn write_into(pyramid: &Pyramid, path: &Path, aside: &Path, threads: usize) -> Result<(), ArchiveError> {
    let mut work = Work::unnamed(aside, pyramid.key())?;
    cut(pyramid, &mut work, threads, &mut |_| {})?;
    if work.index.tiles() == 0 {
        return Err(ArchiveError::Empty);
    }
    pmtiles::write(pyramid, &mut work, path)
}

/// Cuts what is not in the work file yet.
fn cut(
    pyramid: &Pyramid,
    work: &mut Work,
    threads: usize,
    progress: &mut dyn FnMut(Progress),
) -> Result<(), ArchiveError> {
    let next = work.next();
    let groups = pyramid.groups(next);
    let (of, mut done) = (groups.len(), 0);
    in_order(
        threads,
        groups.into_iter(),
        |group| pyramid.cut(group, next),
        |tiles| {
            for tile in tiles? {
                work.add(&tile)?;
            }
            done += 1;
            progress(Progress::Cutting { done, of, tiles: work.index.tiles() });
            Ok(())
        },
    )
}

/// `path` with something after its name.
fn beside(path: &Path, suffix: &str) -> PathBuf {
    let mut name = OsString::from(path);
    name.push(suffix);
    name.into()
}
