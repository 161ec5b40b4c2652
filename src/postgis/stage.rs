//! Where imported rows wait until all of them are known to be good.

use super::{
    DatabaseError, LayerTable,
    table::{check_columns, sql_type},
    template::{fill, quoted},
};
use crate::{
    plan::{Field, FieldType, GeometryKind, Layer},
    snapshot::Value,
};
use bytes::BytesMut;
use deadpool_postgres::Transaction;
use geozero::{GeomProcessor, GeozeroGeometry, wkb::Encode};
use std::{error::Error, pin::Pin};
use tokio_postgres::{
    binary_copy::BinaryCopyInWriter,
    types::{IsNull, ToSql, Type, to_sql_checked},
};

const IMPORT_TIMEOUT: &str = include_str!("../../sql/query/import_timeout.sql");
const STAGE: &str = include_str!("../../sql/query/import_stage.sql");
const ROW_TYPES: &str = include_str!("../../sql/query/import_row_types.sql");
const COPY: &str = include_str!("../../sql/query/import_copy.sql");
const TRANSFORM: &str = include_str!("../../sql/query/import_transform.sql");
const REPAIR: &str = include_str!("../../sql/query/import_repair.sql");
const OVERLAP_SHAPES: &str = include_str!("../../sql/query/import_overlap_shapes.sql");
const OVERLAPS: &str = include_str!("../../sql/query/import_overlaps.sql");
const AREAS: &str = include_str!("../../sql/query/import_areas.sql");
const LOCK: &str = include_str!("../../sql/query/import_lock.sql");
const CHECK: &str = include_str!("../../sql/query/import_check.sql");
const INSERT: &str = include_str!("../../sql/query/import_insert.sql");
const FINISH: &str = include_str!("../../sql/query/import_finish.sql");
const ROW_COUNT: &str = include_str!("../../sql/query/row_count.sql");
const DELETE: &str = include_str!("../../sql/query/delete_rows.sql");

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

    /// Begins to take the rows of a file; the previous file's rows must be inserted.
    pub async fn rows(&self) -> Result<StageRows, DatabaseError> {
        self.run(STAGE).await?;
        let types = self.transaction.prepare(&self.statement(ROW_TYPES)).await?;
        let types: Vec<Type> = types.columns().iter().map(|column| column.type_().clone()).collect();
        let sink = self.transaction.copy_in(&self.statement(COPY)).await?;
        Ok(StageRows { copy: Box::pin(BinaryCopyInWriter::new(sink, &types)) })
    }

    /// Brings the waiting rows into EPSG:4490.
    pub async fn transform(&self) -> Result<(), DatabaseError> {
        self.run(TRANSFORM).await
    }

    /// Repairs invalid geometry where something of its kind is left; gives what was changed.
    pub async fn repair(&self) -> Result<Vec<Fault>, DatabaseError> {
        Ok(self.faults(REPAIR, &[]).await?.0)
    }

    /// Looks for what is wrong with the waiting rows: invalid geometry, ids and codes that are not unique, and
    /// overlaps in a layer that allows none.
    ///
    /// Gives the first `most` faults and the number of all.
    pub async fn check(&self, most: usize) -> Result<(Vec<Fault>, u64), DatabaseError> {
        let most = most as i64;
        let (mut faults, mut total) = self.faults(CHECK, &[&most]).await?;
        if self.target.layer.disjoint {
            self.run(OVERLAP_SHAPES).await?;
            let (overlaps, more) = self.faults(OVERLAPS, &[&most]).await?;
            faults.extend(overlaps);
            total += more;
        }
        Ok((faults, total))
    }

    /// The waiting rows whose area is not the one they state: the first `most` and the number of all.
    pub async fn areas(&self, most: usize) -> Result<(Vec<Fault>, u64), DatabaseError> {
        let layer = &self.target.layer;
        let stated =
            layer.fields.iter().any(|field| field.name == "area_km2" && field.kind == FieldType::Real);
        match stated && layer.geometry == GeometryKind::Polygon {
            true => self.faults(AREAS, &[&(most as i64)]).await,
            false => Ok((Vec::new(), 0)),
        }
    }

    /// Rows of number, reason and the count of all.
    async fn faults(
        &self,
        template: &str,
        values: &[&(dyn ToSql + Sync)],
    ) -> Result<(Vec<Fault>, u64), DatabaseError> {
        let rows = self.transaction.query(&self.statement(template), values).await?;
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
        // The dimension that ST_CollectionExtract counts from 1.
        let dimension = match layer.geometry {
            GeometryKind::Point => "1",
            GeometryKind::Line => "2",
            GeometryKind::Polygon => "3",
        };
        let places = [
            ("table", &*table),
            ("columns", &*columns),
            ("definitions", &*column_definitions(layer)),
            ("dimension", dimension),
        ];
        fill(template, &places)
    }
}

/// The types in which values travel, whatever narrower ones the target has. The columns of the checks are
/// there even when the layer does not publish them.
fn column_definitions(layer: &Layer) -> String {
    let definition = |field: &Field| format!(",\n    {} {}", quoted(&field.name), sql_type(field.kind));
    let published = |name: &str| layer.fields.iter().any(|field| field.name == name);
    let unpublished = ["code", "plan_code", "mineral"].into_iter().filter(|name| !published(name));
    let unpublished = unpublished.map(|name| format!(",\n    {name} text"));
    layer.fields.iter().map(definition).chain(unpublished).collect()
}

/// Takes the rows of one file.
pub struct StageRows {
    copy: Pin<Box<BinaryCopyInWriter>>,
}

impl StageRows {
    /// Adds the row with this number in the file. The geometry is well formed, of the layer's kind and in EPSG:`srid`.
    pub async fn append(
        &mut self,
        number: u64,
        id: Option<i64>,
        values: &[Value<'_>],
        geometry: impl GeozeroGeometry + Sync,
        srid: u32,
    ) -> Result<(), DatabaseError> {
        let (number, geometry) = (number as i64, Encode(InSystem { geometry, srid }));
        let values: Vec<SqlValue> = values.iter().map(SqlValue).collect();
        let mut row: Vec<&(dyn ToSql + Sync)> = vec![&number, &id, &geometry];
        row.extend(values.iter().map(|value| value as &(dyn ToSql + Sync)));
        Ok(self.copy.as_mut().write(&row).await?)
    }

    pub async fn finish(mut self) -> Result<u64, DatabaseError> {
        Ok(self.copy.as_mut().finish().await?)
    }
}

struct InSystem<G> {
    geometry: G,
    srid: u32,
}

impl<G: GeozeroGeometry> GeozeroGeometry for InSystem<G> {
    fn process_geom<P: GeomProcessor>(&self, processor: &mut P) -> geozero::error::Result<()> {
        self.geometry.process_geom(processor)
    }

    fn srid(&self) -> Option<i32> {
        i32::try_from(self.srid).ok()
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
