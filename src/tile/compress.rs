//! Content codings of a tile (RFC 9110 §8.4.1, RFC 7932, RFC 8878). The same bytes for the same input.

use libdeflater::{CompressionLvl, Compressor};
use std::io::Write;

/// A tile smaller than this is not worth compressing: it fits one packet.
pub const MIN_SIZE: usize = 1024;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Encoding {
    Gzip,
    Brotli,
    Zstd,
}

/// How hard to try.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Effort {
    /// While somebody waits. Gzip 1 is three times as fast as 6 and 4 % larger; so with zstd 3 and brotli 3.
    Fast,
    /// For archives and hot tiles, in the background.
    Best,
}

/// Compresses a raw tile; `None` if the coder fails, in which case the raw tile is to be sent.
pub fn compress(raw: &[u8], encoding: Encoding, effort: Effort) -> Option<Vec<u8>> {
    let best = effort == Effort::Best;
    match encoding {
        Encoding::Gzip => gzip(raw, if best { 12 } else { 1 }),
        Encoding::Brotli => brotli(raw, if best { 11 } else { 3 }),
        Encoding::Zstd => zstd::bulk::compress(raw, if best { 19 } else { 3 }).ok(),
    }
}

/// libdeflate writes no time into the header.
fn gzip(raw: &[u8], level: i32) -> Option<Vec<u8>> {
    let mut compressor = Compressor::new(CompressionLvl::new(level).ok()?);
    let mut out = vec![0; compressor.gzip_compress_bound(raw.len())];
    let size = compressor.gzip_compress(raw, &mut out).ok()?;
    out.truncate(size);
    out.shrink_to_fit();
    Some(out)
}

fn brotli(raw: &[u8], quality: u32) -> Option<Vec<u8>> {
    // A window of 512 kB holds any tile.
    let mut writer = brotli::CompressorWriter::new(Vec::new(), 16 << 10, quality, 19);
    writer.write_all(raw).ok()?;
    Some(writer.into_inner())
}
