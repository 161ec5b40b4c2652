//! A Shapefile in a ZIP archive: shapes, attributes in UTF-8, coordinate system, and what the format cannot say in a table of
//! the fields beside it.
//!
//! Not with the crates shapefile and dbase: theirs are numbers of floating point alone, to which a licence number of 16 digits
//! does not come through, and widths of columns are to be known beforehand.

mod shapes;
mod table;

use super::{FileError, Selection, archive::Archive, outline::Outline};
use crate::{
    crs::Crs,
    plan::{FieldType, Layer},
    snapshot::Bounds,
};
use jiff::{Timestamp, civil::Date, tz::TimeZone};
use shapes::{ENTRY, HEADER, SHAPE_HEADER};
use std::io::{self, Seek, Write};
use table::Table;

/// Most bytes of one of its files: offsets of 32 bits in many programs, GDAL among them.
const MOST: u64 = i32::MAX as u64;

/// What is known of the rows before the first is written.
struct Survey {
    table: Table,
    /// Bytes of each shape without its header.
    lengths: Vec<u32>,
    bounds: Option<Bounds>,
}

/// Writes `selection` as an archive; the files in it have the day of `published_at`.
///
/// # Errors
/// [`FileError::TooLarge`] before anything is written, when one of the files would be larger than 2 GB or has more or wider
/// columns than a dBASE table may.
pub fn write(
    out: impl Write + Seek,
    selection: &Selection,
    published_at: Timestamp,
) -> Result<(), FileError> {
    let survey = Survey::of(selection);
    survey.check()?;
    let layer = &selection.snapshot.layer;
    let date = TimeZone::UTC.to_datetime(published_at).date();
    let name = |extension: &str| format!("{}.{extension}", layer.id);
    let mut archive = Archive::new(out, date);
    archive.write(&name("shp"), |out| survey.write_shapes(selection, out))?;
    archive.write(&name("shx"), |out| survey.write_places(layer, out))?;
    archive.write(&name("dbf"), |out| survey.write_table(selection, date, out))?;
    archive.write(&name("prj"), |out| out.write_all(selection.crs.esri_wkt().as_bytes()))?;
    archive.write(&name("cpg"), |out| out.write_all(b"UTF-8"))?;
    archive.write("fields.csv", |out| survey.write_fields(selection, out))?;
    archive.write("README.txt", |out| out.write_all(readme(layer, selection.crs).as_bytes()))?;
    archive.finish()
}

impl Survey {
    fn of(selection: &Selection) -> Self {
        let layer = &selection.snapshot.layer;
        // Names are those of the whole layer, so that an import knows them in a file of some fields too.
        let names = layer.short_names();
        let fields = selection.fields.iter().map(|&field| (field, &*names[field], layer.fields[field].kind));
        let mut survey =
            Self { table: Table::new(fields), lengths: Vec::with_capacity(selection.len()), bounds: None };
        let mut outline = Outline::default();
        for row in selection.rows() {
            survey.table.fit(row.id(), &row.values());
            outline.read(&row, selection.crs);
            survey.lengths.push(u32::try_from(shapes::length(layer.geometry, &outline)).unwrap_or(u32::MAX));
            let both = survey.bounds.into_iter().chain(outline.bounds());
            survey.bounds = both.reduce(Bounds::union);
        }
        survey
    }

    fn shapes_length(&self) -> u64 {
        HEADER + self.lengths.iter().map(|length| SHAPE_HEADER + u64::from(*length)).sum::<u64>()
    }

    fn check(&self) -> Result<(), FileError> {
        let too_large = |what, most| FileError::TooLarge { what, most };
        let records = self.lengths.len() as u64 * self.table.record_length() as u64;
        if self.shapes_length() > MOST {
            return Err(too_large("the .shp file", "2 GB"));
        }
        if records + self.table.header_length() as u64 > MOST {
            return Err(too_large("the .dbf file", "2 GB"));
        }
        if !self.table.is_possible() {
            return Err(too_large("a record of the .dbf file", "65,535 bytes"));
        }
        Ok(())
    }

