//! What tells whether a layer has changed, without reading it whole.
//!
//! A mark is kept with what was exported, for as long as that is served, and compared by other programs and at other
//! times. So it must never be equal by accident: whoever finds an equal mark exports nothing.
//!
//! - A table whose triggers count its changes (see `sql/0003_changes.sql`) has the random id of the last change. A count
//!   comes again: a database is restored from a backup, its disk is set back, a standby takes over before it had the last
//!   commits, and then somebody edits. The id of that edit is another. Where a backup or a standby has the same last change
//!   it has the same rows, and nothing needs to be exported.
//! - Any other table has a fingerprint of the transactions that wrote its rows. Their numbers come again as counts do, and other
//!   servers have the same ones. So they are told apart by the [`ServerRun`] of the primary: after it was started anew, or
//!   another took over, such a table is exported once more. (What an asynchronous commit lost in a crash of one of the
//!   server's processes has numbers that come again in the same run: whoever commits so has to count.)
//! - A view or a foreign table has a fingerprint of all its values, which costs a reading. A change of values is
//!   missed one time in four billion, which is what PostgreSQL's hash of a record has room for.
//!
//! All of them have which table is read: a table that was dropped and made anew, restored alone from a backup, or rewritten by
//! `alter table`, is another, and columns and comments, of which no trigger tells. The description in `plan.layer` counts
//! as a change of its layer. What is written with triggers switched off nobody notices: `plantiles publish` exports it.

use super::{
    DatabaseError, Table,
    export::EXPORT_TIMEOUT,
    template::{fill, quoted},
};
use crate::{
    plan::LayerId,
    snapshot::{Mark, Marks},
};
use deadpool_postgres::GenericClient;
use std::collections::{HashMap, HashSet};

const SERVER_RUN: &str = include_str!("../../sql/query/server_run.sql");
const COUNTED_TABLES: &str = include_str!("../../sql/query/counted_tables.sql");
const CHANGE_COUNTS: &str = include_str!("../../sql/query/change_counts.sql");
const RELATIONS: &str = include_str!("../../sql/query/mark_relations.sql");
const FINGERPRINT_ROWS: &str = include_str!("../../sql/query/fingerprint_rows.sql");
const FINGERPRINT_VALUES: &str = include_str!("../../sql/query/fingerprint_values.sql");

/// One run of one database server, from its start to its end: for so long no two transactions have the same number.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServerRun(String);

impl ServerRun {
    /// That of the server which `client` is connected to.
    pub async fn of(client: &impl GenericClient) -> Result<Self, DatabaseError> {
        Ok(Self(client.query_one(SERVER_RUN, &[]).await?.try_get(0)?))
    }
}

/// A layer's table as it is read.
struct Relation {
    /// Whether rows have the number of the transaction that wrote them.
    numbered: bool,
    /// Which it is, and its columns.
    shape: String,
}

/// The last change of a layer.
struct Counted {
    changes: i64,
    last: String,
}

/// The marks of `layers` now: with a transaction for `client`, of its instant. A table that cannot be read has
/// no mark. `primary` runs the primary of the database, which `client` need not be connected to.
pub async fn marks(
    client: &mut impl GenericClient,
    layers: Vec<(LayerId, Table)>,
    primary: &ServerRun,
) -> Result<Marks, DatabaseError> {
    let counted = counted_tables(client).await?;
    let mut counts = if counted.is_empty() { HashMap::new() } else { change_counts(client).await? };
    let mut relations = relations(client, &layers).await?;
    let mut marks = Marks::new();
    for (n, (layer, table)) in layers.into_iter().enumerate() {
        let Some(relation) = relations.remove(&n) else { continue };
        let place = (table.schema.clone(), table.name.clone(), layer.to_string());
        let count = counts.remove(layer.as_str());
        let read = format!("{}\n{} {}\n", relation.shape, quoted(&table.id), quoted(&table.geometry));
        if counted.contains(&place) {
            let changes = count.as_ref().map_or(0, |count| count.changes);
            // Of a table outside the plan that nobody has changed since it is counted, there is no last change.
            let last = count.as_ref().map_or(&primary.0, |count| &count.last);
            marks.insert(layer, Mark::new(Some(changes), &format!("{read}{last}")));
            continue;
        }
        let described = count.map(|count| count.last).unwrap_or_default();
        let run = if relation.numbered { primary.0.as_str() } else { "" };
        match fingerprint(client, &table, &relation).await {
            Ok(rows) => {
                marks.insert(layer, Mark::new(None, &format!("{read}{described}\n{run}\n{rows}")));
            }
            Err(error) if error.is_closed() => return Err(error.into()),
            Err(error) => tracing::debug!(%layer, %error, "no fingerprint"),
        }
    }
    Ok(marks)
}

async fn counted_tables(
    client: &impl GenericClient,
) -> Result<HashSet<(String, String, String)>, DatabaseError> {
    let rows = client.query(COUNTED_TABLES, &[]).await?;
    rows.iter().map(|row| Ok((row.try_get(0)?, row.try_get(1)?, row.try_get(2)?))).collect()
}

async fn change_counts(client: &impl GenericClient) -> Result<HashMap<String, Counted>, DatabaseError> {
    let rows = client.query(CHANGE_COUNTS, &[]).await?;
    let counted = |row: &tokio_postgres::Row| {
        Ok((row.try_get(0)?, Counted { changes: row.try_get(1)?, last: row.try_get(2)? }))
    };
    rows.iter().map(counted).collect()
}

/// The tables of `layers` that there are, by their place there.
async fn relations(
    client: &impl GenericClient,
    layers: &[(LayerId, Table)],
) -> Result<HashMap<usize, Relation>, DatabaseError> {
    let schemas: Vec<&str> = layers.iter().map(|(_, table)| table.schema.as_str()).collect();
    let names: Vec<&str> = layers.iter().map(|(_, table)| table.name.as_str()).collect();
    let rows = client.query(RELATIONS, &[&schemas, &names]).await?;
    let relation = |row: &tokio_postgres::Row| {
        let n = usize::try_from(row.try_get::<_, i64>(0)? - 1).unwrap_or_default();
        Ok((n, Relation { numbered: row.try_get(1)?, shape: row.try_get(2)? }))
    };
    rows.iter().map(relation).collect()
}

/// Number of rows, and a sum over them.
async fn fingerprint(
    client: &mut impl GenericClient,
    table: &Table,
    relation: &Relation,
) -> Result<String, tokio_postgres::Error> {
    // A savepoint where the client is in a transaction, so that an error there ends only this look.
    let client = client.transaction().await?;
    // A view is read as a whole, as its export does.
    client.batch_execute(EXPORT_TIMEOUT).await?;
    let statement = if relation.numbered { FINGERPRINT_ROWS } else { FINGERPRINT_VALUES };
    let statement = fill(statement, &[("id", &*quoted(&table.id)), ("table", &*table.quoted())]);
    let row = client.query_one(&statement, &[]).await?;
    let (rows, sum): (i64, String) = (row.try_get(0)?, row.try_get(1)?);
    client.commit().await?;
    Ok(format!("{rows} {sum}"))
}
