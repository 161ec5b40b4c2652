//! From a table to a snapshot.

use super::{
    DatabaseError, LayerTable,
    table::{check_columns, sql_type},
    template::{fill, quoted},
};
use crate::{
    plan::{Field, FieldType},
    snapshot::{Publication, Snapshot, SnapshotWriter, Value, WriteError},
};
use deadpool_postgres::{Client, Transaction};
use futures_util::TryStreamExt;
use geozero::wkb::Ewkb;
use std::{borrow::Cow, error::Error, pin::pin, sync::Arc};
use tokio_postgres::{
    IsolationLevel, Row,
    types::{FromSql, ToSql, Type},
};

const EXPORT: &str = include_str!("../../sql/query/export.sql");
pub(super) const EXPORT_TIMEOUT: &str = include_str!("../../sql/query/export_timeout.sql");

/// EPSG:4490, in which every snapshot is.
const SRID: i32 = 4490;

/// Begins to read one state of the database: all layers exported from it are of the same instant, so that an
/// edit of several layers is published whole.
pub async fn begin_export(client: &mut Client) -> Result<Transaction<'_>, DatabaseError> {
    let transaction =
        client.build_transaction().isolation_level(IsolationLevel::RepeatableRead).read_only(true);
    let transaction = transaction.start().await?;
    transaction.batch_execute(EXPORT_TIMEOUT).await?;
    Ok(transaction)
}

/// Exports one layer; nothing is published. After an error the next layer can still be exported.
///
/// Rows stream by in id order, so memory does not grow with the table. Equal rows give equal bytes. A date that is
/// `infinity` is null, as a limit that is none.
pub async fn export(
    state: &mut Transaction<'_>,
    source: &LayerTable,
    publication: &Publication<'_>,
) -> Result<Arc<Snapshot>, DatabaseError> {
    // A savepoint, to which an error returns.
    let transaction = state.transaction().await?;
    let srid = check_columns(&transaction, source).await?;
    let mut writer = publication.writer(&source.layer)?;
    let failed = |error| DatabaseError::Export { layer: source.layer.id.clone(), source: error };
    let no_values: [&(dyn ToSql + Sync); 0] = [];
    let rows = transaction.query_raw(&statement(source, srid), no_values).await.map_err(failed)?;
    let mut rows = pin!(rows);
    while let Some(row) = rows.try_next().await.map_err(failed)? {
        append(&mut writer, source, &row)?;
    }
    transaction.commit().await?;
    // Syncing, reading back and hashing take their time; an async thread must not wait for a disk.
    let finished = tokio::task::spawn_blocking(move || writer.finish()).await;
    match finished {
        Ok(snapshot) => Ok(snapshot?),
        Err(panicked) => std::panic::resume_unwind(panicked.into_panic()),
    }
}

fn statement(LayerTable { layer, table }: &LayerTable, srid: Option<i32>) -> String {
    let geometry = quoted(&table.geometry);
    // PostGIS would leave coordinates that are in EPSG:4490 as they are, but PostgreSQL plans for the work of
    // transforming them: with parallel workers, who then only hand the rows on.
    let geometry = match srid {
        Some(SRID) => geometry,
        _ => format!("st_transform({geometry}, {SRID})"),
    };
    let value = |field: &Field| {
        let value = format!("{}::{}", quoted(&field.name), sql_type(field.kind));
        match field.kind {
            // No end is how PostgreSQL says it, and no date is how a file does.
            FieldType::Date => format!(", case when isfinite({value}) then {value} end"),
            _ => format!(", {value}"),
        }
    };
    let values: String = layer.fields.iter().map(value).collect();
    let places = [
        ("id", &*quoted(&table.id)),
        ("geometry", &*geometry),
        ("values", &*values),
        ("table", &*table.quoted()),
    ];
    fill(EXPORT, &places)
}

fn append(writer: &mut SnapshotWriter, source: &LayerTable, row: &Row) -> Result<(), DatabaseError> {
    let layer = &source.layer;
    let failed = |error| DatabaseError::Export { layer: layer.id.clone(), source: error };
    let missing = |id, reason: &str| WriteError::Row { layer: layer.id.clone(), id, reason: reason.into() };
    let id = row.try_get::<_, Option<i64>>(0).map_err(failed)?;
    let id = id.ok_or_else(|| missing(-1, "it has no id"))?;
    let geometry = row.try_get::<_, Option<EwkbBytes>>(1).map_err(failed)?;
    let geometry = geometry.ok_or_else(|| missing(id, "it has no geometry"))?;
    let values = layer.fields.iter().enumerate().map(|(index, field)| value(row, index + 2, field));
    let values = values.collect::<Result<Vec<_>, _>>().map_err(failed)?;
    Ok(writer.append(id, &values, Ewkb(geometry.0))?)
}

fn value<'a>(row: &'a Row, index: usize, field: &Field) -> Result<Value<'a>, tokio_postgres::Error> {
    let value = match field.kind {
        FieldType::Integer => row.try_get::<_, Option<_>>(index)?.map(Value::Integer),
        FieldType::Real => row.try_get::<_, Option<_>>(index)?.map(Value::Real),
        FieldType::Boolean => row.try_get::<_, Option<_>>(index)?.map(Value::Boolean),
        FieldType::Text => {
            row.try_get::<_, Option<&str>>(index)?.map(|text| Value::Text(Cow::Borrowed(text)))
        }
        FieldType::Date => row.try_get::<_, Option<_>>(index)?.map(Value::Date),
    };
    Ok(value.unwrap_or(Value::Null))
}

/// A geometry as PostGIS sends it, without a copy. Geozero's own type would make an empty value of NULL.
struct EwkbBytes<'a>(&'a [u8]);

impl<'a> FromSql<'a> for EwkbBytes<'a> {
    fn from_sql(_: &Type, raw: &'a [u8]) -> Result<Self, Box<dyn Error + Sync + Send>> {
        Ok(Self(raw))
    }

    fn accepts(kind: &Type) -> bool {
        kind.name() == "geometry"
    }
}
