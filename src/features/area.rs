//! A box in some CRS, as clients ask for the features in it.

use super::geometry;
use crate::{
    crs::Crs,
    snapshot::{Bounds, Row},
};
use geo::Intersects;

#[derive(Debug, Clone, PartialEq)]
pub struct Area {
    crs: Crs,
    /// In the CRS, x east: two when it runs over the antimeridian.
    boxes: Vec<Bounds>,
    /// Boxes of longitude and latitude that cover it.
    cover: Vec<Bounds>,
}

impl Area {
    /// Reads the box from its corners, as [`Area::new`] takes them: four numbers with commas between, or six, of
    /// which heights are left out, since the layers are flat.
    pub fn parse(text: &str, crs: Crs) -> Result<Self, &'static str> {
        let numbers: Result<Vec<f64>, _> = text.split(',').map(|number| number.trim().parse()).collect();
        let corners = match numbers.as_deref() {
            Ok(&[a, b, c, d]) => [[a, b], [c, d]],
            Ok(&[a, b, _, c, d, _]) => [[a, b], [c, d]],
            _ => return Err("it is four numbers with commas between, or six"),
        };
        Self::new(corners, crs)
    }

    /// The box with these corners, in the order of the axes of `crs`. In a geographic CRS a western edge that is
    /// greater than the eastern one means that it runs over the antimeridian (RFC 7946, §5.2).
    pub fn new(corners: [[f64; 2]; 2], crs: Crs) -> Result<Self, &'static str> {
        let [[west, south], [east, north]] = corners.map(|corner| crs.in_order(corner));
        if ![west, south, east, north].iter().all(|edge| edge.is_finite()) {
            return Err("its numbers are finite");
        }
        if south > north {
            return Err("the southern edge is not greater than the northern one");
        }
        let strip = |min_x, max_x| Bounds { min_x, min_y: south, max_x, max_y: north };
        let boxes = match (west <= east, crs.is_geographic()) {
            (true, _) => vec![strip(west, east)],
            (false, true) => vec![strip(west, 180.0), strip(-180.0, east)],
            (false, false) => return Err("the western edge is not greater than the eastern one"),
        };
        let cover = boxes.iter().map(|b| cover(b, crs)).collect();
        Ok(Self { crs, boxes, cover })
    }

    /// Boxes of longitude and latitude outside which nothing is in the area.
    pub fn cover(&self) -> &[Bounds] {
        &self.cover
    }

    /// Whether a row whose box is `bounds` has a point in the area.
    pub fn meets(&self, row: &Row, bounds: &Bounds) -> bool {
        if self.crs.is_geographic() {
            return self.boxes.iter().any(|area| geometry::meets(row, bounds, area));
        }
        let placed = geometry::read_with(row, |position| self.crs.forward(position));
        self.boxes.iter().any(|area| placed.intersects(&geometry::rect(area)))
    }
}

/// A box of longitude and latitude around a box of `crs`.
fn cover(area: &Bounds, crs: Crs) -> Bounds {
    if crs.is_geographic() {
        return *area;
    }
    let found = crs.projection().inverse_bounds(area);
    // A line that is straight in one plane is bent in the other, by far less than this.
    let margin = 0.02 * (found.max_x - found.min_x).max(found.max_y - found.min_y);
    Bounds {
        min_x: found.min_x - margin,
        min_y: found.min_y - margin,
        max_x: found.max_x + margin,
        max_y: found.max_y + margin,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn corners_are_read_in_the_order_of_the_axes() {
        let lon_lat = Area::new([[112.0, 36.0], [113.0, 37.0]], Crs::Crs84).unwrap();
        let lat_lon = Area::new([[36.0, 112.0], [37.0, 113.0]], Crs::Cgcs2000).unwrap();
        assert_eq!(lon_lat.cover(), lat_lon.cover());
        let over = Area::new([[170.0, -10.0], [-170.0, 10.0]], Crs::Crs84).unwrap();
        assert_eq!(
            over.cover().iter().map(|b| [b.min_x, b.max_x]).collect::<Vec<_>>(),
            [[170.0, 180.0], [-180.0, -170.0]]
        );
        assert!(Area::new([[0.0, 1.0], [1.0, 0.0]], Crs::Crs84).is_err());
        assert!(Area::new([[1.0, 0.0], [0.0, 1.0]], Crs::WebMercator).is_err());
        assert!(Area::new([[f64::NAN, 0.0], [0.0, 1.0]], Crs::Crs84).is_err());
    }

    #[test]
    fn the_cover_of_a_zone_is_around_what_is_in_it() {
        let crs = Crs::of_epsg(4547).unwrap();
        let area = Area::new([[3_000_000.0, 300_000.0], [5_000_000.0, 700_000.0]], crs).unwrap();
        let [cover] = area.cover() else { panic!() };
        for lon in [1117, 1130, 1140, 1155, 1163].map(|tenth| f64::from(tenth) / 10.0) {
            for lat in [27.2, 30.0, 36.0, 45.1] {
                let [x, y] = crs.forward([lon, lat]);
                if (300_000.0..=700_000.0).contains(&x) && (3e6..=5e6).contains(&y) {
                    assert!(
                        cover.min_x <= lon && lon <= cover.max_x && cover.min_y <= lat && lat <= cover.max_y
                    );
                }
            }
        }
    }
}
