//! Layers as a GeoPackage 1.3 (OGC 12-128r18), by SQLite itself.
//!
//! One table for each layer, its rows by `id`, x east and y north in every CRS (§2.1.3.1.1), with a spatial index, the titles of
//! fields, a record of metadata, and styles as QGIS and GeoServer look for them. The same layers give the same bytes:
//! dates are those of the publication.

mod geometry;
mod index;

use super::{FileError, Selection, dress::Dress, outline::Outline};
use crate::{
    crs::Crs,
    plan::{Field, FieldType},
    snapshot::{Bounds, Value},
};
use index::Cell;
use jiff::Timestamp;
use rusqlite::{Connection, Statement, Transaction, params, types::ToSqlOutput};
use std::{collections::HashSet, path::Path};

const SCHEMA: &str = include_str!("schema.sql");
const TRIGGERS: &str = include_str!("triggers.sql");

/// `GPKG` and the version 1.3 (Req 2); no journal, since nobody has the file before it is whole.
const BEGIN: &str =
    "PRAGMA page_size = 4096; PRAGMA application_id = 0x47504B47; PRAGMA user_version = 10300;
    PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; PRAGMA locking_mode = EXCLUSIVE;";

/// What names of tables that are no layers begin with.
const RESERVED: [&str; 4] = ["gpkg_", "rtree_", "sqlite_", "layer_styles"];

const RTREE: &str = "http://www.geopackage.org/spec120/#extension_rtree";
const ISO_19139: &str = "http://www.isotc211.org/2005/gmd";

/// Writes `layers` into the empty file at `path`. It is not synced.
pub fn write(path: &Path, layers: &[(Selection, &Dress)]) -> Result<(), FileError> {
    let mut database = Connection::open(path)?;
    database.execute_batch(BEGIN)?;
    let transaction = database.transaction()?;
    transaction.execute_batch(SCHEMA)?;
    reference_systems(&transaction, layers.iter().map(|(selection, _)| selection.crs))?;
    let mut identifiers = HashSet::new();
    for (selection, dress) in layers {
        let table = Table::of(selection);
        table.write_rows(&transaction, selection, dress, &mut identifiers)?;
        table.describe(&transaction, selection, dress)?;
    }
    let last_change =
        layers.iter().map(|(_, dress)| dress.published_at).max().unwrap_or(Timestamp::UNIX_EPOCH);
    let listed = "INSERT INTO gpkg_contents (table_name, data_type, identifier, last_change) VALUES ('layer_styles', 'attributes', 'layer_styles', ?1)";
    transaction.execute(listed, [date(last_change)])?;
    transaction.commit()?;
    database.close().map_err(|(_, error)| error)?;
    Ok(())
}

/// A time as GeoPackage has it, to the millisecond.
fn date(time: Timestamp) -> String {
    format!("{time:.3}")
}

fn quoted(name: &str) -> String {
    format!("\"{}\"", doubled(name))
}

fn doubled(name: &str) -> String {
    name.replace('"', "\"\"")
}

/// What every GeoPackage knows (Req 11), and those of the layers.
fn reference_systems(transaction: &Transaction, crs: impl Iterator<Item = Crs>) -> rusqlite::Result<()> {
    let mut insert =
        transaction.prepare("INSERT INTO gpkg_spatial_ref_sys VALUES (?1, ?2, ?3, ?4, ?5, ?6)")?;
    insert.execute(params![
        "Undefined Cartesian SRS",
        -1,
        "NONE",
        -1,
        "undefined",
        "undefined Cartesian coordinate reference system"
    ])?;
    insert.execute(params![
        "Undefined geographic SRS",
        0,
        "NONE",
        0,
        "undefined",
        "undefined geographic coordinate reference system"
    ])?;
    let mut known = HashSet::new();
    for crs in std::iter::once(Crs::Wgs84).chain(crs) {
        let code = crs.epsg();
        if known.insert(code) {
            insert.execute(params![crs.name(), code, "EPSG", code, crs.wkt(), None::<&str>])?;
        }
    }
    Ok(())
}

