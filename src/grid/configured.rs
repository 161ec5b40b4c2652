//! Tile matrix sets of an operator's own.

use super::{MAX_ZOOM, QuadGrid, TileMatrixSet};
use crate::crs::{Crs, Projection, TransverseMercator};
use schemars::JsonSchema;
use serde::Deserialize;

/// `[[tiles.grid]]` of the configuration.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(try_from = "Described")]
#[schemars(with = "Described")]
pub struct ConfiguredSet(pub TileMatrixSet);

/// What stands in the configuration.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Described {
    /// Its name in URLs: 1 to 40 letters, digits, `_` and `-`.
    id: String,
    /// What people call it; its id unless it is given.
    #[serde(default)]
    title: Option<String>,
    /// EPSG 3857, 4326, 4490 or a Gauss-Krüger zone of CGCS2000, 4491 to 4554.
    crs: u32,
    /// Top left corner, easting or longitude first, whatever order the CRS has its axes in.
    origin: [f64; 2],
    /// Side of a tile of the first of `zooms`, in units of the CRS: it is halved with each.
    size: f64,
    /// First and last. The last may be so deep that a tile is as wide as one of Web Mercator's zoom 18, not deeper.
    zooms: [u8; 2],
    /// Columns and rows of the first.
    #[serde(default = "one")]
    matrix: [u32; 2],
}

fn one() -> [u32; 2] {
    [1, 1]
}

#[derive(Debug, thiserror::Error, PartialEq)]
pub enum GridError {
    #[error("an id of a grid is 1 to 40 letters, digits, `_` and `-`")]
    Id,
    #[error("there are grids in EPSG:3857, 4326, 4490 and 4491 to 4554, not in {0}")]
    Crs(u32),
    #[error("`origin` and `size` are numbers, `size` above 0 and at most the width of the world")]
    Size,
    #[error("`zooms` are the first and the last; with this `size` the last is at most {0}")]
    Zooms(i16),
    #[error("`matrix` is the columns and rows of the first of `zooms`, 1 to {0}")]
    Matrix(u64),
    #[error(
        "the grid reaches more than {} km from the central meridian or {} km from the equator",
        TransverseMercator::REACH[0] / 1000.0,
        TransverseMercator::REACH[1] / 1000.0
    )]
    Reach,
}

/// Metres around the world, for planes without a width of their own.
const AROUND: f64 = 40_075_016.0;

impl TryFrom<Described> for ConfiguredSet {
    type Error = GridError;

    fn try_from(described: Described) -> Result<Self, GridError> {
        let Described { id, title, crs: code, origin, size, zooms, matrix } = described;
        let plain = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
        if id.is_empty() || id.len() > 40 || !id.chars().all(plain) {
            return Err(GridError::Id);
        }
        let crs = Crs::of_epsg(code).ok_or(GridError::Crs(code))?;
        let zoom = zoom_of(size, crs.projection().around().unwrap_or(AROUND)).ok_or(GridError::Size)?;
        if !origin.iter().all(|v| v.is_finite()) {
            return Err(GridError::Size);
        }
        let deepest = i16::from(MAX_ZOOM) - i16::from(zoom) + i16::from(zooms[0]);
        if zooms[0] > zooms[1] || i16::from(zooms[1]) > deepest {
            return Err(GridError::Zooms(deepest));
        }
        let most = 1u64 << zoom;
        if !matrix.iter().all(|&n| (1..=most).contains(&u64::from(n))) {
            return Err(GridError::Matrix(most));
        }
        let size = size * most as f64;
        let id: std::sync::Arc<str> = id.into();
        let own = QuadGrid { id: id.clone(), projection: crs.projection(), origin, size };
        let title = title.unwrap_or_else(|| id.to_string());
        let set =
            TileMatrixSet { id, title, crs, grid: shared(own), levels: zooms, zoom, matrix, register: None };
        if within_reach(&set) { Ok(Self(set)) } else { Err(GridError::Reach) }
    }
}

/// The zoom at which a tile has this side in a grid whose square is at most `around` wide and more than half of it.
fn zoom_of(size: f64, around: f64) -> Option<u8> {
    let zoom = (around / size).log2();
    // Half a thousandth, for sides that are given to a few digits.
    let zoom = (zoom + 0.0005).floor();
    (size > 0.0 && (0.0..=f64::from(MAX_ZOOM)).contains(&zoom)).then_some(zoom as u8)
}

/// One of the grids that are there anyway where it is the same.
fn shared(own: QuadGrid) -> QuadGrid {
    let same =
        |grid: &QuadGrid| (grid.projection, grid.origin, grid.size) == (own.projection, own.origin, own.size);
    [QuadGrid::web_mercator(), QuadGrid::geographic()].into_iter().find(same).unwrap_or(own)
}

fn within_reach(set: &TileMatrixSet) -> bool {
    let Projection::GaussKruger(zone) = set.crs.projection() else { return true };
    let extent = set.extent();
    let [east, north] = TransverseMercator::REACH;
    let off = |x: f64| (x - zone.false_easting).abs();
    off(extent.min_x).max(off(extent.max_x)) <= east && extent.min_y.abs().max(extent.max_y.abs()) <= north
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<TileMatrixSet, String> {
        let base =
            "id = \"county\"\ncrs = 4526\norigin = [38400000.0, 4200000.0]\nsize = 65536.0\nzooms = [0, 8]\n";
        let key = text.split(' ').next().unwrap_or_default();
        let kept = base.lines().filter(|line| key.is_empty() || !line.starts_with(key));
        let text = kept.chain([text]).collect::<Vec<_>>().join("\n");
        toml::from_str::<ConfiguredSet>(&text).map(|set| set.0).map_err(|error| error.message().to_owned())
    }

    #[test]
    fn a_zoom_of_its_grid_is_about_the_scale_of_web_mercator() {
        let set = read("matrix = [2, 3]").unwrap();
        assert_eq!((set.zoom(0), set.zoom(8), set.matrix_at(1)), (9, 17, [4, 6]));
        assert_eq!(set.grid.tile_size(9), 65536.0);
        assert_eq!(set.extent().max_x, 38_400_000.0 + 2.0 * 65536.0);
        assert_eq!(set.level(3), 0);
    }

    #[test]
    fn one_like_a_known_grid_shares_its_tiles() {
        let text =
            "id = \"x\"\ncrs = 4490\norigin = [-180.0, 90.0]\nsize = 180.0\nzooms = [0, 17]\nmatrix = [2, 1]";
        let set = toml::from_str::<ConfiguredSet>(text).unwrap().0;
        assert_eq!(set.grid, QuadGrid::geographic());
        assert_eq!(set.zoom(0), 1);
    }

    #[test]
    fn what_cannot_be_a_grid_is_told() {
        for (wrong, told) in [
            ("id = \"a/b\"", "an id of a grid is"),
            ("crs = 4479", "not in 4479"),
            ("size = 0.0", "`size` above 0"),
            ("size = -1.0", "`size` above 0"),
            ("size = nan", "`size` above 0"),
            ("size = 90000000.0", "at most the width of the world"),
            ("zooms = [0, 10]", "the last is at most 9"),
            ("zooms = [3, 2]", "`zooms` are the first and the last"),
            ("matrix = [0, 1]", "1 to 512"),
            ("matrix = [1, 600]", "1 to 512"),
            ("matrix = [64, 1]", "km from the central meridian"),
            ("colour = 1", "unknown field `colour`"),
        ] {
            let error = read(wrong).unwrap_err();
            assert!(error.contains(told), "{wrong}: {error}");
        }
    }
}
