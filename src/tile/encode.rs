//! Writing MVT layers (MVT 2.1 §4.1, §4.2).

use super::{
    EXTENT,
    attributes::{Attributes, Tag},
    geometry::{geometry_type, write_varint},
    pyramid::Level,
};
use crate::plan::GeometryKind;

/// Fewest bytes of a feature beside its geometry: its own key and length, id, type and the geometry's.
const LEAST_FEATURE: usize = 8;

/// What of one feature goes into a tile.
#[derive(Debug, Clone)]
pub struct Drawn {
    /// Position of the feature in the snapshot.
    pub position: u32,
    /// End of its own commands in [`Batch::commands`].
    pub end: u32,
    /// The entry of the pyramid's level whose tail follows them: a geometry that lies wholly in the tile is
    /// copied once, into the tile.
    pub entry: Option<u32>,
    /// Size on the ground at this zoom, square units or units: what is smallest goes first when the tile
    /// is too large.
    pub size: f32,
}

/// The features of one layer in one tile, in file order.
#[derive(Default)]
pub struct Batch {
    pub drawn: Vec<Drawn>,
    /// Geometry commands of all, end to end.
    pub commands: Vec<u8>,
}

impl Batch {
    pub fn clear(&mut self) {
        self.drawn.clear();
        self.commands.clear();
    }

    /// Adds a feature whose commands were just appended.
    pub fn push(&mut self, position: u32, entry: Option<u32>, size: f32) {
        // A batch of 4 GiB would have 10,000 times the largest tile: no such tile fits memory.
        let end = u32::try_from(self.commands.len()).unwrap_or(u32::MAX);
        self.drawn.push(Drawn { position, end, entry, size });
    }
}

/// Renumbers a layer's values for one tile, in order of first use.
///
/// The table is as long as the longest layer's list of values, so that a look-up is one load; only what
/// was set is cleared.
#[derive(Default)]
pub struct Renumber {
    /// Number in the tile plus 1, 0 for none yet.
    local: Vec<u32>,
    set: Vec<u32>,
    /// The values in the order of their numbers.
    used: Vec<u32>,
}

impl Renumber {
    pub fn start(&mut self, count: usize) {
        for value in self.set.drain(..) {
            self.local[value as usize] = 0;
        }
        self.used.clear();
        if self.local.len() < count {
            self.local.resize(count, 0);
        }
    }

    /// The number of `value` in this tile, a new one on first use.
    pub fn number(&mut self, value: u32) -> u32 {
        let local = &mut self.local[value as usize];
        if *local == 0 {
            self.set.push(value);
            self.used.push(value);
            *local = self.used.len() as u32;
        }
        *local - 1
    }

