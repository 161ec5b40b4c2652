//! A Shapefile in a ZIP archive, unpacked into a folder that goes with the reading.

use super::{Charset, Intake, ReadError, shapefile};
use std::{
    fs::File,
    io::{self, BufReader, Read},
    path::{Path, PathBuf},
};
use zip::{ZipArchive, read::ZipFile, result::ZipError};

/// The files of a Shapefile that are read.
const WANTED: [&str; 4] = ["shp", "dbf", "prj", "cpg"];
/// Most bytes of one of them: what their 32-bit lengths reach safely, as GDAL has it.
const MOST_BYTES: u64 = 2 << 30;
/// Most times that a large file may be smaller in the archive: text padded with blanks, the best that is honest,
/// comes to 200. Deflate ends at 1032.
const MOST_RATIO: u64 = 400;
/// Below this any ratio will do.
const LARGE: u64 = 64 << 20;

/// Brings every feature of the one Shapefile in the archive at `path` to `intake`; the options choose one of several.
///
/// # Errors
/// When the archive is damaged or encrypted, expands beyond measure, or does not hold one Shapefile.
pub fn read(path: &Path, intake: &mut Intake) -> Result<(), ReadError> {
    let mut archive = ZipArchive::new(BufReader::new(File::open(path)?)).map_err(explain)?;
    let names: Vec<PathBuf> = archive.file_names_raw().map(name).collect();
    let shapefile = choose(&names, intake.options().table.as_deref())?;
    let folder = tempfile::tempdir()?;
    for (index, name) in names.iter().enumerate() {
        let extension =
            name.extension().and_then(|extension| extension.to_str()).map(str::to_ascii_lowercase);
        let wanted = extension.filter(|extension| WANTED.contains(&extension.as_str()));
        if let Some(extension) = wanted.filter(|_| name.with_extension("") == shapefile.with_extension("")) {
            // A name of our own: the archive's may lead anywhere.
            let to = folder.path().join(format!("layer.{extension}"));
            unpack(archive.by_index(index).map_err(explain)?, &to)?;
        }
    }
    shapefile::read(&folder.path().join("layer.shp"), intake)
}

/// Windows writes names of files in GBK and does not say so.
fn name(bytes: &[u8]) -> PathBuf {
    let text = Charset::Utf8.decode(bytes).or_else(|_| Charset::Gbk.decode(bytes));
    text.unwrap_or_else(|_| String::from_utf8_lossy(bytes).into_owned()).into()
}

fn choose(names: &[PathBuf], wanted: Option<&str>) -> Result<PathBuf, ReadError> {
    let is_shapefile =
        |name: &&PathBuf| name.extension().is_some_and(|found| found.eq_ignore_ascii_case("shp"));
    let stem =
        |name: &PathBuf| name.file_stem().map(|stem| stem.to_string_lossy().into_owned()).unwrap_or_default();
    // Beside each file macOS puts one of its own of the same extension.
    let mut found: Vec<&PathBuf> =
        names.iter().filter(is_shapefile).filter(|name| !name.starts_with("__MACOSX")).collect();
    let listed = found.iter().map(|name| format!("`{}`", stem(name))).collect::<Vec<_>>().join(", ");
    if let Some(wanted) = wanted {
        found.retain(|name| stem(name) == wanted);
    }
    match (found.as_slice(), wanted) {
        ([one], _) => Ok((*one).clone()),
        ([], None) => Err(ReadError::malformed("the archive has no .shp file")),
        ([], Some(wanted)) => {
            Err(ReadError::malformed(format!("the archive has no `{wanted}.shp`, but {listed}")))
        }
        _ => Err(ReadError::malformed(format!(
            "the archive has several Shapefiles: choose one with --from: {listed}"
        ))),
    }
}

fn unpack<R: Read>(file: ZipFile<R>, to: &Path) -> Result<(), ReadError> {
    let (size, packed) = (file.size(), file.compressed_size().max(1));
    if size > MOST_BYTES || (size > LARGE && size / packed > MOST_RATIO) {
        return Err(ReadError::malformed(format!(
            "a file in the archive expands from {packed} to {size} bytes, which is taken for an attack: unpack it yourself"
        )));
    }
    // What it says of its size may be a lie.
    let written = io::copy(&mut file.take(size + 1), &mut File::create(to)?);
    match written {
        Ok(written) if written == size => Ok(()),
        Ok(_) => Err(ReadError::malformed("the archive is damaged: a file in it is not as long as it says")),
        Err(error) if error.kind() == io::ErrorKind::StorageFull => Err(error.into()),
        Err(error) => Err(ReadError::malformed(format!("the archive is damaged: {error}"))),
    }
}

fn explain(error: ZipError) -> ReadError {
    match error {
        ZipError::Io(error) if error.kind() != io::ErrorKind::UnexpectedEof => error.into(),
        ZipError::UnsupportedArchive(ZipError::PASSWORD_REQUIRED) => {
            ReadError::malformed("the archive is encrypted: unpack it first")
        }
        error => ReadError::malformed(format!("the archive is damaged or cut off: {error}")),
    }
}
