//! One layer made ready for cutting.

use super::{
    ENGINE_VERSION,
    attributes::{Attributes, Coded},
    pyramid::{Before, Pyramid},
    sections::{SectionWriter, Sections},
};
use crate::{
    grid::QuadGrid,
    plan::{GeometryKind, Layer, LayerId, MAX_ZOOM, RuleError, Rules},
    snapshot::{Snapshot, SnapshotId, for_each_path},
    unfinished,
};
use plantiles_mapped::MappedFile;
use std::{
    fs::File,
    io::{self, BufWriter, Write},
    num::TryFromIntError,
    path::Path,
    sync::Arc,
    thread,
};

/// A snapshot with what is worked out once: coded attributes and, for low zooms, simplified geometry, both in
/// a mapped file beside the snapshot. Immutable and shared by all threads.
pub struct TileLayer {
    pub(super) snapshot: Arc<Snapshot>,
    rules: Rules,
    pub(super) grid: QuadGrid,
    pub(super) attributes: Attributes,
    pub(super) pyramid: Pyramid,
    /// Names of the columns, in the order of `Layer::fields`.
    pub(super) columns: Vec<String>,
    /// First zoom with the layer in it.
    pub(super) minzoom: u8,
    /// For each zoom and column, whether the layer carries it in tiles.
    pub(super) wanted: Vec<Vec<bool>>,
    /// The companion layer of names.
    pub(super) labels: Option<Labels>,
}

/// The companion layer of a polygon layer, with a point for each polygon's name.
pub(super) struct Labels {
    pub name: String,
    /// For each column, whether the points carry it.
    pub wanted: Vec<bool>,
}

#[derive(Debug, thiserror::Error)]
pub enum PrepareError {
    #[error("layer {0} is too large to cut tiles from: 4 billion features or 4 GB of distinct values")]
    TooLarge(LayerId),
    #[error(
        "layer {layer} has {vertices} vertices: to prepare them for tiles would take {needed} MiB of memory, and {allowed} MiB are allowed"
    )]
    TooMuchMemory { layer: LayerId, vertices: u64, needed: u64, allowed: u64 },
    #[error("layer {layer} cannot be prepared for tiles: {cause}")]
    Io { layer: LayerId, cause: io::Error },
    #[error(transparent)]
    Rule(#[from] RuleError),
}

impl PrepareError {
    fn of(snapshot: &Snapshot, error: BuildError) -> Self {
        let layer = snapshot.layer.id.clone();
        match error {
            BuildError::TooLarge => Self::TooLarge(layer),
            BuildError::Io(cause) => Self::Io { layer, cause },
            // Not without a layer of before.
            BuildError::Changed => Self::Io { layer, cause: io::ErrorKind::Other.into() },
        }
    }
}

/// Beside the id of the snapshot, enough to tell a handful apart; the file itself has the whole key.
const DIGEST_DIGITS: usize = 16;

/// What preparing takes for each vertex, at most: simplification holds all of them, since neighbours share borders.
const BYTES_PER_VERTEX: u64 = 40;

impl TileLayer {
    /// # Errors
    /// [`PrepareError::TooMuchMemory`] when preparing `snapshot` would take more than so many MiB.
    pub fn check_memory(snapshot: &Snapshot, allowed: u64) -> Result<(), PrepareError> {
        let mut vertices = 0;
        for position in 0..snapshot.feature_count() {
            for_each_path(&snapshot.feature(position), |path, _| {
                vertices += path.size_hint().0 as u64;
                true
            });
        }
        let needed = (vertices * BYTES_PER_VERTEX) >> 20;
        if needed <= allowed {
            return Ok(());
        }
        let layer = snapshot.layer.id.clone();
        Err(PrepareError::TooMuchMemory { layer, vertices, needed, allowed })
    }

    /// Opens at `path` what was prepared of `snapshot` for tiles of `grid` after `rules`. When it is not there, or is not to
    /// the last byte what this engine prepares, it is made anew; where that cannot be written, in memory. What `rules` say
    /// of columns that the layer does not have is without effect.
    ///
    /// The file is written aside and renamed, so any number of processes may do this at a time. It is not
    /// synced: what a crash of the machine leaves is checked like any other file. `before` is the layer as it was: the
    /// less has changed since, the sooner this is done.
    ///
    /// # Errors
    /// [`PrepareError::TooLarge`] when positions in the layer do not fit 32 bits.
    pub fn open(
        snapshot: Arc<Snapshot>,
        grid: &QuadGrid,
        rules: &Rules,
        path: &Path,
        before: Option<&Self>,
    ) -> Result<Self, PrepareError> {
        let existing = File::open(path).and_then(|file| MappedFile::new(&file));
        if let Some(layer) = existing.ok().and_then(|map| Self::mapped(map, &snapshot, grid, rules)) {
            return Ok(layer);
        }
        match Self::write(&snapshot, grid, rules, path, before) {
            Ok(Some(layer)) => return Ok(layer),
            Ok(None) => tracing::warn!(path = %path.display(), "what was written is not what is there"),
            Err(error @ BuildError::TooLarge) => return Err(PrepareError::of(&snapshot, error)),
            Err(BuildError::Changed) => return Self::open(snapshot, grid, rules, path, None),
            Err(BuildError::Io(error)) => {
                tracing::warn!(%error, path = %path.display(), "prepared in memory, as it cannot be written");
            }
        }
        Self::prepare(snapshot, grid, rules)
    }

