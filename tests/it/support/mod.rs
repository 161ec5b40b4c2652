//! What several test modules share.

pub mod database;
pub mod gdal;
pub mod grid;
pub mod http;
pub mod http2;
pub mod issuer;
pub mod keys;
pub mod mvt;
pub mod nginx;
pub mod objects;
pub mod ogc;
pub mod patience;
pub mod plan;
pub mod postgis;
pub mod sample;
pub mod server;
pub mod tls;
