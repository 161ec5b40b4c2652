//! What a polygon covers, told point by point from its definition: where exteriors wind around more often than
//! holes. Nothing of the engine's way of cutting is in it.

use crate::place::grid;
use plantiles::grid::TileCoord;

/// Rounding, the cut and the repair may each move an outline by less than a unit: nearer to it either answer
/// is right.
const NEAR: f64 = 4.0;

type Ring = Vec<[f64; 2]>;

/// Polygons in the units of one tile, every vertex on a whole unit.
pub struct Truth {
    /// Each ring, turned to the right, and whether it is an exterior.
    rings: Vec<(bool, Ring)>,
}

impl Truth {
    /// `parts` in degrees, as they are in the snapshot. `None` where rounding decides which way a ring turns, and for
    /// what is wider than the world and covers itself.
    pub fn new(parts: &[Vec<Ring>], tile: TileCoord) -> Option<Self> {
        let longitudes = || parts.iter().flatten().flatten().map(|p| p[0]);
        let [west, east] = [longitudes().fold(f64::MAX, f64::min), longitudes().fold(f64::MIN, f64::max)];
        if east - west > 360.0 {
            return None;
        }
        let mut rings = vec![];
        // A plane that does not go on has its worlds beyond everything.
        let width = grid().around(tile.z).map_or(1e18, |tiles| tiles * 4096.0);
        let worlds =
            [0.0, -1.0, 1.0].iter().flat_map(|world| parts.iter().map(move |part| (world * width, part)));
        for (east, part) in worlds {
            for (i, ring) in part.iter().enumerate() {
                let mut ring = units(ring, tile);
                // The world goes on at both sides.
                ring.iter_mut().for_each(|p| p[0] += east);
                let (area, length) = (crate::place::area(&ring), crate::place::perimeter(&ring));
                // Without area it covers nothing, but is its exterior gone too?
                if area.abs() <= 2.0 * length + 8.0 {
                    return None;
                }
                if area < 0.0 {
                    ring.reverse();
                }
                rings.push((i == 0, ring));
            }
        }
        Some(Self { rings })
    }

    pub fn vertices(&self) -> impl Iterator<Item = [f64; 2]> + '_ {
        self.rings.iter().flat_map(|(_, ring)| ring.iter().copied())
    }

    /// Whether `p` is covered; `None` near an outline, and where no rule says: in a hole outside its exterior or
    /// in a loop of a hole that turns the wrong way.
    pub fn covers(&self, p: [f64; 2]) -> Option<bool> {
        if self.rings.iter().any(|(_, ring)| near(ring, p)) {
            return None;
        }
        let turns: Vec<(bool, i32)> =
            self.rings.iter().map(|(outer, ring)| (*outer, winding(ring, p))).collect();
        let mut sum = 0;
        for part in turns.chunk_by(|_, next| !next.0) {
            let (exterior, holes) = (part[0].1, part[1..].iter().map(|(_, turns)| turns).sum::<i32>());
            if part[1..].iter().any(|(_, turns)| *turns < 0) || holes > exterior.max(0) {
                return None;
            }
            sum += exterior - holes;
        }
        Some(sum > 0)
    }
}

/// Whether the drawn rings, wound as MVT asks, cover `p`.
pub fn drawn(rings: &[Vec<[i64; 2]>], p: [f64; 2]) -> bool {
    let ring = |r: &Vec<[i64; 2]>| winding(&r.iter().map(|q| q.map(|v| v as f64)).collect::<Ring>(), p);
    rings.iter().map(ring).sum::<i32>() > 0
}

fn units(ring: &Ring, tile: TileCoord) -> Ring {
    let unit = |place: f64, origin: u32| ((place - f64::from(origin)) * 4096.0 + 0.5).floor();
    ring.iter()
        .map(|&[lon, lat]| grid().position(tile.z, lon, lat))
        .map(|[x, y]| [unit(x, tile.x), unit(y, tile.y)])
        .collect()
}

fn edges(ring: &Ring) -> impl Iterator<Item = ([f64; 2], [f64; 2])> + '_ {
    (0..ring.len()).map(|i| (ring[i], ring[(i + 1) % ring.len()]))
}

fn winding(ring: &Ring, [x, y]: [f64; 2]) -> i32 {
    edges(ring)
        .map(|(a, b)| {
            let met = (a[1] > y) != (b[1] > y) && x < a[0] + (b[0] - a[0]) * (y - a[1]) / (b[1] - a[1]);
            i32::from(met) * if b[1] > a[1] { 1 } else { -1 }
        })
        .sum()
}

fn near(ring: &Ring, [x, y]: [f64; 2]) -> bool {
    edges(ring).any(|(a, b)| {
        let (d, p) = ([b[0] - a[0], b[1] - a[1]], [x - a[0], y - a[1]]);
        let square = d[0] * d[0] + d[1] * d[1];
        let t = if square > 0.0 { ((d[0] * p[0] + d[1] * p[1]) / square).clamp(0.0, 1.0) } else { 0.0 };
        (p[0] - t * d[0]).hypot(p[1] - t * d[1]) < NEAR
    })
}
