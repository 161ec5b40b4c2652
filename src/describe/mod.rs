//! The catalog as documents. Pure functions of the catalog and the base URL; every URL in them is absolute.

mod catalog;
pub mod connect;
pub mod ogc;
mod state;
mod style;
mod tilejson;

pub use catalog::catalog;
pub use state::state;
pub use style::style;
pub use tilejson::tilejson;
