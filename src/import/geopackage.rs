//! GeoPackage (OGC 12-128r19), read with SQLite itself.

use super::{Attribute, Feature, Intake, ReadError, Stated, build::build};
use geozero::wkb::GpkgWkb;
use rusqlite::{Connection, ErrorCode, OpenFlags, types::ValueRef};
use std::path::Path;

/// A feature table.
struct Table {
    name: String,
    geometry: String,
    srs: i64,
}

/// Brings every feature of a table in the GeoPackage at `path` to `intake`: of the only one, or of the one that the
/// options name. The primary key, which GIS programs number by themselves, is left out unless it is mapped.
///
/// # Errors
/// When the file is not a GeoPackage or damaged, or it is not clear which table is meant.
pub fn read(path: &Path, intake: &mut Intake) -> Result<(), ReadError> {
    let damaged = |error: rusqlite::Error| ReadError::malformed(explain(&error));
    let connection = open(path).map_err(damaged)?;
    let tables = tables(&connection).map_err(|error| match error {
        rusqlite::Error::SqliteFailure(_, Some(message)) if message.contains("no such table") => {
            ReadError::malformed(
                "an SQLite database, but not a GeoPackage: it does not list its feature tables",
            )
        }
        error => damaged(error),
    })?;
    let table = choose(tables, intake.options().table.as_deref())?;
    let stated = coordinate_system(&connection, table.srs).map_err(damaged)?;
    intake.coordinate_system(stated)?;
    features(&connection, &table, intake)
}

fn open(path: &Path) -> rusqlite::Result<Connection> {
    let connection = Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_ONLY)?;
    // The file is a stranger's: its schema may not call functions, and cells are checked before they are read.
    connection.pragma_update(None, "trusted_schema", false)?;
    connection.pragma_update(None, "cell_size_check", true)?;
    Ok(connection)
}

fn explain(error: &rusqlite::Error) -> String {
    match error {
        rusqlite::Error::SqliteFailure(failure, message) => match failure.code {
            ErrorCode::NotADatabase => "not a GeoPackage: it is damaged or encrypted".into(),
            ErrorCode::DatabaseCorrupt => "the GeoPackage is damaged or cut off".into(),
            _ => format!("the GeoPackage cannot be read: {}", message.as_deref().unwrap_or("unknown fault")),
        },
        error => format!("the GeoPackage cannot be read: {error}"),
    }
}

fn tables(connection: &Connection) -> rusqlite::Result<Vec<Table>> {
    let mut statement = connection.prepare(
        "select contents.table_name, geometry.column_name, geometry.srs_id \
         from gpkg_contents as contents join gpkg_geometry_columns as geometry using (table_name) \
         where contents.data_type = 'features' order by contents.table_name",
    )?;
    let rows = statement
        .query_map([], |row| Ok(Table { name: row.get(0)?, geometry: row.get(1)?, srs: row.get(2)? }))?;
    rows.collect()
}

fn choose(mut tables: Vec<Table>, wanted: Option<&str>) -> Result<Table, ReadError> {
    let names = tables.iter().map(|table| format!("`{}`", table.name)).collect::<Vec<_>>().join(", ");
    match wanted {
        Some(name) => tables
            .into_iter()
            .find(|table| table.name == name)
            .ok_or_else(|| ReadError::malformed(format!("it has no feature table `{name}`, but {names}"))),
        None if tables.len() > 1 => Err(ReadError::malformed(format!(
            "it has several feature tables: choose one with --from: {names}"
        ))),
        None => tables.pop().ok_or_else(|| ReadError::malformed("it has no feature table")),
    }
}

/// Of one row of `gpkg_spatial_ref_sys`; 0 and -1 are undefined ones (requirement 11).
fn coordinate_system(connection: &Connection, srs: i64) -> rusqlite::Result<Stated> {
    let mut statement = connection.prepare(
        "select organization, organization_coordsys_id, definition from gpkg_spatial_ref_sys where srs_id = ?1",
    )?;
    let mut rows = statement.query([srs])?;
    let Some(row) = rows.next()? else { return Ok(Stated::epsg(srs)) };
    let (organization, code, definition): (String, i64, String) = (row.get(0)?, row.get(1)?, row.get(2)?);
    Ok(match organization.eq_ignore_ascii_case("epsg") {
        true => Stated::epsg(code),
        false if srs <= 0 => Stated::Nothing,
        false => Stated::wkt(&definition),
    })
}

