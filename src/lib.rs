//! plantiles: a spatial tile server for mineral-resource plan layers.
#![deny(unsafe_code)]

pub mod bundle;
pub mod cache;
pub mod catalog;
pub mod cli;
pub mod config;
pub mod describe;
pub mod encoding;
pub mod follower;
pub mod grid;
pub mod http;
pub mod import;
pub mod metrics;
pub mod plan;
pub mod postgis;
pub mod publisher;
pub mod service;
pub mod snapshot;
pub mod telemetry;
pub mod tile;
pub mod view;
pub mod workers;
