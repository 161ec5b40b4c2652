//! What one tile needs of a layer that is elsewhere: read in parts, a few rounds of them, and put together as a layer of
//! its own, with no more in it.
//!
//! ```text
//! where the sections are ▶ what of the zoom, or of the snapshot's index, meets the tile ▶ its geometry, rows and values
//! ```
//!
//! Only the boxes of all features are read whole, 32 or 40 bytes for each. So a server that has just been started cuts its
//! first tiles long before the files have come.

use super::{
    BuildError,
    attributes::Attributes,
    layer::{TileLayer, key},
    pyramid::{Found, Pyramid},
    sections::{RemoteSections, SectionWriter},
    wrap::wraps,
};
use crate::{
    grid::{QuadGrid, TileCoord},
    plan::Rules,
    snapshot::{Parts, RemoteSnapshot, SnapshotError},
};
use plantiles_mapped::MappedFile;
use std::{io, ops::Range};

impl TileLayer {
    /// What `tile` of `grid` needs of a layer that was `prepared` for that grid after `rules`, see [`Self::open`]: the tile
    /// that is cut from it is to the last byte that of the whole layer. `None` where the tile wraps around the world.
    ///
    /// # Errors
    /// When the files cannot be read, or do not hang together.
    pub fn portion(
        remote: &RemoteSnapshot,
        prepared: &dyn Parts,
        grid: &QuadGrid,
        rules: &Rules,
        tile: TileCoord,
    ) -> Result<Option<Self>, SnapshotError> {
        if wraps(remote.bounds, grid, tile) {
            return Ok(None);
        }
        let sections = RemoteSections::open(prepared)?;
        let minzoom = rules.minzoom(&remote.layer);
        let mut found = Found::search(remote, &sections, grid, minzoom, tile)?;
        let mut out = SectionWriter::new(vec![], &key(&remote.layer, found.snapshot.id, grid, rules));
        found.write(&sections, minzoom, &mut out)?;
        Attributes::write_portion(&sections, Pyramid::sections(minzoom), &found.positions, &mut out)?;
        let map = MappedFile::in_memory(&out.finish()?)?;
        let layer = Self::open_sections(map, &found.snapshot, found.positions.len(), grid, rules);
        Ok(Some(layer.ok_or(io::Error::from(io::ErrorKind::InvalidData))?))
    }
}

impl From<BuildError> for SnapshotError {
    fn from(error: BuildError) -> Self {
        match error {
            BuildError::Io(cause) => cause.into(),
            _ => Self::Malformed("a number in it is too large".to_owned()),
        }
    }
}

/// The runs that ascending `numbers` are made of.
pub(super) fn runs(numbers: &[u32]) -> Vec<Range<usize>> {
    joined(numbers.iter().map(|&number| number as usize..number as usize + 1))
}

/// Ranges, joined where one begins at the end of the one before; none that is empty.
pub(super) fn joined(ranges: impl Iterator<Item = Range<usize>>) -> Vec<Range<usize>> {
    let mut joined: Vec<Range<usize>> = vec![];
    for range in ranges.filter(|range| !range.is_empty()) {
        match joined.last_mut() {
            Some(last) if last.end == range.start => last.end = range.end,
            _ => joined.push(range),
        }
    }
    joined
}
