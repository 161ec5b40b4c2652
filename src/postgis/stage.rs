//! Where imported rows wait until all of them are known to be good.

use super::{
    DatabaseError, LayerTable,
    table::{check_columns, sql_type},
    template::{fill, quoted},
};
use crate::{
    plan::{Field, Layer},
    snapshot::Value,
};
use bytes::BytesMut;
use deadpool_postgres::Transaction;
use geozero::{GeozeroGeometry, wkb::Encode};
use std::{error::Error, pin::Pin};
use tokio_postgres::{
    binary_copy::BinaryCopyInWriter,
    types::{IsNull, ToSql, Type, to_sql_checked},
};

const IMPORT_TIMEOUT: &str = include_str!("../../sql/query/import_timeout.sql");
const STAGE: &str = include_str!("../../sql/query/import_stage.sql");
const ROW_TYPES: &str = include_str!("../../sql/query/import_row_types.sql");
const COPY: &str = include_str!("../../sql/query/import_copy.sql");
const SRID: &str = include_str!("../../sql/query/import_srid.sql");
const TRANSFORM: &str = include_str!("../../sql/query/import_transform.sql");
const KNOWN_SRID: &str = include_str!("../../sql/query/known_srid.sql");
const LOCK: &str = include_str!("../../sql/query/import_lock.sql");
const CHECK: &str = include_str!("../../sql/query/import_check.sql");
const INSERT: &str = include_str!("../../sql/query/import_insert.sql");
const FINISH: &str = include_str!("../../sql/query/import_finish.sql");
const ROW_COUNT: &str = include_str!("../../sql/query/row_count.sql");
const DELETE: &str = include_str!("../../sql/query/delete_rows.sql");

/// SRID of every layer table.
const STORED_SRID: i32 = 4490;

/// Imports into one layer table, in a transaction that the caller commits or drops.
pub struct Stage<'a> {
    transaction: &'a Transaction<'a>,
    target: &'a LayerTable,
}

/// A row that cannot be imported: its number in the file and why.
pub type Fault = (u64, String);

impl<'a> Stage<'a> {
    /// Locks the target against other writers until the transaction ends.
    pub async fn new(
        transaction: &'a Transaction<'a>,
        target: &'a LayerTable,
    ) -> Result<Self, DatabaseError> {
        let stage = Self { transaction, target };
        transaction.batch_execute(IMPORT_TIMEOUT).await?;
        check_columns(transaction, target).await?;
        stage.run(LOCK).await?;
        Ok(stage)
    }

    /// Rows in the target now.
    pub async fn row_count(&self) -> Result<i64, DatabaseError> {
        Ok(self.transaction.query_one(&self.statement(ROW_COUNT), &[]).await?.try_get(0)?)
    }

    pub async fn delete_rows(&self) -> Result<(), DatabaseError> {
        self.run(DELETE).await
    }

    /// Whether PostGIS can transform from EPSG:`srid`.
    pub async fn knows_srid(&self, srid: i32) -> Result<bool, DatabaseError> {
        Ok(self.transaction.query_one(KNOWN_SRID, &[&srid]).await?.try_get(0)?)
    }

    /// Begins to take the rows of a file; the previous file's rows must be inserted.
    pub async fn rows(&self) -> Result<StageRows, DatabaseError> {
        self.run(STAGE).await?;
        let types = self.transaction.prepare(&self.statement(ROW_TYPES)).await?;
        let types: Vec<Type> = types.columns().iter().map(|column| column.type_().clone()).collect();
        let sink = self.transaction.copy_in(&self.statement(COPY)).await?;
        Ok(StageRows { copy: Box::pin(BinaryCopyInWriter::new(sink, &types)) })
    }

