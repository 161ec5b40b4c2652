//! The geometry of one zoom, ready to be copied into tiles.

use crate::tile::{
    BuildError,
    attributes::runs_within,
    portion::joined,
    sections::{RemoteSections, Section, SectionWriter, Sections},
    shape::{Point, Rect},
};
use bytemuck::{Pod, Zeroable};
use std::{
    io::{self, Write},
    ops::Range,
};

/// The features of a layer as one zoom shows them, in file order.
///
/// Coordinates count from the grid's origin. A geometry is kept as its first point and the bytes that follow
/// it in a tile, see [`crate::tile::geometry`].
pub struct Level {
    tails: Section<u8>,
    entries: Section<Entry>,
    /// Box of each entry; then of each [`FANOUT`] boxes before, up to one list shorter than that.
    boxes: Section<Corners>,
    /// Where the lists are in `boxes`.
    lists: Vec<Range<usize>>,
}

#[derive(Clone, Copy, Pod, Zeroable)]
#[repr(C)]
struct Entry {
    position: u32,
    /// End of its tail.
    end: u32,
    first: Point,
}

/// A box: north-west and south-east.
type Corners = [Point; 2];

/// What a level knows of one feature.
pub struct Simplified<'a> {
    /// Its place in the level.
    pub entry: u32,
    pub position: u32,
    pub first: Point,
    pub tail: &'a [u8],
    pub bounds: Rect,
}

/// Consecutive features on their way into a level.
#[derive(Default)]
pub struct Piece {
    tails: Vec<u8>,
    entries: Vec<Entry>,
    boxes: Vec<Corners>,
}

/// The sections of a level.
pub const SECTIONS: usize = 3;

/// Boxes under one box of the index. The file order is a Hilbert curve, so consecutive features are close.
const FANOUT: usize = 16;

impl Piece {
    /// Adds a feature.
    pub fn push(&mut self, position: u32, first: Point, tail: &[u8], bounds: Rect) -> Result<(), BuildError> {
        self.tails.extend_from_slice(tail);
        let end = u32::try_from(self.tails.len())?;
        self.entries.push(Entry { position, end, first });
        self.boxes.push([bounds.min, bounds.max]);
        Ok(())
    }
}

impl Level {
    /// Writes a level of consecutive pieces, and its index.
    pub fn write(mut pieces: Vec<Piece>, out: &mut SectionWriter<impl Write>) -> Result<(), BuildError> {
        let mut start = 0;
        for piece in &mut pieces {
            out.extend(&piece.tails)?;
            for entry in &mut piece.entries {
                entry.end = entry.end.checked_add(start).ok_or(BuildError::TooLarge)?;
            }
            start = piece.entries.last().map_or(start, |last| last.end);
        }
        out.end()?;
        for piece in &pieces {
            out.extend(&piece.entries)?;
        }
        out.end()?;
        let mut boxes: Vec<Corners> = pieces.into_iter().flat_map(|piece| piece.boxes).collect();
        while {
            out.extend(&boxes)?;
            boxes.len() > FANOUT
        } {
            boxes = boxes.chunks(FANOUT).filter_map(around).collect();
        }
        out.end()?;
        Ok(())
    }

    /// Takes what [`Self::write`] wrote; `None` when it is not of a layer of `features` features.
    pub fn open(sections: &mut Sections, features: usize) -> Option<Self> {
        let (tails, entries, boxes) =
            (sections.take()?, sections.take::<Entry>()?, sections.take::<Corners>()?);
        let lists = lists(entries.len());
        let whole = runs_within(tails.len(), entries.iter().map(|entry| entry.end))
            && entries.iter().all(|entry| (entry.position as usize) < features)
            && lists.last().is_some_and(|last| last.end == boxes.len());
        whole.then_some(Self { tails, entries, boxes, lists })
    }

