//! The database: the only module that knows SQL, which lies in `sql/`.
//!
//! A layer is a table of the schema `plan` that `plan.layer` describes, or any other table or view that
//! the configuration names. Export reads it in one snapshot of the database; nothing else reads features.

mod audit;
mod database;
mod error;
mod export;
mod listen;
mod mark;
mod migrate;
mod stage;
mod standby;
mod table;
mod template;
mod turn;
mod url;

pub use audit::AuditRows;
pub use database::{Database, Limits};
pub use error::DatabaseError;
pub use export::{begin_export, export};
pub use listen::{Change, Listener, News};
pub use mark::{ServerRun, marks};
pub use migrate::{Migrated, migrate};
pub use stage::{Fault, Stage, StageRows};
pub use standby::{Reader, Standby};
pub use table::{LayerTable, Table, TableMapping, describe, layer_tables};
pub use turn::{Turn, Turns};
pub use url::{DatabaseUrl, RedactedUrl};
