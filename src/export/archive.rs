//! ZIP archives that come out the same each time.

use super::FileError;
use jiff::civil::Date;
use std::io::{self, BufWriter, Seek, Write};
use zip::{CompressionMethod, DateTime, ZipWriter, write::SimpleFileOptions};

/// Bytes of one write.
const BUFFER: usize = 1 << 18;
/// Level of compression: attributes come to a tenth by any, coordinates to little less by the slowest.
const LEVEL: i64 = 1;
/// Files that are longer need the 64-bit form, which not every program reads.
const LONG: usize = u32::MAX as usize;

/// An archive whose files all have one date.
pub struct Archive<W: Write + Seek> {
    zip: ZipWriter<BufWriter<W>>,
    options: SimpleFileOptions,
}

impl<W: Write + Seek> Archive<W> {
    pub fn new(out: W, date: Date) -> Self {
        // What the format has years for.
        let year = date.year().clamp(1980, 2107) as u16;
        let date = DateTime::from_date_and_time(year, date.month() as u8, date.day() as u8, 0, 0, 0);
        let options =
            SimpleFileOptions::default().last_modified_time(date.unwrap_or_default()).unix_permissions(0o644);
        Self { zip: ZipWriter::new(BufWriter::with_capacity(BUFFER, out)), options }
    }

    /// Adds what `write` writes, compressed; less than 4 GB.
    pub fn write(
        &mut self,
        name: &str,
        write: impl FnOnce(&mut dyn Write) -> io::Result<()>,
    ) -> Result<(), FileError> {
        let options =
            self.options.compression_method(CompressionMethod::Deflated).compression_level(Some(LEVEL));
        self.zip.start_file(name, options)?;
        // A call of the archive for each row would cost more than the row.
        let mut out = BufWriter::with_capacity(BUFFER, &mut self.zip);
        write(&mut out)?;
        out.flush()?;
        Ok(())
    }

    /// Adds a file as it is, so that it can be read where it lies.
    pub fn store(&mut self, name: &str, bytes: &[u8]) -> Result<(), FileError> {
        let options = self.options.compression_method(CompressionMethod::Stored);
        self.zip.start_file(name, options.large_file(bytes.len() >= LONG))?;
        self.zip.write_all(bytes)?;
        Ok(())
    }

    pub fn finish(self) -> Result<(), FileError> {
        self.zip.finish()?.flush()?;
        Ok(())
    }
}
