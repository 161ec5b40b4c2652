//! plantiles: a spatial tile server for mineral-resource plan layers.
//!
//! A plan is published, not streamed. A layer is exported from PostGIS into an immutable [`snapshot`], a
//! FlatGeobuf file with its index; the same file is what people download and what tiles are cut from, in
//! process. So a tile never waits for the database, and tiles and downloads of a version always agree.
//!
//! ```text
//!  postgis ─┐                        ┌▶ http::downloads   the file itself, by range
//!           ├▶ publisher ▶ snapshot ─┼▶ export ▶ http::downloads   in other formats, or a part
//!  bundle  ─┘      │                 └▶ tile::cut ▶ encoding ▶ cache ▶ http::tiles
//!                  ▼                              ▲
//!              follower ▶ catalog ▶ service ──────┘
//! ```
//!
//! 1. [`publisher`] exports layers of the system of record ([`postgis`], or the plan in [`bundle`]), prepares
//!    them for cutting in files beside the snapshots and names the new set in one step. A snapshot's id is the
//!    hash of its bytes. Replicas share what is published in a [`bucket`], of which each has copies; one of them exports at
//!    a time, and one whose copies are still on their way cuts its first tiles from parts of the bucket's files.
//! 2. [`follower`] hears of changes at their commit and has the changed layers published. It makes a [`catalog`]
//!    of the set and swaps it into the [`service`] behind one atomic pointer. Requests under way keep the
//!    catalog that they began with; open maps are told.
//! 3. A request names a tileset; the catalog gives its version, the hash of its snapshots, the grid and the
//!    engine. The version is in the entity tag and the URL. The cache key is a hash of what the tile holds: by
//!    the [`lineage`] of each layer, a tile that an edit left as it was is found under the new version too.
//! 4. On a miss of the [`cache`] one of the bounded [`workers`] cuts the [`tile`] on its [`grid`]; what is kept
//!    is what is sent, under the [`view`] of the caller. Layers are prepared for one grid when they are published,
//!    for others when they are first asked for, see [`on_grid`]. The tiles with the most [`heat`] are cut again after a
//!    restart.
//! 5. An adopted edition is a named set of snapshots that is kept. [`editions`] opens it when it is asked for, and what
//!    changed from one to another, a [`difference`], which is cut like any other layers.
//! 6. What somebody takes away in another format, or a part of a layer, is an [`export`] of its snapshot, written while
//!    it goes out; all tiles of a tileset in one file are an [`archive`]. Files that have to be whole first are made once
//!    and kept, the [`containers`].
//! 7. Beside maps and files there are [`statistics`] of the layers, and the plan's own [`document`], whose tables are
//!    made from them and whose targets are an [`evaluation`] of them. A proposed right is judged by the plan's rules, which
//!    are data: [`review`].
//! 8. Maps of the plan are printed as [`sheet`]s, from the snapshots and the styles.
//! 9. What of all that a caller may see is a matter of [`access`]: handlers have the service as their callers see it. In
//!    place of a layer that somebody sees a part of they have an [`extract`] of it, a snapshot with those rows and columns.
//!    What they took, and who changed what, is recorded: [`audit`].
//! 10. [`http`] only routes, negotiates and streams; [`describe`] turns the catalog into documents.
//! 11. What the program tells of itself, logs, traces and numbers, is [`telemetry`].
//!
//! Modules use only those above them in this list; [`cli`] and [`config`] are the edges.
#![forbid(unsafe_code)]
// They panic on a closed pipe: what commands say goes through `cli::say`.
#![deny(clippy::print_stdout, clippy::print_stderr)]

pub mod plan;

pub mod causes;
pub mod outside;
pub mod telemetry;
pub mod unfinished;

pub mod bucket;
pub mod bundle;
pub mod snapshot;

pub mod crs;
pub mod geodesy;

pub mod postgis;

pub mod import;

pub mod features;

pub mod extract;

pub mod export;

pub mod document;

pub mod statistics;

pub mod evaluation;

pub mod encoding;
pub mod grid;
pub mod tile;

pub mod config;

pub mod audit;

pub mod lineage;
pub mod publisher;

pub mod catalog;
pub mod difference;
pub mod extracts;
pub mod flights;
pub mod metrics;
pub mod view;
pub mod workers;

pub mod review;

pub mod style;

pub mod picture;

pub mod cache;
pub mod editions;
pub mod heat;
pub mod on_grid;
pub mod service;

pub mod follower;

pub mod describe;

pub mod archive;
pub mod sheet;

pub mod access;
pub mod containers;
pub mod http;

pub mod cli;
