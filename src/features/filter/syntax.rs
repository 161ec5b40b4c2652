//! What a filter says, whichever encoding it came in.

use crate::crs::Crs;
use geo::{CoordsIter, Geometry, MapCoords, MapCoordsInPlace, MultiPolygon, Polygon, Rect, coord};
use jiff::{Timestamp, civil::Date};
use std::fmt;

/// One part of a filter and where it stands.
#[derive(Debug, Clone, PartialEq)]
pub struct Node {
    pub at: Place,
    pub kind: Kind,
}

#[derive(Debug, Clone, PartialEq)]
pub enum Kind {
    /// An operator or function, its name in lower case, and its operands.
    Call(String, Vec<Node>),
    Property(String),
    Text(String),
    Integer(i64),
    Real(f64),
    Boolean(bool),
    Date(Date),
    Timestamp(Timestamp),
    /// `'..'`, the open end of an interval.
    Open,
    Interval(Box<[Node; 2]>),
    /// Two numbers a corner, in the order of the filter's CRS.
    Bbox([f64; 4]),
    /// Once [`Node::locate`] has been there: longitude and latitude in degrees.
    Geometry(Geometry),
    /// The operands of IN.
    List(Vec<Node>),
}

/// A place in a filter.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Place {
    /// The n-th character of CQL2 text, from 1.
    Character(usize),
    /// A JSON pointer (RFC 6901) into CQL2 JSON.
    Pointer(String),
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Character(n) => write!(f, "at character {n}"),
            Self::Pointer(pointer) if pointer.is_empty() => f.write_str("at the root"),
            Self::Pointer(pointer) => write!(f, "at {pointer}"),
        }
    }
}

/// Why a filter is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{at}: {reason}")]
pub struct FilterError {
    pub at: Place,
    pub reason: String,
}

/// More than anybody writes, and little enough to work through for each feature.
const MOST_NODES: usize = 256;
/// Vertices of all its geometries.
const MOST_VERTICES: usize = 5_000;
/// How deep parts may lie in one another: each level takes some of the stack.
pub(super) const MOST_DEPTH: usize = 32;

impl Node {
    pub fn refuse(&self, reason: impl Into<String>) -> FilterError {
        FilterError { at: self.at.clone(), reason: reason.into() }
    }

    /// The parts right under this one.
    pub fn children(&self) -> &[Node] {
        match &self.kind {
            Kind::Call(_, nodes) | Kind::List(nodes) => nodes,
            Kind::Interval(ends) => &**ends,
            _ => &[],
        }
    }

    fn children_mut(&mut self) -> &mut [Node] {
        match &mut self.kind {
            Kind::Call(_, nodes) | Kind::List(nodes) => nodes,
            Kind::Interval(ends) => &mut **ends,
            _ => &mut [],
        }
    }

    /// Takes the geometries from `crs`, in whose order their coordinates are, to longitude and latitude. The edges
    /// between their vertices are straight in both.
    pub fn locate(&mut self, crs: Crs) -> Result<(), FilterError> {
        let geometry: Geometry = match &mut self.kind {
            Kind::Bbox([a, b, c, d]) => {
                let [min, max] = [[*a, *b], [*c, *d]].map(|corner| crs.in_order(corner));
                if min[1] > max[1] || (min[0] > max[0] && !crs.is_geographic()) {
                    return Err(self.refuse("the lower corner of a box comes first"));
                }
                rectangles(min, max).into()
            }
            Kind::Geometry(geometry) => geometry.map_coords(|c| {
                let [x, y] = crs.in_order([c.x, c.y]);
                coord! { x: x, y: y }
            }),
            _ => return self.children_mut().iter_mut().try_for_each(|child| child.locate(crs)),
        };
        if geometry.coords_iter().any(|c| crs.is_beyond([c.x, c.y])) {
            let code = crs.epsg();
            return Err(self.refuse(format!("the geometry goes beyond the coordinates of EPSG:{code}")));
        }
        self.kind = Kind::Geometry(to_degrees(geometry, crs));
        Ok(())
    }

    /// Refuses what is larger or deeper than a filter may be, before anything is done with it.
    pub fn check_size(&self) -> Result<(), FilterError> {
        let (mut nodes, mut vertices) = (0, 0);
        self.measure(1, &mut nodes, &mut vertices)
    }

    fn measure(&self, depth: usize, nodes: &mut usize, vertices: &mut usize) -> Result<(), FilterError> {
        *nodes += 1;
        if let Kind::Geometry(geometry) = &self.kind {
            *vertices += vertex_count(geometry);
        }
        if depth > MOST_DEPTH {
            return Err(too_deep(self.at.clone()));
        }
        if *nodes > MOST_NODES {
            return Err(self.refuse(format!("a filter may have {MOST_NODES} parts")));
        }
        if *vertices > MOST_VERTICES {
            return Err(self.refuse(format!("the geometries of a filter may have {MOST_VERTICES} vertices")));
        }
        self.children().iter().try_for_each(|child| child.measure(depth + 1, nodes, vertices))
    }
}

pub(super) fn too_deep(at: Place) -> FilterError {
    FilterError { at, reason: format!("a filter may be {MOST_DEPTH} levels deep") }
}

pub(super) fn vertex_count(geometry: &Geometry) -> usize {
    geometry.coords_count()
}

fn to_degrees(mut geometry: Geometry, crs: Crs) -> Geometry {
    geometry.map_coords_in_place(|c| {
        let [x, y] = crs.inverse([c.x, c.y]);
        coord! { x: x, y: y }
    });
    geometry
}

/// The box, or its two parts when it runs over the antimeridian: its west is then greater than its east.
fn rectangles(min: [f64; 2], max: [f64; 2]) -> MultiPolygon {
    let rectangle = |west: f64, east: f64| -> Polygon {
        Rect::new(coord! { x: west, y: min[1] }, coord! { x: east, y: max[1] }).to_polygon()
    };
    if min[0] <= max[0] {
        MultiPolygon(vec![rectangle(min[0], max[0])])
    } else {
        MultiPolygon(vec![rectangle(min[0], 180.0), rectangle(-180.0, max[0])])
    }
}
