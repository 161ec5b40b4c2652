//! Memory for the indexes of FlatGeobuf files that are written while they go out: so much of it, whoever asks.

use super::Problem;
use crate::export::Pieces;
use std::{num::NonZeroU32, sync::Arc};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// Bytes that a row takes from when it is found until the file has gone out: its leaf in the index, and its place.
const ROW: u64 = 50;

/// Rows whose index is no larger than a piece of any other file: these always have room.
const FEW: usize = 2_500;

#[derive(Clone)]
pub struct Indexes {
    /// Rows that there is room for.
    room: Arc<Semaphore>,
    most: u32,
}

impl Indexes {
    pub fn new(mib: NonZeroU32) -> Self {
        let most = u32::try_from((u64::from(mib.get()) << 20) / ROW).unwrap_or(u32::MAX);
        Self { room: Arc::new(Semaphore::new(most as usize)), most }
    }

    /// The file that is made of `pieces`, with room for the index of `rows`. One that is larger than all of it is alone.
    ///
    /// # Errors
    /// 503 as long as others have the room.
    pub fn hold(&self, rows: usize, pieces: Box<dyn Pieces>) -> Result<Box<dyn Pieces>, Problem> {
        if rows <= FEW {
            return Ok(pieces);
        }
        let rows = u32::try_from(rows).map_or(self.most, |rows| rows.min(self.most));
        match Arc::clone(&self.room).try_acquire_many_owned(rows) {
            Ok(room) => Ok(Box::new(Held { pieces, _room: room })),
            Err(_) => Err(Problem::unavailable("too many large FlatGeobuf files are going out at once")),
        }
    }
}

/// A file that gives back its room when it is gone.
struct Held {
    pieces: Box<dyn Pieces>,
    _room: OwnedSemaphorePermit,
}

impl Pieces for Held {
    fn piece(&mut self) -> Result<(Vec<u8>, bool), String> {
        self.pieces.piece()
    }
}
