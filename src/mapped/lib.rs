//! Files mapped read-only into memory, and features read where they lie: the only unsafe code of plantiles.
//!
//! A crate of its own, so that the compiler forbids unsafe code in the other one without exception, and so that
//! what its two unsafe calls rest on is within these two files: nobody outside can make a [`Features`] of bytes that
//! were not verified.
#![deny(unsafe_op_in_unsafe_fn, clippy::undocumented_unsafe_blocks, clippy::multiple_unsafe_ops_per_block)]

mod features;
mod file;

pub use features::{Features, Malformed};
pub use file::MappedFile;