/// The names of a layer's table and its columns, unlike each other in SQLite's eyes, which do not see case.
struct Table {
    name: String,
    geometry: String,
    /// Of the selected fields.
    columns: Vec<String>,
}

impl Table {
    fn of(selection: &Selection) -> Self {
        let mut taken = HashSet::from(["id".to_owned()]);
        let mut unique = |name: &str| {
            let numbered = (1_u32..).map(|n| if n == 1 { name.to_owned() } else { format!("{name}_{n}") });
            let mut free = numbered.filter(|name| taken.insert(name.to_lowercase()));
            free.next().unwrap_or_default()
        };
        let columns = selection.fields().map(|field| unique(&field.name)).collect();
        let id = selection.snapshot.layer.id.as_str();
        let name = match RESERVED.iter().any(|begin| id.starts_with(begin)) {
            true => format!("plan_{id}"),
            false => id.to_owned(),
        };
        Self { name, geometry: unique("geom"), columns }
    }

    fn write_rows(
        &self,
        transaction: &Transaction,
        selection: &Selection,
        dress: &Dress,
        identifiers: &mut HashSet<String>,
    ) -> Result<(), FileError> {
        let layer = &selection.snapshot.layer;
        let columns = self.columns.iter().zip(selection.fields());
        let columns: String = columns
            .map(|(column, field)| format!(", {} {}", quoted(column), type_name(field.kind)))
            .collect();
        transaction.execute_batch(&format!(
            "CREATE TABLE {} (id INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL, {} {}{columns})",
            quoted(&self.name),
            quoted(&self.geometry),
            geometry::type_name(layer.geometry)
        ))?;
        let places = vec!["?"; 2 + self.columns.len()].join(", ");
        let mut insert =
            transaction.prepare(&format!("INSERT INTO {} VALUES ({places})", quoted(&self.name)))?;
        let (cells, extent) = insert_rows(&mut insert, selection)?;
        drop(insert);

        let srs = selection.crs.epsg();
        let identifier = match identifiers.insert(layer.title.zh.clone()) {
            true => layer.title.zh.clone(),
            false => format!("{} ({})", layer.title.zh, layer.id),
        };
        let description = format!("{}\n{}", layer.description.zh, layer.description.en);
        let edge = |edge: fn(&Bounds) -> f64| extent.as_ref().map(edge);
        transaction.execute(
            "INSERT INTO gpkg_contents VALUES (?1, 'features', ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
            params![
                self.name,
                identifier,
                description,
                date(dress.published_at),
                edge(|b| b.min_x),
                edge(|b| b.min_y),
                edge(|b| b.max_x),
                edge(|b| b.max_y),
                srs
            ],
        )?;
        transaction.execute(
            "INSERT INTO gpkg_geometry_columns VALUES (?1, ?2, ?3, ?4, 0, 0)",
            params![self.name, self.geometry, geometry::type_name(layer.geometry), srs],
        )?;
        self.index(transaction, cells)
    }

    fn index(&self, transaction: &Transaction, cells: Vec<Cell>) -> Result<(), FileError> {
        let index = format!("rtree_{}_{}", self.name, self.geometry);
        let quoted_index = quoted(&index);
        transaction.execute_batch(&format!(
            "CREATE VIRTUAL TABLE {quoted_index} USING rtree(id, minx, maxx, miny, maxy)"
        ))?;
        index::fill(transaction, &index, cells)?;
        let triggers = [
            ("{prefix}", doubled(&index)),
            ("{index}", quoted_index),
            ("{table}", quoted(&self.name)),
            ("{geometry}", quoted(&self.geometry)),
            ("{id}", quoted("id")),
        ];
        let triggers =
            triggers.iter().fold(TRIGGERS.to_owned(), |sql, (place, name)| sql.replace(place, name));
        transaction.execute_batch(&triggers)?;
        transaction.execute(
            "INSERT INTO gpkg_extensions VALUES (?1, ?2, 'gpkg_rtree_index', ?3, 'write-only')",
            params![self.name, self.geometry, RTREE],
        )?;
        Ok(())
    }

