//! What a pyramid takes over from the one of the layer's state before: after an edit, nearly all of it.
//!
//! What becomes of a piece depends on its features, on which of their vertices are junctions and, zoom by zoom, on
//! the arcs that stay as they are. So a pyramid keeps the last two with its levels, and the next one builds only the
//! pieces for which one of them is another.

use super::{Pyramid, level::Piece, reduce::KeptArc, work::Work};
use crate::{
    snapshot::Snapshot,
    tile::sections::{Section, SectionWriter, Sections},
};
use bytemuck::{Pod, Zeroable};
use rustc_hash::FxHashMap;
use std::{
    collections::BTreeSet,
    io::{self, Write},
    ops::Range,
};

/// The pieces of a pyramid and their junctions.
pub struct Pieces {
    rows: Section<Row>,
    /// For each point of a piece a bit, whether it is a junction; whole bytes for each piece.
    junctions: Section<u8>,
}

#[derive(Clone, Copy, Pod, Zeroable)]
#[repr(C)]
struct Row {
    /// Position after its last feature.
    end: u32,
    /// End of its junctions.
    junctions: u32,
}

impl Pieces {
    pub fn write(
        pieces: &[Range<u32>],
        chunks: &[Work],
        out: &mut SectionWriter<impl Write>,
    ) -> io::Result<()> {
        let (mut rows, mut junctions) = (vec![], vec![]);
        for (piece, chunk) in pieces.iter().zip(chunks) {
            junctions.extend(bits(&chunk.fixed));
            rows.push(Row { end: piece.end, junctions: junctions.len() as u32 });
        }
        out.section(&rows)?;
        out.section(&junctions)
    }

    /// Takes what [`Self::write`] wrote; `None` when it is not of a layer of `features` features.
    pub fn open(sections: &mut Sections, features: usize) -> Option<Self> {
        let (rows, junctions) = (sections.take::<Row>()?, sections.take::<u8>()?);
        let ascend = rows.windows(2).all(|w| w[0].end <= w[1].end && w[0].junctions <= w[1].junctions);
        let last = rows.last()?;
        let whole = ascend && last.end as usize == features && last.junctions as usize == junctions.len();
        whole.then_some(Self { rows, junctions })
    }

    fn range(&self, piece: usize) -> Range<u32> {
        piece.checked_sub(1).map_or(0, |before| self.rows[before].end)..self.rows[piece].end
    }

    fn junctions(&self, piece: usize) -> &[u8] {
        let start = piece.checked_sub(1).map_or(0, |before| self.rows[before].junctions);
        &self.junctions[start as usize..self.rows[piece].junctions as usize]
    }
}

fn bits(flags: &[bool]) -> impl Iterator<Item = u8> {
    flags.chunks(8).map(|flags| flags.iter().rev().fold(0, |byte, &flag| byte << 1 | u8::from(flag)))
}

/// A layer as it was, for the same grid and rules.
#[derive(Clone, Copy)]
pub struct Before<'a> {
    pub snapshot: &'a Snapshot,
    pub pyramid: &'a Pyramid,
}

/// For each piece of a new pyramid the one of the old that it equals.
pub struct Reuse<'a> {
    before: Option<Before<'a>>,
    twins: Vec<Option<usize>>,
}

impl<'a> Reuse<'a> {
    /// The `pieces` of `snapshot` whose features are, to the last byte, those of a piece before.
    pub fn find(before: Option<Before<'a>>, snapshot: &Snapshot, pieces: &[Range<u32>]) -> Self {
        let Some(Before { snapshot: old, pyramid }) = before else {
            return Self { before, twins: vec![None; pieces.len()] };
        };
        let ranges = (0..pyramid.pieces.rows.len()).map(|piece| pyramid.pieces.range(piece));
        let begin = |(piece, range): (usize, Range<u32>)| {
            (!range.is_empty()).then(|| (old.row(range.start as usize).id(), (piece, range)))
        };
        let by_first: FxHashMap<i64, (usize, Range<u32>)> = ranges.enumerate().filter_map(begin).collect();
        let twin = |piece: &Range<u32>| {
            let first = (!piece.is_empty()).then(|| snapshot.row(piece.start as usize).id())?;
            let (twin, range) = by_first.get(&first)?;
            let mut features = range.clone().zip(piece.clone());
            let equal =
                |(a, b): (u32, u32)| old.feature_bytes(a as usize) == snapshot.feature_bytes(b as usize);
            (range.len() == piece.len() && features.all(equal)).then_some(*twin)
        };
        Self { before, twins: pieces.iter().map(twin).collect() }
    }

    /// Lets go of the pieces whose junctions are others than before.
    pub fn compare_junctions(&mut self, chunks: &[Work]) {
        let Some(Before { pyramid, .. }) = self.before else { return };
        for (twin, chunk) in self.twins.iter_mut().zip(chunks) {
            let same = |twin: &usize| bits(&chunk.fixed).eq(pyramid.pieces.junctions(*twin).iter().copied());
            *twin = twin.filter(same);
        }
    }

    /// The number of pieces that are taken over.
    pub fn count(&self) -> usize {
        self.twins.iter().flatten().count()
    }

    /// Whether the piece is taken over.
    pub fn has(&self, piece: usize) -> bool {
        self.twins[piece].is_some()
    }

    /// The old pyramid with its positions of the piece, if that is taken over, and its number there.
    pub fn twin(&self, piece: usize) -> Option<(&'a Pyramid, Range<u32>, usize)> {
        let pyramid = self.before?.pyramid;
        let twin = self.twins[piece]?;
        Some((pyramid, pyramid.pieces.range(twin), twin))
    }

    /// The piece, which begins at `start`, as it is at zoom `z`.
    pub fn level(&self, piece: usize, z: u8, start: u32) -> Option<Piece> {
        let (pyramid, positions, _) = self.twin(piece)?;
        Some(pyramid.level(z)?.piece(positions, start))
    }

    /// The arcs that the piece makes stay as they are at zoom `z`, numbered as piece `to`.
    pub fn kept(&self, piece: usize, z: u8, to: u32) -> Option<Vec<KeptArc>> {
        let (pyramid, _, twin) = self.twin(piece)?;
        let all = pyramid.kept(z)?;
        let number = |kept: &KeptArc| kept.piece as usize;
        let (start, end) =
            (all.partition_point(|k| number(k) < twin), all.partition_point(|k| number(k) <= twin));
        let mut kept = all[start..end].to_vec();
        kept.iter_mut().for_each(|kept| kept.piece = to);
        Some(kept)
    }

    /// Whether these arcs stay at zoom `z` and no others, as it was before; if nothing is taken over it does not
    /// matter.
    pub fn agrees(&self, z: u8, kept: &[KeptArc]) -> bool {
        let Some(before) = self.before.filter(|_| self.count() > 0) else { return true };
        let arcs = |kept: &[KeptArc]| kept.iter().map(|kept| kept.arc).collect::<BTreeSet<_>>();
        before.pyramid.kept(z).is_some_and(|old| arcs(old) == arcs(kept))
    }
}
