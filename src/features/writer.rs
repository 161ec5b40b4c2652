//! A page of rows as it goes out, in pieces of bounded size.

use super::{GeoJson, geometry};
use crate::{
    crs::Crs,
    plan::Layer,
    snapshot::{Snapshot, Unindexed, Value},
};
use std::{mem, sync::Arc};

/// A piece is given away when it has so many bytes; one row may make it larger.
const PIECE: usize = 128 << 10;

/// Writes rows one after the other.
pub struct PageWriter {
    snapshot: Arc<Snapshot>,
    positions: Vec<u32>,
    written: usize,
    form: RowForm,
    /// What comes before the rows, until it is written.
    head: Vec<u8>,
    /// What comes after them.
    tail: Vec<u8>,
}

enum RowForm {
    /// Features of a collection, with commas between them.
    GeoJson(GeoJson),
    FlatGeobuf {
        rows: Box<Unindexed>,
        crs: Crs,
        fields: Vec<usize>,
        as_stored: bool,
    },
}

impl PageWriter {
    /// A GeoJSON feature collection; `members` are those beside its features, as JSON with a comma in front.
    pub fn geojson(snapshot: Arc<Snapshot>, positions: Vec<u32>, form: GeoJson, members: &str) -> Self {
        Self {
            snapshot,
            positions,
            written: 0,
            form: RowForm::GeoJson(form),
            head: br#"{"type":"FeatureCollection","features":["#.to_vec(),
            tail: format!("]{members}}}").into_bytes(),
        }
    }

    /// A FlatGeobuf file without an index, of the given fields.
    ///
    /// # Errors
    /// When the layer cannot be written as JSON.
    pub fn flatgeobuf(
        snapshot: Arc<Snapshot>,
        positions: Vec<u32>,
        crs: Crs,
        fields: Vec<usize>,
    ) -> serde_json::Result<Self> {
        let all = &snapshot.layer.fields;
        let as_stored = crs.is_geographic() && fields.iter().copied().eq(0..all.len());
        let layer = Layer {
            fields: fields.iter().map(|&field| all[field].clone()).collect(),
            ..Layer::clone(&snapshot.layer)
        };
        let (rows, head) = Unindexed::begin(&layer, positions.len() as u64, crs.epsg())?;
        let form = RowForm::FlatGeobuf { rows: Box::new(rows), crs, fields, as_stored };
        Ok(Self { snapshot, positions, written: 0, form, head, tail: vec![] })
    }

    /// The next piece, and whether it is the last.
    ///
    /// # Errors
    /// When a row cannot be written in the form, with the reason.
    pub fn piece(&mut self) -> Result<(Vec<u8>, bool), String> {
        let mut piece = mem::take(&mut self.head);
        while piece.len() < PIECE
            && let Some(&position) = self.positions.get(self.written)
        {
            self.row(position as usize, &mut piece)?;
            self.written += 1;
        }
        let last = self.written == self.positions.len();
        if last {
            piece.append(&mut self.tail);
        }
        Ok((piece, last))
    }

    fn row(&mut self, position: usize, out: &mut Vec<u8>) -> Result<(), String> {
        let row = self.snapshot.row(position);
        match &mut self.form {
            RowForm::GeoJson(form) => {
                if self.written > 0 {
                    out.push(b',');
                }
                form.write(&row, "", out);
                Ok(())
            }
            RowForm::FlatGeobuf { as_stored: true, .. } => {
                out.extend_from_slice(self.snapshot.feature_bytes(position));
                Ok(())
            }
            RowForm::FlatGeobuf { rows, crs, fields, .. } => {
                let mut values = row.values();
                let values: Vec<Value> =
                    fields.iter().map(|&field| mem::replace(&mut values[field], Value::Null)).collect();
                let geometry = geometry::read_with(&row, |position| crs.forward(position));
                rows.row(row.id(), &values, &geometry, out)
            }
        }
    }
}
