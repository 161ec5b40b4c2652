//! One import: read, check, insert, in one transaction.

use super::{
    Format, ImportError, Intake, Problem, ReadError, ReadOptions, Rejection, Remark, Row, read_geojson,
    report::MOST_LISTED,
};
use crate::{
    bundle,
    plan::{Layer, LayerId},
    postgis::{Database, DatabaseError, Fault, LayerTable, Stage, layer_tables},
};
use std::{
    ops::ControlFlow,
    path::{Path, PathBuf},
};
use tokio::sync::mpsc;

/// Rows that pass from the reader's thread to the database at once, and their positions: a row may be megabytes.
const BATCH_ROWS: usize = 256;
const BATCH_POSITIONS: usize = 1 << 16;
/// Batches between the two. More would not be faster.
const BATCHES_IN_FLIGHT: usize = 2;
/// Rows between two reports of progress.
const REPORT_EVERY: u64 = 10_000;

/// What was imported.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct Imported {
    pub rows: u64,
    /// What to know about each file, in order; `file` as in errors.
    pub remarks: Vec<(String, Remark)>,
}

/// What an import is doing; `file` as it is named in errors.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Progress {
    Reading { file: String, rows: u64 },
    Checking { file: String },
    Inserting { file: String },
}

type OnProgress<'a> = &'a mut (dyn FnMut(Progress) + Send);

/// How files are imported.
#[derive(Debug, Default, Clone)]
pub struct ImportOptions {
    pub read: ReadOptions,
    /// Whether the layer's rows are deleted first; otherwise the new rows join them.
    pub replace: bool,
    /// Whether everything is done but the last step, so that nothing changes.
    pub dry_run: bool,
}

