//! The plane in which polygons are laid over each other.
//!
//! Edges are straight in the 6° Gauss–Krüger zone of the proposal, and areas are those on the ellipsoid, between geodesics
//! from vertex to vertex of what comes out: as PostGIS does it with geographies, whose plane is the UTM zone there, the same
//! but for its scale. Straight in degrees would be another shape: an edge of 10 km from west to east is 1.4 m off in its middle.
//!
//! A geodesic is not straight in the plane: over 50 km it is metres off. An overlay puts vertices on edges, so the geodesics
//! of a part and of the whole are not the same, and neither are their areas. Shares are therefore of areas along the
//! edges of the plane ([`Plane::area`]), of which parts make up the whole.

use crate::{crs::TransverseMercator, geodesy, snapshot::Bounds};
use geo::{
    BooleanOps, BoundingRect, Coord, Distance, Euclidean, Geometry, Length, Line, LineString, MapCoords,
    MultiLineString, MultiPolygon, Polygon, Rect,
};

/// How far beyond a window shapes are kept, of its size: their cut edges stay clear of what is in it.
const MARGIN: f64 = 0.05;

/// The same at least; metres.
const LEAST_MARGIN: f64 = 1.0;

/// Edges that are longer than this are measured in parts, at most so many; metres. What a geodesic is off falls with the square
/// of the parts.
const SHORT_EDGE: f64 = 1000.0;
const MOST_PARTS: f64 = 32.0;

pub struct Plane(TransverseMercator);

impl Plane {
    /// The plane of the 6° zone in which longitude `lon` is.
    pub fn at(lon: f64) -> Self {
        let central_meridian = (lon / 6.0).floor() * 6.0 + 3.0;
        Self(TransverseMercator { central_meridian, false_easting: 500_000.0 })
    }

    pub fn forward(&self, Coord { x, y }: Coord) -> Coord {
        let [x, y] = self.0.forward(x, y);
        Coord { x, y }
    }

    /// From the plane to longitude and latitude.
    pub fn degrees<G: MapCoords<f64, f64, Output = G>>(&self, shape: &G) -> G {
        shape.map_coords(|Coord { x, y }| {
            let [x, y] = self.0.inverse([x, y]);
            Coord { x, y }
        })
    }

    /// Square metres on the ellipsoid of polygons whose edges are straight in the plane.
    pub fn area(&self, polygons: &MultiPolygon) -> f64 {
        let ring = |ring: &LineString| {
            LineString(ring.lines().flat_map(parts).chain(ring.0.last().copied()).collect())
        };
        let polygon = |polygon: &Polygon| {
            Polygon::new(ring(polygon.exterior()), polygon.interiors().iter().map(ring).collect())
        };
        geodesy::area(&self.degrees(&MultiPolygon(polygons.iter().map(polygon).collect())))
    }
}

/// Where the parts of an edge begin.
fn parts(edge: Line) -> impl Iterator<Item = Coord> {
    let count = (Euclidean.length(&edge) / SHORT_EDGE).ceil().clamp(1.0, MOST_PARTS);
    (0..count as u32).map(move |part| edge.start + edge.delta() * (f64::from(part) / count))
}

/// What two sets of polygons have in common. What of either is nowhere near the other is left out first: so the overlay is
/// as fine as the smaller one allows, a billionth of its size, and a proposal of many corners costs little where it meets
/// little.
pub fn common(a: &MultiPolygon, b: &MultiPolygon) -> MultiPolygon {
    let near = || {
        let b = within(b, &window(a, margin)?);
        let a = within(a, &window(&b, margin)?);
        Some((a, b))
    };
    near().map_or(MultiPolygon(vec![]), |(a, b)| a.intersection(&b))
}

/// What of the first polygons is in none of the second.
pub fn rest(near: &MultiPolygon, far: &MultiPolygon) -> MultiPolygon {
    match window(near, margin) {
        Some(window) => near.difference(&within(far, &window)),
        None => MultiPolygon(vec![]),
    }
}

/// The parts of lines that are in polygons.
pub fn inside(polygons: &MultiPolygon, lines: &MultiLineString) -> MultiLineString {
    match window(lines, margin) {
        Some(window) => within(polygons, &window).clip(lines, false),
        None => MultiLineString(vec![]),
    }
}

