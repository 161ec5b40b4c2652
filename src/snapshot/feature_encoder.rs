//! One row as a FlatGeobuf feature.
//!
//! `flatgeobuf`'s own writer leaves the `ends` of a line of one part away, which GDAL before 3.7 cannot read;
//! here they are always written. The tables and their layout are still the crate's.

use super::Value;
use crate::plan::GeometryKind;
use flatbuffers::{FlatBufferBuilder, WIPOffset};
use flatgeobuf::{Feature, FeatureArgs, Geometry, GeometryArgs, GeometryType, packed_r_tree::NodeItem};
use geozero::{CoordDimensions, GeomProcessor, GeozeroGeometry, error::GeozeroError};

/// A FlatBuffer ends at 2 GiB, and its builder panics there; half of that is left for its own structure.
const MOST_BYTES: usize = 1 << 30;

type Built<'b> = WIPOffset<Geometry<'b>>;

/// Builds features one after the other in the same buffers.
pub(super) struct FeatureEncoder {
    kind: GeometryKind,
    builder: FlatBufferBuilder<'static>,
    /// Coordinates of the current part: x, y, x, y …
    xy: Vec<f64>,
    /// Where each ring or line of the current part ends, in points.
    ends: Vec<u32>,
    /// Finished polygons.
    parts: Vec<Built<'static>>,
    properties: Vec<u8>,
    /// Size of the properties and of all coordinates until now.
    bytes: usize,
    bounds: NodeItem,
}

impl FeatureEncoder {
    pub fn new(kind: GeometryKind) -> Self {
        Self {
            kind,
            builder: FlatBufferBuilder::new(),
            xy: Vec::new(),
            ends: Vec::new(),
            parts: Vec::new(),
            properties: Vec::new(),
            bytes: 0,
            bounds: NodeItem::create(0),
        }
    }

    /// The feature's bytes with their size in front, and its box.
    ///
    /// # Errors
    /// Says in a few words why the geometry is not one of this kind.
    pub fn encode(
        &mut self,
        id: i64,
        values: &[Value<'_>],
        geometry: &impl GeozeroGeometry,
    ) -> Result<(&[u8], NodeItem), String> {
        self.clear();
        self.put_properties(id, values)?;
        geometry.process_geom(self).map_err(|error| match error {
            GeozeroError::Geometry(reason) => reason,
            other => other.to_string(),
        })?;
        let geometry = self.finish_geometry()?;
        let properties = Some(self.builder.create_vector(&self.properties));
        let arguments = FeatureArgs { geometry: Some(geometry), properties, columns: None };
        let feature = Feature::create(&mut self.builder, &arguments);
        self.builder.finish_size_prefixed(feature, None);
        Ok((self.builder.finished_data(), self.bounds.clone()))
    }

    /// Forgets the last feature, whole or half done.
    fn clear(&mut self) {
        self.builder.reset();
        self.xy.clear();
        self.ends.clear();
        self.parts.clear();
        self.properties.clear();
        self.bounds = NodeItem::create(0);
    }

    fn finish_geometry(&mut self) -> Result<Built<'static>, String> {
        let empty = match self.kind {
            GeometryKind::Polygon => self.parts.is_empty(),
            GeometryKind::Line | GeometryKind::Point => self.xy.is_empty(),
        };
        if empty {
            return Err("the geometry is empty".into());
        }
        if self.kind != GeometryKind::Polygon {
            let ends = (self.kind == GeometryKind::Line).then(|| self.builder.create_vector(&self.ends));
            let xy = Some(self.builder.create_vector(&self.xy));
            return Ok(Geometry::create(
                &mut self.builder,
                &GeometryArgs { ends, xy, ..GeometryArgs::default() },
            ));
        }
        let parts = Some(self.builder.create_vector(&self.parts));
        Ok(Geometry::create(&mut self.builder, &GeometryArgs { parts, ..GeometryArgs::default() }))
    }

    fn finish_polygon(&mut self) {
        if !self.xy.is_empty() {
            let ends = Some(self.builder.create_vector(&self.ends));
            let xy = Some(self.builder.create_vector(&self.xy));
            let polygon = GeometryArgs { ends, xy, type_: GeometryType::Polygon, ..GeometryArgs::default() };
            self.parts.push(Geometry::create(&mut self.builder, &polygon));
        }
        self.xy.clear();
        self.ends.clear();
    }

