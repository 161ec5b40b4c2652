//! A Shapefile: shapes in `.shp`, attributes in `.dbf`, the coordinate system in `.prj`, the encoding in `.cpg`.

use super::{Attribute, Charset, Feature, Intake, ReadError, Stated, dbf, shp::Shapes};
use std::{
    fs::{self, File},
    io::{self, BufReader, Read},
    path::{Path, PathBuf},
};

/// Most bytes of the files that say something of the others: a definition of a coordinate system has a few thousand.
const MOST_SAID: u64 = 1 << 16;

/// Brings every feature of the Shapefile at `path`, and of the files beside it, to `intake`. Deleted records are left
/// out with their shapes.
///
/// # Errors
/// When one of its files is missing or damaged, or its text is in an encoding that it does not say.
pub fn read(path: &Path, intake: &mut Intake) -> Result<(), ReadError> {
    let file = File::open(path)?;
    let length = file.metadata()?.len();
    let mut shapes = Shapes::open(BufReader::new(file), length)?;
    let attributes = beside(path, "dbf")?;
    let attributes = attributes.ok_or_else(|| ReadError::malformed("its .dbf file is missing"))?;
    let mut table = dbf::Table::open(BufReader::new(File::open(&attributes)?))?;
    intake.coordinate_system(said(path, "prj")?.map_or(Stated::Nothing, |text| Stated::wkt(&text)))?;
    let charset = charset(path, &attributes, &table, intake)?;
    let names = table.names(charset)?;
    intake.columns(names.iter().map(String::as_str))?;
    let mut number = 0;
    let mut deleted = 0;
    loop {
        let (shape, has_record) = (shapes.next()?, table.advance()?);
        let geometry = match (shape, has_record) {
            (None, false) => break,
            (Some(geometry), true) => geometry,
            (Some(_), false) => {
                return Err(ReadError::malformed("its .shp file has more rows than its .dbf"));
            }
            (None, true) => return Err(ReadError::malformed("its .dbf file has more rows than its .shp")),
        };
        number += 1;
        if table.is_deleted() {
            deleted += 1;
            continue;
        }
        let values = names.iter().zip(table.values(charset));
        let attributes = values.map(|(name, value)| match value {
            Ok(value) => Ok((name.as_str().into(), value)),
            Err(reason) => Err(format!("field `{name}` holds {reason}: name the encoding with --encoding")),
        });
        let taken = match attributes.collect() {
            Ok(attributes) => intake.take(Feature { number, id: Attribute::Null, attributes, geometry }),
            Err(reason) => intake.refuse(number, reason),
        };
        if taken.is_break() {
            return Ok(());
        }
    }
    if deleted > 0 {
        intake.remark(format!("{deleted} rows are marked as deleted in the .dbf file and were left out"));
    }
    Ok(())
}

/// What the options say, else the `.cpg` file, else the language driver; without any of them UTF-8 if all text is, else
/// GBK.
fn charset<R>(
    path: &Path,
    attributes: &Path,
    table: &dbf::Table<R>,
    intake: &mut Intake,
) -> Result<Charset, ReadError> {
    if let Some(charset) = intake.options().charset {
        return Ok(charset);
    }
    if let Some(name) = said(path, "cpg")? {
        return Charset::named(&name).ok_or_else(|| {
            let name: String = name.trim().chars().take(40).collect();
            ReadError::malformed(format!(
                "its .cpg file says `{name}`, which is no known encoding: say it with --encoding"
            ))
        });
    }
    if let Some(charset) = Charset::of_language_driver(table.language_driver) {
        return Ok(charset);
    }
    if dbf::Table::open(BufReader::new(File::open(attributes)?))?.all_in(Charset::Utf8)? {
        return Ok(Charset::Utf8);
    }
    intake.remark("it does not say how its text is encoded; not UTF-8, it was read as GBK".into());
    Ok(Charset::Gbk)
}

/// The text of the file beside with this extension.
fn said(path: &Path, extension: &str) -> Result<Option<String>, ReadError> {
    let Some(file) = beside(path, extension)? else { return Ok(None) };
    let mut bytes = Vec::new();
    if File::open(file)?.take(MOST_SAID + 1).read_to_end(&mut bytes)? as u64 > MOST_SAID {
        return Err(ReadError::malformed(format!("its .{extension} file is longer than {MOST_SAID} bytes")));
    }
    Ok(Some(String::from_utf8_lossy(&bytes).into_owned()))
}

/// The file of the same name with this extension in any case.
fn beside(path: &Path, extension: &str) -> io::Result<Option<PathBuf>> {
    let folder = match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    };
    for entry in fs::read_dir(folder)? {
        let found = entry?.path();
        let has_extension = found.extension().is_some_and(|found| found.eq_ignore_ascii_case(extension));
        if has_extension && found.file_stem() == path.file_stem() {
            return Ok(Some(found));
        }
    }
    Ok(None)
}
