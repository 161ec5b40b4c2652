//! The file formats that can be imported.

use super::{ReadError, RowSink, read_geojson};
use crate::plan::Layer;
use std::{fs::File, io::BufReader, path::Path};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    GeoJson,
}

impl Format {
    /// The format that a file's name promises.
    pub fn of(path: &Path) -> Option<Self> {
        let extension = path.extension()?.to_str()?.to_ascii_lowercase();
        matches!(&*extension, "geojson" | "json").then_some(Self::GeoJson)
    }

    /// Gives every row of the file to `sink`, in file order.
    pub fn read(self, path: &Path, layer: &Layer, srid: i32, sink: &mut RowSink) -> Result<(), ReadError> {
        match self {
            Self::GeoJson => read_geojson(BufReader::new(File::open(path)?), layer, srid, sink),
        }
    }
}
