//! The geometry of one zoom, ready to be copied into tiles.

use crate::tile::shape::{Point, Rect};

/// The features of a layer as one zoom shows them, in file order.
///
/// Coordinates count from the grid's origin. A geometry is kept as its first point and the bytes that follow
/// it in a tile, see [`crate::tile::geometry`].
#[derive(Default)]
pub struct Level {
    entries: Vec<Entry>,
    tails: Vec<u8>,
    /// Box of each entry; then of each [`FANOUT`] boxes before, up to one list shorter than that.
    boxes: Vec<Vec<Rect>>,
}

struct Entry {
    position: u32,
    first: Point,
    /// End of its tail.
    end: u32,
}

/// What a level knows of one feature.
pub struct Simplified<'a> {
    pub entry: u32,
    pub position: u32,
    pub first: Point,
    pub tail: &'a [u8],
    pub bounds: Rect,
}

/// Boxes under one box of the index. The file order is a Hilbert curve, so consecutive features are close.
const FANOUT: usize = 16;

impl Level {
    /// Adds a feature; `None` when the tails need 4 GiB.
    pub fn push(&mut self, position: u32, first: Point, tail: &[u8], bounds: Rect) -> Option<()> {
        self.tails.extend_from_slice(tail);
        let end = u32::try_from(self.tails.len()).ok()?;
        self.entries.push(Entry { position, first, end });
        match self.boxes.first_mut() {
            Some(leaves) => leaves.push(bounds),
            None => self.boxes.push(vec![bounds]),
        }
        Some(())
    }

    /// Joins consecutive pieces of a level and indexes them.
    pub fn join(pieces: Vec<Self>) -> Option<Self> {
        let mut level = Self {
            entries: Vec::with_capacity(pieces.iter().map(|p| p.entries.len()).sum()),
            tails: Vec::with_capacity(pieces.iter().map(|p| p.tails.len()).sum()),
            boxes: vec![Vec::with_capacity(pieces.iter().map(|p| p.entries.len()).sum())],
        };
        for piece in &pieces {
            for i in 0..piece.entries.len() {
                let Simplified { position, first, tail, bounds, .. } = piece.get(i);
                level.push(position, first, tail, bounds)?;
            }
        }
        while let Some(below) = level.boxes.last()
            && below.len() > FANOUT
        {
            let above = below.chunks(FANOUT).filter_map(|c| c.iter().copied().reduce(|a, b| a.union(&b)));
            level.boxes.push(above.collect());
        }
        Some(level)
    }

    fn get(&self, i: usize) -> Simplified<'_> {
        let Entry { position, first, .. } = self.entries[i];
        let entry = i as u32;
        Simplified { entry, position, first, tail: self.tail(entry), bounds: self.boxes[0][i] }
    }

    /// The bytes that follow the first point of an entry.
    pub fn tail(&self, entry: u32) -> &[u8] {
        let start = entry.checked_sub(1).map_or(0, |before| self.entries[before as usize].end);
        &self.tails[start as usize..self.entries[entry as usize].end as usize]
    }

    /// Calls `visit` with the features whose box meets `query`, in file order.
    pub fn search(&self, query: &Rect, mut visit: impl FnMut(Simplified)) {
        let top = self.boxes.len().saturating_sub(1);
        let count = self.boxes.last().map_or(0, Vec::len);
        self.descend(top, 0..count, query, &mut visit);
    }

    fn descend(
        &self,
        list: usize,
        range: std::ops::Range<usize>,
        query: &Rect,
        visit: &mut impl FnMut(Simplified),
    ) {
        for i in range {
            if !self.boxes[list][i].meets(query) {
                continue;
            }
            match list.checked_sub(1) {
                None => visit(self.get(i)),
                Some(below) => {
                    let end = self.boxes[below].len().min((i + 1) * FANOUT);
                    self.descend(below, i * FANOUT..end, query, visit);
                }
            }
        }
    }
}