    /// Prepares `snapshot` for tiles of `grid` after `rules` in memory.
    ///
    /// # Errors
    /// As [`Self::open`].
    pub fn prepare(snapshot: Arc<Snapshot>, grid: &QuadGrid, rules: &Rules) -> Result<Self, PrepareError> {
        let prepared = build(&snapshot, grid, rules, None, vec![]).and_then(|bytes| {
            let layer = Self::mapped(MappedFile::in_memory(&bytes)?, &snapshot, grid, rules);
            layer.ok_or_else(|| BuildError::Io(io::ErrorKind::InvalidData.into()))
        });
        prepared.map_err(|error| PrepareError::of(&snapshot, error))
    }

    /// Prepares `snapshot` for tiles of `grid` after `rules` in a file without a name in `directory`; `before` as in
    /// [`Self::open`].
    ///
    /// # Errors
    /// As [`Self::open`], and when the file cannot be written.
    pub fn prepare_unnamed(
        snapshot: Arc<Snapshot>,
        grid: &QuadGrid,
        rules: &Rules,
        directory: &Path,
        before: Option<&Self>,
    ) -> Result<Self, PrepareError> {
        let prepare = |before| {
            let file = unfinished::unnamed(directory)?;
            let map = build_into(&file, &snapshot, grid, rules, before)?;
            let layer = Self::mapped(map, &snapshot, grid, rules);
            layer.ok_or_else(|| BuildError::Io(io::ErrorKind::InvalidData.into()))
        };
        let prepared = match prepare(before.filter(|before| before.draws_alike(&snapshot, grid, rules))) {
            Err(BuildError::Changed) => prepare(None),
            prepared => prepared,
        };
        prepared.map_err(|error| PrepareError::of(&snapshot, error))
    }

    /// Tells what is prepared of the snapshot of `layer` for `grid` after `rules` by this program on this machine from all else: the name
    /// of such a file carries it where others have them too.
    pub fn digest(layer: &Layer, snapshot: SnapshotId, grid: &QuadGrid, rules: &Rules) -> String {
        let digest = SnapshotId::of(key(layer, snapshot, grid, rules).as_bytes());
        digest.to_string().chars().take(DIGEST_DIGITS).collect()
    }

    /// `None` when it does not read back as it was written.
    fn write(
        snapshot: &Arc<Snapshot>,
        grid: &QuadGrid,
        rules: &Rules,
        path: &Path,
        before: Option<&Self>,
    ) -> Result<Option<Self>, BuildError> {
        let unfinished = unfinished::beside(path)?;
        let before = before.filter(|before| before.draws_alike(snapshot, grid, rules));
        let map = build_into(unfinished.as_file(), snapshot, grid, rules, before)?;
        // Another process may have taken the unfinished file for a leftover; it can be used all the same.
        if let Err(error) = unfinished.persist(path) {
            tracing::warn!(error = %error.error, path = %path.display(), "not kept for the next start");
        }
        Ok(Self::mapped(map, snapshot, grid, rules))
    }

    /// `None` when `map` is not what was prepared of `snapshot` for `grid` after `rules`.
    fn mapped(map: MappedFile, snapshot: &Arc<Snapshot>, grid: &QuadGrid, rules: &Rules) -> Option<Self> {
        Self::open_sections(map, snapshot, snapshot.feature_count(), grid, rules)
    }