    /// Of a level that is elsewhere, from the section `first` on, what meets `query`: a piece of which the features are
    /// numbered from 0, and where they are in the whole.
    pub fn search_remote(
        sections: &RemoteSections,
        first: usize,
        query: &Rect,
    ) -> Result<(Piece, Vec<u32>), BuildError> {
        let entries: Vec<Entry> = sections.all(first + 1)?;
        let boxes: Vec<Corners> = sections.first(first + 2, entries.len())?;
        let found = |i: &usize| rect(&boxes[*i]).meets(query);
        let found: Vec<usize> = (0..boxes.len()).filter(found).collect();
        let end = |entry: usize| entry.checked_sub(1).map_or(0, |last| entries[last].end as usize);
        let tails = found.iter().map(|&i| end(i)..end(i + 1));
        let bytes = sections.items::<u8>(first, &joined(tails.clone()))?;
        let mut piece = Piece::default();
        let (mut rest, mut positions) = (&bytes[..], vec![]);
        for (&i, tail) in found.iter().zip(tails) {
            let (tail, after) =
                rest.split_at_checked(tail.len()).ok_or(io::Error::from(io::ErrorKind::InvalidData))?;
            let number = u32::try_from(positions.len())?;
            piece.push(number, entries[i].first, tail, rect(&boxes[i]))?;
            positions.push(entries[i].position);
            rest = after;
        }
        Ok((piece, positions))
    }

    /// The features at `positions` as a piece that begins at the position `start`.
    pub fn piece(&self, positions: Range<u32>, start: u32) -> Piece {
        let place = |position: u32| self.entries.partition_point(|entry| entry.position < position);
        let range = place(positions.start)..place(positions.end);
        let end = |entry: usize| entry.checked_sub(1).map_or(0, |last| self.entries[last].end);
        let tails = end(range.start)..end(range.end);
        let entry = |entry: &Entry| Entry {
            position: entry.position - positions.start + start,
            end: entry.end - tails.start,
            first: entry.first,
        };
        Piece {
            entries: self.entries[range.clone()].iter().map(entry).collect(),
            boxes: self.boxes[range].to_vec(),
            tails: self.tails[tails.start as usize..tails.end as usize].to_vec(),
        }
    }

    /// The bytes that follow the first point of an entry.
    pub fn tail(&self, entry: u32) -> &[u8] {
        tail(&self.tails, &self.entries, entry as usize)
    }

    /// All features, in file order.
    pub fn entries(&self) -> impl Iterator<Item = Simplified<'_>> {
        let opened = self.opened();
        (0..self.entries.len()).map(move |i| opened.get(i, rect(&opened.boxes[i])))
    }

    /// Calls `visit` with the features whose box meets `query`, in file order.
    pub fn search(&self, query: &Rect, mut visit: impl FnMut(Simplified)) {
        let top = self.lists.len() - 1;
        self.opened().descend(top, 0..self.lists[top].len(), query, &mut visit);
    }

    fn opened(&self) -> Opened<'_> {
        Opened { tails: &self.tails, entries: &self.entries, boxes: &self.boxes, lists: &self.lists }
    }
}

/// A level as plain slices.
struct Opened<'a> {
    tails: &'a [u8],
    entries: &'a [Entry],
    boxes: &'a [Corners],
    lists: &'a [Range<usize>],
}

impl<'a> Opened<'a> {
    fn descend(&self, list: usize, range: Range<usize>, query: &Rect, visit: &mut impl FnMut(Simplified)) {
        let boxes = &self.boxes[self.lists[list].clone()];
        for i in range {
            let bounds = rect(&boxes[i]);
            if !bounds.meets(query) {
                continue;
            }
            match list.checked_sub(1) {
                None => visit(self.get(i, bounds)),
                Some(below) => {
                    let end = self.lists[below].len().min((i + 1) * FANOUT);
                    self.descend(below, i * FANOUT..end, query, visit);
                }
            }
        }
    }

    fn get(&self, i: usize, bounds: Rect) -> Simplified<'a> {
        let Entry { position, first, .. } = self.entries[i];
        Simplified { entry: i as u32, position, first, tail: tail(self.tails, self.entries, i), bounds }
    }
}

fn tail<'a>(tails: &'a [u8], entries: &[Entry], i: usize) -> &'a [u8] {
    let start = i.checked_sub(1).map_or(0, |before| entries[before].end);
    &tails[start as usize..entries[i].end as usize]
}

/// The lists of boxes over so many entries; at least one.
fn lists(entries: usize) -> Vec<Range<usize>> {
    let mut lists = vec![];
    let (mut start, mut count) = (0, entries);
    loop {
        lists.push(start..start + count);
        if count <= FANOUT {
            return lists;
        }
        start += count;
        count = count.div_ceil(FANOUT);
    }
}

fn rect(&[min, max]: &Corners) -> Rect {
    Rect { min, max }
}

fn around(boxes: &[Corners]) -> Option<Corners> {
    let all = boxes.iter().map(rect).reduce(|a, b| a.union(&b))?;
    Some([all.min, all.max])
}
