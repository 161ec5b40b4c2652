//! Object stores: S3, Google Cloud Storage, Azure or a folder.

mod location;

pub use location::{Location, LocationError};
