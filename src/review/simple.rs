//! Whether polygons are well formed: each ring simple, holes in their exteriors, parts apart.

use geo::{
    BoundingRect, Coord, CoordinatePosition as _, Intersects, Line, LineString, MultiPolygon, Polygon, Rect,
    coordinate_position::{CoordPos, coord_pos_relative_to_ring as position},
    line_intersection::{LineIntersection, line_intersection},
};

/// What is wrong, and where.
#[derive(Debug, PartialEq)]
pub struct Fault {
    pub what: String,
    pub at: Coord,
}

/// One of the two coordinates.
type Of = fn(Coord) -> f64;

/// An edge with the number of its ring, from 0, and its place in it.
struct Edge {
    line: Line,
    ring: usize,
    index: usize,
}

/// Rings are numbered from 1 in the order in which they come, corners from 1 in each.
///
/// # Errors
/// The first fault, naming rings and corners.
pub fn check(polygons: &MultiPolygon) -> Result<(), Fault> {
    let rings: Vec<&LineString> = polygons.iter().flat_map(rings_of).collect();
    crossings(&rings)?;
    flat(polygons)?;
    nested(polygons)
}

fn rings_of(polygon: &Polygon) -> impl Iterator<Item = &LineString> {
    std::iter::once(polygon.exterior()).chain(polygon.interiors())
}

/// # Errors
/// The first ring whose corners lie on one line.
pub fn flat(polygons: &MultiPolygon) -> Result<(), Fault> {
    for (number, ring) in polygons.iter().flat_map(rings_of).enumerate() {
        let Some(&first) = ring.0.first() else { continue };
        let doubled = ring.lines().map(|line| {
            let (a, b) = (line.start - first, line.end - first);
            a.x * b.y - b.x * a.y
        });
        if doubled.sum::<f64>() == 0.0 {
            return Err(Fault { what: format!("ring {} has no area", number + 1), at: first });
        }
    }
    Ok(())
}

/// Sweeps over all edges along the longer side, so that few lie abreast.
fn crossings(rings: &[&LineString]) -> Result<(), Fault> {
    let mut edges: Vec<Edge> = rings
        .iter()
        .enumerate()
        .flat_map(|(ring, path)| {
            path.lines().enumerate().map(move |(index, line)| Edge { line, ring, index })
        })
        .filter(|edge| edge.line.start != edge.line.end)
        .collect();
    let span = |of: Of| {
        let ends = edges.iter().map(|edge| of(edge.line.start));
        ends.fold([f64::INFINITY, f64::NEG_INFINITY], |[least, most], v| [least.min(v), most.max(v)])
    };
    let [[west, east], [south, north]] = [span(|at| at.x), span(|at| at.y)];
    let (along, across): (Of, Of) =
        if east - west >= north - south { (|at| at.x, |at| at.y) } else { (|at| at.y, |at| at.x) };
    let ends = |line: &Line, of: Of| {
        let (a, b) = (of(line.start), of(line.end));
        if a <= b { [a, b] } else { [b, a] }
    };
    edges.sort_by(|a, b| ends(&a.line, along)[0].total_cmp(&ends(&b.line, along)[0]));
    for (place, edge) in edges.iter().enumerate() {
        let [[_, end], [low, high]] = [ends(&edge.line, along), ends(&edge.line, across)];
        for other in &edges[place + 1..] {
            if ends(&other.line, along)[0] > end {
                break;
            }
            let [other_low, other_high] = ends(&other.line, across);
            if other_low <= high && other_high >= low {
                meet(edge, other)?;
            }
        }
    }
    Ok(())
}

fn meet(a: &Edge, b: &Edge) -> Result<(), Fault> {
    let Some(met) = line_intersection(a.line, b.line) else { return Ok(()) };
    let is_same = a.ring == b.ring;
    let is_neighbour = is_same && (a.line.end == b.line.start || b.line.end == a.line.start);
    let (how, at) = match met {
        LineIntersection::Collinear { intersection } => ("run over each other", intersection.start),
        LineIntersection::SinglePoint { intersection, is_proper: true } => ("cross", intersection),
        LineIntersection::SinglePoint { intersection, .. } if is_same && !is_neighbour => {
            ("touch", intersection)
        }
        LineIntersection::SinglePoint { .. } => return Ok(()),
    };
    let (first, second) = if (a.ring, a.index) <= (b.ring, b.index) { (a, b) } else { (b, a) };
    let edge = |edge: &Edge| format!("from corner {} to the next of ring {}", edge.index + 1, edge.ring + 1);
    Err(Fault { what: format!("the edges {} and {} {how}", edge(first), edge(second)), at })
}

fn nested(polygons: &MultiPolygon) -> Result<(), Fault> {
    let boxes: Vec<_> = polygons.iter().map(BoundingRect::bounding_rect).collect();
    let mut before = 0;
    for (part, polygon) in polygons.iter().enumerate() {
        holes(polygon, before)?;
        let others = polygons.iter().enumerate().filter(|(other, _)| *other != part);
        for (_, other) in others.filter(|(other, _)| meet_boxes(boxes[part], boxes[*other])) {
            if let Some((CoordPos::Inside, at)) =
                side(polygon.exterior(), |at| other.coordinate_position(&at))
            {
                return Err(Fault { what: format!("part {} overlaps another part", part + 1), at });
            }
        }
        before += 1 + polygon.interiors().len();
    }
    Ok(())
}