/// How far polygons are from a feature, where that is less than `most`; what of either is farther from the other is left
/// out first.
pub fn distance(polygons: &MultiPolygon, feature: Geometry, most: f64) -> Option<f64> {
    let reach = |_| most + LEAST_MARGIN;
    let near = within(polygons, &window(&feature, reach)?);
    let window = window(&near, reach)?;
    let feature = match feature {
        Geometry::MultiPolygon(far) => Some(within(&far, &window)).filter(|far| !far.0.is_empty())?.into(),
        other => other,
    };
    let distance = Euclidean.distance(&Geometry::from(near), &feature);
    (distance < most).then_some(distance)
}

/// Whether every part of these polygons is narrower than `width`, by its area and outline.
pub fn is_sliver(polygons: &MultiPolygon, width: f64) -> bool {
    use geo::Area;
    polygons.iter().all(|polygon| {
        let outline: f64 = std::iter::once(polygon.exterior())
            .chain(polygon.interiors())
            .map(|ring| Euclidean.length(ring))
            .sum();
        2.0 * polygon.unsigned_area() <= width * outline
    })
}

fn margin(size: f64) -> f64 {
    (MARGIN * size).max(LEAST_MARGIN)
}

/// The box of a shape with a margin around it, by its size; `None` when it is empty.
fn window<G: BoundingRect<f64>>(shape: &G, margin: impl Fn(f64) -> f64) -> Option<Bounds> {
    let rect: Option<Rect> = shape.bounding_rect().into();
    let rect = rect?;
    let margin = margin(rect.width().max(rect.height()));
    Some(Bounds {
        min_x: rect.min().x - margin,
        min_y: rect.min().y - margin,
        max_x: rect.max().x + margin,
        max_y: rect.max().y + margin,
    })
}

/// The polygons with what is outside of `window` cut off. Where a polygon leaves it and comes back, an edge may run to and
/// fro along its border, which bounds nothing.
fn within(polygons: &MultiPolygon, window: &Bounds) -> MultiPolygon {
    let cut = |ring: &LineString| {
        let mut open: Vec<Coord> = ring.0.iter().skip(1).copied().collect();
        for side in SIDES {
            open = side.cut(&open, window);
        }
        open.extend(open.first().copied());
        LineString(open)
    };
    let polygon = |polygon: &Polygon| {
        let exterior = cut(polygon.exterior());
        let holes = polygon.interiors().iter().map(cut).filter(|ring| ring.0.len() > 3);
        (exterior.0.len() > 3).then(|| Polygon::new(exterior, holes.collect()))
    };
    MultiPolygon(polygons.iter().filter_map(polygon).collect())
}

#[derive(Clone, Copy)]
enum Side {
    West,
    East,
    South,
    North,
}

const SIDES: [Side; 4] = [Side::West, Side::East, Side::South, Side::North];

impl Side {
    /// How far inside a point is; negative outside.
    fn depth(self, at: Coord, window: &Bounds) -> f64 {
        match self {
            Self::West => at.x - window.min_x,
            Self::East => window.max_x - at.x,
            Self::South => at.y - window.min_y,
            Self::North => window.max_y - at.y,
        }
    }

