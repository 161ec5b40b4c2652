//! Of a pyramid that is elsewhere what one tile needs.

use super::{
    Level, Measure, Pyramid, SIMPLIFIED, TOP, level, level::Piece, reduce::KeptArc, reuse::Pieces, work::Work,
};
use crate::{
    grid::{QuadGrid, TileCoord},
    snapshot::{Portion, RemoteSnapshot, Snapshot, SnapshotError},
    tile::{
        BuildError, EXTENT,
        draw::CLIP,
        portion::runs,
        sections::{RemoteSections, SectionWriter},
        wrap::MARGIN,
    },
};
use std::{io::Write, slice, sync::Arc};

/// The sections before those of the levels: measures, the bulge, the two of the pieces.
const MEASURES: usize = 0;
const BULGE: usize = 1;
const LEVELS: usize = 4;

/// The features of a layer in and around a tile.
pub struct Found {
    /// With the features themselves where the tile is cut from them; otherwise without any.
    pub snapshot: Arc<Snapshot>,
    /// Where they are in the layer, ascending.
    pub positions: Vec<u32>,
    /// What the zoom of the tile knows of them, if it has a level.
    level: Option<(u8, Piece)>,
}

impl Found {
    /// Looks for what is in `tile` of `grid`.
    pub fn search(
        remote: &RemoteSnapshot,
        sections: &RemoteSections,
        grid: &QuadGrid,
        minzoom: u8,
        tile: TileCoord,
    ) -> Result<Self, SnapshotError> {
        if tile.z < minzoom {
            return Ok(Self { snapshot: remote.empty()?, positions: vec![], level: None });
        }
        if tile.z <= TOP {
            let clip = CLIP.moved([tile.x, tile.y].map(|n| n as i32 * EXTENT));
            let (piece, positions) = Level::search_remote(sections, level_section(tile.z), &clip)?;
            return Ok(Self { snapshot: remote.empty()?, positions, level: Some((tile.z, piece)) });
        }
        let bulge = sections.all::<f64>(BULGE)?.first().copied().unwrap_or_default();
        let around = grid.geographic_bounds(tile, MARGIN).wider(bulge);
        let Portion { snapshot, positions } = remote.search(&around)?;
        Ok(Self { snapshot, positions, level: None })
    }

    /// Writes the pyramid of these features, with nothing in other zooms.
    pub fn write(
        &mut self,
        sections: &RemoteSections,
        minzoom: u8,
        out: &mut SectionWriter<impl Write>,
    ) -> Result<(), BuildError> {
        out.section(&sections.items::<Measure>(MEASURES, &runs(&self.positions))?)?;
        out.section(&sections.all::<f64>(BULGE)?)?;
        let count = u32::try_from(self.positions.len())?;
        Pieces::write(slice::from_ref(&(0..count)), &[Work::default()], out)?;
        for z in (minzoom..=TOP).rev() {
            if z <= SIMPLIFIED {
                out.section::<KeptArc>(&[])?;
            }
            let pieces = self.level.take_if(|(zoom, _)| *zoom == z).map(|(_, piece)| piece);
            Level::write(pieces.into_iter().collect(), out)?;
        }
        Ok(())
    }
}

impl Pyramid {
    /// The sections that [`Self::build`] writes.
    pub fn sections(minzoom: u8) -> usize {
        if minzoom > TOP { LEVELS } else { level_section(minzoom) + level::SECTIONS }
    }
}

/// The first section of the level of zoom `z`, which has one.
fn level_section(z: u8) -> usize {
    let above = usize::from(TOP - z);
    let simplified = usize::from((SIMPLIFIED + 1).saturating_sub(z));
    LEVELS + above * level::SECTIONS + simplified
}
