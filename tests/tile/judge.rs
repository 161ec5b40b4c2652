//! Everything that must hold of any feature in any tile, whatever its geometry. The property tests and the fuzz
//! target ask the same.

use crate::{decode, fixture::Geometry, place::cut, truth, truth::Truth, valid};
use plantiles::{grid::TileCoord, tile::TileLayer};

/// First zoom at which nothing is simplified.
pub const EXACT: u8 = 11;

/// Cuts `tile` from a layer of the one feature `geometry` and says what is wrong with it.
pub fn fault(prepared: &TileLayer, geometry: &Geometry, tile: TileCoord) -> Option<String> {
    let bytes = cut(&[prepared], tile).bytes;
    if bytes != cut(&[prepared], tile).bytes {
        return Some(format!("{tile}: cut twice, the bytes differ"));
    }
    // The decoder panics at whatever MVT forbids.
    let layers = decode::tile(&bytes);
    let paths: Vec<_> = layers
        .into_iter()
        .filter(|l| l.name == "blocks")
        .flat_map(|l| l.features)
        .flat_map(|f| f.paths)
        .collect();
    let outside = paths.iter().flatten().flatten().find(|v| !(-64..=4160).contains(*v));
    let fault = match geometry {
        _ if outside.is_some() => Some(format!("{outside:?} is outside the buffer")),
        Geometry::Polygons(parts) => {
            valid::fault(&paths).or_else(|| if tile.z < EXACT { None } else { misdrawn(parts, &paths, tile) })
        }
        Geometry::Lines(_) => paths.iter().any(|p| p.len() < 2).then(|| "a line of one point".into()),
        Geometry::Points(_) => paths.iter().any(|p| p.len() != 1).then(|| "a point of several".into()),
    };
    fault.map(|fault| format!("{tile}: {fault}\n{paths:?}"))
}

/// A place that is covered and not drawn or the other way round: at the tile's corners and middle, and around
/// the vertices drawn and given.
fn misdrawn(parts: &[Vec<Vec<[f64; 2]>>], paths: &[Vec<[i64; 2]>], tile: TileCoord) -> Option<String> {
    const MOST: usize = 200;
    let truth = Truth::new(parts, tile)?;
    let given = truth.vertices();
    let drawn = paths.iter().flatten().map(|p| p.map(|v| v as f64));
    let around = |[x, y]: [f64; 2]| {
        [(-6.3, -5.7), (6.3, -5.9), (5.8, 6.1), (-6.2, 5.6)].map(|(dx, dy)| [x + dx, y + dy])
    };
    let fixed = [[-60.5, -60.5], [4156.5, -60.5], [4156.5, 4156.5], [-60.5, 4156.5], [2048.5, 2047.5]];
    let places = given.take(MOST).chain(drawn.take(MOST)).flat_map(around).chain(fixed);
    let inside = |p: &[f64; 2]| p.iter().all(|v| (-62.0..4158.0).contains(v));
    places.filter(inside).find_map(|place| {
        let covered = truth.covers(place)?;
        (covered != truth::drawn(paths, place))
            .then(|| format!("{place:?} is covered: {covered}, but not so drawn"))
    })
}
