//! Lists of corner points as licences, tables and the reports of land and mining offices have them. What is
//! understood is written down in `docs/import.md`.

mod coordinate;
mod heading;
mod line;
mod plot;

use super::{Attribute, Charset, Intake, ReadError, Stated, text::BOM};
use crate::crs::Crs;
use coordinate::Place;
use heading::Heading;
use line::{Columns, Line};
use plot::Plot;
use std::io::Read;

/// Most bytes of a file, which is read whole: the corners of a hundred thousand licences.
const MOST_BYTES: u64 = 256 << 20;

/// Brings every plot of the text in `input` to `intake`, rings closed, holes found by where they lie. Text is in the
/// encoding that the options say, else UTF-8, else GBK.
///
/// The coordinate system is that of the zone number before the eastings or in the heading, EPSG:4490 for degrees, or
/// what the options say.
///
/// # Errors
/// When the file names a coordinate system that is not imported, or mixes several.
pub fn read(input: impl Read, intake: &mut Intake) -> Result<(), ReadError> {
    let mut bytes = Vec::new();
    if input.take(MOST_BYTES + 1).read_to_end(&mut bytes)? as u64 > MOST_BYTES {
        return Err(ReadError::malformed(format!("longer than {} MiB", MOST_BYTES >> 20)));
    }
    let bytes = bytes.strip_prefix(BOM).unwrap_or(&bytes);
    let charset = match intake.options().charset {
        Some(charset) => charset,
        None if std::str::from_utf8(bytes).is_ok() => Charset::Utf8,
        None => {
            intake.remark("its text is not UTF-8 and was read as GBK".into());
            Charset::Gbk
        }
    };
    let text = charset.decode(bytes).map_err(|reason| ReadError::malformed(format!("it has {reason}")))?;
    Reader::new(intake).read(&line::plain(&text))
}

struct Reader<'a, 'b> {
    intake: &'a mut Intake<'b>,
    heading: Heading,
    columns: Option<Columns>,
    plot: Plot,
    /// Plots passed on.
    count: u64,
    crs: Option<Crs>,
    passed_over: Vec<String>,
    stopped: bool,
}

impl<'a, 'b> Reader<'a, 'b> {
    fn new(intake: &'a mut Intake<'b>) -> Self {
        Self {
            intake,
            heading: Heading::default(),
            columns: None,
            plot: Plot::default(),
            count: 0,
            crs: None,
            passed_over: Vec::new(),
            stopped: false,
        }
    }

    fn read(mut self, text: &str) -> Result<(), ReadError> {
        for (index, line) in text.lines().enumerate() {
            for part in line::parts(line) {
                self.line(index + 1, part)?;
                if self.stopped {
                    return Ok(());
                }
            }
        }
        self.finish_plot();
        if self.count == 0 && !self.stopped {
            return Err(ReadError::malformed("it has no line of corner coordinates"));
        }
        match self.passed_over.as_slice() {
            [] => {}
            lines => {
                let more =
                    if lines.len() > 10 { format!(" and {} more", lines.len() - 10) } else { String::new() };
                let listed = lines.iter().take(10).cloned().collect::<Vec<_>>().join(", ");
                self.intake.remark(format!("lines passed over: {listed}{more}"));
            }
        }
        Ok(())
    }

    fn line(&mut self, number: usize, text: &str) -> Result<(), ReadError> {
        match Line::parse(text, self.columns.as_ref(), self.plot.is_reported()) {
            Line::Blank => self.plot.end_ring(),
            Line::Section => {}
            Line::Columns(columns) => self.columns = Some(columns),
            Line::Said(key, value) => {
                if !self.heading.hear(key, value).map_err(|reason| at(number, &reason))? {
                    self.begin_plot_after_corners();
                    self.plot.attributes.push((key.to_owned(), Attribute::Text(value.to_owned())));
                }
            }
            Line::Plot(fields) => {
                self.finish_plot();
                self.plot = Plot::reported(&fields);
            }
            Line::Corner(corner) => match corner.place {
                Ok(place) => self.corner(number, corner.ring, place)?,
                Err(reason) => self.plot.refuse(format!("line {number}: {reason}")),
            },
            Line::Words => self.passed_over.push(format!("{number} `{}`", shortened(text))),
            Line::Unknown => {
                self.plot.refuse(format!("line {number} is not understood: `{}`", shortened(text)));
            }
        }
        Ok(())
    }

    fn corner(&mut self, line: usize, ring: Option<&str>, place: Place) -> Result<(), ReadError> {
        let stated = self.heading.coordinate_system(&place).map_err(|reason| at(line, &reason))?;
        match (stated, self.intake.options().crs) {
            (Some(crs), _) if self.crs.is_some_and(|before| before != crs) => {
                return Err(at(
                    line,
                    "it is in another zone, or another kind of coordinates, than the lines before",
                ));
            }
            (None, None) => {
                return Err(at(
                    line,
                    "the easting has no zone number: srid names the zone by its central meridian, or a line 带号=38",
                ));
            }
            (Some(crs), _) if self.crs != Some(crs) => {
                self.intake.coordinate_system(Stated::Known(crs))?;
                self.crs = Some(crs);
            }
            _ => {}
        }
        self.plot.corner(ring, place.position());
        Ok(())
    }

    fn begin_plot_after_corners(&mut self) {
        if self.plot.has_corners() {
            self.finish_plot();
        }
    }

    fn finish_plot(&mut self) {
        let plot = std::mem::take(&mut self.plot);
        if plot.is_empty() {
            return;
        }
        self.count += 1;
        let taken = match plot.feature(self.count, self.intake.kind()) {
            Ok(feature) => self.intake.take(feature),
            Err(reason) => self.intake.refuse(self.count, reason),
        };
        self.stopped |= taken.is_break();
    }
}

fn at(line: usize, reason: &str) -> ReadError {
    ReadError::malformed(format!("line {line}: {reason}"))
}

fn shortened(text: &str) -> String {
    text.trim().chars().take(40).collect()
}
