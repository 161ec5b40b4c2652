//! Rows as FlatGeobuf with an index of their own.
//!
//! Before the first row the file has its index, and so the box and the length of every row. Rows are therefore found,
//! and encoded unless the snapshot's own bytes will do, before the first byte goes out; and encoded again as they
//! go out, which takes no room on disk. Memory holds about 50 bytes a row meanwhile. The order is that of the snapshot,
//! along a Hilbert curve, which is as good for a part of it and in another CRS.

use super::{
    PIECE, Pieces,
    rows::{Rows, Taken},
};
use crate::{
    crs::Crs,
    features::geometry,
    plan::Layer,
    snapshot::{Encoder, Leaf, Snapshot, Value, begin_file, leaf},
};
use std::{mem, sync::Arc};

pub struct FlatGeobuf {
    rows: Rows,
    form: Form,
    stage: Stage,
}

/// What is being written.
enum Stage {
    /// Nothing yet: rows are being found. Where they are, their leaves in the index, and their length together.
    Finding {
        positions: Vec<u32>,
        leaves: Vec<Leaf>,
        length: u64,
    },
    /// The leaves from the `next` one on.
    Leaves {
        leaves: Vec<Leaf>,
        next: usize,
    },
    Rows,
}

/// How rows are written.
struct Form {
    /// The layer with the fields that are written.
    layer: Layer,
    fields: Vec<usize>,
    crs: Crs,
    as_stored: bool,
    encoder: Encoder,
}

impl FlatGeobuf {
    /// `fields` are the numbers of the fields that are written, ascending.
    pub fn new(rows: Rows, crs: Crs, fields: Vec<usize>) -> Self {
        let stored = &rows.snapshot.layer;
        let layer = Layer {
            fields: fields.iter().map(|&field| stored.fields[field].clone()).collect(),
            ..Layer::clone(stored)
        };
        let as_stored = crs.is_geographic() && fields.len() == stored.fields.len();
        let form = Form { encoder: Encoder::new(layer.geometry), layer, fields, crs, as_stored };
        let stage = Stage::Finding { positions: vec![], leaves: vec![], length: 0 };
        Self { rows, form, stage }
    }
}

impl Pieces for FlatGeobuf {
    fn piece(&mut self) -> Result<(Vec<u8>, bool), String> {
        let Self { rows, form, stage } = self;
        match stage {
            Stage::Finding { positions, leaves, length } => {
                let begin = *length;
                let ended = rows.advance(|snapshot, position| {
                    leaves.push(form.leaf(snapshot, position, length)?);
                    positions.push(position as u32);
                    Ok(if *length - begin < 8 * PIECE as u64 { Taken::GoOn } else { Taken::Enough })
                })?;
                if !ended {
                    return Ok((vec![], false));
                }
                let head = begin_file(&form.layer, leaves, form.crs.epsg()).map_err(|e| e.to_string())?;
                let last = leaves.is_empty();
                *rows = Rows::listed(Arc::clone(&rows.snapshot), mem::take(positions));
                *stage = Stage::Leaves { leaves: mem::take(leaves), next: 0 };
                Ok((head, last))
            }
            Stage::Leaves { leaves, next } => {
                let mut piece = Vec::with_capacity(PIECE);
                let end = leaves.len().min(*next + PIECE / size_of::<Leaf>());
                for leaf in &leaves[*next..end] {
                    leaf.write(&mut piece).map_err(|error| error.to_string())?;
                }
                *next = end;
                if end == leaves.len() {
                    *stage = Stage::Rows;
                }
                Ok((piece, false))
            }
            Stage::Rows => {
                let mut piece = Vec::with_capacity(PIECE);
                let last = rows.advance(|snapshot, position| {
                    form.write(snapshot, position, &mut piece)?;
                    Ok(if piece.len() < PIECE { Taken::GoOn } else { Taken::Enough })
                })?;
                Ok((piece, last))
            }
        }
    }
}

impl Form {
    /// The leaf of a row that begins at `length`, which then is where it ends.
    fn leaf(&mut self, snapshot: &Snapshot, position: usize, length: &mut u64) -> Result<Leaf, String> {
        let (mut leaf, bytes) = if self.as_stored {
            (leaf(&snapshot.feature_bounds(position)), snapshot.feature_bytes(position).len())
        } else {
            let (bytes, leaf) = self.encode(snapshot, position)?;
            (leaf, bytes.len())
        };
        leaf.offset = *length;
        *length += bytes as u64;
        Ok(leaf)
    }

    fn write(&mut self, snapshot: &Snapshot, position: usize, out: &mut Vec<u8>) -> Result<(), String> {
        match self.as_stored {
            true => out.extend_from_slice(snapshot.feature_bytes(position)),
            false => out.extend_from_slice(self.encode(snapshot, position)?.0),
        }
        Ok(())
    }

    fn encode(&mut self, snapshot: &Snapshot, position: usize) -> Result<(&[u8], Leaf), String> {
        let row = snapshot.row(position);
        let mut values = row.values();
        let values: Vec<Value> =
            self.fields.iter().map(|&field| mem::replace(&mut values[field], Value::Null)).collect();
        let geometry = geometry::read_with(&row, |position| self.crs.forward(position));
        self.encoder.encode(row.id(), &values, &geometry)
    }
}