    /// Transforms the waiting rows from EPSG:`srid` and looks for what is wrong with them: coordinates out of
    /// range, invalid geometry, ids and codes that are not unique.
    ///
    /// Gives the first `most` faults and the number of all.
    pub async fn check(&self, srid: i32, most: usize) -> Result<(Vec<Fault>, u64), DatabaseError> {
        match srid {
            STORED_SRID => self.run(SRID).await?,
            _ => self.transaction.batch_execute(&fill(TRANSFORM, &[("srid", &srid.to_string())])).await?,
        }
        let rows = self.transaction.query(&self.statement(CHECK), &[&(most as i64)]).await?;
        let total = rows.first().map(|row| row.try_get::<_, i64>(2)).transpose()?.unwrap_or(0);
        let faults = rows.iter().map(|row| Ok((row.try_get::<_, i64>(0)? as u64, row.try_get(1)?)));
        Ok((faults.collect::<Result<_, DatabaseError>>()?, total as u64))
    }

    /// Moves the waiting rows into the target.
    pub async fn insert(&self) -> Result<u64, DatabaseError> {
        let inserted = self.transaction.execute(&self.statement(INSERT), &[]).await?;
        self.run(FINISH).await?;
        Ok(inserted)
    }

    async fn run(&self, template: &str) -> Result<(), DatabaseError> {
        Ok(self.transaction.batch_execute(&self.statement(template)).await?)
    }

    fn statement(&self, template: &str) -> String {
        let LayerTable { layer, table } = self.target;
        let columns: String = layer.fields.iter().map(|field| format!(", {}", quoted(&field.name))).collect();
        let table = table.quoted();
        let places =
            [("table", &*table), ("columns", &*columns), ("definitions", &*column_definitions(layer))];
        fill(template, &places)
    }
}

/// The types in which values travel, whatever narrower ones the target has. The columns of the checks are
/// there even when the layer does not publish them.
fn column_definitions(layer: &Layer) -> String {
    let definition = |field: &Field| format!(",\n    {} {}", quoted(&field.name), sql_type(field.kind));
    let published = |name: &str| layer.fields.iter().any(|field| field.name == name);
    let unpublished = ["code", "plan_code"].into_iter().filter(|name| !published(name));
    let unpublished = unpublished.map(|name| format!(",\n    {name} text"));
    layer.fields.iter().map(definition).chain(unpublished).collect()
}

/// Takes the rows of one file.
pub struct StageRows {
    copy: Pin<Box<BinaryCopyInWriter>>,
}

impl StageRows {
    /// Adds the row with this number in the file. The geometry is well formed and of the layer's kind.
    pub async fn append(
        &mut self,
        number: u64,
        id: Option<i64>,
        values: &[Value<'_>],
        geometry: impl GeozeroGeometry + Sync,
    ) -> Result<(), DatabaseError> {
        let (number, geometry) = (number as i64, Encode(geometry));
        let values: Vec<SqlValue> = values.iter().map(SqlValue).collect();
        let mut row: Vec<&(dyn ToSql + Sync)> = vec![&number, &id, &geometry];
        row.extend(values.iter().map(|value| value as &(dyn ToSql + Sync)));
        Ok(self.copy.as_mut().write(&row).await?)
    }

    pub async fn finish(mut self) -> Result<u64, DatabaseError> {
        Ok(self.copy.as_mut().finish().await?)
    }
}

#[derive(Debug)]
struct SqlValue<'a>(&'a Value<'a>);

impl ToSql for SqlValue<'_> {
    fn to_sql(&self, kind: &Type, out: &mut BytesMut) -> Result<IsNull, Box<dyn Error + Sync + Send>> {
        match self.0 {
            Value::Null => Ok(IsNull::Yes),
            Value::Integer(value) => value.to_sql(kind, out),
            Value::Real(value) => value.to_sql(kind, out),
            Value::Boolean(value) => value.to_sql(kind, out),
            Value::Text(value) => value.to_sql(kind, out),
            Value::Date(value) => value.to_sql(kind, out),
        }
    }

    fn accepts(kind: &Type) -> bool {
        [Type::INT8, Type::FLOAT8, Type::BOOL, Type::TEXT, Type::DATE].contains(kind)
    }

    to_sql_checked!();
}
