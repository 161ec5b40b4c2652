//! Rows of the audit table.

use super::{
    Database, DatabaseError, Limits,
    template::{fill, quoted},
};
use tokio::task::JoinHandle;
use tokio_postgres::{Client, error::SqlState};

const THERE: &str = include_str!("../../sql/query/audit_there.sql");
const TABLE: &str = include_str!("../../sql/query/audit_table.sql");
const INSERT: &str = include_str!("../../sql/query/audit_insert.sql");

/// A connection of its own for them: whoever waits for a lock there keeps none from an export.
pub struct AuditRows {
    client: Client,
    connection: JoinHandle<()>,
    limits: Limits,
    insert: String,
}

impl AuditRows {
    /// Connects, and makes the table if it is not there.
    pub async fn connect(database: &Database, schema: &str, name: &str) -> Result<Self, DatabaseError> {
        let (client, connection) = database.connect().await?;
        let connection = tokio::spawn(async move {
            if let Err(error) = connection.await {
                tracing::debug!(%error, "the connection of the audit table broke");
            }
        });
        let limits = database.limits();
        let (schema, name) = (quoted(schema), quoted(name));
        let table = format!("{schema}.{name}");
        let insert = fill(INSERT, &[("table", &table)]);
        let rows = Self { client, connection, limits, insert };
        limits.statements(rows.prepare(&table)).await??;
        Ok(rows)
    }

    async fn prepare(&self, table: &str) -> Result<(), DatabaseError> {
        self.client.batch_execute(&self.limits.session()).await?;
        let there = self.client.query_one(THERE, &[&table]).await?;
        if there.try_get(0)? {
            return Ok(());
        }
        self.client.batch_execute(&fill(TABLE, &[("table", table)])).await.map_err(|error| {
            match error.code() {
                Some(&SqlState::INVALID_SCHEMA_NAME) => DatabaseError::NoSchema,
                _ => error.into(),
            }
        })
    }

    /// Adds those of `lines`, each a record as JSON, that are not there.
    pub async fn insert(&self, lines: &[String]) -> Result<(), DatabaseError> {
        self.limits.statements(self.client.execute(&self.insert, &[&lines])).await??;
        Ok(())
    }
}

impl Drop for AuditRows {
    fn drop(&mut self) {
        self.connection.abort();
    }
}
