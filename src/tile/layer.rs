//! One layer made ready for cutting.

use super::{
    ENGINE_VERSION,
    attributes::Attributes,
    pyramid::Pyramid,
    sections::{SectionWriter, Sections},
};
use crate::{
    grid::TileMatrixSet,
    plan::{GeometryKind, Layer, LayerId},
    snapshot::{self, MappedFile, Snapshot},
};
use std::{
    fs::File,
    io::{self, BufWriter, Write},
    num::TryFromIntError,
    path::Path,
    sync::Arc,
};

/// A snapshot with what is worked out once: coded attributes and, for low zooms, simplified geometry, both in
/// a mapped file beside the snapshot. Immutable and shared by all threads.
pub struct TileLayer {
    pub(super) snapshot: Arc<Snapshot>,
    pub(super) grid: TileMatrixSet,
    pub(super) attributes: Attributes,
    pub(super) pyramid: Pyramid,
    /// Names of the columns, in the order of `Layer::fields`.
    pub(super) columns: Vec<String>,
    /// For each column, whether the layer carries it in tiles.
    pub(super) wanted: Vec<bool>,
    /// The companion layer of names.
    pub(super) labels: Option<Labels>,
}

/// The companion layer of a polygon layer, with a point for each polygon's name.
pub(super) struct Labels {
    pub name: String,
    /// For each column, whether the points carry it.
    pub wanted: Vec<bool>,
}

/// Columns that the points of names carry.
const LABEL_COLUMNS: [&str; 2] = ["name", "code"];

#[derive(Debug, thiserror::Error)]
pub enum PrepareError {
    #[error("layer {0} is too large to cut tiles from: 4 billion features or 4 GB of distinct values")]
    TooLarge(LayerId),
    #[error("layer {layer} cannot be prepared for tiles: {cause}")]
    Io { layer: LayerId, cause: io::Error },
}

impl TileLayer {
    /// Opens at `path` what was prepared of `snapshot` for tiles of `grid`. When it is not there, or is not to
    /// the last byte what this engine prepares, it is made anew; where that cannot be written, in memory.
    ///
    /// The file is written aside and renamed, so any number of processes may do this at a time. It is not
    /// synced: what a crash of the machine leaves is checked like any other file.
    ///
    /// # Errors
    /// [`PrepareError::TooLarge`] when positions in the layer do not fit 32 bits.
    pub fn open(snapshot: Arc<Snapshot>, grid: &TileMatrixSet, path: &Path) -> Result<Self, PrepareError> {
        let existing = File::open(path).and_then(|file| MappedFile::new(&file));
        if let Some(layer) = existing.ok().and_then(|map| Self::mapped(map, &snapshot, grid)) {
            return Ok(layer);
        }
        match Self::write(&snapshot, grid, path) {
            Ok(Some(layer)) => return Ok(layer),
            Ok(None) => tracing::warn!(path = %path.display(), "what was written is not what is there"),
            Err(BuildError::TooLarge) => return Err(PrepareError::TooLarge(snapshot.layer.id.clone())),
            Err(BuildError::Io(error)) => {
                tracing::warn!(%error, path = %path.display(), "prepared in memory, as it cannot be written");
            }
        }
        Self::prepare(snapshot, grid)
    }

    /// Prepares `snapshot` for tiles of `grid` in memory.
    ///
    /// # Errors
    /// [`PrepareError::TooLarge`] when positions in the layer do not fit 32 bits.
    pub fn prepare(snapshot: Arc<Snapshot>, grid: &TileMatrixSet) -> Result<Self, PrepareError> {
        let prepared = build(&snapshot, grid, vec![]).and_then(|bytes| {
            let layer = Self::mapped(MappedFile::in_memory(&bytes)?, &snapshot, grid);
            layer.ok_or_else(|| BuildError::Io(io::ErrorKind::InvalidData.into()))
        });
        let layer = snapshot.layer.id.clone();
        prepared.map_err(|error| match error {
            BuildError::TooLarge => PrepareError::TooLarge(layer),
            BuildError::Io(cause) => PrepareError::Io { layer, cause },
        })
    }

