//! Rows as a FlatGeobuf file without an index, for whoever reads it once from its beginning.

use super::{
    encode::Encoder,
    file::MAGIC,
    header::{self, Header},
};
use crate::{plan::Layer, snapshot::Value};
use geozero::GeozeroGeometry;

/// Writes such a file piece by piece.
pub struct Unindexed {
    encoder: Encoder,
}

impl Unindexed {
    /// A file of `count` rows of `layer`, whose geometry is in the CRS of the EPSG code `crs`, x east and y north; and
    /// the beginning of it.
    ///
    /// # Errors
    /// When the layer cannot be written as JSON.
    pub fn begin(layer: &Layer, count: u64, crs: u32) -> serde_json::Result<(Self, Vec<u8>)> {
        let header = header::header(layer, &Header { count, bounds: None, crs, indexed: false })?;
        Ok((Self { encoder: Encoder::new(layer.geometry) }, [&MAGIC[..], &header].concat()))
    }

    /// Appends a row, with one value for each field of the layer.
    ///
    /// # Errors
    /// When the geometry is not one of the layer's kind, or not finite.
    pub fn row(
        &mut self,
        id: i64,
        values: &[Value],
        geometry: &impl GeozeroGeometry,
        out: &mut Vec<u8>,
    ) -> Result<(), String> {
        out.extend_from_slice(self.encoder.encode(id, values, geometry)?.0);
        Ok(())
    }
}
