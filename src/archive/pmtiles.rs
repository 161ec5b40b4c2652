//! PMTiles, version 3: one file that is read by range.
//!
//! ```text
//! header 127 B │ root directory │ metadata │ leaf directories │ contents
//! ```
//!
//! Clustered, as contents are in the order of the tiles that have them first. Directories, metadata and tiles are gzip.

use super::{
    ArchiveError, Pyramid,
    work::{Index, Work},
};
use crate::{
    encoding::{self, Encoding},
    snapshot::Bounds,
};
use serde_json::json;
use std::{
    fs::File,
    io::{BufWriter, Write},
    path::Path,
};

const HEADER: usize = 127;

/// Header and root directory come with the first 16 KiB that a reader fetches (§4).
const ROOT: usize = (16 << 10) - HEADER;

/// Entries of a leaf directory, at least: some 10 kB, about as much as a tile.
const LEAF: usize = 4096;

/// An entry of a directory (§4.1).
struct Entry {
    id: u64,
    offset: u64,
    length: u64,
    /// 0 for a leaf directory.
    run: u32,
}

/// Writes the archive of what is in `work`, synced, to the file `path`.
pub fn write(pyramid: &Pyramid, work: &mut Work, path: &Path) -> Result<(), ArchiveError> {
    let (root, leaves) = directories(&work.index);
    let mut metadata = pyramid.metadata();
    metadata["version"] = json!("1.0.0");
    let metadata = gzip(metadata.to_string().into_bytes());
    let mut out = BufWriter::with_capacity(1 << 20, File::create(path)?);
    out.write_all(&header(pyramid, &work.index, [root.len(), metadata.len(), leaves.len()]))?;
    for part in [root, metadata, leaves] {
        out.write_all(&part)?;
    }
    work.contents(|content| out.write_all(content))?;
    Ok(out.into_inner().map_err(|error| error.into_error())?.sync_all()?)
}

fn gzip(bytes: Vec<u8>) -> Vec<u8> {
    encoding::compress(bytes.into(), Encoding::Gzip).0.into()
}

/// The root directory and the leaves, one after another.
fn directories(index: &Index) -> (Vec<u8>, Vec<u8>) {
    let entry = |run: &super::work::Run| {
        let (offset, length) = index.place(run.content);
        Entry { id: run.first, offset, length, run: run.length }
    };
    let entries: Vec<Entry> = index.runs.iter().map(entry).collect();
    let mut leaf = entries.len();
    loop {
        let (root, leaves) = divided(&entries, leaf);
        if root.len() <= ROOT {
            return (root, leaves);
        }
        // So many entries fit into no root, or there are as many leaves: then fewer, larger ones.
        leaf = if leaf == entries.len() { LEAF.max(entries.len() / ROOT) } else { leaf + leaf / 4 };
    }
}

/// With leaves of so many entries; without any when one would hold all.
fn divided(entries: &[Entry], leaf: usize) -> (Vec<u8>, Vec<u8>) {
    if leaf >= entries.len() {
        return (directory(entries), vec![]);
    }
    let (mut root, mut leaves) = (vec![], vec![]);
    for part in entries.chunks(leaf) {
        let bytes = directory(part);
        let (id, offset) = (part[0].id, leaves.len() as u64);
        root.push(Entry { id, offset, length: bytes.len() as u64, run: 0 });
        leaves.extend(bytes);
    }
    (directory(&root), leaves)
}

/// A directory as it is stored (§4.2).
fn directory(entries: &[Entry]) -> Vec<u8> {
    let mut bytes = vec![];
    varint(&mut bytes, entries.len() as u64);
    let mut before = 0;
    for entry in entries {
        varint(&mut bytes, entry.id - before);
        before = entry.id;
    }
    entries.iter().for_each(|entry| varint(&mut bytes, entry.run.into()));
    entries.iter().for_each(|entry| varint(&mut bytes, entry.length));
    let mut end = None;
    for entry in entries {
        let follows = end == Some(entry.offset);
        varint(&mut bytes, if follows { 0 } else { entry.offset + 1 });
        end = Some(entry.offset + entry.length);
    }
    gzip(bytes)
}

fn varint(bytes: &mut Vec<u8>, mut value: u64) {
    while value > 0x7f {
        bytes.push(value as u8 | 0x80);
        value >>= 7;
    }
    bytes.push(value as u8);
}

/// The header (§3), for parts of these lengths: root, metadata, leaves.
fn header(pyramid: &Pyramid, index: &Index, lengths: [usize; 3]) -> Vec<u8> {
    const GZIP: u8 = 2;
    const CLUSTERED: u8 = 1;
    const MVT: u8 = 1;
    let mut header = b"PMTiles\x03".to_vec();
    let mut offset = HEADER as u64;
    let data = index.ends.last().copied().unwrap_or_default();
    for length in lengths.map(|length| length as u64).into_iter().chain([data]) {
        header.extend(offset.to_le_bytes());
        header.extend(length.to_le_bytes());
        offset += length;
    }
    for count in [index.tiles(), index.runs.len() as u64, index.ends.len() as u64] {
        header.extend(count.to_le_bytes());
    }
    let (first, last) = (*pyramid.zooms.start(), *pyramid.zooms.end());
    header.extend([CLUSTERED, GZIP, GZIP, MVT, first, last]);
    let Bounds { min_x, min_y, max_x, max_y } = pyramid.bounds();
    let position = |lon: f64, lat: f64| [lon, lat].map(|v| ((v * 1e7).round() as i32).to_le_bytes()).concat();
    let [lon, lat] = pyramid.center();
    header.extend([position(min_x, min_y), position(max_x, max_y)].concat());
    header.push(pyramid.center_zoom());
    header.extend(position(lon, lat));
    header
}