    /// Titles of fields, metadata and styles.
    fn describe(
        &self,
        transaction: &Transaction,
        selection: &Selection,
        dress: &Dress,
    ) -> rusqlite::Result<()> {
        let mut titles = HashSet::new();
        let mut insert =
            transaction.prepare("INSERT INTO gpkg_data_columns VALUES (?1, ?2, ?3, ?4, ?5, NULL, NULL)")?;
        for (column, Field { title, .. }) in self.columns.iter().zip(selection.fields()) {
            // Programs show the name in place of the column's, and it has to be the only one.
            let name = titles.insert(&title.zh).then_some(&title.zh);
            insert.execute(params![self.name, column, name, title.zh, title.en])?;
        }
        let date = date(dress.published_at);
        transaction.execute(
            "INSERT INTO gpkg_metadata (md_scope, md_standard_uri, mime_type, metadata) VALUES ('dataset', ?1, 'text/xml', ?2)",
            params![ISO_19139, dress.metadata],
        )?;
        transaction.execute(
            "INSERT INTO gpkg_metadata_reference VALUES ('table', ?1, NULL, NULL, ?2, ?3, NULL)",
            params![self.name, date, transaction.last_insert_rowid()],
        )?;
        let mut insert = transaction.prepare(
            "INSERT INTO layer_styles (f_table_catalog, f_table_schema, f_table_name, f_geometry_column, styleName, styleQML, styleSLD, useAsDefault, description, owner, update_time)
             VALUES ('', '', ?1, ?2, ?3, ?4, ?5, ?6, ?7, '', ?8)",
        )?;
        for (n, style) in dress.styles.iter().enumerate() {
            let is_default = n == 0;
            insert.execute(params![
                self.name,
                self.geometry,
                style.name,
                style.qml,
                style.sld,
                is_default,
                style.title,
                date
            ])?;
        }
        Ok(())
    }
}

fn type_name(kind: FieldType) -> &'static str {
    match kind {
        FieldType::Integer => "INTEGER",
        FieldType::Real => "REAL",
        FieldType::Boolean => "BOOLEAN",
        FieldType::Text => "TEXT",
        FieldType::Date => "DATE",
    }
}

/// Inserts the rows in the order of their ids, in which the table is only ever added to at its end. Gives the cells of the index
/// in file order, and the box of all.
fn insert_rows(
    insert: &mut Statement,
    selection: &Selection,
) -> Result<(Vec<Cell>, Option<Bounds>), FileError> {
    let srs_id = selection.crs.epsg() as i32;
    let kind = selection.snapshot.layer.geometry;
    let mut order: Vec<(i64, u32)> = selection.rows().zip(0..).map(|(row, n)| (row.id(), n)).collect();
    order.sort_unstable();
    let mut cells = vec![None; order.len()];
    let mut extent: Option<Bounds> = None;
    let (mut outline, mut blob) = (Outline::default(), Vec::new());
    for (id, n) in order {
        let row = selection.row(n as usize);
        outline.read(&row, selection.crs);
        let bounds = outline.bounds();
        geometry::write(&mut blob, kind, &outline, bounds, srs_id);
        insert.raw_bind_parameter(1, id)?;
        insert.raw_bind_parameter(2, &blob[..])?;
        let values = row.values();
        for (place, &field) in (3..).zip(&selection.fields) {
            insert.raw_bind_parameter(place, bound(&values[field]))?;
        }
        insert.raw_execute()?;
        if let Some(bounds) = bounds {
            cells[n as usize] = Some(Cell::new(id, &bounds));
            extent = Some(extent.map_or(bounds, |extent| extent.union(bounds)));
        }
    }
    Ok((cells.into_iter().flatten().collect(), extent))
}

fn bound<'a>(value: &'a Value) -> ToSqlOutput<'a> {
    match value {
        Value::Null => ToSqlOutput::from(rusqlite::types::Null),
        Value::Integer(integer) => ToSqlOutput::from(*integer),
        Value::Real(real) => ToSqlOutput::from(*real),
        Value::Boolean(truth) => ToSqlOutput::from(*truth),
        Value::Text(text) => ToSqlOutput::from(&**text),
        Value::Date(date) => ToSqlOutput::from(date.to_string()),
    }
}
