//! A geometry read from a file, in the shape in which layers store it.

use super::place::Extent;
use crate::plan::GeometryKind;
use geozero::{GeomProcessor, GeozeroGeometry};

/// x and y: longitude and latitude in degrees, or easting and northing in metres before a transformation.
pub type Position = [f64; 2];

/// A geometry of one of the three kinds, lines and polygons always as Multi geometries.
#[derive(Debug, Clone, PartialEq)]
pub enum Geometry {
    Point(Position),
    Lines(Vec<Vec<Position>>),
    /// Polygons of rings, each closed, the exterior first.
    Polygons(Vec<Vec<Vec<Position>>>),
}

impl Geometry {
    pub fn kind(&self) -> GeometryKind {
        match self {
            Self::Point(_) => GeometryKind::Point,
            Self::Lines(_) => GeometryKind::Line,
            Self::Polygons(_) => GeometryKind::Polygon,
        }
    }

    /// The box around all positions.
    pub fn extent(&self) -> Extent {
        let mut extent = Extent { min: [f64::INFINITY; 2], max: [f64::NEG_INFINITY; 2] };
        for [x, y] in self.paths().flatten() {
            extent.min = [extent.min[0].min(*x), extent.min[1].min(*y)];
            extent.max = [extent.max[0].max(*x), extent.max[1].max(*y)];
        }
        extent
    }

    /// Positions in all.
    pub fn position_count(&self) -> usize {
        self.paths().map(<[Position]>::len).sum()
    }

    /// Exchanges x and y.
    pub fn swap_axes(&mut self) {
        let swap = |path: &mut Vec<Position>| path.iter_mut().for_each(|position| position.swap(0, 1));
        match self {
            Self::Point(position) => position.swap(0, 1),
            Self::Lines(lines) => lines.iter_mut().for_each(swap),
            Self::Polygons(polygons) => polygons.iter_mut().flatten().for_each(swap),
        }
    }

    /// Closes the rings that are not; gives their number.
    pub fn close_rings(&mut self) -> usize {
        let Self::Polygons(polygons) = self else { return 0 };
        let mut closed = 0;
        for ring in polygons.iter_mut().flatten() {
            if let Some(first) = ring.first().copied().filter(|first| ring.last() != Some(first)) {
                ring.push(first);
                closed += 1;
            }
        }
        closed
    }

    fn paths(&self) -> Box<dyn Iterator<Item = &[Position]> + '_> {
        match self {
            Self::Point(position) => Box::new(std::iter::once(std::slice::from_ref(position))),
            Self::Lines(lines) => Box::new(lines.iter().map(Vec::as_slice)),
            Self::Polygons(polygons) => Box::new(polygons.iter().flatten().map(Vec::as_slice)),
        }
    }

    /// Checks what a well-formed geometry needs before its shape can be looked at: parts, enough
    /// positions in each, finite numbers, closed rings.
    ///
    /// # Errors
    /// The first fault, naming part and ring, counted from 1.
    pub fn check(&self) -> Result<(), String> {
        match self {
            Self::Point(position) => check_finite(std::slice::from_ref(position)),
            Self::Lines(lines) => {
                check_not_empty(lines)?;
                for (part, line) in lines.iter().enumerate() {
                    let check = check_positions(line, 2, "line");
                    check.map_err(|reason| format!("part {}: {reason}", part + 1))?;
                }
                Ok(())
            }
            Self::Polygons(polygons) => {
                check_not_empty(polygons)?;
                for (part, rings) in polygons.iter().enumerate() {
                    check_rings(rings).map_err(|reason| format!("part {}{reason}", part + 1))?;
                }
                Ok(())
            }
        }
    }
}

fn check_rings(rings: &[Vec<Position>]) -> Result<(), String> {
    check_not_empty(rings).map_err(|reason| format!(": {reason}"))?;
    for (index, ring) in rings.iter().enumerate() {
        let check = check_positions(ring, 4, "ring").and_then(|()| {
            if ring.first() == ring.last() { Ok(()) } else { Err("the ring is not closed".into()) }
        });
        check.map_err(|reason| format!(", ring {}: {reason}", index + 1))?;
    }
    Ok(())
}

fn check_not_empty<T>(parts: &[T]) -> Result<(), String> {
    if parts.is_empty() { Err("the geometry is empty".into()) } else { Ok(()) }
}

fn check_positions(positions: &[Position], least: usize, what: &str) -> Result<(), String> {
    if positions.len() < least {
        return Err(format!("the {what} has {} positions, at least {least} are needed", positions.len()));
    }
    check_finite(positions)
}

fn check_finite(positions: &[Position]) -> Result<(), String> {
    let finite = positions.iter().flatten().all(|number| number.is_finite());
    if finite { Ok(()) } else { Err("a coordinate is not finite".into()) }
}

/// The call order of geozero for Multi geometries, the same as its EWKB reader's.
impl GeozeroGeometry for Geometry {
    fn process_geom<P: GeomProcessor>(&self, processor: &mut P) -> geozero::error::Result<()> {
        match self {
            Self::Point([x, y]) => {
                processor.point_begin(0)?;
                processor.xy(*x, *y, 0)?;
                processor.point_end(0)
            }
            Self::Lines(lines) => {
                processor.multilinestring_begin(lines.len(), 0)?;
                process_lines(processor, lines)?;
                processor.multilinestring_end(0)
            }
            Self::Polygons(polygons) => {
                processor.multipolygon_begin(polygons.len(), 0)?;
                for (index, rings) in polygons.iter().enumerate() {
                    processor.polygon_begin(false, rings.len(), index)?;
                    process_lines(processor, rings)?;
                    processor.polygon_end(false, index)?;
                }
                processor.multipolygon_end(0)
            }
        }
    }
}

fn process_lines<P: GeomProcessor>(processor: &mut P, lines: &[Vec<Position>]) -> geozero::error::Result<()> {
    for (index, line) in lines.iter().enumerate() {
        processor.linestring_begin(false, line.len(), index)?;
        for (place, [x, y]) in line.iter().enumerate() {
            processor.xy(*x, *y, place)?;
        }
        processor.linestring_end(false, index)?;
    }
    Ok(())
}