    /// `None` when it does not read back as it was written.
    fn write(
        snapshot: &Arc<Snapshot>,
        grid: &TileMatrixSet,
        path: &Path,
    ) -> Result<Option<Self>, BuildError> {
        let unfinished = snapshot::unfinished_beside(path)?;
        build(snapshot, grid, BufWriter::with_capacity(1 << 20, unfinished.as_file()))?;
        let map = MappedFile::new(unfinished.as_file())?;
        // Another process may have taken the unfinished file for a leftover; it can be used all the same.
        if let Err(error) = unfinished.persist(path) {
            tracing::warn!(error = %error.error, path = %path.display(), "not kept for the next start");
        }
        Ok(Self::mapped(map, snapshot, grid))
    }

    /// `None` when `map` is not what was prepared of `snapshot` for `grid`.
    fn mapped(map: MappedFile, snapshot: &Arc<Snapshot>, grid: &TileMatrixSet) -> Option<Self> {
        let mut sections = Sections::open(map, &key(snapshot, grid))?;
        let attributes = Attributes::open(&mut sections, snapshot)?;
        let pyramid = Pyramid::open(&mut sections, snapshot)?;
        let columns: Vec<String> = snapshot.layer.fields.iter().map(|f| f.name.clone()).collect();
        let wanted = vec![true; columns.len()];
        let labels = Labels::of(&snapshot.layer);
        let (snapshot, grid) = (Arc::clone(snapshot), grid.clone());
        Some(Self { snapshot, grid, attributes, pyramid, columns, wanted, labels })
    }

    /// The MVT layers that tiles of this layer may hold, with their columns.
    pub fn mvt_layers(&self) -> Vec<(&str, Vec<&str>)> {
        let columns = |wanted: &[bool]| -> Vec<&str> {
            self.columns.iter().zip(wanted).filter(|(_, w)| **w).map(|(c, _)| c.as_str()).collect()
        };
        let labels = self.labels.iter().map(|l| (l.name.as_str(), columns(&l.wanted)));
        std::iter::once((self.snapshot.layer.id.as_str(), columns(&self.wanted))).chain(labels).collect()
    }

    pub fn snapshot(&self) -> &Arc<Snapshot> {
        &self.snapshot
    }
}

impl Labels {
    /// `None` for layers other than of polygons, and for those without a column to write.
    fn of(layer: &Layer) -> Option<Self> {
        let wanted: Vec<bool> =
            layer.fields.iter().map(|f| LABEL_COLUMNS.contains(&f.name.as_str())).collect();
        let some = layer.geometry == GeometryKind::Polygon && wanted.contains(&true);
        some.then(|| Self { name: format!("{}_label", layer.id), wanted })
    }
}

/// Why nothing was prepared.
#[derive(Debug)]
pub enum BuildError {
    /// A number does not fit 32 bits.
    TooLarge,
    Io(io::Error),
}

impl From<io::Error> for BuildError {
    fn from(error: io::Error) -> Self {
        Self::Io(error)
    }
}

impl From<TryFromIntError> for BuildError {
    fn from(_: TryFromIntError) -> Self {
        Self::TooLarge
    }
}

/// Version of the file's layout: to be changed with it, where the tiles stay as they are.
const FORMAT: u32 = 1;

/// All that the file depends on.
fn key(snapshot: &Snapshot, grid: &TileMatrixSet) -> String {
    let order = if cfg!(target_endian = "little") { "little" } else { "big" };
    format!("{} {} {order} {grid:?} {}", FORMAT, ENGINE_VERSION, snapshot.id)
}

fn build<W: Write>(snapshot: &Snapshot, grid: &TileMatrixSet, out: W) -> Result<W, BuildError> {
    u32::try_from(snapshot.feature_count())?;
    let mut out = SectionWriter::new(out, &key(snapshot, grid));
    Attributes::build(snapshot, &mut out)?;
    Pyramid::build(snapshot, grid, &mut out)?;
    Ok(out.finish()?)
}
