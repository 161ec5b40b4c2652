//! plantiles: a spatial tile server for mineral-resource plan layers.
#![deny(unsafe_code)]

pub mod bundle;
pub mod import;
pub mod plan;
pub mod postgis;
pub mod snapshot;
