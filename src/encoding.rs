//! Content codings of what is sent (RFC 9110 §8.4.1, RFC 7932, RFC 8878). The same bytes for the same input.

use bytes::Bytes;
use flate2::{Compression, write::GzEncoder};
use libdeflater::{CompressionLvl, Compressor};
use serde::{Deserialize, Serialize};
use std::{
    borrow::Cow,
    cell::Cell,
    io::{self, Write},
    mem,
};

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Encoding {
    Identity,
    Gzip,
    Brotli,
    Zstd,
}

impl Encoding {
    /// Its name in `Content-Encoding`; identity has none.
    pub fn token(self) -> Option<&'static str> {
        match self {
            Self::Identity => None,
            Self::Gzip => Some("gzip"),
            Self::Brotli => Some("br"),
            Self::Zstd => Some("zstd"),
        }
    }
}

/// Less than this is not worth compressing: it fits one packet.
const WORTH_IT: usize = 1024;

/// `raw` in the coding `wanted`, or as it is when it is small. Returns the coding that the bytes have.
pub fn encode(raw: Bytes, wanted: Encoding) -> (Bytes, Encoding) {
    if raw.len() < WORTH_IT { (raw, Encoding::Identity) } else { compress(raw, wanted) }
}

/// `raw` in the coding `wanted`, however small; as it is should the coder fail.
///
/// A change of a level or a coder changes bytes under the same entity tag: the engine's version must change too.
/// Levels are for somebody who waits: gzip 1 is three times as fast as 6 and 4 % larger.
pub fn compress(raw: Bytes, wanted: Encoding) -> (Bytes, Encoding) {
    let compressed = match wanted {
        Encoding::Identity => None,
        Encoding::Gzip => gzip(&raw),
        Encoding::Brotli => brotli(&raw, 3),
        Encoding::Zstd => zstd::bulk::compress(&raw, 3).ok(),
    };
    match compressed {
        Some(bytes) => (bytes.into(), wanted),
        None => (raw, Encoding::Identity),
    }
}

/// What was in zstd or was not coded; the other codings are for clients alone. Nothing when it is neither.
pub fn decode(bytes: &[u8], encoding: Encoding) -> Cow<'_, [u8]> {
    match encoding {
        Encoding::Zstd => zstd::decode_all(bytes).unwrap_or_default().into(),
        Encoding::Identity => bytes.into(),
        Encoding::Gzip | Encoding::Brotli => Cow::default(),
    }
}

thread_local! {
    /// Compressors are large and take longer to make than a small tile to compress.
    static GZIP: Cell<Option<Compressor>> = const { Cell::new(None) };
}

/// libdeflate writes no time into the header.
fn gzip(raw: &[u8]) -> Option<Vec<u8>> {
    let mut compressor =
        GZIP.take().unwrap_or_else(|| Compressor::new(CompressionLvl::new(1).unwrap_or_default()));
    let mut out = vec![0; compressor.gzip_compress_bound(raw.len())];
    let size = compressor.gzip_compress(raw, &mut out);
    GZIP.set(Some(compressor));
    out.truncate(size.ok()?);
    out.shrink_to_fit();
    Some(out)
}

fn brotli(raw: &[u8], quality: u32) -> Option<Vec<u8>> {
    // A window of 512 kB holds any tile.
    let mut writer = brotli::CompressorWriter::new(Vec::new(), 16 << 10, quality, 19);
    writer.write_all(raw).ok()?;
    Some(writer.into_inner())
}

/// Codes a stream of unknown length piece by piece, each piece to be read as soon as it is there.
pub enum Coder {
    Identity,
    Gzip(GzEncoder<Vec<u8>>),
    Brotli(Box<brotli::CompressorWriter<Vec<u8>>>),
    Zstd(zstd::stream::write::Encoder<'static, Vec<u8>>),
}

impl Coder {
    /// Returns the coding that the pieces have: identity should the coder not start.
    pub fn new(wanted: Encoding) -> (Self, Encoding) {
        let coder = match wanted {
            Encoding::Identity => None,
            Encoding::Gzip => Some(Self::Gzip(GzEncoder::new(Vec::new(), Compression::fast()))),
            Encoding::Brotli => {
                Some(Self::Brotli(Box::new(brotli::CompressorWriter::new(Vec::new(), 16 << 10, 3, 19))))
            }
            Encoding::Zstd => zstd::stream::write::Encoder::new(Vec::new(), 3).ok().map(Self::Zstd),
        };
        coder.map_or((Self::Identity, Encoding::Identity), |coder| (coder, wanted))
    }

    /// The next piece; `last` ends the stream.
    ///
    /// # Errors
    /// When the coder fails: what was sent is then not the whole.
    pub fn code(&mut self, piece: Vec<u8>, last: bool) -> io::Result<Vec<u8>> {
        match self {
            Self::Identity => Ok(piece),
            Self::Gzip(coder) => {
                coder.write_all(&piece)?;
                if last {
                    coder.try_finish()?
                } else {
                    coder.flush()?
                }
                Ok(mem::take(coder.get_mut()))
            }
            Self::Brotli(coder) => {
                coder.write_all(&piece)?;
                if last {
                    let ended = brotli::CompressorWriter::new(Vec::new(), 16 << 10, 3, 19);
                    return Ok(mem::replace(&mut **coder, ended).into_inner());
                }
                coder.flush()?;
                Ok(mem::take(coder.get_mut()))
            }
            Self::Zstd(coder) => {
                coder.write_all(&piece)?;
                if last {
                    coder.do_finish()?
                } else {
                    coder.flush()?
                }
                Ok(mem::take(coder.get_mut()))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_coding_makes_less_of_repetitions() {
        let raw = Bytes::from("exploration block 勘查区块 ".repeat(200));
        for wanted in [Encoding::Gzip, Encoding::Brotli, Encoding::Zstd] {
            let (bytes, coding) = encode(raw.clone(), wanted);
            assert_eq!(coding, wanted);
            assert!(bytes.len() < raw.len() / 10, "{wanted:?}: {} of {}", bytes.len(), raw.len());
        }
    }
}
