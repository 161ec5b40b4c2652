//! The catalog as documents. Pure functions of the catalog and the base URL; every URL in them is absolute.

pub mod arcgis;
mod catalog;
pub mod connect;
mod difference;
mod legend;
mod metadata;
pub mod ogc;
mod page;
pub mod plan;
mod qml;
pub mod review;
mod revisions;
mod search;
mod sheets;
mod sld;
mod state;
pub mod statistics;
mod style;
mod swatch;
mod tilejson;
pub mod wmts;
mod xml;

pub use catalog::catalog;
pub use difference::{Compared, Page, difference};
pub use legend::{legend, legend_svg, lines as legend_lines};
pub use metadata::{dress, papers};
pub use page::{Language, Words};
pub use qml::qml;
pub use revisions::revisions;
pub use search::found;
pub use sheets::{sheets, sheets_page};
pub use sld::sld;
pub use state::state;
pub use style::{style, styles};
pub use swatch::{HEIGHT as SWATCH_HEIGHT, WIDTH as SWATCH_WIDTH};
pub use tilejson::{Pictures, attribution, picture_tilejson, tilejson, vector_layers};
