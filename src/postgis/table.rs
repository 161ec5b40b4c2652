//! Which table or view a layer comes from, and what it holds.

use super::{
    DatabaseError,
    template::{fill, quoted},
};
use crate::plan::{Field, FieldType, GeometryKind, Group, Layer, LayerId, Text};
use deadpool_postgres::GenericClient;
use tokio_postgres::error::SqlState;

const LAYERS: &str = include_str!("../../sql/query/layers.sql");
const RELATION: &str = include_str!("../../sql/query/relation.sql");
const COLUMNS: &str = include_str!("../../sql/query/columns.sql");
const DIMENSIONS: &str = include_str!("../../sql/query/dimensions.sql");

/// The schema whose tables `plan.layer` describes.
const PLAN: &str = "plan";

/// A table or view and the two columns that every layer needs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Table {
    pub schema: String,
    pub name: String,
    /// An integer column of unique values from 0.
    pub id: String,
    /// A PostGIS geometry column in any SRID.
    pub geometry: String,
}

/// A layer and where its rows are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LayerTable {
    pub layer: Layer,
    pub table: Table,
}

/// A layer that the configuration takes from a table or view of its own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TableMapping {
    pub layer: LayerId,
    pub table: Table,
}

impl Table {
    /// The table of a layer in the schema `plan`.
    pub fn of_plan(layer: &LayerId) -> Self {
        Self { schema: PLAN.into(), name: layer.to_string(), id: "id".into(), geometry: "geom".into() }
    }

    pub(super) fn quoted(&self) -> String {
        format!("{}.{}", quoted(&self.schema), quoted(&self.name))
    }

    fn error(&self, layer: &LayerId, reason: impl std::fmt::Display) -> DatabaseError {
        let reason = format!("table {}.{} {reason}", self.schema, self.name);
        DatabaseError::Table { layer: layer.clone(), reason }
    }

    fn no_column(&self, layer: &LayerId, name: &str) -> DatabaseError {
        self.error(layer, format!("has no column `{name}`"))
    }
}

/// The layers that `plan.layer` describes, in its order.
///
/// # Errors
/// [`DatabaseError::NoSchema`] before `plantiles init`.
pub async fn layer_tables(client: &impl GenericClient) -> Result<Vec<LayerTable>, DatabaseError> {
    let rows = client.query(LAYERS, &[]).await.map_err(|error| match error.code() {
        Some(&SqlState::UNDEFINED_TABLE | &SqlState::INVALID_SCHEMA_NAME) => DatabaseError::NoSchema,
        _ => error.into(),
    })?;
    rows.iter()
        .map(|row| {
            let (id, text): (String, &str) = (row.try_get(0)?, row.try_get(1)?);
            let layer: Layer =
                serde_json::from_str(text).map_err(|source| DatabaseError::Metadata { layer: id, source })?;
            Ok(LayerTable { table: Table::of_plan(&layer.id), layer })
        })
        .collect()
}

/// Describes a table or view outside the schema `plan` by its columns: the table's comment is the layer's
/// title, a column's comment is the field's title, `numeric` is read as a real number.
///
/// # Errors
/// When the table or a column is missing, a column has a type that no field type holds, or the geometry
/// column neither declares nor shows one kind of geometry.
pub async fn describe(
    client: &mut impl GenericClient,
    mapping: &TableMapping,
) -> Result<LayerTable, DatabaseError> {
    // A savepoint where the client is in a transaction, so that an error there ends only this description.
    let client = &client.transaction().await?;
    let TableMapping { layer: id, table } = mapping;
    let relation = client.query_opt(RELATION, &[&table.schema, &table.name]).await?;
    let relation = relation.ok_or_else(|| table.error(id, "does not exist"))?;
    let title = relation.try_get::<_, Option<String>>(0)?.unwrap_or_else(|| id.to_string());
    let columns = columns(client, table).await?;
    let find = |name: &str| find(&columns, name).ok_or_else(|| table.no_column(id, name));
    let key = find(&table.id)?;
    if field_type(&key.kind) != Some(FieldType::Integer) {
        return Err(table.error(id, format!("has ids of type {} in `{}`, not integers", key.kind, key.name)));
    }
    let declared = find(&table.geometry)?.geometry_type.as_deref();
    let geometry = match declared.and_then(geometry_kind) {
        Some(kind) => kind,
        None => shown_kind(client, id, table, declared).await?,
    };
    let attributes = columns.iter().filter(|column| ![&table.id, &table.geometry].contains(&&column.name));
    let fields = attributes.map(|column| field(id, table, column)).collect::<Result<_, _>>()?;
    let layer = Layer {
        id: id.clone(),
        title: Text { zh: title.clone(), en: title },
        group: Group::Planning,
        geometry,
        standard_code: None,
        source: String::new(),
        description: Text { zh: String::new(), en: String::new() },
        minzoom: 0,
        disjoint: false,
        fields,
    };
    Ok(LayerTable { layer, table: table.clone() })
}