    /// The same with so many features, of which `snapshot` may hold none.
    pub(super) fn open_sections(
        map: MappedFile,
        snapshot: &Arc<Snapshot>,
        features: usize,
        grid: &QuadGrid,
        rules: &Rules,
    ) -> Option<Self> {
        let mut sections = Sections::open(map, &key(&snapshot.layer, snapshot.id, grid, rules))?;
        let pyramid = Pyramid::open(&mut sections, features, rules.minzoom(&snapshot.layer))?;
        let attributes = Attributes::open(&mut sections, features, snapshot.layer.fields.len())?;
        let columns: Vec<String> = snapshot.layer.fields.iter().map(|f| f.name.clone()).collect();
        let carried = |z: u8| columns.iter().map(|column| rules.carries(column, z)).collect();
        Some(Self {
            minzoom: rules.minzoom(&snapshot.layer),
            wanted: (0..=MAX_ZOOM).map(carried).collect(),
            labels: Labels::of(&snapshot.layer, rules),
            snapshot: Arc::clone(snapshot),
            rules: rules.clone(),
            grid: grid.clone(),
            attributes,
            pyramid,
            columns,
        })
    }

    /// Whether geometry that is the same is the same in the pyramid of `snapshot` after `rules`.
    fn draws_alike(&self, snapshot: &Snapshot, grid: &QuadGrid, rules: &Rules) -> bool {
        let drawing = |layer: &Layer, rules: &Rules| {
            (layer.geometry, rules.minzoom(layer), rules.tolerance, rules.tiny)
        };
        &self.grid == grid && drawing(&self.snapshot.layer, &self.rules) == drawing(&snapshot.layer, rules)
    }

    /// The MVT layers that tiles of this layer may hold, with the columns that they carry at some zoom.
    pub fn mvt_layers(&self) -> Vec<(&str, Vec<&str>)> {
        let columns = |carried: &dyn Fn(usize) -> bool| -> Vec<&str> {
            self.columns.iter().enumerate().filter(|(i, _)| carried(*i)).map(|(_, c)| c.as_str()).collect()
        };
        let zooms = &self.wanted[usize::from(self.minzoom)..];
        let own = columns(&|i| zooms.iter().any(|wanted| wanted[i]));
        let labels = self.labels.iter().map(|l| (l.name.as_str(), columns(&|i| l.wanted[i])));
        std::iter::once((self.snapshot.layer.id.as_str(), own)).chain(labels).collect()
    }

    pub fn minzoom(&self) -> u8 {
        self.minzoom
    }

    pub fn rules(&self) -> &Rules {
        &self.rules
    }

    pub fn snapshot(&self) -> &Arc<Snapshot> {
        &self.snapshot
    }
}

impl Labels {
    /// `None` for layers other than of polygons, and for those without a column to write.
    fn of(layer: &Layer, rules: &Rules) -> Option<Self> {
        let wanted: Vec<bool> = layer.fields.iter().map(|field| rules.labels(&field.name)).collect();
        let some = layer.geometry == GeometryKind::Polygon && wanted.contains(&true);
        some.then(|| Self { name: format!("{}_label", layer.id), wanted })
    }
}

/// Why nothing was prepared.
#[derive(Debug)]
pub enum BuildError {
    /// A number does not fit 32 bits.
    TooLarge,
    /// Nothing can be taken over from the layer as it was.
    Changed,
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
const FORMAT: u32 = 4;

/// All that the file depends on.
pub(super) fn key(layer: &Layer, snapshot: SnapshotId, grid: &QuadGrid, rules: &Rules) -> String {
    let Rules { tolerance, tiny, .. } = rules;
    let rules = format!("{} {tolerance:?} {tiny:?}", rules.minzoom(layer));
    let order = if cfg!(target_endian = "little") { "little" } else { "big" };
    format!("{FORMAT} {ENGINE_VERSION} {order} {grid:?} {rules} {snapshot}")
}

fn build_into(
    file: &File,
    snapshot: &Snapshot,
    grid: &QuadGrid,
    rules: &Rules,
    before: Option<&TileLayer>,
) -> Result<MappedFile, BuildError> {
    build(snapshot, grid, rules, before, BufWriter::with_capacity(1 << 20, file))?;
    Ok(MappedFile::new(file)?)
}

fn build<W: Write>(
    snapshot: &Snapshot,
    grid: &QuadGrid,
    rules: &Rules,
    before: Option<&TileLayer>,
    out: W,
) -> Result<W, BuildError> {
    u32::try_from(snapshot.feature_count())?;
    let mut out = SectionWriter::new(out, &key(&snapshot.layer, snapshot.id, grid, rules));
    thread::scope(|scope| {
        let attributes = scope.spawn(|| Coded::of(snapshot));
        let before = before.map(|layer| Before { snapshot: &layer.snapshot, pyramid: &layer.pyramid });
        Pyramid::build(snapshot, grid, rules, before, &mut out)?;
        let attributes = attributes.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))?;
        attributes.write(&mut out)
    })
    .and_then(|()| Ok(out.finish()?))
}
