//! A part of a layer, for those who may not see all of it: some of its rows, without some of its columns.
//!
//! It is a snapshot of its own. What is not in it cannot be sent, and whatever is made of a snapshot, its id, tiles,
//! files, searches and reviews, is made of it alone.

use crate::{
    features::{Condition, Evaluator, Filter, filter::FilterError},
    plan::Layer,
    snapshot::{Snapshot, SnapshotWriter, Value, WriteError},
};
use std::{collections::BTreeSet, mem, path::Path, sync::Arc};

/// How much of a layer somebody sees.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Part {
    Whole,
    Extract(Extract),
    Nothing,
}

/// What an extract has of its layer.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct Extract {
    /// Which rows; all without it. It may ask for columns that are left out.
    pub rows: Option<Filter>,
    /// The columns that are left out.
    pub without: BTreeSet<String>,
}

/// Why there is no such extract of a layer.
#[derive(Debug, thiserror::Error)]
pub enum ExtractError {
    #[error("there is no column `{0}` to be left out")]
    Column(String),
    #[error("rows, {0}")]
    Rows(#[from] FilterError),
    #[error(transparent)]
    Write(#[from] WriteError),
}

impl Extract {
    /// Whether it can be made of `layer`.
    ///
    /// # Errors
    /// When the layer does not have a column. One that is to be left out may have got another name, so that would not do
    /// by itself.
    pub fn check(&self, layer: &Layer) -> Result<(), ExtractError> {
        if let Some(missing) = self.without.iter().find(|column| layer.field(column).is_none()) {
            return Err(ExtractError::Column(missing.clone()));
        }
        self.condition(layer).map(drop)
    }

    fn condition(&self, layer: &Layer) -> Result<Option<Condition>, ExtractError> {
        Ok(self.rows.as_ref().map(|rows| rows.condition(layer)).transpose()?)
    }

    /// Makes it of a whole layer, in a file without a name in `directory`, which goes with the snapshot. The same rows and
    /// columns give the same bytes.
    ///
    /// # Errors
    /// As [`Self::check`], and when the file cannot be written.
    pub fn of(&self, whole: &Snapshot, directory: &Path) -> Result<Arc<Snapshot>, ExtractError> {
        self.check(&whole.layer)?;
        let kept = |field: &usize| !self.without.contains(&whole.layer.fields[*field].name);
        let fields: Vec<_> = (0..whole.layer.fields.len()).filter(kept).collect();
        let described = Layer {
            fields: fields.iter().map(|&field| whole.layer.fields[field].clone()).collect(),
            ..Layer::clone(&whole.layer)
        };
        let mut writer = SnapshotWriter::create(directory, &described)?;
        for (id, position) in self.rows(whole)? {
            let mut values = whole.row(position).values();
            let values: Vec<_> =
                fields.iter().map(|&field| mem::replace(&mut values[field], Value::Null)).collect();
            writer.append(id, &values, whole.geometry(position))?;
        }
        Ok(writer.finish_unnamed()?)
    }

    /// Ids and positions of its rows, by id.
    fn rows(&self, whole: &Snapshot) -> Result<Vec<(i64, usize)>, ExtractError> {
        let condition = self.condition(&whole.layer)?;
        let evaluator = condition.as_ref().map(Evaluator::new);
        let rows = (0..whole.feature_count()).map(|position| (whole.row(position), position));
        let seen = rows.filter(|(row, position)| {
            let matches = |evaluator: &Evaluator| evaluator.matches(row, &whole.feature_bounds(*position));
            evaluator.as_ref().is_none_or(matches)
        });
        let mut rows: Vec<_> = seen.map(|(row, position)| (row.id(), position)).collect();
        rows.sort_unstable();
        Ok(rows)
    }
}
