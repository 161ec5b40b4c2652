//! What can go wrong with the database.

use super::RedactedUrl;
use crate::{plan::LayerId, snapshot::WriteError};
use deadpool_postgres::PoolError;

/// The text of an error never holds a secret or what the database said, so that it may go to a client of
/// the server; the source, for the log and the command line, does.
#[derive(Debug, thiserror::Error)]
pub enum DatabaseError {
    #[error("the database URL is not valid")]
    Url(#[source] tokio_postgres::Error),
    #[error("this program speaks no TLS to the database: use sslmode=disable or sslmode=prefer, or a tunnel")]
    TlsRequired,
    #[error("the database at {url} cannot be reached")]
    Unreachable { url: RedactedUrl, source: Box<PoolError> },
    #[error("the database has not answered for {seconds} seconds")]
    Silent { seconds: u64 },
    #[error("the standby has not come as far as the primary")]
    Behind,
    #[error("what is to be read in place of the primary is no standby of it")]
    NoStandby,
    #[error("the pool of database connections cannot be made")]
    Pool(#[source] deadpool_postgres::BuildError),
    #[error("a database statement failed")]
    Statement(#[from] tokio_postgres::Error),
    #[error("PostGIS is not installed on the database server: install its package there")]
    PostgisNotInstalled,
    #[error(
        "this database user may not create the extension postgis: let an administrator run `create extension postgis` in the database"
    )]
    PostgisNotPermitted,
    #[error("migration {name} failed, the database is unchanged")]
    Migration { name: &'static str, source: tokio_postgres::Error },
    #[error(
        "migration {number} in the database is not the one of this program: the schema was made by another build"
    )]
    MigrationAltered { number: i32 },
    #[error("the database has migration {found}, this program knows up to {known}: use a newer plantiles")]
    TooNew { found: i32, known: i32 },
    #[error("the database has no plan schema: run `plantiles init`")]
    NoSchema,
    #[error("the layers cannot be described")]
    Layers(#[source] serde_json::Error),
    #[error("layer {layer}: its row in plan.layer is not understood")]
    Metadata { layer: String, source: serde_json::Error },
    #[error("the database describes no layer {layer}")]
    UnknownLayer { layer: LayerId },
    #[error("layer {layer}: {reason}")]
    Table { layer: LayerId, reason: String },
    #[error("layer {layer}: the export failed")]
    Export { layer: LayerId, source: tokio_postgres::Error },
    #[error(transparent)]
    Write(#[from] WriteError),
}

impl DatabaseError {
    /// Whether the connection is gone.
    pub fn is_disconnection(&self) -> bool {
        match self {
            Self::Statement(source) | Self::Export { source, .. } => source.is_closed(),
            _ => false,
        }
    }
}
