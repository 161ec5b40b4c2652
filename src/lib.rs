//! plantiles: a spatial tile server for mineral-resource plan layers.
#![deny(unsafe_code)]

pub mod grid;
pub mod plan;
pub mod snapshot;
pub mod tile;
