//! What the tests share. Nothing here uses the server's own code: it is judged from outside.

pub mod grid;
pub mod http;
pub mod mvt;
pub mod plan;
pub mod server;