    fn write_shapes(&self, selection: &Selection, out: &mut dyn Write) -> io::Result<()> {
        let kind = selection.snapshot.layer.geometry;
        out.write_all(&shapes::header(kind, self.shapes_length(), self.bounds))?;
        let (mut outline, mut bytes) = (Outline::default(), Vec::new());
        for (row, number) in selection.rows().zip(1..) {
            outline.read(&row, selection.crs);
            shapes::write(out, &mut bytes, number, kind, &outline)?;
        }
        Ok(())
    }

    fn write_places(&self, layer: &Layer, out: &mut dyn Write) -> io::Result<()> {
        let length = HEADER + ENTRY * self.lengths.len() as u64;
        out.write_all(&shapes::header(layer.geometry, length, self.bounds))?;
        let mut offset = HEADER;
        for length in self.lengths.iter().map(|length| u64::from(*length)) {
            out.write_all(&shapes::entry(offset, length))?;
            offset += SHAPE_HEADER + length;
        }
        Ok(())
    }

    fn write_table(&self, selection: &Selection, date: Date, out: &mut dyn Write) -> io::Result<()> {
        out.write_all(&self.table.header(self.lengths.len() as u32, date))?;
        let mut record = Vec::new();
        for row in selection.rows() {
            self.table.write(&row, &mut record);
            out.write_all(&record)?;
        }
        out.write_all(&[table::END])
    }

    /// The table of the fields as CSV, with a byte order mark for spreadsheet programs.
    fn write_fields(&self, selection: &Selection, out: &mut dyn Write) -> io::Result<()> {
        out.write_all("\u{feff}".as_bytes())?;
        let mut table = csv::Writer::from_writer(out);
        table.write_record(["short_name", "name", "title_zh", "title_en", "type", "texts_cut"])?;
        let mut columns = self.table.columns.iter();
        if let Some(id) = columns.next() {
            table.write_record([&id.short, "id", "标识", "Identifier", "integer", "0"])?;
        }
        for (column, field) in columns.zip(selection.fields()) {
            let kind = type_name(field.kind);
            let cut = column.cut.to_string();
            table.write_record([&column.short, &field.name, &field.title.zh, &field.title.en, kind, &cut])?;
        }
        table.flush()
    }
}

fn type_name(kind: FieldType) -> &'static str {
    match kind {
        FieldType::Integer => "integer",
        FieldType::Real => "real",
        FieldType::Boolean => "boolean",
        FieldType::Text => "text",
        FieldType::Date => "date",
    }
}

fn readme(layer: &Layer, crs: Crs) -> String {
    let Layer { title, description, .. } = layer;
    let (name, code) = (crs.name(), crs.epsg());
    format!(
        "{zh}\r\n\r\n{about_zh}\r\n\r\n坐标系：{name}（EPSG:{code}），x 向东，y 向北。属性为 UTF-8。字段名最多 10 字节，\
         全名和中英文名称见 fields.csv；超过 254 字节的文字在字符边界处截断，截断的个数也在其中。空文字和空值在此格式中没有区别。\
         完整的内容请用 GeoPackage（.gpkg）。\r\n\r\n\
         {en}\r\n\r\n{about_en}\r\n\r\nCoordinates: {name} (EPSG:{code}), x east, y north. Attributes are UTF-8. Names of fields have at most \
         10 bytes: fields.csv has the full names and titles. Texts of more than 254 bytes are cut after a whole character; the table \
         says how many. The format does not tell an empty text from none. GeoPackage (.gpkg) holds all as it is.\r\n",
        zh = title.zh,
        en = title.en,
        about_zh = description.zh,
        about_en = description.en,
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_no_shapefile_holds_is_refused() {
        let survey = |fields: usize, shapes: usize, length: u32| {
            let fields = (0..fields).map(|field| (field, "name", FieldType::Real));
            Survey { table: Table::new(fields), lengths: vec![length; shapes], bounds: None }
        };
        assert!(survey(5, 1000, 2_000_000).check().is_ok());
        for (large, what) in [
            (survey(5, 1100, 2_000_000), "the .shp file would be larger than 2 GB"),
            (survey(2000, 100_000, 20), "the .dbf file would be larger than 2 GB"),
            (survey(3000, 1, 20), "a record of the .dbf file would be larger than 65,535 bytes"),
        ] {
            let told = large.check().unwrap_err().to_string();
            assert!(told.starts_with(what), "{told}");
        }
    }
}
