//! The geometry of one feature on its way into a snapshot, and what no snapshot takes.

use crate::plan::GeometryKind;
use flatbuffers::{FlatBufferBuilder, WIPOffset};
use flatgeobuf::{Geometry, GeometryArgs, packed_r_tree::NodeItem};
use geozero::{
    CoordDimensions, GeomProcessor,
    error::{GeozeroError, Result},
};

/// Coordinates, where each line or ring of them ends, and where each polygon's rings end. Kept from feature
/// to feature for its memory.
pub(super) struct Shape {
    kind: GeometryKind,
    /// x and y in turn.
    xy: Vec<f64>,
    /// Positions before the end of each line or ring.
    ends: Vec<u32>,
    /// Rings before the end of each polygon.
    polygons: Vec<usize>,
}

impl Shape {
    pub(super) fn new(kind: GeometryKind) -> Self {
        Self { kind, xy: Vec::new(), ends: Vec::new(), polygons: Vec::new() }
    }

    pub(super) fn clear(&mut self) {
        self.xy.clear();
        self.ends.clear();
        self.polygons.clear();
    }

    pub(super) fn coordinates(&self) -> usize {
        self.xy.len()
    }

    /// The box of the coordinates as an index leaf without offset.
    pub(super) fn node(&self) -> NodeItem {
        let mut node = NodeItem::create(0);
        self.xy.chunks_exact(2).for_each(|position| node.expand_xy(position[0], position[1]));
        node
    }

    pub(super) fn write<'a>(&self, builder: &mut FlatBufferBuilder<'a>) -> WIPOffset<Geometry<'a>> {
        match self.kind {
            GeometryKind::Point => part(builder, &self.xy, &[]),
            // GDAL wants the ends of a MultiLineString even when it has one line.
            GeometryKind::Line => part(builder, &self.xy, &self.ends),
            GeometryKind::Polygon => {
                let mut first = 0;
                let polygons = self.polygons.iter().map(|&last| {
                    let rings = &self.ends[first..last];
                    let start = if first == 0 { 0 } else { self.ends[first - 1] };
                    first = last;
                    polygon(builder, &self.xy, start, rings)
                });
                let polygons: Vec<_> = polygons.collect();
                let parts = Some(builder.create_vector(&polygons));
                Geometry::create(builder, &GeometryArgs { parts, ..GeometryArgs::default() })
            }
        }
    }

    fn require(&self, kind: GeometryKind, found: &str) -> Result<()> {
        if self.kind == kind {
            return Ok(());
        }
        let wanted = match self.kind {
            GeometryKind::Point => "points",
            GeometryKind::Line => "lines",
            GeometryKind::Polygon => "polygons",
        };
        refuse(&format!("the geometry is a {found}, the layer holds {wanted}"))
    }
}

/// One polygon of a MultiPolygon; the ends of its rings count from its own first position.
fn polygon<'a>(
    builder: &mut FlatBufferBuilder<'a>,
    xy: &[f64],
    start: u32,
    rings: &[u32],
) -> WIPOffset<Geometry<'a>> {
    let end = rings.last().copied().unwrap_or(start);
    let ends: Vec<u32> = rings.iter().map(|ring| ring - start).collect();
    // The ends of a single ring would only cost space.
    let ends = if ends.len() > 1 { &*ends } else { &[] };
    part(builder, &xy[start as usize * 2..end as usize * 2], ends)
}

fn part<'a>(builder: &mut FlatBufferBuilder<'a>, xy: &[f64], ends: &[u32]) -> WIPOffset<Geometry<'a>> {
    let xy = Some(builder.create_vector(xy));
    let ends = (!ends.is_empty()).then(|| builder.create_vector(ends));
    Geometry::create(builder, &GeometryArgs { xy, ends, ..GeometryArgs::default() })
}

fn refuse(reason: &str) -> Result<()> {
    Err(GeozeroError::Geometry(reason.into()))
}

impl GeomProcessor for Shape {
    // Heights and measures are left out: the layers are flat.
    fn dimensions(&self) -> CoordDimensions {
        CoordDimensions::xy()
    }

    fn xy(&mut self, x: f64, y: f64, _: usize) -> Result<()> {
        if !(x.is_finite() && y.is_finite()) {
            return refuse("a coordinate is not finite");
        }
        self.xy.extend([x, y]);
        Ok(())
    }

    fn empty_point(&mut self, _: usize) -> Result<()> {
        refuse("the geometry is empty")
    }

    fn point_begin(&mut self, _: usize) -> Result<()> {
        self.require(GeometryKind::Point, "point")
    }

    fn multipoint_begin(&mut self, _: usize, _: usize) -> Result<()> {
        refuse("multipoints are not supported")
    }

    fn linestring_begin(&mut self, tagged: bool, _: usize, _: usize) -> Result<()> {
        if tagged { self.require(GeometryKind::Line, "line") } else { Ok(()) }
    }

    fn linestring_end(&mut self, _: bool, _: usize) -> Result<()> {
        let Ok(end) = u32::try_from(self.xy.len() / 2) else {
            return refuse("the geometry has too many positions");
        };
        // An empty part draws nothing, and readers differ on what two ends at one place mean.
        if end > self.ends.last().copied().unwrap_or(0) {
            self.ends.push(end);
        }
        Ok(())
    }

    fn multilinestring_begin(&mut self, _: usize, _: usize) -> Result<()> {
        self.require(GeometryKind::Line, "line")
    }

    fn polygon_begin(&mut self, _: bool, _: usize, _: usize) -> Result<()> {
        self.require(GeometryKind::Polygon, "polygon")
    }

    fn polygon_end(&mut self, _: bool, _: usize) -> Result<()> {
        if self.ends.len() > self.polygons.last().copied().unwrap_or(0) {
            self.polygons.push(self.ends.len());
        }
        Ok(())
    }

    fn multipolygon_begin(&mut self, _: usize, _: usize) -> Result<()> {
        self.require(GeometryKind::Polygon, "polygon")
    }

    fn geometrycollection_begin(&mut self, _: usize, _: usize) -> Result<()> {
        refuse("geometry collections are not supported")
    }

    // Unrefused, the control points of a curve would become its corners.

    fn circularstring_begin(&mut self, _: usize, _: usize) -> Result<()> {
        refuse("curves are not supported: approximate them with ST_CurveToLine")
    }

    fn compoundcurve_begin(&mut self, _: usize, _: usize) -> Result<()> {
        refuse("curves are not supported: approximate them with ST_CurveToLine")
    }

    fn curvepolygon_begin(&mut self, _: usize, _: usize) -> Result<()> {
        refuse("curves are not supported: approximate them with ST_CurveToLine")
    }

    fn multicurve_begin(&mut self, _: usize, _: usize) -> Result<()> {
        refuse("curves are not supported: approximate them with ST_CurveToLine")
    }

    fn multisurface_begin(&mut self, _: usize, _: usize) -> Result<()> {
        refuse("curves are not supported: approximate them with ST_CurveToLine")
    }

    fn triangle_begin(&mut self, _: bool, _: usize, _: usize) -> Result<()> {
        refuse("triangles are not supported")
    }

    fn polyhedralsurface_begin(&mut self, _: usize, _: usize) -> Result<()> {
        refuse("surfaces are not supported")
    }

    fn tin_begin(&mut self, _: usize, _: usize) -> Result<()> {
        refuse("surfaces are not supported")
    }
}
