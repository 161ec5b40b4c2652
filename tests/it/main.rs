//! The server from outside: the real binary, real PostGIS, real clients.
//!
//! Needs PostGIS in PLANTILES_TEST_DATABASE_URL and GDAL on the path; `tests/run` provides both.

mod support;

mod documents;
mod downloads;
mod faults;
mod gdal;
mod golden;
mod negotiation;
mod st_asmvt;
mod tile_addresses;
mod tilejson;
mod tiles;