/// Checks the holes of a polygon, before which there are so many rings.
fn holes(polygon: &Polygon, before: usize) -> Result<(), Fault> {
    let holes = polygon.interiors();
    let boxes: Vec<_> = holes.iter().map(BoundingRect::bounding_rect).collect();
    for (hole, ring) in holes.iter().enumerate() {
        let number = before + hole + 2;
        if let Some((CoordPos::Outside, at)) = side(ring, |at| position(at, polygon.exterior())) {
            let what = format!("ring {number} is a hole outside of ring {}", before + 1);
            return Err(Fault { what, at });
        }
        let others = holes.iter().enumerate().filter(|(other, _)| *other != hole);
        for (other, larger) in others.filter(|(other, _)| meet_boxes(boxes[hole], boxes[*other])) {
            if let Some((CoordPos::Inside, at)) = side(ring, |at| position(at, larger)) {
                let larger = before + other + 2;
                let what = format!("ring {number} is a hole inside the hole of ring {larger}");
                return Err(Fault { what, at });
            }
        }
    }
    Ok(())
}

/// The side of an outline on which a ring is that does not cross it, told by its first corner, or middle of an edge, that is
/// not on the outline.
fn side(ring: &LineString, of: impl Fn(Coord) -> CoordPos) -> Option<(CoordPos, Coord)> {
    let middles = ring.lines().map(|line| (line.start + line.end) / 2.0);
    let mut sides = ring.0.iter().copied().chain(middles).map(|at| (of(at), at));
    sides.find(|(side, _)| *side != CoordPos::OnBoundary)
}

fn meet_boxes(a: Option<Rect>, b: Option<Rect>) -> bool {
    a.zip(b).is_some_and(|(a, b)| a.intersects(&b))
}

#[cfg(test)]
mod tests {
    use super::*;
    use geo::wkt;

    #[test]
    fn what_is_well_formed_passes() {
        for good in [
            wkt!(MULTIPOLYGON(((0.0 0.0, 10.0 0.0, 10.0 10.0, 0.0 10.0, 0.0 0.0)))),
            wkt!(MULTIPOLYGON(((0.0 0.0, 10.0 0.0, 10.0 10.0, 0.0 10.0, 0.0 0.0), (0.0 5.0, 3.0 4.0, 3.0 6.0, 0.0 5.0)))),
            wkt!(MULTIPOLYGON(((0.0 0.0, 5.0 0.0, 5.0 0.0, 5.0 5.0, 0.0 0.0)), ((5.0 5.0, 9.0 5.0, 9.0 9.0, 5.0 5.0)))),
        ] {
            assert_eq!(check(&good), Ok(()), "{good:?}");
        }
    }

    #[test]
    fn a_fault_is_told_with_its_place() {
        for (bad, what, at) in [
            (
                wkt!(MULTIPOLYGON(((0.0 0.0, 10.0 10.0, 10.0 0.0, 0.0 10.0, 0.0 0.0)))),
                "the edges from corner 1 to the next of ring 1 and from corner 3 to the next of ring 1 cross",
                (5.0, 5.0),
            ),
            (
                wkt!(MULTIPOLYGON(((0.0 0.0, 10.0 10.0, 10.0 0.0, 0.0 8.0, 0.0 0.0)))),
                "the edges from corner 1 to the next of ring 1 and from corner 3 to the next of ring 1 cross",
                (4.444, 4.444),
            ),
            (
                wkt!(MULTIPOLYGON(((0.0 0.0, 10.0 0.0, 10.0 10.0, 5.0 0.0, 0.0 10.0, 0.0 0.0)))),
                "the edges from corner 1 to the next of ring 1 and from corner 4 to the next of ring 1 touch",
                (5.0, 0.0),
            ),
            (
                wkt!(MULTIPOLYGON(((0.0 0.0, 10.0 0.0, 5.0 0.0, 5.0 5.0, 0.0 0.0)))),
                "the edges from corner 1 to the next of ring 1 and from corner 2 to the next of ring 1 run over each other",
                (10.0, 0.0),
            ),
            (
                wkt!(MULTIPOLYGON(((0.0 0.0, 9.0 0.0, 9.0 9.0, 0.0 0.0), (20.0 0.0, 29.0 0.0, 29.0 9.0, 20.0 0.0)))),
                "ring 2 is a hole outside of ring 1",
                (20.0, 0.0),
            ),
            // It touches the outline with every corner.
            (
                wkt!(MULTIPOLYGON(((0.0 0.0, 12.0 0.0, 12.0 10.0, 9.0 10.0, 8.5 6.0, 6.0 4.0, 3.5 6.0, 3.0 10.0, 0.0 10.0, 0.0 0.0),
                                   (9.0 10.0, 6.0 4.0, 3.0 10.0, 9.0 10.0)))),
                "ring 2 is a hole outside of ring 1",
                (7.5, 7.0),
            ),
            (
                wkt!(MULTIPOLYGON(((0.0 0.0, 9.0 0.0, 9.0 9.0, 0.0 0.0)), ((7.0 1.0, 8.0 1.0, 8.0 2.0, 7.0 1.0)))),
                "part 2 overlaps another part",
                (7.0, 1.0),
            ),
        ] {
            let fault = check(&bad).unwrap_err();
            assert_eq!(fault.what, what);
            assert!((fault.at.x - at.0).abs() < 0.001 && (fault.at.y - at.1).abs() < 0.001, "{fault:?}");
        }
    }
}
