//! MBTiles 1.3: an SQLite database. Tiles that hold the same share a row of `images`, as other programs write it too.

use super::{ArchiveError, Pyramid, curve::Cell, work::Work};
use rusqlite::{Connection, params};
use serde_json::Value;
use std::{fs::File, path::Path};

/// `application_id` is "MPBX" (§Database). The file has a name only when it is whole, so there is no journal.
const SCHEMA: &str = "
    PRAGMA application_id = 0x4d504258;
    PRAGMA journal_mode = OFF;
    PRAGMA synchronous = OFF;
    CREATE TABLE metadata (name TEXT NOT NULL PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
    CREATE TABLE images (tile_id INTEGER PRIMARY KEY, tile_data BLOB NOT NULL);
    CREATE TABLE map (zoom_level INTEGER NOT NULL, tile_column INTEGER NOT NULL, tile_row INTEGER NOT NULL, tile_id INTEGER NOT NULL);
    CREATE VIEW tiles AS SELECT zoom_level, tile_column, tile_row, tile_data FROM map JOIN images USING (tile_id);
    BEGIN;
";

/// After the rows: sorted once, an index takes a fraction of the time.
const INDEX: &str = "CREATE UNIQUE INDEX map_index ON map (zoom_level, tile_column, tile_row); COMMIT;";

/// Writes the archive of what is in `work`, synced, to the new file `path`.
pub fn write(pyramid: &Pyramid, work: &mut Work, path: &Path) -> Result<(), ArchiveError> {
    let database = Connection::open(path)?;
    database.execute_batch(SCHEMA)?;
    fill(&database, pyramid, work)?;
    database.execute_batch(INDEX)?;
    database.close().map_err(|(_, error)| error)?;
    Ok(File::open(path)?.sync_all()?)
}

fn fill(database: &Connection, pyramid: &Pyramid, work: &mut Work) -> Result<(), ArchiveError> {
    let mut insert = database.prepare("INSERT INTO metadata VALUES (?, ?)")?;
    for (name, value) in metadata(pyramid) {
        insert.execute(params![name, value])?;
    }
    let mut insert = database.prepare("INSERT INTO images VALUES (?, ?)")?;
    let mut number = 0;
    work.contents(|content| {
        insert.execute(params![number, content])?;
        number += 1;
        Ok::<_, ArchiveError>(())
    })?;
    let mut insert = database.prepare("INSERT INTO map VALUES (?, ?, ?, ?)")?;
    for run in &work.index.runs {
        for id in run.first..run.first + u64::from(run.length) {
            let tile = Cell::of_id(id).tile();
            // Rows count from the south.
            insert.execute(params![tile.z, tile.x, (1u32 << tile.z) - 1 - tile.y, run.content])?;
        }
    }
    Ok(())
}

/// The rows of `metadata` (§Content).
fn metadata(pyramid: &Pyramid) -> Vec<(String, String)> {
    let mut described = pyramid.metadata();
    let layers = described.as_object_mut().and_then(|described| described.remove("vector_layers"));
    let text = |value: Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    let list = |numbers: &[f64]| numbers.iter().map(f64::to_string).collect::<Vec<_>>().join(",");
    let (bounds, [lon, lat]) = (pyramid.bounds(), pyramid.center());
    let own = [
        ("format", "pbf".to_owned()),
        ("version", "1".to_owned()),
        ("bounds", list(&[bounds.min_x, bounds.min_y, bounds.max_x, bounds.max_y])),
        ("center", list(&[lon, lat, pyramid.center_zoom().into()])),
        ("minzoom", pyramid.zooms.start().to_string()),
        ("maxzoom", pyramid.zooms.end().to_string()),
        ("json", serde_json::json!({ "vector_layers": layers }).to_string()),
    ];
    let rows = own.map(|(name, value)| (name.to_owned(), value)).into_iter();
    let described = described.as_object().cloned().unwrap_or_default();
    rows.chain(described.into_iter().map(|(name, value)| (name, text(value)))).collect()
}
