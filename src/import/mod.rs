//! Reading rows for a layer out of files, and putting them into PostGIS, all or nothing.

mod format;
mod geojson;
mod geometry;
mod report;
mod row;
mod run;

pub use format::Format;
pub use geojson::read as read_geojson;
pub use geometry::Geometry;
pub use report::{ImportError, Rejection};
pub use row::{Problem, ReadError, Row, RowSink};
pub use run::{Progress, import_bundled, import_files};
