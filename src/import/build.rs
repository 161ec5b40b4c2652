//! A geometry from the events of a geozero reader, of WKB or WKT.

use super::{Found, Geometry, geometry::Position};
use geozero::{
    GeomProcessor, GeozeroGeometry,
    error::{GeozeroError, Result},
};

/// Reads a geometry of one of the three kinds.
///
/// # Errors
/// What it is instead, or why it cannot be read.
pub fn build(geometry: &impl GeozeroGeometry) -> std::result::Result<Found, String> {
    let mut builder = Builder::default();
    match (geometry.process_geom(&mut builder), builder.refused) {
        (_, Some(reason)) => Err(reason),
        (Err(error), None) => Err(format!("the geometry cannot be read: {error}")),
        (Ok(()), None) => {
            let geometry = builder.geometry.ok_or("the geometry is empty")?;
            Ok(Found { geometry, flattened: builder.flattened })
        }
    }
}

#[derive(Default)]
struct Builder {
    geometry: Option<Geometry>,
    /// The line or ring that is being read.
    line: Vec<Position>,
    /// The polygon that is being read.
    rings: Option<Vec<Vec<Position>>>,
    flattened: bool,
    refused: Option<String>,
}

impl Builder {
    fn refuse(&mut self, reason: &str) -> Result<()> {
        self.refused = Some(reason.to_owned());
        Err(GeozeroError::GeometryFormat)
    }

    fn curve(&mut self) -> Result<()> {
        self.refuse(
            "curves are not supported: make lines of them first, as ogr2ogr -nlt CONVERT_TO_LINEAR does",
        )
    }

    fn surface(&mut self) -> Result<()> {
        self.refuse("surfaces of triangles or faces are not supported")
    }
}

impl GeomProcessor for Builder {
    fn multi_dim(&self) -> bool {
        true
    }

    fn xy(&mut self, x: f64, y: f64, _: usize) -> Result<()> {
        self.line.push([x, y]);
        Ok(())
    }

    fn coordinate(
        &mut self,
        x: f64,
        y: f64,
        z: Option<f64>,
        m: Option<f64>,
        _: Option<f64>,
        _: Option<u64>,
        index: usize,
    ) -> Result<()> {
        self.flattened |= z.is_some() || m.is_some();
        self.xy(x, y, index)
    }

    fn empty_point(&mut self, _: usize) -> Result<()> {
        self.refuse("the geometry is empty")
    }

    fn point_end(&mut self, _: usize) -> Result<()> {
        self.geometry = self.line.pop().map(Geometry::Point);
        Ok(())
    }

    fn multipoint_end(&mut self, _: usize) -> Result<()> {
        match std::mem::take(&mut self.line)[..] {
            [point] => self.geometry = Some(Geometry::Point(point)),
            _ => return self.refuse("a multipoint is not a point: only one of a single point is taken"),
        }
        Ok(())
    }

    fn linestring_end(&mut self, _: bool, _: usize) -> Result<()> {
        let line = std::mem::take(&mut self.line);
        match (&mut self.rings, &mut self.geometry) {
            (Some(rings), _) => rings.push(line),
            (None, Some(Geometry::Lines(lines))) => lines.push(line),
            (None, geometry) => *geometry = Some(Geometry::Lines(vec![line])),
        }
        Ok(())
    }

    fn polygon_begin(&mut self, _: bool, _: usize, _: usize) -> Result<()> {
        self.rings = Some(Vec::new());
        Ok(())
    }

    fn polygon_end(&mut self, _: bool, _: usize) -> Result<()> {
        let rings = self.rings.take().unwrap_or_default();
        match &mut self.geometry {
            Some(Geometry::Polygons(polygons)) => polygons.push(rings),
            geometry => *geometry = Some(Geometry::Polygons(vec![rings])),
        }
        Ok(())
    }

    fn geometrycollection_begin(&mut self, _: usize, _: usize) -> Result<()> {
        self.refuse("geometry collections are not supported")
    }

    fn circularstring_begin(&mut self, _: usize, _: usize) -> Result<()> {
        self.curve()
    }

    fn compoundcurve_begin(&mut self, _: usize, _: usize) -> Result<()> {
        self.curve()
    }

    fn curvepolygon_begin(&mut self, _: usize, _: usize) -> Result<()> {
        self.curve()
    }

    fn multicurve_begin(&mut self, _: usize, _: usize) -> Result<()> {
        self.curve()
    }

    fn multisurface_begin(&mut self, _: usize, _: usize) -> Result<()> {
        self.curve()
    }

    fn triangle_begin(&mut self, _: bool, _: usize, _: usize) -> Result<()> {
        self.surface()
    }

    fn polyhedralsurface_begin(&mut self, _: usize, _: usize) -> Result<()> {
        self.surface()
    }

    fn tin_begin(&mut self, _: usize, _: usize) -> Result<()> {
        self.surface()
    }
}