    /// One pass of Sutherland and Hodgman, on a ring without its first vertex repeated.
    fn cut(self, ring: &[Coord], window: &Bounds) -> Vec<Coord> {
        let mut kept = Vec::with_capacity(ring.len() + 4);
        let Some(mut before) = ring.last().copied() else { return kept };
        for &at in ring {
            let (from, to) = (self.depth(before, window), self.depth(at, window));
            if (from < 0.0) != (to < 0.0) {
                kept.push(before + (at - before) * (from / (from - to)));
            }
            if to >= 0.0 {
                kept.push(at);
            }
            before = at;
        }
        kept
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use geo::{Area, polygon};

    fn square(x: f64, y: f64, side: f64) -> MultiPolygon {
        polygon![(x: x, y: y), (x: x + side, y: y), (x: x + side, y: y + side), (x: x, y: y + side)].into()
    }

    #[test]
    fn what_is_far_does_not_make_the_overlay_coarse() {
        let near = square(500_000.0, 4_000_000.0, 10.0);
        let far = square(500_001.0, 4_000_001.0, 4_000_000.0);
        assert!((common(&near, &far).unsigned_area() - 81.0).abs() < 1e-6);
        assert!((rest(&near, &far).unsigned_area() - 19.0).abs() < 1e-6);
        assert_eq!(common(&near, &square(0.0, 0.0, 10.0)).0.len(), 0);
        assert_eq!(rest(&near, &square(0.0, 0.0, 10.0)).unsigned_area(), 100.0);
    }

    /// A star, whose cut parts go to and fro along the borders of windows.
    fn star(x: f64, y: f64, radius: f64, corners: u32) -> MultiPolygon {
        let corner = |n: u32| {
            let (sin, cos) = (f64::from(n) / f64::from(corners) * std::f64::consts::TAU).sin_cos();
            let radius = if n.is_multiple_of(2) { radius } else { 0.2 * radius };
            Coord { x: x + radius * cos, y: y + radius * sin }
        };
        Polygon::new(LineString((0..corners).map(corner).collect()), vec![]).into()
    }

    #[test]
    fn leaving_out_what_is_far_changes_nothing() {
        let near = star(0.0, 0.0, 1000.0, 60);
        for n in 0..40u32 {
            let [x, y] = [f64::from(n % 8) * 150.0, f64::from(n / 8) * 250.0 - 300.0];
            let other = star(x, y, 30.0 + f64::from(n) * 12.0, 14);
            let whole = near.intersection(&other).unsigned_area();
            assert!((common(&near, &other).unsigned_area() - whole).abs() < 1e-3, "{n}");
            assert!((common(&other, &near).unsigned_area() - whole).abs() < 1e-3, "{n}");
            // Its outline of 50 km is put on the grid of the overlay, a micrometre wide.
            let left = near.unsigned_area() - whole;
            assert!((rest(&near, &other).unsigned_area() - left).abs() < 0.1, "{n}");
            let line = MultiLineString::new(vec![other.0[0].exterior().clone()]);
            let [cut, uncut] = [inside(&near, &line), near.clip(&line, false)];
            let length =
                |lines: &MultiLineString| lines.iter().map(|line| Euclidean.length(line)).sum::<f64>();
            assert!((length(&cut) - length(&uncut)).abs() < 1e-3, "{n}");
            let apart = Euclidean.distance(&near, &other);
            for most in [50.0, 400.0] {
                let found = distance(&near, other.clone().into(), most);
                match found {
                    Some(found) => assert!((found - apart).abs() < 1e-6, "{n}: {found} and {apart}"),
                    None => assert!(apart >= most, "{n}: {apart} is less than {most}"),
                }
            }
        }
    }

    /// Between geodesics they do not: an overlay that cuts long edges makes more of the whole, or less.
    #[test]
    fn parts_make_up_the_whole() {
        let plane = Plane::at(112.8);
        let [x, y] = plane.0.forward(113.7, 36.3);
        let whole: MultiPolygon =
            polygon![(x: x, y: y), (x: x + 3_000.0, y: y + 60_000.0), (x: x - 1_000.0, y: y + 61_000.0)]
                .into();
        let strips: Vec<_> =
            (0..13).map(|n| square(x - 50_000.0, y + f64::from(n) * 5_000.0, 100_000.0)).collect();
        let (mut along_edges, mut between_vertices, mut left) = (0.0, 0.0, whole.clone());
        for strip in strips.iter().rev() {
            let part = common(&left, strip);
            along_edges += plane.area(&part);
            between_vertices += geodesy::area(&plane.degrees(&part));
            left = rest(&left, strip);
        }
        assert!(left.unsigned_area() < 1.0, "nothing is left");
        let off = |parts: f64, whole: f64| (parts / whole - 1.0).abs();
        assert!(off(along_edges, plane.area(&whole)) < 1e-6, "{along_edges} {}", plane.area(&whole));
        assert!(off(between_vertices, geodesy::area(&plane.degrees(&whole))) > 1e-5, "{between_vertices}");
        // Of short edges both are the same.
        let small = square(x, y, 500.0);
        assert!(off(geodesy::area(&plane.degrees(&small)), plane.area(&small)) < 1e-12);
    }

    #[test]
    fn slivers_are_known_by_their_width() {
        let near = square(0.0, 0.0, 1000.0);
        let sliver = common(&near, &square(999.6, 0.0, 1000.0));
        assert!(is_sliver(&sliver, 0.5) && !is_sliver(&sliver, 0.3));
        // Touching has no area.
        assert!(common(&near, &square(1000.0, 0.0, 1000.0)).0.is_empty());
    }
}
