//! Which tiles may differ between two states of a layer.
//!
//! A tile is a function of the features that are drawn in it, in file order. So it is the same where every feature
//! near it has the same bytes in both snapshots, the same simplified geometry in both pyramids, and the same
//! order. What an edit does far away, to a shared border or to the marks that make good for another, is found by
//! comparing what is drawn, not by reasoning about it.

use super::{BUFFER, EXTENT, TileLayer, pyramid::Level, shape::Rect};
use crate::{
    grid::{QuadGrid, TileCoord},
    snapshot::Bounds,
};
use std::collections::{HashMap, HashSet};

/// Tiles deeper than this count as touched when the tile of this zoom over them is.
pub const DEEPEST: u8 = 14;

/// Longitude, west and east, up to which no tile of the other side of the map shows anything. At the lowest zooms
/// the buffer is 1/64 of the world wide.
const INLAND: f64 = 174.0;

/// With more tiles touched than this, all are: an edit of that size leaves little to keep.
const MOST: usize = 50_000;

/// The tiles down to [`DEEPEST`] whose bytes may differ between `old` and `new`, two states of one layer; `None`
/// for all of them.
pub fn touched(old: &TileLayer, new: &TileLayer) -> Option<HashSet<TileCoord>> {
    let twins = Twins::find(old, new)?;
    let mut tiles = Tiles { grid: &new.grid, touched: HashSet::new() };
    for (layer, lost) in [(old, twins.lost_of_old()), (new, twins.lost_of_new())] {
        for position in lost {
            // Without vertices it is drawn nowhere.
            if let Some(bounds) = bounds(layer, position) {
                tiles.add_bounds(&bounds)?;
            }
        }
    }
    for z in new.minzoom..=DEEPEST {
        if let (Some(before), Some(after)) = (old.pyramid.level(z), new.pyramid.level(z)) {
            tiles.add_level(z, before, after, &twins)?;
        }
    }
    Some(tiles.touched)
}

/// The features that are the same in two states, to the last byte and in the same order.
struct Twins {
    /// For each old position the new one.
    new: Vec<Option<u32>>,
    /// For each new position, whether it has a twin.
    old: Vec<bool>,
}

impl Twins {
    /// `None` when the layer itself is another or the order of what stayed has changed: a changed extent moves
    /// the curve on which features lie.
    fn find(old: &TileLayer, new: &TileLayer) -> Option<Self> {
        if !same_drawing(old, new) {
            return None;
        }
        let places: HashMap<i64, u32> = new.attributes.ids.iter().copied().zip(0..).collect();
        let mut twins = Self { new: vec![], old: vec![false; new.snapshot.feature_count()] };
        let mut last = None;
        for (position, id) in old.attributes.ids.iter().enumerate() {
            let twin = places.get(id).copied().filter(|&place| {
                old.snapshot.feature_bytes(position) == new.snapshot.feature_bytes(place as usize)
            });
            if let Some(place) = twin {
                if last.is_some_and(|last| place <= last) {
                    return None;
                }
                last = Some(place);
                twins.old[place as usize] = true;
            }
            twins.new.push(twin);
        }
        Some(twins)
    }

    fn lost_of_old(&self) -> Vec<usize> {
        (0..self.new.len()).filter(|&i| self.new[i].is_none()).collect()
    }

    fn lost_of_new(&self) -> Vec<usize> {
        (0..self.old.len()).filter(|&i| !self.old[i]).collect()
    }
}

/// Whether tiles name and draw both alike. What lies near the antimeridian is in tiles far away, so it is left to
/// be cut anew.
fn same_drawing(old: &TileLayer, new: &TileLayer) -> bool {
    let (a, b) = (&old.snapshot.layer, &new.snapshot.layer);
    let inland =
        |layer: &TileLayer| layer.snapshot.bounds.is_none_or(|b| b.min_x > -INLAND && b.max_x < INLAND);
    let fields = |layer: &crate::plan::Layer| -> Vec<_> {
        layer.fields.iter().map(|field| (field.name.clone(), field.kind)).collect()
    };
    (&old.grid, old.rules(), old.minzoom) == (&new.grid, new.rules(), new.minzoom)
        && (&a.id, a.geometry) == (&b.id, b.geometry)
        && fields(a) == fields(b)
        && inland(old)
        && inland(new)
}

/// The box of a feature in degrees.
fn bounds(layer: &TileLayer, position: usize) -> Option<Bounds> {
    let mut bounds: Option<Bounds> = None;
    layer.snapshot.row(position).for_each_path(|path, _| {
        for [x, y] in path {
            let b = bounds.get_or_insert(Bounds { min_x: x, min_y: y, max_x: x, max_y: y });
            (b.min_x, b.min_y) = (b.min_x.min(x), b.min_y.min(y));
            (b.max_x, b.max_y) = (b.max_x.max(x), b.max_y.max(y));
        }
        true
    });
    bounds
}

/// Touched tiles, collected.
struct Tiles<'a> {
    grid: &'a QuadGrid,
    touched: HashSet<TileCoord>,
}

impl Tiles<'_> {
    /// Touches the tiles of the zooms above the pyramid in which something within `bounds` is drawn.
    fn add_bounds(&mut self, bounds: &Bounds) -> Option<()> {
        // As in drawing, and a unit for rounding.
        let margin = f64::from(BUFFER + 2) / f64::from(EXTENT);
        for z in super::pyramid::TOP + 1..=DEEPEST {
            let [[west, north], [east, south]] = self.grid.span(z, bounds);
            let index = |v: f64| v.floor() as i64;
            self.add(
                z,
                [west - margin, north - margin].map(index),
                [east + margin, south + margin].map(index),
            )?;
        }
        Some(())
    }

    /// Touches the tiles in which two levels of zoom `z` are drawn differently.
    fn add_level(&mut self, z: u8, before: &Level, after: &Level, twins: &Twins) -> Option<()> {
        let mut after = after.entries().peekable();
        for old in before.entries() {
            let Some(twin) = twins.new[old.position as usize] else {
                self.add_rect(z, &old.bounds)?;
                continue;
            };
            while let Some(new) = after.next_if(|new| new.position < twin) {
                self.add_rect(z, &new.bounds)?;
            }
            match after.next_if(|new| new.position == twin) {
                Some(new) if (new.first, new.tail) == (old.first, old.tail) => {}
                new => {
                    self.add_rect(z, &old.bounds)?;
                    if let Some(new) = new {
                        self.add_rect(z, &new.bounds)?;
                    }
                }
            }
        }
        after.try_for_each(|new| self.add_rect(z, &new.bounds))
    }

    /// Touches the tiles that with their buffer meet `rect`, in units of zoom `z`.
    fn add_rect(&mut self, z: u8, rect: &Rect) -> Option<()> {
        let tile = |v: i32| i64::from(v).div_euclid(i64::from(EXTENT));
        self.add(z, rect.min.map(|v| tile(v - BUFFER - 1)), rect.max.map(|v| tile(v + BUFFER + 1)))
    }

    /// Touches the tiles from `first` to `last`, column and row, as far as the grid has them.
    fn add(&mut self, z: u8, first: [i64; 2], last: [i64; 2]) -> Option<()> {
        let range = |axis: usize| first[axis].max(0)..(last[axis] + 1).min(1 << z);
        let (columns, rows) = (range(0), range(1));
        let count = columns.clone().count().saturating_mul(rows.clone().count());
        if self.touched.len().saturating_add(count) > MOST {
            return None;
        }
        for x in columns {
            self.touched.extend(rows.clone().map(|y| TileCoord { z, x: x as u32, y: y as u32 }));
        }
        Some(())
    }
}
