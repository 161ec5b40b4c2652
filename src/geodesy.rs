//! Areas on the ellipsoid of CGCS2000, between geodesics, in square metres.
//!
//! The area between an edge and the equator is that under a geodesic. Of a short edge it is a series about its middle,
//! which leaves out terms of the fifth order: below 1e-9 of the area of a polygon with such edges. Of a long one it
//! is Karney's (Algorithms for geodesics, J. Geod. 87, 2013, §6), an iteration for each edge.

use crate::snapshot::{Row, Vertices};
use geo::{LineString, MultiPolygon};
use geographiclib_rs::{Geodesic, InverseGeodesic};
use std::sync::LazyLock;

/// GRS 80, the ellipsoid of CGCS2000 (GB 22021): semi-major axis in metres, and flattening.
const A: f64 = 6_378_137.0;
const FLATTENING: f64 = 1.0 / 298.257_222_101;
/// Its eccentricity, squared.
const E2: f64 = FLATTENING * (2.0 - FLATTENING);

/// Most degrees of longitude, and of latitude, of a short edge.
const SHORT: f64 = 0.1;
/// Beyond it meridians draw together too fast for the series.
const POLAR: f64 = 80.0;

static ELLIPSOID: LazyLock<Geodesic> = LazyLock::new(|| Geodesic::new(A, FLATTENING));

/// The area of a ring of longitudes and latitudes, whichever way round it goes; the last vertex may repeat the first.
pub fn ring_area(mut vertices: impl Iterator<Item = [f64; 2]>) -> f64 {
    let Some(first) = vertices.next() else { return 0.0 };
    // Areas are counted from the parallel of the first vertex, so that little is lost in differences.
    let base = under_parallel(first[1].to_radians());
    let (mut area, mut last) = (0.0, first);
    for vertex in vertices.chain([first]) {
        area += under_edge(last, vertex, base);
        last = vertex;
    }
    area.abs()
}

/// The area of polygons of longitudes and latitudes that do not overlap one another.
pub fn area(polygons: &MultiPolygon) -> f64 {
    let ring = |line: &LineString| ring_area(line.coords().map(|coord| [coord.x, coord.y]));
    let polygon =
        |polygon: &geo::Polygon| ring(polygon.exterior()) - polygon.interiors().iter().map(ring).sum::<f64>();
    polygons.iter().map(polygon).sum()
}

/// The area of the polygons of a row, read where they lie.
pub fn row_area(row: &Row) -> f64 {
    let mut area = 0.0;
    row.for_each_path(|ring: Vertices, exterior| {
        let ring = ring_area(ring);
        area += if exterior { ring } else { -ring };
        true
    });
    area
}

/// The area between an edge and the parallel under which `base` lies on a radian of longitude, positive eastward.
fn under_edge([lon1, lat1]: [f64; 2], [lon2, lat2]: [f64; 2], base: f64) -> f64 {
    let (lon, lat) = (lon2 - lon1, lat2 - lat1);
    if lon.abs() > SHORT || lat.abs() > SHORT || lat1.abs() > POLAR {
        return under_geodesic([lon1, lat1], [lon2, lat2], base);
    }
    let (lon, lat, middle) = (lon.to_radians(), lat.to_radians(), f64::midpoint(lat1, lat2).to_radians());
    let (sin, cos) = middle.sin_cos();
    let w2 = 1.0 - E2 * sin * sin;
    let w = w2.sqrt();
    // Radius of curvature of the meridian, its derivative by latitude, and the radius of the parallel.
    let meridian = A * (1.0 - E2) / (w * w2);
    let derivative = 3.0 * meridian * E2 * sin * cos / w2;
    let parallel = A * cos / w;
    let (ns, ew) = (meridian * lat, parallel * lon);
    // How far the geodesic bulges towards the pole, and how the area under a parallel bends with latitude.
    let bulge = sin * (ew * ew / 12.0 + ns * ns / 8.0) + derivative * parallel * lat * lat / 8.0;
    lon * (under_parallel(middle) - base + bulge)
}

fn under_geodesic([lon1, lat1]: [f64; 2], [lon2, lat2]: [f64; 2], base: f64) -> f64 {
    let (.., area, _): (f64, f64, f64, f64, f64, f64, f64, f64) = ELLIPSOID.inverse(lat1, lon1, lat2, lon2);
    // The shorter way round, as the geodesic goes.
    let lon = (lon2 - lon1 + 540.0).rem_euclid(360.0) - 180.0;
    area - lon.to_radians() * base
}

/// The area between the equator and a parallel, on a radian of longitude.
fn under_parallel(lat: f64) -> f64 {
    let e = E2.sqrt();
    let sin = lat.sin();
    A * A * (1.0 - E2) / 2.0 * (sin / (1.0 - E2 * sin * sin) + (e * sin).atanh() / e)
}

#[cfg(test)]
mod tests {
    use super::*;
    use geographiclib_rs::{PolygonArea, Winding};
    use proptest::prelude::*;

    fn karney(ring: &[[f64; 2]]) -> f64 {
        let mut polygon = PolygonArea::new(&ELLIPSOID, Winding::CounterClockwise);
        ring.iter().for_each(|&[lon, lat]| polygon.add_point(lat, lon));
        let (_, area, _) = polygon.compute(true);
        area.abs()
    }

    proptest! {
        #[test]
        fn areas_are_those_of_karney(
            lon in -180.0..180.0, lat in -78.0..78.0, size in prop::sample::select(vec![0.002, 0.05, 0.3, 2.0]),
            radii in prop::collection::vec(0.4..1.0, 3..12), clockwise: bool,
        ) {
            let corner = |(i, radius): (usize, &f64)| {
                let angle = i as f64 / radii.len() as f64 * std::f64::consts::TAU;
                [lon + size * radius * angle.cos(), lat + size * radius * angle.sin()]
            };
            let mut ring: Vec<[f64; 2]> = radii.iter().enumerate().map(corner).collect();
            if clockwise {
                ring.reverse();
            }
            let (found, expected) = (ring_area(ring.iter().copied()), karney(&ring));
            prop_assert!((found - expected).abs() <= 1e-8 * expected + 1e-3, "{found} {expected}");
            ring.push(ring[0]);
            prop_assert!((ring_area(ring.into_iter()) - found).abs() <= 1e-3);
        }
    }

    #[test]
    fn a_quadrangle_over_the_antimeridian_is_as_large_as_one_elsewhere() {
        let at = |lon: f64| [[lon, 10.0], [lon + 4.0, 10.0], [lon + 4.0, 12.0], [lon, 12.0]];
        let over = at(178.0).map(|[lon, lat]| [if lon > 180.0 { lon - 360.0 } else { lon }, lat]);
        let (here, there) = (ring_area(at(20.0).into_iter()), ring_area(over.into_iter()));
        assert!((here - there).abs() < 1.0, "{here} {there}");
        assert_eq!(ring_area(std::iter::empty()), 0.0);
        assert_eq!(ring_area([[1.0, 1.0]].into_iter()), 0.0);
    }
}