pub(super) struct Column {
    pub(super) name: String,
    pub(super) kind: String,
    comment: Option<String>,
    geometry_type: Option<String>,
    /// As declared; 0 where none is.
    srid: Option<i32>,
}

pub(super) async fn columns(
    client: &impl GenericClient,
    table: &Table,
) -> Result<Vec<Column>, DatabaseError> {
    let rows = client.query(COLUMNS, &[&table.schema, &table.name]).await?;
    rows.iter()
        .map(|row| {
            Ok(Column {
                name: row.try_get(0)?,
                kind: row.try_get(1)?,
                comment: row.try_get(2)?,
                geometry_type: row.try_get(3)?,
                srid: row.try_get(4)?,
            })
        })
        .collect()
}

/// Checks that `layer`'s table has every column that its description names, with a type that fits; gives the
/// declared SRID of its geometry.
pub(super) async fn check_columns(
    client: &impl GenericClient,
    LayerTable { layer, table }: &LayerTable,
) -> Result<Option<i32>, DatabaseError> {
    let columns = columns(client, table).await?;
    if columns.is_empty() {
        return Err(table.error(&layer.id, "does not exist"));
    }
    let find = |name: &str| find(&columns, name).ok_or_else(|| table.no_column(&layer.id, name));
    find(&table.id)?;
    let geometry = find(&table.geometry)?;
    for field in &layer.fields {
        let found = &find(&field.name)?.kind;
        if field_type(found) != Some(field.kind) {
            let reason =
                format!("has type {found} in column `{}`, described as {:?}", field.name, field.kind);
            return Err(table.error(&layer.id, reason.to_lowercase()));
        }
    }
    Ok(geometry.srid)
}

fn find<'a>(columns: &'a [Column], name: &str) -> Option<&'a Column> {
    columns.iter().find(|column| column.name == name)
}

fn field(id: &LayerId, table: &Table, column: &Column) -> Result<Field, DatabaseError> {
    let kind = field_type(&column.kind).ok_or_else(|| {
        let reason = "has a type that cannot be published: leave the column out with a view";
        table.error(id, format!("{reason}: `{}` {}", column.name, column.kind))
    })?;
    let zh = column.comment.clone().unwrap_or_else(|| column.name.clone());
    Ok(Field { name: column.name.clone(), kind, title: Text { zh, en: column.name.clone() } })
}

/// The PostgreSQL type in which values of a field travel; a column may have a narrower one.
pub(super) fn sql_type(kind: FieldType) -> &'static str {
    match kind {
        FieldType::Integer => "bigint",
        FieldType::Real => "double precision",
        FieldType::Boolean => "boolean",
        FieldType::Text => "text",
        FieldType::Date => "date",
    }
}

/// The field type that holds every value of the PostgreSQL type `name`.
fn field_type(name: &str) -> Option<FieldType> {
    Some(match name {
        "int2" | "int4" | "int8" => FieldType::Integer,
        "float4" | "float8" | "numeric" => FieldType::Real,
        "bool" => FieldType::Boolean,
        "text" | "varchar" | "bpchar" => FieldType::Text,
        "date" => FieldType::Date,
        _ => return None,
    })
}

/// The kind that a declared type promises; a plain `geometry` column promises none.
fn geometry_kind(declared: &str) -> Option<GeometryKind> {
    match declared.trim_end_matches(['Z', 'M']) {
        "POINT" => Some(GeometryKind::Point),
        "LINESTRING" | "MULTILINESTRING" => Some(GeometryKind::Line),
        "POLYGON" | "MULTIPOLYGON" => Some(GeometryKind::Polygon),
        _ => None,
    }
}

async fn shown_kind(
    client: &impl GenericClient,
    id: &LayerId,
    table: &Table,
    declared: Option<&str>,
) -> Result<GeometryKind, DatabaseError> {
    if declared.is_none() {
        return Err(table.error(id, format!("has no PostGIS geometry in `{}`", table.geometry)));
    }
    let places = [("geometry", &*quoted(&table.geometry)), ("table", &*table.quoted())];
    let row = client.query_one(&fill(DIMENSIONS, &places), &[]).await?;
    match (row.try_get::<_, Option<i32>>(0)?, row.try_get::<_, Option<i32>>(1)?) {
        (Some(0), Some(0)) => Ok(GeometryKind::Point),
        (Some(1), Some(1)) => Ok(GeometryKind::Line),
        (Some(2), Some(2)) => Ok(GeometryKind::Polygon),
        (None, _) => Err(table.error(id, "is empty and declares no geometry type")),
        _ => Err(table.error(id, "mixes points, lines and polygons: make a view of one kind")),
    }
}