    /// A number for `value`, of which there is no other use: the table need not be touched.
    fn number_once(&mut self, value: u32) -> u32 {
        self.used.push(value);
        self.used.len() as u32 - 1
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
    /// A feature's tags and the fields up to its geometry.
    middle: Vec<u8>,
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
    /// Where [`Drawn::entry`] points.
    pub level: Option<&'a Level>,
}

impl<'a> Source<'a> {
    /// The commands of the `i`-th feature of `batch`, in two pieces.
    pub fn geometry<'b>(&self, batch: &'b Batch, i: usize) -> [&'b [u8]; 2]
    where
        'a: 'b,
    {
        let start = i.checked_sub(1).map_or(0, |before| batch.drawn[before].end as usize);
        let Drawn { end, entry, .. } = batch.drawn[i];
        let tail = entry.zip(self.level).map_or(&[][..], |(entry, level)| level.tail(entry));
        [&batch.commands[start..end as usize], tail]
    }

    /// A bound from below on the bytes of `batch`: without its values.
    pub fn least_size(&self, batch: &Batch) -> usize {
        let tails = batch.drawn.iter().filter_map(|drawn| drawn.entry.zip(self.level));
        let tails: usize = tails.map(|(entry, level)| level.tail(entry).len()).sum();
        batch.commands.len() + tails + LEAST_FEATURE * batch.drawn.len()
    }

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
            let geometry = source.geometry(batch, i);
            // Of the pyramid's entries only a point has nothing after its first one, whatever its layer holds.
            let point = drawn.entry.is_some() && geometry[1].is_empty();
            let kind = if point { geometry_type(GeometryKind::Point) } else { source.geometry_type };
            self.feature(source, drawn.position as usize, kind, geometry);
        }
        if self.layer.len() == empty {
            return;
        }
        for &key in &self.keys.used {
            write_bytes(3, source.columns[key as usize].as_bytes(), &mut self.layer);
        }
        // Values that a feature is the first of the layer to have follow each other there, and here.
        for run in self.values.used.chunk_by(|a, b| b.wrapping_sub(*a) == 1) {
            self.layer.extend_from_slice(source.attributes.messages(run[0], run[run.len() - 1]));
        }
        write_number(5, EXTENT as u64, &mut self.layer);
        write_number(15, 2, &mut self.layer);
        write_bytes(3, &self.layer, tile);
    }

    fn feature(&mut self, source: &Source, position: usize, kind: u8, geometry: [&[u8]; 2]) {
        let geometry_size = geometry[0].len() + geometry[1].len();
        let all = source.attributes.tags(position);
        // A column takes up to 3 bytes, a value up to 5.
        self.middle.resize(self.middle.len().max(8 * all.len() + 16), 0);
        let (middle, mut end) = (&mut self.middle[..], 0);
        for tag in all.iter().filter(|tag| source.wanted[usize::from(tag.column)]) {
            let key = self.keys.number(u32::from(tag.column));
            let value = if tag.once == 1 {
                self.values.number_once(tag.value)
            } else {
                self.values.number(tag.value)
            };
            put_varint(u64::from(key), middle, &mut end);
            put_varint(u64::from(value), middle, &mut end);
        }
        let tags = end;
        put(&[3 << 3, kind, 4 << 3 | 2], middle, &mut end);
        put_varint(geometry_size as u64, middle, &mut end);

        // An id is unsigned (MVT 2.1 §4.2); a negative key cannot be one.
        let id = u64::try_from(source.attributes.ids[position]).ok();
        let id_size = id.map_or(0, |id| 1 + varint_size(id));
        let tags_size = if tags == 0 { 0 } else { 1 + varint_size(tags as u64) };
        let (mut front, mut at) = ([0; 32], 0);
        put(&[2 << 3 | 2], &mut front, &mut at);
        put_varint((id_size + tags_size + end + geometry_size) as u64, &mut front, &mut at);
        if let Some(id) = id {
            put(&[1 << 3], &mut front, &mut at);
            put_varint(id, &mut front, &mut at);
        }
        if tags > 0 {
            put(&[2 << 3 | 2], &mut front, &mut at);
            put_varint(tags as u64, &mut front, &mut at);
        }
        self.layer.extend_from_slice(&front[..at]);
        self.layer.extend_from_slice(&middle[..end]);
        self.layer.extend_from_slice(geometry[0]);
        self.layer.extend_from_slice(geometry[1]);
    }
}

/// Writes `bytes` at `at`, which moves on.
fn put(bytes: &[u8], out: &mut [u8], at: &mut usize) {
    out[*at..*at + bytes.len()].copy_from_slice(bytes);
    *at += bytes.len();
}

/// [`write_varint`] into a slice: the loop over tags does nothing but this, and a vector checks its capacity
/// for each byte.
fn put_varint(mut value: u64, out: &mut [u8], at: &mut usize) {
    while value >= 0x80 {
        out[*at] = value as u8 | 0x80;
        *at += 1;
        value >>= 7;
    }
    out[*at] = value as u8;
    *at += 1;
}

/// A length-delimited protobuf field.
pub fn write_bytes(field: u8, bytes: &[u8], out: &mut Vec<u8>) {
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
