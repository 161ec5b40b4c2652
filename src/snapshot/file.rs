//! Reading a snapshot: verified once when it is opened, then read in place from the mapped file.

use super::{SnapshotId, Span, header::NODE_SIZE};
use crate::plan::Layer;
use flatgeobuf::{Feature, Header, packed_r_tree::PackedRTree};
use plantiles_mapped::{Features, MappedFile};
use std::{
    fs::File,
    io,
    ops::Range,
    panic,
    path::Path,
    sync::{Arc, OnceLock},
    thread,
};

pub(super) const MAGIC: [u8; 8] = *b"fgb\x03fgb\0";

/// A box in the snapshot's CRS, x east and y north (degrees for EPSG:4490), edges included.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Bounds {
    pub min_x: f64,
    pub min_y: f64,
    pub max_x: f64,
    pub max_y: f64,
}

impl Bounds {
    /// The box around both.
    pub fn union(self, other: Self) -> Self {
        Self {
            min_x: self.min_x.min(other.min_x),
            min_y: self.min_y.min(other.min_y),
            max_x: self.max_x.max(other.max_x),
            max_y: self.max_y.max(other.max_y),
        }
    }

    /// The box with `by` more on every side.
    pub fn wider(&self, by: f64) -> Self {
        Self {
            min_x: self.min_x - by,
            min_y: self.min_y - by,
            max_x: self.max_x + by,
            max_y: self.max_y + by,
        }
    }

    /// Whether the boxes have a point in common.
    pub fn meets(&self, other: &Self) -> bool {
        self.min_x <= other.max_x
            && other.min_x <= self.max_x
            && self.min_y <= other.max_y
            && other.min_y <= self.max_y
    }

    /// Whether `other` lies in this box.
    pub fn contains(&self, other: &Self) -> bool {
        self.min_x <= other.min_x
            && other.max_x <= self.max_x
            && self.min_y <= other.min_y
            && other.max_y <= self.max_y
    }
}

/// One open snapshot. Cheap to share: clone the [`Arc`] it comes in.
pub struct Snapshot {
    pub id: SnapshotId,
    pub layer: Arc<Layer>,
    /// Extent of all features; `None` for a layer without features.
    pub bounds: Option<Bounds>,
    features: Features,
    index: Option<PackedRTree>,
    /// Where the index lies in the file; nowhere when there are no features.
    index_place: Range<usize>,
    pub(super) span: OnceLock<Option<Span>>,
}

#[derive(Debug, thiserror::Error)]
pub enum SnapshotError {
    #[error(transparent)]
    Io(#[from] io::Error),
    #[error("its bytes hash to {found}, not to {expected}: truncated or altered")]
    Altered { expected: SnapshotId, found: SnapshotId },
    #[error("not a snapshot: {0}")]
    Malformed(String),
    #[error("{0}")]
    Unfetched(String),
}

pub(super) fn malformed(what: impl ToString) -> SnapshotError {
    SnapshotError::Malformed(what.to_string())
}

impl Snapshot {
    /// Opens the file at `path`, which must hash to `id`, and verifies every feature in it.
    ///
    /// # Errors
    /// [`SnapshotError::Altered`] when a byte differs from what was published, [`SnapshotError::Malformed`]
    /// when the file is whole but not a snapshot of ours.
    pub fn open(path: &Path, id: SnapshotId) -> Result<Arc<Self>, SnapshotError> {
        Self::read(MappedFile::new(&File::open(path)?)?, Some(id))
    }

    /// Reads back a file that has just been written: verifies every feature in it, and hashes it to its id.
    pub(super) fn read_back(file: &File) -> Result<Arc<Self>, SnapshotError> {
        Self::read(MappedFile::new(file)?, None)
    }

    /// Reads a file that somebody else has made: as [`Self::open`].
    pub(super) fn read_verified(file: &File, id: SnapshotId) -> Result<Arc<Self>, SnapshotError> {
        Self::read(MappedFile::new(file)?, Some(id))
    }

    /// A snapshot that is in no file.
    pub(super) fn in_memory(bytes: &[u8]) -> Result<Arc<Self>, SnapshotError> {
        Self::read(MappedFile::in_memory(bytes)?, None)
    }

    fn read(map: MappedFile, expected: Option<SnapshotId>) -> Result<Arc<Self>, SnapshotError> {
        let map = Arc::new(map);
        // Both take their time, so each has a thread.
        let (hashed, contents) = thread::scope(|scope| {
            let hashing = thread::Builder::new().spawn_scoped(scope, || SnapshotId::of(&map))?;
            let contents = Contents::verified(&map);
            io::Result::Ok((hashing.join(), contents))
        })?;
        let found = hashed.unwrap_or_else(|panicked| panic::resume_unwind(panicked));
        if let Some(expected) = expected.filter(|expected| *expected != found) {
            return Err(SnapshotError::Altered { expected, found });
        }
        let Contents { layer, bounds, index, index_place, features } = contents?;
        let (id, layer, span) = (found, Arc::new(layer), OnceLock::new());
        Ok(Arc::new(Self { id, layer, bounds, features, index, index_place, span }))
    }

    /// The whole file, as it is downloaded.
    pub fn bytes(&self) -> &[u8] {
        self.features.map()
    }

