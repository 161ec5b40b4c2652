//! `plan.zip`: the whole plan in one archive.
//!
//! The large files lie in it as they are, so that GDAL and QGIS read them without unpacking; texts are compressed.

use super::{Dress, FileError, Selection, archive::Archive, geopackage};
use crate::unfinished;
use jiff::{Timestamp, tz::TimeZone};
use plantiles_mapped::MappedFile;
use sha2::{Digest, Sha256};
use std::{
    io::{Seek, Write},
    path::Path,
};

pub struct Bundle {
    pub layers: Vec<(Selection, Dress)>,
    /// Documents by their paths in the archive.
    pub texts: Vec<(String, Vec<u8>)>,
    pub published_at: Timestamp,
}

impl Bundle {
    /// Writes the archive; its GeoPackage is made in a file of the directory `aside`, which goes with it.
    pub fn write(&self, out: impl Write + Seek, aside: &Path, suffix: &str) -> Result<(), FileError> {
        let mut archive = Archive::new(out, TimeZone::UTC.to_datetime(self.published_at).date());
        let mut sums = String::new();
        let mut sum = |name: &str, bytes: &[u8]| {
            let digest: String = Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect();
            sums += &format!("{digest}  {name}\n");
        };
        for (name, text) in &self.texts {
            sum(name, text);
            archive.write(name, |out| out.write_all(text))?;
        }
        let geopackage = unfinished::named(aside, suffix)?;
        let layers: Vec<_> =
            self.layers.iter().map(|(selection, dress)| (selection.clone(), dress)).collect();
        geopackage::write(geopackage.path(), &layers)?;
        let geopackage = MappedFile::new(geopackage.as_file())?;
        sum("plan.gpkg", &geopackage);
        archive.store("plan.gpkg", &geopackage)?;
        drop(geopackage);
        for (selection, _) in &self.layers {
            let snapshot = &selection.snapshot;
            let name = format!("layers/{}.fgb", snapshot.layer.id);
            sum(&name, snapshot.bytes());
            archive.store(&name, snapshot.bytes())?;
        }
        archive.write("SHA256SUMS", |out| out.write_all(sums.as_bytes()))?;
        archive.finish()
    }
}
