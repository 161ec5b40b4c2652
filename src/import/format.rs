//! The file formats that can be imported.

use super::{Intake, ReadError, corners, csv, flatgeobuf, geojson, geopackage, shapefile, zipped};
use std::{
    fs::File,
    io::{BufReader, Read},
    path::Path,
};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    GeoJson,
    GeoPackage,
    Shapefile,
    ZippedShapefile,
    FlatGeobuf,
    Csv,
    Corners,
}

impl Format {
    /// The format that a file's name promises.
    pub fn of(path: &Path) -> Option<Self> {
        Some(match &*path.extension()?.to_str()?.to_ascii_lowercase() {
            "geojson" | "json" => Self::GeoJson,
            "gpkg" => Self::GeoPackage,
            "shp" => Self::Shapefile,
            "zip" => Self::ZippedShapefile,
            "fgb" => Self::FlatGeobuf,
            "csv" | "tsv" => Self::Csv,
            "txt" => Self::Corners,
            _ => return None,
        })
    }

    /// Brings every feature of the file to `intake`, in file order.
    ///
    /// # Errors
    /// When it is not what its name promises, or damaged.
    pub fn read(self, path: &Path, intake: &mut Intake) -> Result<(), ReadError> {
        self.check(path)?;
        match self {
            Self::GeoJson => geojson::read(BufReader::new(File::open(path)?), intake),
            Self::GeoPackage => geopackage::read(path, intake),
            Self::Shapefile => shapefile::read(path, intake),
            Self::ZippedShapefile => zipped::read(path, intake),
            Self::FlatGeobuf => flatgeobuf::read(BufReader::new(File::open(path)?), intake),
            Self::Csv => csv::read(path, intake),
            Self::Corners => corners::read(File::open(path)?, intake),
        }
    }

    /// Compares the first bytes with those that the format, or another one, begins with.
    fn check(self, path: &Path) -> Result<(), ReadError> {
        let mut start = Vec::new();
        File::open(path)?.take(16).read_to_end(&mut start)?;
        if start.is_empty() {
            return Err(ReadError::malformed("the file is empty"));
        }
        let found = SIGNATURES.iter().find(|(signature, _, _)| start.starts_with(signature));
        match found {
            Some((_, format, _)) if *format == Some(self) => Ok(()),
            Some((_, _, name)) => Err(ReadError::malformed(format!("not {}, but {name}", self.name()))),
            None if self.has_signature() => Err(ReadError::malformed(format!(
                "not {}: it is damaged, encrypted or another format",
                self.name()
            ))),
            None => Ok(()),
        }
    }

    fn has_signature(self) -> bool {
        SIGNATURES.iter().any(|(_, format, _)| *format == Some(self))
    }

    fn name(self) -> &'static str {
        match self {
            Self::GeoJson => "GeoJSON",
            Self::GeoPackage => "a GeoPackage",
            Self::Shapefile => "a Shapefile",
            Self::ZippedShapefile => "a ZIP archive",
            Self::FlatGeobuf => "a FlatGeobuf file",
            Self::Csv => "a CSV file",
            Self::Corners => "a text of corner points",
        }
    }
}

/// First bytes, the format that has them, and what it is called.
const SIGNATURES: [(&[u8], Option<Format>, &str); 11] = [
    (b"SQLite format 3\0", Some(Format::GeoPackage), "an SQLite database"),
    (b"\0\0\x27\x0a", Some(Format::Shapefile), "a Shapefile"),
    (b"PK\x03\x04", Some(Format::ZippedShapefile), "a ZIP archive, or a spreadsheet, which is one"),
    (b"PK\x05\x06", Some(Format::ZippedShapefile), "a ZIP archive"),
    (b"fgb\x03", Some(Format::FlatGeobuf), "a FlatGeobuf file"),
    (
        b"\xd0\xcf\x11\xe0",
        None,
        "a spreadsheet or document of Microsoft Office, or one of its encrypted ones",
    ),
    (b"\xff\xfe", None, "UTF-16 text: save it as UTF-8"),
    (b"\xfe\xff", None, "UTF-16 text: save it as UTF-8"),
    (b"Rar!", None, "a RAR archive"),
    (b"AC10", None, "an AutoCAD drawing"),
    (b"%PDF", None, "a PDF document"),
];