/// Imports `files` into a layer of the schema `plan`.
///
/// # Errors
/// After any error the database is as it was. [`ImportError::Rejected`] names every bad row.
pub async fn import_files(
    database: &Database,
    files: &[PathBuf],
    layer: &LayerId,
    options: &ImportOptions,
    progress: OnProgress<'_>,
) -> Result<Imported, ImportError> {
    let inputs = files.iter().map(|path| Input::file(path)).collect::<Result<Vec<_>, _>>()?;
    let mut client = database.client().await?;
    let transaction = client.transaction().await.map_err(DatabaseError::from)?;
    let mut tables = layer_tables(&transaction).await?;
    tables.retain(|table| table.layer.id == *layer);
    let target = tables.pop().ok_or_else(|| DatabaseError::UnknownLayer { layer: layer.clone() })?;
    let stage = Stage::new(&transaction, &target).await?;
    if options.replace {
        stage.delete_rows().await?;
    }
    let mut imported = Imported::default();
    for input in inputs {
        let file = input.name();
        let (rows, remarks) = import(&stage, input, &target.layer, &options.read, progress).await?;
        imported.rows += rows;
        imported.remarks.extend(remarks.into_iter().map(|remark| (file.clone(), remark)));
    }
    if options.dry_run {
        transaction.rollback().await.map_err(DatabaseError::from)?;
    } else {
        transaction.commit().await.map_err(DatabaseError::from)?;
    }
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
) -> Result<Imported, ImportError> {
    let mut client = database.client().await?;
    let transaction = client.transaction().await.map_err(DatabaseError::from)?;
    let tables = layer_tables(&transaction).await?;
    let mut imported = Imported::default();
    for layer in bundle::layers()? {
        let target = bundled_target(&tables, &layer)?;
        let stage = Stage::new(&transaction, &target).await?;
        match (stage.row_count().await?, replace) {
            (0, _) => {}
            (_, true) => stage.delete_rows().await?,
            (rows, false) => return Err(ImportError::NotEmpty { layer: layer.id, rows }),
        }
        let input = Input::bundled(&layer.id)?;
        // The plan states areas that its schematic geometry does not have everywhere: no news.
        let (rows, _) = import(&stage, input, &target.layer, &ReadOptions::default(), progress).await?;
        imported.rows += rows;
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

    fn read(&self, intake: &mut Intake) -> Result<(), ReadError> {
        match self {
            Self::File { path, format } => format.read(path, intake),
            Self::Bundled { geojson, .. } => read_geojson(*geojson, intake),
        }
    }
}

async fn import(
    stage: &Stage<'_>,
    input: Input,
    layer: &Layer,
    options: &ReadOptions,
    progress: OnProgress<'_>,
) -> Result<(u64, Vec<Remark>), ImportError> {
    let file = input.name();
    let (mut rejection, mut remarks) = fill_stage(stage, input, layer, options, progress).await?;
    progress(Progress::Checking { file: file.clone() });
    stage.transform().await?;
    if options.fix {
        remarks.extend(stage.repair().await?.into_iter().map(remark));
    }
    let (faults, total) = stage.check(MOST_LISTED).await?;
    rejection.merge(faults.into_iter().map(|(row, reason)| Problem { row, reason }), total);
    if rejection.total > 0 {
        return Err(ImportError::Rejected(rejection));
    }
    let (areas, total) = stage.areas(MOST_LISTED).await?;
    let more = total - areas.len() as u64;
    remarks.extend(areas.into_iter().map(remark));
    if more > 0 {
        remarks.push(Remark { row: None, text: format!("{more} more rows differ from their stated areas") });
    }
    progress(Progress::Inserting { file });
    Ok((stage.insert().await?, remarks))
}

fn remark((row, text): Fault) -> Remark {
    Remark { row: Some(row), text }
}

type Batch = Vec<Result<Row, Problem>>;

/// Reads on a thread of its own and copies what is well formed; what is not is in the answer.
async fn fill_stage(
    stage: &Stage<'_>,
    input: Input,
    layer: &Layer,
    options: &ReadOptions,
    progress: OnProgress<'_>,
) -> Result<(Rejection, Vec<Remark>), ImportError> {
    let file = input.name();
    let (sender, mut batches) = mpsc::channel(BATCHES_IN_FLIGHT);
    let reader = {
        let (layer, options) = (layer.clone(), options.clone());
        tokio::task::spawn_blocking(move || read_batches(&input, &layer, &options, &sender))
    };
    let mut rejection = Rejection::new(&file);
    let mut staged = stage.rows().await?;
    let mut count = 0;
    while let Some(batch) = batches.recv().await {
        for row in batch {
            match row {
                Ok(row) => staged.append(row.number, row.id, &row.values, row.geometry, row.srid).await?,
                Err(problem) => rejection.add(problem),
            }
            count += 1;
            if count % REPORT_EVERY == 0 {
                progress(Progress::Reading { file: file.clone(), rows: count });
            }
        }
    }
    let remarks = match reader.await {
        Ok(read) => read.map_err(|cause| ImportError::Read { file: file.clone(), cause })?,
        Err(panicked) => std::panic::resume_unwind(panicked.into_panic()),
    };
    staged.finish().await?;
    progress(Progress::Reading { file, rows: count });
    Ok((rejection, remarks))
}

fn read_batches(
    input: &Input,
    layer: &Layer,
    options: &ReadOptions,
    sender: &mpsc::Sender<Batch>,
) -> Result<Vec<Remark>, ReadError> {
    let mut batch = Batch::new();
    let mut positions = 0;
    let mut sink = |row: Result<Row, Problem>| {
        positions += row.as_ref().map_or(0, |row| row.geometry.position_count());
        batch.push(row);
        if batch.len() < BATCH_ROWS && positions < BATCH_POSITIONS {
            return ControlFlow::Continue(());
        }
        positions = 0;
        match sender.blocking_send(std::mem::take(&mut batch)) {
            Ok(()) => ControlFlow::Continue(()),
            // The database failed and nobody wants more rows.
            Err(_) => ControlFlow::Break(()),
        }
    };
    let mut intake = Intake::new(layer, options, &mut sink)?;
    input.read(&mut intake)?;
    let remarks = intake.finish()?;
    // When the database failed, its own error is told.
    let _ = sender.blocking_send(batch);
    Ok(remarks)
}
