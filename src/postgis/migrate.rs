//! Creating the schema and bringing an older one up to date.

use super::{Database, DatabaseError};
use crate::plan::Layer;
use deadpool_postgres::Transaction;
use sha2::{Digest, Sha256};
use tokio_postgres::error::SqlState;

struct Migration {
    number: i32,
    name: &'static str,
    sql: &'static str,
}

/// Never change one that was released: databases remember its checksum. Add another.
const MIGRATIONS: &[Migration] = &[
    Migration { number: 1, name: "0001_schema", sql: include_str!("../../sql/0001_schema.sql") },
    Migration { number: 2, name: "0002_layers", sql: include_str!("../../sql/0002_layers.sql") },
    Migration { number: 3, name: "0003_changes", sql: include_str!("../../sql/0003_changes.sql") },
    Migration { number: 4, name: "0004_disjoint", sql: include_str!("../../sql/0004_disjoint.sql") },
    Migration { number: 5, name: "0005_change_ids", sql: include_str!("../../sql/0005_change_ids.sql") },
];

const CREATE_POSTGIS: &str = include_str!("../../sql/query/create_postgis.sql");
const MIGRATION_TABLE: &str = include_str!("../../sql/query/migration_table.sql");
const APPLIED: &str = include_str!("../../sql/query/migrations_applied.sql");
const RECORD: &str = include_str!("../../sql/query/migration_record.sql");
const LOCK: &str = include_str!("../../sql/query/migration_lock.sql");
const ADD_LAYERS: &str = include_str!("../../sql/query/add_layers.sql");

/// What [`migrate`] did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Migrated {
    /// Names of the migrations applied now; empty when the schema was up to date.
    pub applied: Vec<&'static str>,
    /// Layers described now in `plan.layer`.
    pub layers_added: u64,
}

/// Creates the schema `plan`, or brings it up to date, in one transaction. Several callers at once take
/// turns; the second finds nothing to do.
///
/// Describes `layers` in `plan.layer` where they are missing, and leaves rows that are there, which an
/// operator may have edited.
pub async fn migrate(database: &Database, layers: &[Layer]) -> Result<Migrated, DatabaseError> {
    let mut client = database.client().await?;
    let transaction = client.transaction().await?;
    transaction.batch_execute(LOCK).await?;
    create_postgis(&transaction).await?;
    transaction.batch_execute(MIGRATION_TABLE).await?;
    let found = check_applied(&transaction).await?;
    let mut applied = Vec::new();
    for migration in MIGRATIONS.iter().filter(|migration| migration.number > found) {
        let failed = |source| DatabaseError::Migration { name: migration.name, source };
        transaction.batch_execute(migration.sql).await.map_err(failed)?;
        let values = [&migration.number as _, &migration.name as _, &checksum(migration) as _];
        transaction.execute(RECORD, &values).await?;
        applied.push(migration.name);
    }
    let layers = serde_json::to_string(layers).map_err(DatabaseError::Layers)?;
    let layers_added = transaction.execute(ADD_LAYERS, &[&layers]).await?;
    transaction.commit().await?;
    Ok(Migrated { applied, layers_added })
}

fn checksum(migration: &Migration) -> String {
    format!("{:x}", Sha256::digest(migration.sql))
}

async fn create_postgis(transaction: &Transaction<'_>) -> Result<(), DatabaseError> {
    let created = transaction.batch_execute(CREATE_POSTGIS).await;
    created.map_err(|error| match error.code() {
        Some(&SqlState::INSUFFICIENT_PRIVILEGE) => DatabaseError::PostgisNotPermitted,
        Some(&SqlState::UNDEFINED_FILE | &SqlState::FEATURE_NOT_SUPPORTED) => {
            DatabaseError::PostgisNotInstalled
        }
        _ => error.into(),
    })
}

/// The last migration in the database, 0 for none.
async fn check_applied(transaction: &Transaction<'_>) -> Result<i32, DatabaseError> {
    let known = MIGRATIONS.last().map_or(0, |migration| migration.number);
    let mut last = 0;
    for row in transaction.query(APPLIED, &[]).await? {
        let (number, sum): (i32, String) = (row.try_get(0)?, row.try_get(1)?);
        match MIGRATIONS.iter().find(|migration| migration.number == number) {
            None => return Err(DatabaseError::TooNew { found: number, known }),
            Some(migration) if checksum(migration) != sum => {
                return Err(DatabaseError::MigrationAltered { number });
            }
            Some(_) => last = number,
        }
    }
    Ok(last)
}
