//! A geometry in the bytes that PostGIS sends: EWKB, which is WKB with the SRID and the dimensions in flags.
//!
//! Geozero reads EWKB number by number from a stream, which was the largest part of an export. Lines and
//! polygons in little-endian order, which is what servers on the machines of today send, are read here; the
//! rest is left to geozero.

use geozero::{
    GeomProcessor, GeozeroGeometry,
    error::{GeozeroError, Result},
};

const LITTLE_ENDIAN: u8 = 1;
const HAS_Z: u32 = 0x8000_0000;
const HAS_M: u32 = 0x4000_0000;
const HAS_SRID: u32 = 0x2000_0000;

const LINE_STRING: u32 = 2;
const POLYGON: u32 = 3;
const MULTI_LINE_STRING: u32 = 5;
const MULTI_POLYGON: u32 = 6;

/// Heights and measures are left out.
pub(super) struct Ewkb<'a>(pub(super) &'a [u8]);

impl GeozeroGeometry for Ewkb<'_> {
    fn process_geom<P: GeomProcessor>(&self, out: &mut P) -> Result<()> {
        let mut reader = Reader { rest: self.0, position: 0 };
        match reader.header() {
            Ok(LINE_STRING) => reader.line(out, true, 0),
            Ok(POLYGON) => reader.polygon(out, true, 0),
            Ok(MULTI_LINE_STRING) => {
                let count = reader.count()?;
                out.multilinestring_begin(count, 0)?;
                for index in 0..count {
                    reader.header()?;
                    reader.line(out, false, index)?;
                }
                out.multilinestring_end(0)
            }
            Ok(MULTI_POLYGON) => {
                let count = reader.count()?;
                out.multipolygon_begin(count, 0)?;
                for index in 0..count {
                    reader.header()?;
                    reader.polygon(out, false, index)?;
                }
                out.multipolygon_end(0)
            }
            _ => geozero::wkb::Ewkb(self.0).process_geom(out),
        }
    }
}

struct Reader<'a> {
    rest: &'a [u8],
    /// Bytes of one position, by the header read last.
    position: usize,
}

impl<'a> Reader<'a> {
    /// The type of the geometry that follows.
    fn header(&mut self) -> Result<u32> {
        if self.take(1)? != [LITTLE_ENDIAN] {
            return Err(GeozeroError::Geometry("the geometry is not in little-endian order".into()));
        }
        let flagged = self.number()?;
        if flagged & HAS_SRID != 0 {
            self.number()?;
        }
        let dimensions = 2 + usize::from(flagged & HAS_Z != 0) + usize::from(flagged & HAS_M != 0);
        self.position = dimensions * size_of::<f64>();
        Ok(flagged & !(HAS_Z | HAS_M | HAS_SRID))
    }

    fn polygon(&mut self, out: &mut impl GeomProcessor, tagged: bool, index: usize) -> Result<()> {
        let rings = self.count()?;
        out.polygon_begin(tagged, rings, index)?;
        for ring in 0..rings {
            self.line(out, false, ring)?;
        }
        out.polygon_end(tagged, index)
    }

    fn line(&mut self, out: &mut impl GeomProcessor, tagged: bool, index: usize) -> Result<()> {
        let count = self.count()?;
        let positions = self.take(count.saturating_mul(self.position))?;
        out.linestring_begin(tagged, count, index)?;
        for (index, position) in positions.chunks_exact(self.position).enumerate() {
            let [x, y] = [0, 8].map(|at| f64::from_le_bytes(array(&position[at..])));
            out.xy(x, y, index)?;
        }
        out.linestring_end(tagged, index)
    }

    fn count(&mut self) -> Result<usize> {
        Ok(self.number()? as usize)
    }

    fn number(&mut self) -> Result<u32> {
        Ok(u32::from_le_bytes(array(self.take(4)?)))
    }

    fn take(&mut self, length: usize) -> Result<&'a [u8]> {
        let taken = self.rest.split_at_checked(length);
        let (taken, rest) = taken.ok_or_else(|| GeozeroError::Geometry("the geometry is cut off".into()))?;
        self.rest = rest;
        Ok(taken)
    }
}

fn array<const N: usize>(bytes: &[u8]) -> [u8; N] {
    let mut array = [0; N];
    array.copy_from_slice(&bytes[..N]);
    array
}

#[cfg(test)]
mod tests {
    use super::*;
    use geozero::{CoordDimensions, ToWkb, ToWkt, wkt::Wkt};

    #[test]
    fn a_geometry_that_is_cut_off_is_refused() {
        for wkt in ["MULTIPOLYGON(((0 0,9 0,9 9,0 0),(5 1,8 1,8 4,5 1)))", "MULTILINESTRING((0 0,1 1))"] {
            let bytes = Wkt(wkt).to_ewkb(CoordDimensions::xy(), Some(4490)).unwrap();
            assert_eq!(Ewkb(&bytes).to_wkt().unwrap(), wkt);
            for length in 0..bytes.len() {
                Ewkb(&bytes[..length]).to_wkt().unwrap_err();
            }
        }
    }
}
