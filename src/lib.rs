//! plantiles: a spatial tile server for mineral-resource plan layers.
#![deny(unsafe_code)]

pub mod cache;
pub mod catalog;
pub mod config;
pub mod describe;
pub mod grid;
pub mod http;
pub mod metrics;
pub mod plan;
pub mod service;
pub mod snapshot;
pub mod telemetry;
pub mod tile;
pub mod view;
pub mod workers;
