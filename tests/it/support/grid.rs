//! Web Mercator tile coordinates, from the formulas of the OGC tile matrix set WebMercatorQuad.

use std::f64::consts::PI;
use std::fmt;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Tile {
    pub z: u32,
    pub x: u32,
    pub y: u32,
}

impl fmt::Display for Tile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}/{}", self.z, self.x, self.y)
    }
}

/// West, south, east, north in degrees.
pub type Bounds = [f64; 4];

/// A point in tiles of zoom `z`, from the north-west corner of the world.
pub fn position(lon: f64, lat: f64, z: u32) -> (f64, f64) {
    let tiles = f64::from(1u32 << z);
    let y = 0.5 - lat.to_radians().tan().asinh() / (2.0 * PI);
    ((lon / 360.0 + 0.5) * tiles, y * tiles)
}

pub fn tile_at(lon: f64, lat: f64, z: u32) -> Tile {
    let (x, y) = position(lon, lat, z);
    Tile { z, x: x as u32, y: y as u32 }
}

pub fn tiles_over([west, south, east, north]: Bounds, z: u32) -> Vec<Tile> {
    let (first, last) = (tile_at(west, north, z), tile_at(east, south, z));
    let row = |y| (first.x..=last.x).map(move |x| Tile { z, x, y });
    (first.y..=last.y).flat_map(row).collect()
}
