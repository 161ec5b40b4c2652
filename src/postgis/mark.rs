//! What tells whether a layer has changed, without reading it whole.
//!
//! A table whose triggers count its changes (see `sql/0003_changes.sql`) has its count. Any other has a
//! fingerprint, a sum over its rows: of the transactions that wrote them where rows know that, else of all their
//! values. The first sees every row written, but not a change of the table's definition; the second sees values,
//! and costs a reading of the view.

use super::{
    DatabaseError, Table,
    export::EXPORT_TIMEOUT,
    template::{fill, quoted},
};
use crate::plan::LayerId;
use deadpool_postgres::GenericClient;
use std::collections::{BTreeMap, HashMap, HashSet};

const COUNTED_TABLES: &str = include_str!("../../sql/query/counted_tables.sql");
const CHANGE_COUNTS: &str = include_str!("../../sql/query/change_counts.sql");
const RELATION_KIND: &str = include_str!("../../sql/query/relation_kind.sql");
const FINGERPRINT_ROWS: &str = include_str!("../../sql/query/fingerprint_rows.sql");
const FINGERPRINT_VALUES: &str = include_str!("../../sql/query/fingerprint_values.sql");

/// Equal marks of a layer: its rows and its description are the same.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mark {
    /// Committed changes of the layer that were counted.
    pub changes: i64,
    /// For a table whose changes are not counted.
    fingerprint: Option<Fingerprint>,
}

/// Number of rows, and a sum over them in digits.
type Fingerprint = (i64, String);

/// The marks of layers at one instant.
pub type Marks = BTreeMap<LayerId, Mark>;

impl Mark {
    /// Whether every change is counted, so that nobody has to look.
    pub fn is_counted(&self) -> bool {
        self.fingerprint.is_none()
    }
}

/// The marks of `layers` now: with a transaction for `client`, of its instant. A table that cannot be read has
/// no mark.
pub async fn marks(
    client: &mut impl GenericClient,
    layers: Vec<(LayerId, Table)>,
) -> Result<Marks, DatabaseError> {
    let counted = counted_tables(client).await?;
    let counts = if counted.is_empty() { HashMap::new() } else { change_counts(client).await? };
    let mut marks = Marks::new();
    for (layer, table) in layers {
        let place = (table.schema.clone(), table.name.clone(), layer.to_string());
        let fingerprint = if counted.contains(&place) {
            None
        } else {
            match fingerprint(client, &table).await {
                Ok(Some(fingerprint)) => Some(fingerprint),
                Ok(None) => continue,
                Err(error) if error.is_closed() => return Err(error.into()),
                Err(error) => {
                    tracing::debug!(%layer, %error, "no fingerprint");
                    continue;
                }
            }
        };
        let changes = counts.get(layer.as_str()).copied().unwrap_or(0);
        marks.insert(layer, Mark { changes, fingerprint });
    }
    Ok(marks)
}

async fn counted_tables(
    client: &impl GenericClient,
) -> Result<HashSet<(String, String, String)>, DatabaseError> {
    let rows = client.query(COUNTED_TABLES, &[]).await?;
    rows.iter().map(|row| Ok((row.try_get(0)?, row.try_get(1)?, row.try_get(2)?))).collect()
}

async fn change_counts(client: &impl GenericClient) -> Result<HashMap<String, i64>, DatabaseError> {
    let rows = client.query(CHANGE_COUNTS, &[]).await?;
    rows.iter().map(|row| Ok((row.try_get(0)?, row.try_get(1)?))).collect()
}

/// `None` when there is no such table.
async fn fingerprint(
    client: &mut impl GenericClient,
    table: &Table,
) -> Result<Option<Fingerprint>, tokio_postgres::Error> {
    // A savepoint where the client is in a transaction, so that an error there ends only this look.
    let client = client.transaction().await?;
    // A view is read as a whole, as its export does.
    client.batch_execute(EXPORT_TIMEOUT).await?;
    let kind = client.query_opt(RELATION_KIND, &[&table.schema, &table.name]).await?;
    let Some(kind) = kind else { return Ok(None) };
    let statement = if kind.try_get(0)? { FINGERPRINT_ROWS } else { FINGERPRINT_VALUES };
    let statement = fill(statement, &[("id", &*quoted(&table.id)), ("table", &*table.quoted())]);
    let row = client.query_one(&statement, &[]).await?;
    let fingerprint = (row.try_get(0)?, row.try_get(1)?);
    client.commit().await?;
    Ok(Some(fingerprint))
}
