//! What the server withstands: one file for each kind of fault, each with real processes, most of them under a
//! [`load`] of tile and range requests whose answers are checked to the last byte.
//!
//! Needs what tests/it needs, root to mount small file systems, and libfaketime. `FAULTS_SECONDS` is how long
//! an outage lasts (default 3), `FAULTS_ROUNDS` how often a process is killed (default 200),
//! `FAULTS_SEED` repeats the instants of a run, which prints it.

#[allow(dead_code, reason = "shared with tests/it")]
#[path = "../it/support/mod.rs"]
mod support;

mod chance;
mod load;
mod process;
mod proxy;
mod settings;
mod truth;
mod volume;

mod clients;
mod clock;
mod crash;
mod damage;
mod database;
mod disk;
mod memory;
mod together;

use support::patience::until;
