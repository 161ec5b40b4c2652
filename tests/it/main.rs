//! Integration tests, one binary: the parts that need files or a database, and the server from outside.
//!
//! Needs PostGIS in `PLANTILES_TEST_DATABASE_URL`, GDAL and poppler on the path, and Node.js with the packages of
//! tests/browser; `tests/run` provides them.

#[allow(dead_code, reason = "shared with tests/faults")]
mod support;

mod access;
mod access_extracts;
mod access_walk;
mod arcgis;
mod archives;
mod attacks;
mod bad_input;
mod bounds;
mod bundle;
mod cache;
mod changes;
mod closed_pipes;
mod connect;
mod containers;
mod difference;
mod documents;
mod download_formats;
mod downloads;
mod events;
mod export;
mod export_files;
mod faults;
mod gdal;
mod golden;
mod grids;
mod headers;
mod import;
mod import_corners;
mod import_formats;
mod limits;
mod negotiation;
mod ogc_common;
mod ogc_crs;
mod ogc_features;
mod ogc_filter;
mod ogc_gdal;
mod ogc_processes;
mod ogc_tiles;
mod operations;
mod overload;
mod picture_grids;
mod pictures;
mod plan_document;
mod plan_indicators;
mod plan_text;
mod proxy;
mod publishing;
mod push;
mod queries;
mod review;
mod review_rules;
mod revision_store;
mod revisions;
mod rules;
mod schema;
mod search;
mod sheets;
mod snapshot_store;
mod snapshot_writer;
mod st_asmvt;
mod statistics;
mod styles;
mod tables;
mod tile_addresses;
mod tile_filters;
mod tilejson;
mod tiles;
mod tls;
mod wmts;
