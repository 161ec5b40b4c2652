//! A snapshot that is elsewhere: what is needed of it is read in parts, and is a snapshot itself.

use super::{
    Bounds, Leaf, Snapshot, SnapshotError, begin_file,
    file::{Head, malformed},
    header::{CGCS2000, NODE_SIZE},
};
use crate::plan::Layer;
use bytes::Bytes;
use flatgeobuf::packed_r_tree::PackedRTree;
use std::{io, ops::Range, slice, sync::Arc};

/// A file that is read in parts.
pub trait Parts: Sync {
    /// Bytes of the file.
    fn length(&self) -> u64;

    /// The bytes of each range, in this order; none is empty.
    ///
    /// # Errors
    /// Also when a range does not lie in the file.
    fn read(&self, ranges: &[Range<u64>]) -> io::Result<Vec<Bytes>>;

    /// The bytes of one range.
    fn read_one(&self, range: Range<u64>) -> io::Result<Bytes> {
        self.read(slice::from_ref(&range))?.pop().ok_or_else(|| io::ErrorKind::UnexpectedEof.into())
    }
}

/// Most headers are shorter; what is longer is read in a second step.
const HEAD: u64 = 16 << 10;

/// Bytes of a leaf of the index: its box, then where its feature begins, counted from the first.
const LEAF: usize = 40;

/// A snapshot of which the header was read.
pub struct RemoteSnapshot<'a> {
    parts: &'a dyn Parts,
    pub layer: Layer,
    pub bounds: Option<Bounds>,
    count: usize,
    /// Where its index is.
    index: Range<u64>,
}

/// Some features of a snapshot, in its order, as a snapshot of their own.
pub struct Portion {
    pub snapshot: Arc<Snapshot>,
    /// Where they are in the whole, ascending.
    pub positions: Vec<u32>,
}

impl<'a> RemoteSnapshot<'a> {
    /// # Errors
    /// When it cannot be read, or does not begin as a snapshot does.
    pub fn open(parts: &'a dyn Parts) -> Result<Self, SnapshotError> {
        let mut beginning = parts.read_one(0..HEAD.min(parts.length()))?;
        let end = Head::end(&beginning)?;
        if beginning.len() < end {
            beginning = parts.read_one(0..end as u64)?;
        }
        let Head { layer, bounds, count, end, .. } = Head::read(&beginning)?;
        let index = match count {
            0 => 0,
            // So many would not fit into the file.
            _ if count as u64 > parts.length() => return Err(malformed("the feature count is wrong")),
            _ => PackedRTree::index_size(count, NODE_SIZE) as u64,
        };
        Ok(Self { parts, layer, bounds, count, index: end as u64..end as u64 + index })
    }

    /// The same layer without features.
    pub fn empty(&self) -> Result<Arc<Snapshot>, SnapshotError> {
        Snapshot::in_memory(&begin_file(&self.layer, &[], CGCS2000)?)
    }

    /// The features whose box meets `query`.
    pub fn search(&self, query: &Bounds) -> Result<Portion, SnapshotError> {
        let leaves = self.leaves()?;
        let end = self.parts.length() - self.index.end;
        let (mut positions, mut found, mut places) = (vec![], vec![], vec![]);
        for (position, leaf) in leaves.iter().enumerate().filter(|(_, leaf)| box_of(leaf).meets(query)) {
            let end = leaves.get(position + 1).map_or(end, |next| next.offset);
            positions.push(u32::try_from(position).map_err(malformed)?);
            places.push(self.index.end + leaf.offset..self.index.end + end);
            found.push(leaf.clone());
        }
        let features = self.parts.read(&places)?;
        Ok(Portion { snapshot: self.assemble(found, &features)?, positions })
    }

    fn leaves(&self) -> Result<Vec<Leaf>, SnapshotError> {
        if self.count == 0 {
            return Ok(vec![]);
        }
        let start = self.index.end - (self.count * LEAF) as u64;
        let bytes = self.parts.read_one(start..self.index.end)?;
        let leaves: Vec<_> = bytes.as_chunks::<LEAF>().0.iter().map(leaf).collect();
        let last = leaves.last().map_or(0, |leaf| leaf.offset);
        let ascend =
            leaves.is_sorted_by_key(|leaf| leaf.offset) && self.index.end + last <= self.parts.length();
        if ascend { Ok(leaves) } else { Err(malformed("the index does not hang together")) }
    }

    /// The file that has only these features.
    fn assemble(&self, mut leaves: Vec<Leaf>, features: &[Bytes]) -> Result<Arc<Snapshot>, SnapshotError> {
        let mut offset = 0;
        for (leaf, feature) in leaves.iter_mut().zip(features) {
            leaf.offset = offset;
            offset += feature.len() as u64;
        }
        let mut file = begin_file(&self.layer, &leaves, CGCS2000)?;
        leaves.iter().try_for_each(|leaf| leaf.write(&mut file)).map_err(malformed)?;
        features.iter().for_each(|feature| file.extend_from_slice(feature));
        Snapshot::in_memory(&file)
    }
}

fn leaf(bytes: &[u8; LEAF]) -> Leaf {
    let (numbers, _) = bytes.as_chunks::<8>();
    let [min_x, min_y, max_x, max_y] = [0, 1, 2, 3].map(|i| f64::from_le_bytes(numbers[i]));
    Leaf { offset: u64::from_le_bytes(numbers[4]), ..Leaf::bounds(min_x, min_y, max_x, max_y) }
}

fn box_of(leaf: &Leaf) -> Bounds {
    let &Leaf { min_x, min_y, max_x, max_y, .. } = leaf;
    Bounds { min_x, min_y, max_x, max_y }
}
