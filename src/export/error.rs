//! Why a file could not be made.

use std::io;
use zip::result::ZipError;

#[derive(Debug, thiserror::Error)]
pub enum FileError {
    #[error(transparent)]
    Io(#[from] io::Error),
    #[error("SQLite: {0}")]
    Sqlite(#[from] rusqlite::Error),
    #[error("ZIP: {0}")]
    Zip(ZipError),
    #[error(
        "{what} would be larger than {most}, the most that a Shapefile holds: take GeoPackage or FlatGeobuf, or a part of the layer"
    )]
    TooLarge { what: &'static str, most: &'static str },
}

impl From<ZipError> for FileError {
    fn from(error: ZipError) -> Self {
        match error {
            ZipError::Io(error) => Self::Io(error),
            error => Self::Zip(error),
        }
    }
}

impl FileError {
    /// Whether there is no room for the file.
    pub fn is_disk_full(&self) -> bool {
        use io::ErrorKind::{FileTooLarge, QuotaExceeded, StorageFull};
        match self {
            Self::Io(error) => matches!(error.kind(), StorageFull | QuotaExceeded | FileTooLarge),
            // What SQLite says of a write that fails for any reason.
            Self::Sqlite(error) => {
                use rusqlite::ErrorCode::{DiskFull, SystemIoFailure};
                matches!(error.sqlite_error_code(), Some(DiskFull | SystemIoFailure))
            }
            Self::Zip(_) | Self::TooLarge { .. } => false,
        }
    }
}
