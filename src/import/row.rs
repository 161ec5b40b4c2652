//! What every file format is read into.

use super::{Attribute, Geometry};
use crate::snapshot::Value;
use std::{borrow::Cow, fmt, ops::ControlFlow};

/// One feature as its file has it, its attributes under the file's own names.
pub struct Feature<'a> {
    /// Place in the file, counted from 1.
    pub number: u64,
    /// An id beside the attributes, as GeoJSON has.
    pub id: Attribute,
    pub attributes: Vec<(Cow<'a, str>, Attribute)>,
    /// Or why there is none.
    pub geometry: Result<Found, String>,
}

/// A geometry of a file.
#[derive(Debug)]
pub struct Found {
    pub geometry: Geometry,
    /// Whether heights or measures were left out.
    pub flattened: bool,
}

/// One feature for a layer, its values in the order of the layer's fields.
#[derive(Debug, Clone, PartialEq)]
pub struct Row {
    /// Place in the file, counted from 1.
    pub number: u64,
    /// `None` when the file leaves the choice to the database.
    pub id: Option<i64>,
    pub values: Vec<Value<'static>>,
    /// x east, y north in EPSG:`srid`.
    pub geometry: Geometry,
    pub srid: u32,
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
