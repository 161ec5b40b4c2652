//! A map of the plan as files for a host that sends plain files by range: no plantiles, no database.
//!
//! Paths are those of the server, so the page finds everything where it looks for it. Tiles are in one archive. What is
//! large, the archive and the layers, is named by its content and never changes; in a bucket it stands before the page
//! names it, and for some time after ([`send`]).

mod aside;
mod folder;
mod ledger;
mod send;

pub use aside::Aside;
pub use folder::{Site, write};
pub use send::{Sent, send};
