//! The shapes of a `.shp` file (ESRI Shapefile Technical Description, July 1998), one at a time.

use super::{Found, Geometry, ReadError, geometry::Position, rings::assemble};
use std::io::Read;

/// Bytes of the file header.
const HEADER: u64 = 100;
const FILE_CODE: i32 = 9994;
/// Most bytes of one shape: a coastline of a continent has a tenth of it. Past it a length is taken for damage.
const MOST_SHAPE: usize = 512 << 20;

/// Reads the shapes in file order.
pub struct Shapes<R> {
    input: R,
    /// Bytes that the header promises after those that were read.
    left: u64,
}

impl<R: Read> Shapes<R> {
    /// `length` is that of the file in bytes.
    ///
    /// # Errors
    /// When it is not a Shapefile, or not as long as it says.
    pub fn open(mut input: R, length: u64) -> Result<Self, ReadError> {
        let mut header = [0; HEADER as usize];
        input.read_exact(&mut header).map_err(|_| cut_off())?;
        if big_endian(&header, 0) != Some(FILE_CODE) {
            return Err(ReadError::malformed("not a Shapefile"));
        }
        // In words of 16 bits. A file may be longer, with nothing in what is over.
        let promised =
            big_endian(&header, 24).and_then(|words| u64::try_from(words).ok()).map(|words| words * 2);
        match promised {
            Some(promised) if (HEADER..=length).contains(&promised) => {
                Ok(Self { input, left: promised - HEADER })
            }
            Some(promised) => {
                Err(ReadError::malformed(format!("the .shp file is cut off: {length} bytes of {promised}")))
            }
            None => Err(ReadError::malformed("the header of the .shp file is damaged")),
        }
    }

    /// The next shape, what is wrong with it, or `None` after the last.
    ///
    /// # Errors
    /// When the file is damaged so that what follows cannot be found.
    pub fn next(&mut self) -> Result<Option<Result<Found, String>>, ReadError> {
        if self.left == 0 {
            return Ok(None);
        }
        let mut header = [0; 8];
        self.input.read_exact(&mut header).map_err(|_| cut_off())?;
        let length =
            big_endian(&header, 4).and_then(|words| usize::try_from(words).ok()).map(|words| words * 2);
        let length =
            length.filter(|length| (4..=MOST_SHAPE).contains(length) && *length as u64 + 8 <= self.left);
        let length = length.ok_or_else(|| {
            ReadError::malformed("the .shp file is damaged: a shape is longer than what is left of the file")
        })?;
        let mut content = vec![0; length];
        self.input.read_exact(&mut content).map_err(|_| cut_off())?;
        self.left -= length as u64 + 8;
        Ok(Some(shape(&content)))
    }
}

fn cut_off() -> ReadError {
    ReadError::malformed("the .shp file is cut off")
}

/// Shape types and their forms with measures (+20) and heights (+10).
fn shape(content: &[u8]) -> Result<Found, String> {
    let kind = little_endian(content, 0).ok_or("the shape is damaged")?;
    let flattened = kind > 10;
    let geometry = match kind {
        0 => return Err("it has no geometry".into()),
        1 | 11 | 21 => Geometry::Point(
            positions(content, 4, 1).and_then(|points| points.first().copied()).ok_or(DAMAGED)?,
        ),
        3 | 13 | 23 => Geometry::Lines(parts(content).ok_or(DAMAGED)?),
        5 | 15 | 25 => Geometry::Polygons(assemble(parts(content).ok_or(DAMAGED)?)),
        8 | 18 | 28 => return Err("multipoints are not supported".into()),
        31 => return Err("surfaces of triangles or faces (multipatch) are not supported".into()),
        other => return Err(format!("shape type {other} does not exist: the file is damaged")),
    };
    Ok(Found { geometry, flattened })
}

const DAMAGED: &str = "the shape is damaged: its parts do not fit its length";

/// The paths of a line or polygon: a box of 32 bytes, the numbers of parts and points, where each part begins.
fn parts(content: &[u8]) -> Option<Vec<Vec<Position>>> {
    let count = usize::try_from(little_endian(content, 36)?).ok()?;
    let points = usize::try_from(little_endian(content, 40)?).ok()?;
    let starts = content.get(44..count.checked_mul(4)?.checked_add(44)?)?;
    let starts =
        starts.chunks_exact(4).map(|bytes| little_endian(bytes, 0).and_then(|at| usize::try_from(at).ok()));
    let starts = starts.collect::<Option<Vec<_>>>()?;
    let all = positions(content, 44 + count * 4, points)?;
    let ends = starts.iter().skip(1).copied().chain([points]);
    if starts.first().is_some_and(|first| *first != 0) {
        return None;
    }
    starts.iter().zip(ends).map(|(start, end)| all.get(*start..end).map(<[Position]>::to_vec)).collect()
}

fn positions(content: &[u8], at: usize, count: usize) -> Option<Vec<Position>> {
    let bytes = content.get(at..count.checked_mul(16)?.checked_add(at)?)?;
    let number = |bytes: &[u8]| bytes.first_chunk().map(|bytes| f64::from_le_bytes(*bytes));
    bytes.chunks_exact(16).map(|pair| Some([number(pair)?, number(&pair[8..])?])).collect()
}

fn big_endian(bytes: &[u8], at: usize) -> Option<i32> {
    bytes.get(at..)?.first_chunk().map(|bytes| i32::from_be_bytes(*bytes))
}

fn little_endian(bytes: &[u8], at: usize) -> Option<i32> {
    bytes.get(at..)?.first_chunk().map(|bytes| i32::from_le_bytes(*bytes))
}
