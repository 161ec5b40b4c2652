//! Integration tests, one binary. Those that need PostGIS take a server from `PLANTILES_TEST_DATABASE_URL`.

mod bundle;
mod export;
mod import;
mod schema;
mod snapshot_store;
mod snapshot_writer;
mod support;