    fn put_properties(&mut self, id: i64, values: &[Value<'_>]) -> Result<(), String> {
        self.put(0, &id.to_le_bytes());
        for (value, column) in values.iter().zip(1..) {
            match value {
                Value::Null => {}
                Value::Integer(v) => self.put(column, &v.to_le_bytes()),
                Value::Real(v) => self.put(column, &v.to_le_bytes()),
                Value::Boolean(v) => self.put(column, &[u8::from(*v)]),
                Value::Text(v) => self.put_text(column, v)?,
                Value::Date(v) => self.put_text(column, &v.to_string())?,
            }
        }
        self.bytes = self.properties.len();
        if self.bytes > MOST_BYTES { Err(format!("it is larger than {MOST_BYTES} bytes")) } else { Ok(()) }
    }

    /// Column number and value, as the format puts them one after the other.
    fn put(&mut self, column: u16, value: &[u8]) {
        self.properties.extend(column.to_le_bytes());
        self.properties.extend(value);
    }

    fn put_text(&mut self, column: u16, text: &str) -> Result<(), String> {
        let length = u32::try_from(text.len()).map_err(|_| "a text is longer than 4 GiB".to_owned())?;
        self.put(column, &length.to_le_bytes());
        self.properties.extend(text.as_bytes());
        Ok(())
    }

    fn expect(&self, kind: GeometryKind, found: &str) -> Result<(), GeozeroError> {
        if self.kind == kind {
            return Ok(());
        }
        let wanted = match self.kind {
            GeometryKind::Point => "points",
            GeometryKind::Line => "lines",
            GeometryKind::Polygon => "polygons",
        };
        Err(GeozeroError::Geometry(format!("the geometry is a {found}, the layer holds {wanted}")))
    }

    fn end_path(&mut self) -> Result<(), GeozeroError> {
        let points = u32::try_from(self.xy.len() / 2);
        let points =
            points.map_err(|_| GeozeroError::Geometry("it has more than 4 billion points".into()))?;
        // An empty line of several is no line.
        if points > self.ends.last().copied().unwrap_or(0) {
            self.ends.push(points);
        }
        Ok(())
    }
}

impl GeomProcessor for FeatureEncoder {
    // Of heights and measures only x and y are taken: the layers are flat.
    fn dimensions(&self) -> CoordDimensions {
        CoordDimensions::xy()
    }

    fn xy(&mut self, x: f64, y: f64, _: usize) -> Result<(), GeozeroError> {
        if !(x.is_finite() && y.is_finite()) {
            return Err(GeozeroError::Geometry("a coordinate is not finite".into()));
        }
        self.bytes += 2 * size_of::<f64>();
        if self.bytes > MOST_BYTES {
            return Err(GeozeroError::Geometry(format!("it is larger than {MOST_BYTES} bytes")));
        }
        self.xy.extend([x, y]);
        self.bounds.expand_xy(x, y);
        Ok(())
    }

    // Found to be empty at the end, like every other geometry.
    fn empty_point(&mut self, _: usize) -> Result<(), GeozeroError> {
        Ok(())
    }

    fn point_begin(&mut self, _: usize) -> Result<(), GeozeroError> {
        self.expect(GeometryKind::Point, "point")
    }

    fn multipoint_begin(&mut self, _: usize, _: usize) -> Result<(), GeozeroError> {
        Err(GeozeroError::Geometry("multipoints are not supported".into()))
    }

    fn linestring_begin(&mut self, tagged: bool, _: usize, _: usize) -> Result<(), GeozeroError> {
        if tagged { self.expect(GeometryKind::Line, "line") } else { Ok(()) }
    }

    fn linestring_end(&mut self, _: bool, _: usize) -> Result<(), GeozeroError> {
        self.end_path()
    }

    fn multilinestring_begin(&mut self, _: usize, _: usize) -> Result<(), GeozeroError> {
        self.expect(GeometryKind::Line, "line")
    }

    fn polygon_begin(&mut self, _: bool, _: usize, _: usize) -> Result<(), GeozeroError> {
        self.expect(GeometryKind::Polygon, "polygon")
    }

    fn polygon_end(&mut self, _: bool, _: usize) -> Result<(), GeozeroError> {
        self.finish_polygon();
        Ok(())
    }

    fn multipolygon_begin(&mut self, _: usize, _: usize) -> Result<(), GeozeroError> {
        self.expect(GeometryKind::Polygon, "polygon")
    }

    fn geometrycollection_begin(&mut self, _: usize, _: usize) -> Result<(), GeozeroError> {
        Err(GeozeroError::Geometry("geometry collections are not supported".into()))
    }

    // Unrefused, the control points of a curve would become its corners.

    fn circularstring_begin(&mut self, _: usize, _: usize) -> Result<(), GeozeroError> {
        refuse_curve()
    }

    fn compoundcurve_begin(&mut self, _: usize, _: usize) -> Result<(), GeozeroError> {
        refuse_curve()
    }

    fn curvepolygon_begin(&mut self, _: usize, _: usize) -> Result<(), GeozeroError> {
        refuse_curve()
    }

    fn multicurve_begin(&mut self, _: usize, _: usize) -> Result<(), GeozeroError> {
        refuse_curve()
    }

    fn multisurface_begin(&mut self, _: usize, _: usize) -> Result<(), GeozeroError> {
        refuse_curve()
    }
}

fn refuse_curve() -> Result<(), GeozeroError> {
    Err(GeozeroError::Geometry("curves are not supported: approximate them with ST_CurveToLine".into()))
}
