//! The plan that is part of the program: Tunliu 2021–2025, so that a server without a database has a map.

use crate::{
    import::{self, Problem, ReadError, Row},
    plan::{Layer, LayerId},
    snapshot::{Publication, Snapshot, WriteError},
};
use include_dir::{Dir, include_dir};
use std::{ops::ControlFlow, sync::Arc};

const LAYERS: &str = include_str!("../data/layers.json");
static FEATURES: Dir = include_dir!("$CARGO_MANIFEST_DIR/data/tunliu");

#[derive(Debug, thiserror::Error)]
pub enum BundleError {
    #[error("data/layers.json: {0}")]
    Layers(serde_json::Error),
    #[error("data/tunliu has no file for layer {0}")]
    Missing(LayerId),
    #[error("data/tunliu/{layer}.geojson: {cause}")]
    Read { layer: LayerId, cause: ReadError },
    #[error("data/tunliu/{layer}.geojson: {problem}")]
    Row { layer: LayerId, problem: Problem },
    #[error(transparent)]
    Write(#[from] WriteError),
}

/// The standard layers of a plan, in the order in which they are listed.
pub fn layers() -> Result<Vec<Layer>, BundleError> {
    serde_json::from_str(LAYERS).map_err(BundleError::Layers)
}

/// The features of `layer` as GeoJSON in EPSG:4490.
pub fn geojson(layer: &LayerId) -> Result<&'static [u8], BundleError> {
    let file = FEATURES.get_file(format!("{layer}.geojson"));
    file.map(|file| file.contents()).ok_or_else(|| BundleError::Missing(layer.clone()))
}

/// Exports one layer; nothing is published. The bytes are those that PostGIS gives after `import --bundled`.
pub fn export(publication: &Publication<'_>, layer: &Layer) -> Result<Arc<Snapshot>, BundleError> {
    let mut writer = publication.writer(layer)?;
    for row in rows(layer)? {
        // A row without an id cannot ascend, and the writer says so.
        writer.append(row.id.unwrap_or(-1), &row.values, row.geometry)?;
    }
    Ok(writer.finish()?)
}

fn rows(layer: &Layer) -> Result<Vec<Row>, BundleError> {
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
    let read = import::read_geojson(geojson(&layer.id)?, layer, 4490, &mut sink);
    read.map_err(|cause| BundleError::Read { layer: layer.id.clone(), cause })?;
    match problem {
        Some(problem) => Err(BundleError::Row { layer: layer.id.clone(), problem }),
        None => Ok(rows),
    }
}
