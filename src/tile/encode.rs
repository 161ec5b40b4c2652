//! Writing MVT layers (MVT 2.1 §4.1, §4.2).

use super::{
    EXTENT,
    attributes::{Attributes, Tag},
    geometry::write_varint,
};

/// What of one feature goes into a tile.
#[derive(Debug, Clone)]
pub struct Drawn {
    /// Position of the feature in the snapshot.
    pub position: u32,
    /// End of its commands in [`Batch::geometry`].
    pub end: usize,
    /// Size on the ground at this zoom, square units or units: what is smallest goes first when the tile
    /// is too large.
    pub size: f32,
}

/// The features of one layer in one tile, in file order.
#[derive(Default)]
pub struct Batch {
    pub drawn: Vec<Drawn>,
    /// Geometry commands of all, end to end.
    pub geometry: Vec<u8>,
}

impl Batch {
    pub fn clear(&mut self) {
        self.drawn.clear();
        self.geometry.clear();
    }

    /// The commands of the `i`-th feature.
    pub fn geometry(&self, i: usize) -> &[u8] {
        let start = i.checked_sub(1).map_or(0, |before| self.drawn[before].end);
        &self.geometry[start..self.drawn[i].end]
    }
}

/// Renumbers a layer's values for one tile, in order of first use.
///
/// The table is as long as the longest layer's list of values, so that a look-up is one load; only what
/// was used is cleared.
#[derive(Default)]
pub struct Renumber {
    /// Number in the tile plus 1, 0 for none yet.
    local: Vec<u32>,
    used: Vec<u32>,
}

impl Renumber {
    pub fn start(&mut self, count: usize) {
        for value in self.used.drain(..) {
            self.local[value as usize] = 0;
        }
        if self.local.len() < count {
            self.local.resize(count, 0);
        }
    }

    /// The number of `value` in this tile, a new one on first use.
    pub fn number(&mut self, value: u32) -> u32 {
        let local = &mut self.local[value as usize];
        if *local == 0 {
            self.used.push(value);
            *local = self.used.len() as u32;
        }
        *local - 1
    }

    /// Whether `value` has a number already.
    pub fn has(&self, value: u32) -> bool {
        self.local[value as usize] != 0
    }
}

/// Scratch of the encoder.
#[derive(Default)]
pub struct Encoder {
    pub values: Renumber,
    keys: Renumber,
    tags: Vec<u8>,
    layer: Vec<u8>,
}

/// A layer to write: its name, columns and attributes.
pub struct Source<'a> {
    pub name: &'a str,
    pub geometry_type: u8,
    pub columns: &'a [String],
    pub attributes: &'a Attributes,
    /// For each column, whether it is written.
    pub wanted: &'a [bool],
}

impl Source<'_> {
    /// The tags of the feature at `position` in wanted columns.
    pub fn tags(&self, position: usize) -> impl Iterator<Item = &Tag> {
        self.attributes.tags(position).iter().filter(|tag| self.wanted[usize::from(tag.column)])
    }
}

impl Encoder {
    /// Appends to `tile` the layer with those features of `batch` whose index `kept` accepts; nothing if
    /// there are none.
    pub fn layer(
        &mut self,
        source: &Source,
        batch: &Batch,
        kept: impl Fn(usize) -> bool,
        tile: &mut Vec<u8>,
    ) {
        self.values.start(source.attributes.value_count());
        self.keys.start(source.columns.len());
        self.layer.clear();
        write_bytes(1, source.name.as_bytes(), &mut self.layer);
        let empty = self.layer.len();
        for (i, drawn) in batch.drawn.iter().enumerate().filter(|(i, _)| kept(*i)) {
            self.feature(source, drawn.position as usize, batch.geometry(i));
        }
        if self.layer.len() == empty {
            return;
        }
        for &key in &self.keys.used {
            write_bytes(3, source.columns[key as usize].as_bytes(), &mut self.layer);
        }
        for &value in &self.values.used {
            write_bytes(4, source.attributes.message(value), &mut self.layer);
        }
        write_number(5, EXTENT as u64, &mut self.layer);
        write_number(15, 2, &mut self.layer);
        write_bytes(3, &self.layer, tile);
    }

    fn feature(&mut self, source: &Source, position: usize, geometry: &[u8]) {
        self.tags.clear();
        for tag in source.tags(position) {
            write_varint(u64::from(self.keys.number(u32::from(tag.column))), &mut self.tags);
            write_varint(u64::from(self.values.number(tag.value)), &mut self.tags);
        }
        // An id is unsigned (MVT 2.1 §4.2); a negative key cannot be one.
        let id = u64::try_from(source.attributes.ids[position]).ok();
        let bytes_size = |bytes: &[u8]| 1 + varint_size(bytes.len() as u64) + bytes.len();
        let tags_size = if self.tags.is_empty() { 0 } else { bytes_size(&self.tags) };
        let size = id.map_or(0, |id| 1 + varint_size(id)) + tags_size + 2 + bytes_size(geometry);
        let out = &mut self.layer;
        out.push(2 << 3 | 2);
        write_varint(size as u64, out);
        if let Some(id) = id {
            write_number(1, id, out);
        }
        if !self.tags.is_empty() {
            write_bytes(2, &self.tags, out);
        }
        write_number(3, u64::from(source.geometry_type), out);
        write_bytes(4, geometry, out);
    }
}

/// A length-delimited protobuf field.
fn write_bytes(field: u8, bytes: &[u8], out: &mut Vec<u8>) {
    out.push(field << 3 | 2);
    write_varint(bytes.len() as u64, out);
    out.extend_from_slice(bytes);
}

/// A varint protobuf field.
fn write_number(field: u8, value: u64, out: &mut Vec<u8>) {
    out.push(field << 3);
    write_varint(value, out);
}

/// Bytes that [`write_varint`] writes.
pub fn varint_size(value: u64) -> usize {
    (64 - (value | 1).leading_zeros() as usize).div_ceil(7)
}
