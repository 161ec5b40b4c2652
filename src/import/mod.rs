//! Reading rows for a layer out of files, and putting them into PostGIS.

mod geojson;
mod geometry;
mod row;

pub use geojson::read as read_geojson;
pub use geometry::Geometry;
pub use row::{Problem, ReadError, Row, RowSink};