    /// The nodes of the index.
    pub(super) fn index_bytes(&self) -> &[u8] {
        &self.bytes()[self.index_place.clone()]
    }

    pub fn feature_count(&self) -> usize {
        self.features.count()
    }

    /// The `position`-th feature in file (Hilbert) order.
    ///
    /// # Panics
    /// When `position` is not less than [`Self::feature_count`].
    pub fn feature(&self, position: usize) -> Feature<'_> {
        self.features.at(position)
    }

    /// The bytes of the `position`-th feature: equal bytes are equal features.
    ///
    /// # Panics
    /// As [`Self::feature`].
    pub fn feature_bytes(&self, position: usize) -> &[u8] {
        self.features.bytes(position)
    }

    /// Positions of the features whose box meets `query`, ascending.
    pub fn search(&self, query: &Bounds) -> Vec<usize> {
        let Some(index) = &self.index else { return Vec::new() };
        let found = index.search(query.min_x, query.min_y, query.max_x, query.max_y);
        let mut positions: Vec<usize> = found.unwrap_or_default().iter().map(|item| item.index).collect();
        positions.sort_unstable();
        positions
    }
}

/// What a file says, verified.
struct Contents {
    layer: Layer,
    bounds: Option<Bounds>,
    index: Option<PackedRTree>,
    index_place: Range<usize>,
    features: Features,
}

impl Contents {
    fn verified(map: &Arc<MappedFile>) -> Result<Self, SnapshotError> {
        let Head { layer, bounds, count, node_size, end } = Head::read(map)?;
        let (index, features_start) = read_index(map, end, count, node_size)?;
        let features = Features::verified(Arc::clone(map), features_start, count).map_err(malformed)?;
        Ok(Self { layer, bounds, index, index_place: end..features_start, features })
    }
}

/// What the beginning of a file says.
pub(super) struct Head {
    pub layer: Layer,
    pub bounds: Option<Bounds>,
    /// Features in the file.
    pub count: usize,
    node_size: u16,
    /// Where the header ends.
    pub end: usize,
}

impl Head {
    /// `beginning` may be longer than the head.
    pub fn read(beginning: &[u8]) -> Result<Self, SnapshotError> {
        let end = Self::end(beginning)?;
        let header = beginning.get(8..end).ok_or_else(|| malformed("the header is cut off"))?;
        let header = flatgeobuf::size_prefixed_root_as_header(header).map_err(malformed)?;
        Ok(Self {
            layer: serde_json::from_str(header.metadata().unwrap_or("")).map_err(malformed)?,
            bounds: bounds(&header),
            count: usize::try_from(header.features_count()).map_err(malformed)?,
            node_size: header.index_node_size(),
            end,
        })
    }

    /// Where the head of a file with this beginning ends: 12 bytes are enough.
    pub fn end(beginning: &[u8]) -> Result<usize, SnapshotError> {
        let head = beginning.first_chunk::<12>().filter(|head| head[..8] == MAGIC);
        let [.., a, b, c, d] = *head.ok_or_else(|| malformed("no FlatGeobuf magic bytes"))?;
        Ok(12 + u32::from_le_bytes([a, b, c, d]) as usize)
    }
}

fn bounds(header: &Header) -> Option<Bounds> {
    let envelope = header.envelope().filter(|e| e.len() == 4 && header.features_count() > 0)?;
    let [min_x, min_y, max_x, max_y] = [0, 1, 2, 3].map(|i| envelope.get(i));
    Some(Bounds { min_x, min_y, max_x, max_y })
}

/// The R-tree and the offset at which the features start.
fn read_index(
    map: &[u8],
    start: usize,
    count: usize,
    node_size: u16,
) -> Result<(Option<PackedRTree>, usize), SnapshotError> {
    if count == 0 {
        return Ok((None, start));
    }
    if node_size != NODE_SIZE || count > map.len() {
        return Err(malformed("no spatial index of ours"));
    }
    let end = start + PackedRTree::index_size(count, node_size);
    let nodes = map.get(start..end).ok_or_else(|| malformed("the index is cut off"))?;
    if !children_in_place(nodes, count, usize::from(node_size)) {
        return Err(malformed("the index does not hang together"));
    }
    let index = PackedRTree::from_buf(nodes, count, node_size).map_err(malformed)?;
    Ok((Some(index), end))
}

/// Whether every inner node names the place where its children begin: a search goes there unasked. Levels are
/// stored from the root down, 40 bytes a node, the place last.
fn children_in_place(nodes: &[u8], count: usize, node_size: usize) -> bool {
    let (nodes, _) = nodes.as_chunks::<40>();
    let place = |node: &[u8; 40]| node.last_chunk().map(|place| u64::from_le_bytes(*place) as usize);
    let (mut start, mut length) = (nodes.len() - count, count);
    loop {
        let parents = length.div_ceil(node_size);
        let above = start - parents;
        let in_place = |(i, node)| place(node) == Some(start + i * node_size);
        if !nodes[above..start].iter().enumerate().all(in_place) {
            return false;
        }
        if parents == 1 {
            return true;
        }
        (start, length) = (above, parents);
    }
}
