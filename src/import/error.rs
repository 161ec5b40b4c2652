//! Why a file cannot be read at all.

use crate::crs::Crs;
use std::io;

#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    #[error(transparent)]
    Io(#[from] io::Error),
    /// Damaged, of another kind, encrypted: told in one line.
    #[error("{0}")]
    Malformed(String),
    #[error("{0}")]
    Fields(String),
    #[error(
        "its coordinate system `{0}` is not imported: CGCS2000 (EPSG:4490, 4491 to 4554), WGS 84 (4326) and Web Mercator (3857) are; transform it first, or name the right one with srid"
    )]
    UnknownCrs(String),
    #[error("it says after its features that they are in EPSG:{}, they were read in EPSG:{}: name one with srid", .stated.epsg(), .used.epsg())]
    LateCrs { stated: Crs, used: Crs },
}

impl ReadError {
    pub fn malformed(reason: impl Into<String>) -> Self {
        Self::Malformed(reason.into())
    }
}
