//! What several test modules share.

pub mod database;
pub mod sample;
