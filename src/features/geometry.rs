//! The geometry of a row, and boxes on it.

use crate::{
    plan::GeometryKind,
    snapshot::{Bounds, Row, Vertices},
};
use geo::{
    BoundingRect, Coord, Geometry, Intersects, LineString, MultiLineString, MultiPolygon, Polygon, Rect,
};

/// The geometry of `row` in EPSG:4490, x = longitude: of the type that the layer has.
pub fn read(row: &Row) -> Geometry {
    read_with(row, |position| position)
}

/// The same with each position put elsewhere.
pub fn read_with(row: &Row, place: impl Fn([f64; 2]) -> [f64; 2]) -> Geometry {
    let path = |vertices: Vertices| -> LineString {
        let coords = vertices.map(|vertex| {
            let [x, y] = place(vertex);
            Coord { x, y }
        });
        LineString(coords.collect())
    };
    match row.layer().geometry {
        GeometryKind::Point => {
            let mut point = Coord { x: f64::NAN, y: f64::NAN };
            row.for_each_path(|vertices, _| {
                point = path(vertices).0.first().copied().unwrap_or(point);
                true
            });
            Geometry::Point(point.into())
        }
        GeometryKind::Line => {
            let mut lines = vec![];
            row.for_each_path(|vertices, _| {
                lines.push(path(vertices));
                true
            });
            Geometry::MultiLineString(MultiLineString(lines))
        }
        GeometryKind::Polygon => {
            let mut polygons: Vec<(LineString, Vec<LineString>)> = vec![];
            row.for_each_path(|vertices, exterior| {
                match polygons.last_mut().filter(|_| !exterior) {
                    Some((_, holes)) => holes.push(path(vertices)),
                    None => polygons.push((path(vertices), vec![])),
                }
                true
            });
            let polygons = polygons.into_iter().map(|(exterior, holes)| Polygon::new(exterior, holes));
            Geometry::MultiPolygon(MultiPolygon(polygons.collect()))
        }
    }
}

/// Whether a row whose box is `bounds` has a point in `area`. The box is enough where it lies inside.
pub fn meets(row: &Row, bounds: &Bounds, area: &Bounds) -> bool {
    area.contains(bounds) || (area.meets(bounds) && read(row).intersects(&rect(area)))
}

/// The box of a geometry.
pub fn bounds(geometry: &Geometry) -> Option<Bounds> {
    let rect = geometry.bounding_rect()?;
    let (min, max) = (rect.min(), rect.max());
    Some(Bounds { min_x: min.x, min_y: min.y, max_x: max.x, max_y: max.y })
}

pub fn rect(bounds: &Bounds) -> Rect {
    Rect::new(Coord { x: bounds.min_x, y: bounds.min_y }, Coord { x: bounds.max_x, y: bounds.max_y })
}