fn features(connection: &Connection, table: &Table, intake: &mut Intake) -> Result<(), ReadError> {
    let damaged = |error: rusqlite::Error| ReadError::malformed(explain(&error));
    let columns = columns(connection, table, intake).map_err(damaged)?;
    let names = columns.iter().map(|column| &*column.name);
    intake.columns(names.filter(|name| *name != table.geometry))?;
    let listed: Vec<String> = columns.iter().map(|column| quoted(&column.name)).collect();
    let query = format!("select {} from {}", listed.join(", "), quoted(&table.name));
    let mut statement = connection.prepare(&query).map_err(damaged)?;
    let mut rows = statement.query([]).map_err(damaged)?;
    let mut number = 0;
    while let Some(row) = rows.next().map_err(damaged)? {
        number += 1;
        let taken = match feature(number, row, &columns, &table.geometry) {
            Ok(feature) => intake.take(feature),
            Err(reason) => intake.refuse(number, reason),
        };
        if taken.is_break() {
            break;
        }
    }
    Ok(())
}

struct Column {
    name: String,
    is_boolean: bool,
}

/// The columns of the table, without the primary key.
fn columns(connection: &Connection, table: &Table, intake: &Intake) -> rusqlite::Result<Vec<Column>> {
    let mut statement = connection.prepare("select name, type, pk from pragma_table_info(?1)")?;
    let columns = statement.query_map([&table.name], |row| {
        let (name, kind, key): (String, String, i64) = (row.get(0)?, row.get(1)?, row.get(2)?);
        Ok((Column { name, is_boolean: kind.eq_ignore_ascii_case("boolean") }, key > 0))
    })?;
    let mapped = |name: &str| intake.options().map.keys().any(|from| from.eq_ignore_ascii_case(name));
    let wanted = columns.filter(|column| !matches!(column, Ok((column, true)) if !mapped(&column.name)));
    wanted.map(|column| column.map(|(column, _)| column)).collect()
}

fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

fn feature<'a>(
    number: u64,
    row: &rusqlite::Row,
    columns: &'a [Column],
    geometry_column: &str,
) -> Result<Feature<'a>, String> {
    let mut attributes = Vec::with_capacity(columns.len());
    let mut geometry = Err("it has no geometry".into());
    for (index, column) in columns.iter().enumerate() {
        let value = row.get_ref(index).map_err(|error| error.to_string())?;
        match (column.name == geometry_column, value) {
            (true, ValueRef::Null) => {}
            (true, ValueRef::Blob(bytes)) => geometry = build(&GpkgWkb(bytes)),
            (true, _) => geometry = Err("the geometry is not one of a GeoPackage".into()),
            (false, value) => attributes.push((column.name.as_str().into(), attribute(value, column)?)),
        }
    }
    Ok(Feature { number, id: Attribute::Null, attributes, geometry })
}

fn attribute(value: ValueRef, column: &Column) -> Result<Attribute, String> {
    Ok(match value {
        ValueRef::Null => Attribute::Null,
        ValueRef::Integer(truth @ (0 | 1)) if column.is_boolean => Attribute::Boolean(truth == 1),
        ValueRef::Integer(number) => Attribute::Integer(number),
        ValueRef::Real(number) => Attribute::Real(number),
        ValueRef::Text(bytes) => match std::str::from_utf8(bytes) {
            Ok(text) => Attribute::Text(text.to_owned()),
            Err(_) => return Err(format!("field `{}` holds text that is not UTF-8", column.name)),
        },
        ValueRef::Blob(bytes) => Attribute::Other(format!("{} bytes", bytes.len())),
    })
}
