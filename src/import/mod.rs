//! Reading rows for a layer out of files, and putting them into PostGIS, all or nothing.
//!
//! A reader for each format brings features, as the file has them, to the [`Intake`], which makes rows of the layer of
//! them: attributes to fields, coordinates checked against the coordinate system they are said to be in. The database
//! transforms the rows, looks for what is wrong between them and takes them over.

mod attribute;
mod build;
mod corners;
mod crs_text;
mod csv;
mod dbf;
mod error;
mod fields;
mod flatgeobuf;
mod format;
mod geojson;
mod geometry;
mod geopackage;
mod intake;
mod options;
mod place;
mod report;
mod rings;
mod row;
mod run;
mod shapefile;
mod shp;
mod text;
mod wkt;
mod zipped;

pub use attribute::Attribute;
pub use corners::read as read_corners;
pub use crs_text::Stated;
pub use csv::read_from as read_csv;
pub use error::ReadError;
pub use fields::Place;
pub use flatgeobuf::read as read_flatgeobuf;
pub use format::Format;
pub use geojson::read as read_geojson;
pub use geometry::Geometry;
pub use intake::{Intake, Remark};
pub use options::ReadOptions;
pub use report::{ImportError, Rejection};
pub use row::{Feature, Found, Problem, Row, RowSink};
pub use run::{ImportOptions, Imported, Progress, import_bundled, import_files};
pub use text::Charset;
pub use wkt::read as read_wkt;
