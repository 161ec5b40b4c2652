//! One import: read, check, insert, in one transaction.

use super::{
    Format, ImportError, Problem, ReadError, Rejection, Row, RowSink, read_geojson, report::MOST_LISTED,
};
use crate::{
    bundle,
    plan::{Layer, LayerId},
    postgis::{Database, DatabaseError, LayerTable, Stage, layer_tables},
};
use std::{
    ops::ControlFlow,
    path::{Path, PathBuf},
};
use tokio::sync::mpsc;

/// Rows between the reader's thread and the database. A row may be megabytes; more would not be faster.
const ROWS_IN_FLIGHT: usize = 64;
/// Rows between two reports of progress.
const REPORT_EVERY: u64 = 1000;

/// What an import is doing; `file` as it is named in errors.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Progress {
    Reading { file: String, rows: u64 },
    Checking { file: String },
    Inserting { file: String },
}

type OnProgress<'a> = &'a mut (dyn FnMut(Progress) + Send);

/// Imports `files` into a layer of the schema `plan`. Their coordinates are in EPSG:`srid`. With `replace`
/// the layer's rows are deleted first; without it the new rows join them.
///
/// Gives the number of rows imported.
///
/// # Errors
/// After any error the database is as it was. [`ImportError::Rejected`] names every bad row.
pub async fn import_files(
    database: &Database,
    files: &[PathBuf],
    layer: &LayerId,
    srid: i32,
    replace: bool,
    progress: OnProgress<'_>,
) -> Result<u64, ImportError> {
    let inputs = files.iter().map(|path| Input::file(path)).collect::<Result<Vec<_>, _>>()?;
    let mut client = database.client().await?;
    let transaction = client.transaction().await.map_err(DatabaseError::from)?;
    let mut tables = layer_tables(&transaction).await?;
    tables.retain(|table| table.layer.id == *layer);
    let target = tables.pop().ok_or_else(|| DatabaseError::UnknownLayer { layer: layer.clone() })?;
    let stage = Stage::new(&transaction, &target).await?;
    if !stage.knows_srid(srid).await? {
        return Err(ImportError::UnknownSrid(srid));
    }
    if replace {
        stage.delete_rows().await?;
    }
    let mut imported = 0;
    for input in inputs {
        imported += import(&stage, input, &target.layer, srid, progress).await?;
    }
    transaction.commit().await.map_err(DatabaseError::from)?;
    Ok(imported)
}

/// Imports the plan in the program: every layer of it, or nothing.
///
/// # Errors
/// [`ImportError::NotEmpty`] when a layer has rows and they are not to be replaced.
pub async fn import_bundled(
    database: &Database,
    replace: bool,
    progress: OnProgress<'_>,
) -> Result<u64, ImportError> {
    let mut client = database.client().await?;
    let transaction = client.transaction().await.map_err(DatabaseError::from)?;
    let tables = layer_tables(&transaction).await?;
    let mut imported = 0;
    for layer in bundle::layers()? {
        let target = bundled_target(&tables, &layer)?;
        let stage = Stage::new(&transaction, &target).await?;
        match (stage.row_count().await?, replace) {
            (0, _) => {}
            (_, true) => stage.delete_rows().await?,
            (rows, false) => return Err(ImportError::NotEmpty { layer: layer.id, rows }),
        }
        let input = Input::bundled(&layer.id)?;
        imported += import(&stage, input, &target.layer, 4490, progress).await?;
    }
    transaction.commit().await.map_err(DatabaseError::from)?;
    Ok(imported)
}

/// The table for a bundled layer. The file has the bundle's columns, whatever an operator publishes of them.
fn bundled_target(tables: &[LayerTable], layer: &Layer) -> Result<LayerTable, ImportError> {
    let found = tables.iter().find(|table| table.layer.id == layer.id);
    let found = found.ok_or_else(|| DatabaseError::UnknownLayer { layer: layer.id.clone() })?;
    Ok(LayerTable { layer: layer.clone(), table: found.table.clone() })
}

/// Where the rows of one step come from.
enum Input {
    File { path: PathBuf, format: Format },
    Bundled { name: String, geojson: &'static [u8] },
}

impl Input {
    fn file(path: &Path) -> Result<Self, ImportError> {
        let format = Format::of(path).ok_or_else(|| ImportError::UnknownFormat(path.to_owned()))?;
        Ok(Self::File { path: path.to_owned(), format })
    }

    fn bundled(layer: &LayerId) -> Result<Self, ImportError> {
        Ok(Self::Bundled { name: format!("data/tunliu/{layer}.geojson"), geojson: bundle::geojson(layer)? })
    }

    fn name(&self) -> String {
        match self {
            Self::File { path, .. } => path.display().to_string(),
            Self::Bundled { name, .. } => name.clone(),
        }
    }

    fn read(&self, layer: &Layer, srid: i32, sink: &mut RowSink) -> Result<(), ReadError> {
        match self {
            Self::File { path, format } => format.read(path, layer, srid, sink),
            Self::Bundled { geojson, .. } => read_geojson(*geojson, layer, srid, sink),
        }
    }
}

async fn import(
    stage: &Stage<'_>,
    input: Input,
    layer: &Layer,
    srid: i32,
    progress: OnProgress<'_>,
) -> Result<u64, ImportError> {
    let file = input.name();
    let mut rejection = fill_stage(stage, input, layer, srid, progress).await?;
    progress(Progress::Checking { file: file.clone() });
    let (faults, total) = stage.check(srid, MOST_LISTED).await?;
    rejection.merge(faults.into_iter().map(|(row, reason)| Problem { row, reason }), total);
    if rejection.total > 0 {
        return Err(ImportError::Rejected(rejection));
    }
    progress(Progress::Inserting { file });
    Ok(stage.insert().await?)
}

/// Reads on a thread of its own and copies what is well formed; what is not is in the answer.
async fn fill_stage(
    stage: &Stage<'_>,
    input: Input,
    layer: &Layer,
    srid: i32,
    progress: OnProgress<'_>,
) -> Result<Rejection, ImportError> {
    let file = input.name();
    let (sender, mut rows) = mpsc::channel::<Result<Row, Problem>>(ROWS_IN_FLIGHT);
    let reader = {
        let layer = layer.clone();
        tokio::task::spawn_blocking(move || {
            input.read(&layer, srid, &mut |row| match sender.blocking_send(row) {
                Ok(()) => ControlFlow::Continue(()),
                // The database failed and nobody wants more rows.
                Err(_) => ControlFlow::Break(()),
            })
        })
    };
    let mut rejection = Rejection::new(&file);
    let mut staged = stage.rows().await?;
    let mut count = 0;
    while let Some(row) = rows.recv().await {
        match row {
            Ok(row) => staged.append(row.number, row.id, &row.values, row.geometry).await?,
            Err(problem) => rejection.add(problem),
        }
        count += 1;
        if count % REPORT_EVERY == 0 {
            progress(Progress::Reading { file: file.clone(), rows: count });
        }
    }
    match reader.await {
        Ok(read) => read.map_err(|cause| ImportError::Read { file: file.clone(), cause })?,
        Err(panicked) => std::panic::resume_unwind(panicked.into_panic()),
    }
    staged.finish().await?;
    progress(Progress::Reading { file, rows: count });
    Ok(rejection)
}
