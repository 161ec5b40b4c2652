//! What goes into an archive.

use super::{Cell, work::CutTile};
use crate::{
    catalog::Tileset,
    encoding::{self, Encoding},
    grid::TileCoord,
    snapshot::{Bounds, Origin, SnapshotId},
    tile::{self, TileLayer},
};
use std::{io, ops::RangeInclusive, sync::Arc};

/// The last zoom unless another is asked for: a unit of its tiles is 60 cm, and maps draw them larger beyond.
pub const DEEPEST: u8 = 14;

/// Part of the key of work files: to be changed when other tiles go into an archive of the same pyramid.
const FORMAT: u32 = 1;

/// From this zoom on tiles are cut in groups of sixteen: it saves looks at the index and handing over. Above it a tile
/// may be large, and only so many are in memory.
const GROUPED: u8 = 10;

/// The tiles of a tileset between two zooms, as far as they meet a box.
pub struct Pyramid {
    pub tileset: Arc<Tileset>,
    pub origin: Origin,
    /// Not before the first zoom with something in it.
    pub zooms: RangeInclusive<u8>,
    bbox: Option<Bounds>,
}

/// The tiles of zoom `z` below a cell.
#[derive(Debug, Clone, Copy)]
pub struct Group {
    z: u8,
    top: Cell,
}

impl Pyramid {
    /// `bbox` is in degrees, west and south before east and north.
    pub fn new(
        tileset: Arc<Tileset>,
        origin: Origin,
        zooms: RangeInclusive<u8>,
        bbox: Option<Bounds>,
    ) -> Self {
        let last = (*zooms.end()).min(tileset.maxzoom());
        let first = (*zooms.start()).max(tileset.minzoom()).min(last);
        Self { tileset, origin, zooms: first..=last, bbox }
    }

    /// Equal where all tiles are.
    pub fn key(&self) -> SnapshotId {
        let Self { tileset, zooms, bbox, .. } = self;
        SnapshotId::of(format!("{FORMAT} {} {zooms:?} {bbox:?}", tileset.version).as_bytes())
    }

    /// The tiles that may hold something, from the one with the number `next` on, in groups that follow each other.
    pub fn groups(&self, next: u64) -> Vec<Group> {
        let of_zoom = |z: u8| {
            let top = if z < GROUPED { z } else { z - 2 };
            let tops =
                Cell::WORLD.below(top, move |cell| cell.last_at(z).id() >= next && self.may_hold(cell, z));
            tops.map(move |top| Group { z, top })
        };
        self.zooms.clone().flat_map(of_zoom).collect()
    }

    /// The tiles of a group that hold something, from the one with the number `next` on, cut and compressed.
    ///
    /// # Errors
    /// When a tile cannot be compressed.
    pub fn cut(&self, group: Group, next: u64) -> io::Result<Vec<CutTile>> {
        let layers: Vec<&TileLayer> = self.tileset.layers.iter().map(|layer| &layer.tiles).collect();
        let mut tiles = vec![];
        for cell in self.tiles(group).filter(|cell| cell.id() >= next) {
            let cut = tile::cut(&layers, &self.tileset.grid, cell.tile(), self.tileset.max_tile);
            if cut.bytes.is_empty() {
                continue;
            }
            let (bytes, coding) = encoding::compress(cut.bytes.into(), Encoding::Gzip);
            if coding != Encoding::Gzip {
                return Err(io::Error::other(format!("the tile {} cannot be compressed", cell.tile())));
            }
            tiles.push(CutTile { id: cell.id(), hash: SnapshotId::of(&bytes), bytes });
        }
        Ok(tiles)
    }

    /// All tiles that may hold something.
    pub fn candidates(&self) -> impl Iterator<Item = TileCoord> {
        self.groups(0).into_iter().flat_map(|group| self.tiles(group)).map(Cell::tile)
    }

    fn tiles(&self, group: Group) -> impl Iterator<Item = Cell> {
        group.top.below(group.z, move |cell| self.may_hold(cell, group.z))
    }

    /// Whether any tile of zoom `z` below `cell` may hold something: `false` is for certain.
    fn may_hold(&self, cell: Cell, z: u8) -> bool {
        let tile = cell.tile();
        let inside = |bbox: &Bounds| self.tileset.grid.geographic_bounds(tile, 0.0).meets(bbox);
        let mut drawn =
            self.tileset.layers.iter().map(|layer| &layer.tiles).filter(|layer| layer.minzoom() <= z);
        self.bbox.as_ref().is_none_or(inside) && drawn.any(|layer| layer.may_hold_below(tile))
    }

    /// The box of all features as far as it is asked for, degrees.
    pub fn bounds(&self) -> Bounds {
        let all = self.tileset.bounds().unwrap_or(WORLD);
        let asked = self.bbox.filter(|bbox| bbox.meets(&all)).unwrap_or(all);
        Bounds {
            min_x: all.min_x.max(asked.min_x).max(WORLD.min_x),
            min_y: all.min_y.max(asked.min_y).max(WORLD.min_y),
            max_x: all.max_x.min(asked.max_x).min(WORLD.max_x),
            max_y: all.max_y.min(asked.max_y).min(WORLD.max_y),
        }
    }

    /// Longitude and latitude of its middle.
    pub fn center(&self) -> [f64; 2] {
        let b = self.bounds();
        [f64::midpoint(b.min_x, b.max_x), f64::midpoint(b.min_y, b.max_y)]
    }

    /// The zoom at which it is about as wide as a screen of two tiles, as far as there is one.
    pub fn center_zoom(&self) -> u8 {
        let b = self.bounds();
        let zoom = (720.0 / (b.max_x - b.min_x)).log2().clamp(0.0, 24.0) as u8;
        zoom.clamp(*self.zooms.start(), *self.zooms.end())
    }
}

/// What Web Mercator shows.
const WORLD: Bounds = Bounds { min_x: -180.0, min_y: -85.051_129, max_x: 180.0, max_y: 85.051_129 };
