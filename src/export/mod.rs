//! Files that people take away: of a layer or a part of it, in the formats they use.
//!
//! A [`Request`] says what of a layer is wanted. A [`Format`] that goes out while it is written is made of [`Pieces`],
//! each a little work; a [`Container`], which has to be whole first, is made of a [`Selection`].

mod archive;
mod bundle;
mod container;
pub mod csv;
mod dress;
mod error;
mod flatgeobuf;
mod format;
mod geojson;
mod geometry;
pub mod geopackage;
mod offer;
mod outline;
mod request;
mod rows;
mod selection;
pub mod shapefile;
mod text;

pub use bundle::Bundle;
pub use container::Container;
pub use dress::{Dress, LayerStyle};
pub use error::FileError;
pub use flatgeobuf::FlatGeobuf;
pub use format::Format;
pub use geojson::GeoJson;
pub use offer::Offer;
pub use request::Request;
pub use rows::Rows;
pub use selection::Selection;

/// A piece is given away when it has so many bytes; one row may make it larger.
const PIECE: usize = 128 << 10;

/// A file that goes out while it is written, in pieces of bounded size.
pub trait Pieces: Send {
    /// The next piece, and whether it is the last: a little work, after which a piece may still be empty.
    ///
    /// # Errors
    /// When a row cannot be written, with the reason.
    fn piece(&mut self) -> Result<(Vec<u8>, bool), String>;
}

/// The file that is asked for. `spreadsheet` makes CSV one for spreadsheet programs: with a byte order mark, and no
/// text that they would run as a formula.
pub fn pieces(request: Request, format: Format, spreadsheet: bool) -> Box<dyn Pieces> {
    match format {
        Format::GeoJson => Box::new(geojson::file(request)),
        Format::Csv => Box::new(csv::file(request, spreadsheet)),
        Format::FlatGeobuf => {
            let (crs, fields) = (request.crs, request.fields.clone());
            Box::new(FlatGeobuf::new(request.rows(), crs, fields))
        }
    }
}
