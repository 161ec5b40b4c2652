//! What every file format is read into.

use super::Geometry;
use crate::snapshot::Value;
use std::{fmt, io, ops::ControlFlow};

/// One feature of a file, its values in the order of the layer's fields.
#[derive(Debug, Clone, PartialEq)]
pub struct Row {
    /// Place in the file, counted from 1.
    pub number: u64,
    /// `None` when the file leaves the choice to the database.
    pub id: Option<i64>,
    pub values: Vec<Value<'static>>,
    pub geometry: Geometry,
}

/// Why a row cannot be imported.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    pub row: u64,
    pub reason: String,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "row {}: {}", self.row, self.reason)
    }
}

/// Takes each row of a file, or what is wrong with it, until it breaks off.
pub type RowSink<'a> = dyn FnMut(Result<Row, Problem>) -> ControlFlow<()> + 'a;

/// Why a file cannot be read at all.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    #[error(transparent)]
    Io(#[from] io::Error),
    #[error("not a GeoJSON FeatureCollection: {0}")]
    Json(serde_json::Error),
    #[error("its coordinates are in EPSG:{stated}, not in EPSG:{expected}: name it with --srid {stated}")]
    OtherCrs { stated: i32, expected: i32 },
    #[error("its coordinate system `{0}` is not known: name its EPSG code with --srid")]
    UnknownCrs(String),
}
