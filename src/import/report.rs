//! Why nothing was imported.

use super::{Problem, ReadError};
use crate::{bundle::BundleError, plan::LayerId, postgis::DatabaseError};
use std::{fmt, path::PathBuf};

/// Problems listed by name; a file with more is wrong as a whole.
pub(super) const MOST_LISTED: usize = 50;

/// Endings of files that can be imported.
const FORMATS: &str = ".gpkg, .shp, .shp.zip, .geojson, .fgb, .csv and .txt (corner points)";

#[derive(Debug, thiserror::Error)]
pub enum ImportError {
    #[error("{0}")]
    Rejected(Rejection),
    #[error("{}: not a format that can be imported: {FORMATS} are", .0.display())]
    UnknownFormat(PathBuf),
    #[error("{file}: {cause}")]
    Read { file: String, cause: ReadError },
    #[error("layer {layer} has {rows} rows already: --replace deletes them first")]
    NotEmpty { layer: LayerId, rows: i64 },
    #[error(transparent)]
    Bundle(#[from] BundleError),
    #[error(transparent)]
    Database(#[from] DatabaseError),
}

/// What is wrong with a file, row by row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rejection {
    pub file: String,
    /// The first problems, in row order.
    pub problems: Vec<Problem>,
    /// All problems, listed or not.
    pub total: u64,
}

impl Rejection {
    pub(super) fn new(file: &str) -> Self {
        Self { file: file.into(), problems: Vec::new(), total: 0 }
    }

    pub(super) fn add(&mut self, problem: Problem) {
        self.total += 1;
        if self.problems.len() < MOST_LISTED {
            self.problems.push(problem);
        }
    }

    /// Adds what a later check found: its first problems and how many there are.
    pub(super) fn merge(&mut self, problems: impl Iterator<Item = Problem>, total: u64) {
        self.problems.extend(problems);
        self.problems.sort_by_key(|problem| problem.row);
        self.problems.truncate(MOST_LISTED);
        self.total += total;
    }
}

impl fmt::Display for Rejection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let plural = if self.total == 1 { "" } else { "s" };
        write!(f, "{}: {} problem{plural}, nothing was imported", self.file, self.total)?;
        for problem in &self.problems {
            write!(f, "\n  {problem}")?;
        }
        match self.total - self.problems.len() as u64 {
            0 => Ok(()),
            more => write!(f, "\n  and {more} more"),
        }
    }
}
