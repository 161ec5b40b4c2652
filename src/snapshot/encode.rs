//! One row as the bytes of a FlatGeobuf feature.

use super::{Value, shape::Shape};
use crate::plan::{GeometryKind, Layer};
use flatbuffers::FlatBufferBuilder;
use flatgeobuf::{Feature, FeatureArgs, packed_r_tree::NodeItem};
use geozero::{GeozeroGeometry, error::GeozeroError};

/// A FlatBuffer ends at 2 GiB, and its builder panics there; half of that is left for its own structure.
const MOST_BYTES: usize = 1 << 30;

/// Encodes rows one after the other; a row that fails leaves nothing behind for the next.
pub(crate) struct Encoder {
    builder: FlatBufferBuilder<'static>,
    shape: Shape,
    properties: Vec<u8>,
}

impl Encoder {
    pub(crate) fn new(kind: GeometryKind) -> Self {
        Self { builder: FlatBufferBuilder::new(), shape: Shape::new(kind), properties: Vec::new() }
    }

    /// The feature with its size prefix, to be read before the next one, and its index leaf, without offset.
    pub(crate) fn encode(
        &mut self,
        id: i64,
        values: &[Value<'_>],
        geometry: &impl GeozeroGeometry,
    ) -> Result<(&[u8], NodeItem), String> {
        self.shape.clear();
        geometry.process_geom(&mut self.shape).map_err(|error| match error {
            GeozeroError::Geometry(reason) => reason,
            other => other.to_string(),
        })?;
        if self.shape.coordinates() == 0 {
            return Err("the geometry is empty".into());
        }
        self.put_properties(id, values)?;
        if self.shape.coordinates() * size_of::<f64>() + self.properties.len() > MOST_BYTES {
            return Err(format!("it is larger than {MOST_BYTES} bytes"));
        }
        self.builder.reset();
        let geometry = Some(self.shape.write(&mut self.builder));
        let properties = Some(self.builder.create_vector(&self.properties));
        let feature =
            Feature::create(&mut self.builder, &FeatureArgs { geometry, properties, columns: None });
        self.builder.finish_size_prefixed(feature, None);
        Ok((self.builder.finished_data(), self.shape.node()))
    }

    /// Column index, then the value: numbers little-endian, text and dates with their length before them.
    fn put_properties(&mut self, id: i64, values: &[Value<'_>]) -> Result<(), String> {
        self.properties.clear();
        self.put(0, &id.to_le_bytes());
        for (column, value) in (1..).zip(values) {
            match value {
                Value::Null => {}
                Value::Integer(number) => self.put(column, &number.to_le_bytes()),
                Value::Real(number) => self.put(column, &number.to_le_bytes()),
                Value::Boolean(truth) => self.put(column, &[u8::from(*truth)]),
                Value::Text(text) => self.put_text(column, text)?,
                Value::Date(date) => self.put_text(column, &date.to_string())?,
            }
        }
        Ok(())
    }

    fn put(&mut self, column: u16, bytes: &[u8]) {
        self.properties.extend_from_slice(&column.to_le_bytes());
        self.properties.extend_from_slice(bytes);
    }

    fn put_text(&mut self, column: u16, text: &str) -> Result<(), String> {
        let length = u32::try_from(text.len()).map_err(|_| "a text is longer than 4 GiB")?;
        self.put(column, &length.to_le_bytes());
        self.properties.extend_from_slice(text.as_bytes());
        Ok(())
    }
}

/// Refuses values that do not belong to the layer's fields.
pub(super) fn check_values(layer: &Layer, values: &[Value<'_>]) -> Result<(), String> {
    let fields = &layer.fields;
    if values.len() != fields.len() {
        return Err(format!("{} values for {} fields", values.len(), fields.len()));
    }
    for (field, value) in fields.iter().zip(values) {
        if value.kind().is_some_and(|kind| kind != field.kind) {
            return Err(format!("field `{}` does not hold {value:?}", field.name));
        }
    }
    Ok(())
}
