//! From the plan in the program to snapshots.

use crate::{
    bundle::{self, BundleError},
    import::{Intake, Problem, ReadError, ReadOptions, Row, read_geojson},
    plan::{Layer, LayerId},
    snapshot::{Publication, Snapshot, WriteError},
};
use std::{ops::ControlFlow, sync::Arc};

#[derive(Debug, thiserror::Error)]
pub enum BundledExportError {
    #[error(transparent)]
    Bundle(#[from] BundleError),
    #[error("data/tunliu/{layer}.geojson: {cause}")]
    Read { layer: LayerId, cause: ReadError },
    #[error("data/tunliu/{layer}.geojson: {problem}")]
    Row { layer: LayerId, problem: Problem },
    #[error(transparent)]
    Write(#[from] WriteError),
}

/// Exports one bundled layer; nothing is published. The bytes are those that PostGIS gives after
/// `import --bundled`.
pub fn export_bundled(
    publication: &Publication<'_>,
    layer: &Layer,
) -> Result<Arc<Snapshot>, BundledExportError> {
    let mut writer = publication.writer(layer)?;
    for row in rows(layer)? {
        // A row without an id cannot ascend, and the writer says so.
        writer.append(row.id.unwrap_or(-1), &row.values, row.geometry)?;
    }
    Ok(writer.finish()?)
}

fn rows(layer: &Layer) -> Result<Vec<Row>, BundledExportError> {
    let mut rows = Vec::new();
    let mut problem = None;
    let mut sink = |row| match row {
        Ok(row) => {
            rows.push(row);
            ControlFlow::Continue(())
        }
        Err(first) => {
            problem = Some(first);
            ControlFlow::Break(())
        }
    };
    let (geojson, options) = (bundle::geojson(&layer.id)?, ReadOptions::default());
    let read =
        Intake::new(layer, &options, &mut sink).and_then(|mut intake| read_geojson(geojson, &mut intake));
    read.map_err(|cause| BundledExportError::Read { layer: layer.id.clone(), cause })?;
    match problem {
        Some(problem) => Err(BundledExportError::Row { layer: layer.id.clone(), problem }),
        None => Ok(rows),
    }
}
