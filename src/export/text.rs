//! A file of text: rows one after the other, with something before, between and after them.

use super::{
    PIECE, Pieces,
    rows::{Rows, Taken},
};
use crate::snapshot::Row;
use std::mem;

pub struct Text {
    rows: Rows,
    /// What comes before the rows, until it is written.
    head: Vec<u8>,
    between: &'static [u8],
    /// What comes after them.
    tail: Vec<u8>,
    begun: bool,
    write: Box<WriteRow>,
}

type WriteRow = dyn Fn(&Row, &mut Vec<u8>) + Send;

impl Text {
    pub fn new(
        rows: Rows,
        head: Vec<u8>,
        between: &'static [u8],
        tail: Vec<u8>,
        write: Box<WriteRow>,
    ) -> Self {
        Self { rows, head, between, tail, begun: false, write }
    }
}

impl Pieces for Text {
    fn piece(&mut self) -> Result<(Vec<u8>, bool), String> {
        let Self { rows, between, begun, write, .. } = self;
        let mut piece = mem::take(&mut self.head);
        let last = rows.advance(|snapshot, position| {
            if mem::replace(begun, true) {
                piece.extend(*between);
            }
            write(&snapshot.row(position), &mut piece);
            Ok(if piece.len() < PIECE { Taken::GoOn } else { Taken::Enough })
        })?;
        if last {
            piece.append(&mut self.tail);
        }
        Ok((piece, last))
    }
}
