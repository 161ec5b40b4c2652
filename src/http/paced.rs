//! A download as it goes out: no faster than it may, in the place that it has among those of its caller.

use super::{limits::Slot, pieces::Pieces};
use axum::body::{Body, Bytes};
use hyper::body::{Body as HttpBody, Frame, SizeHint};
use std::{
    future::Future,
    num::NonZeroU32,
    pin::Pin,
    task::{Context, Poll, ready},
    time::Duration,
};
use tokio::time::{Instant, Sleep, sleep_until};

/// A piece is what goes out in this time.
const BEAT: Duration = Duration::from_millis(100);

pub struct Paced {
    body: Pieces,
    pace: Option<Pace>,
    _slot: Option<Slot>,
}

/// When the next piece is due.
struct Pace {
    bytes_per_second: u64,
    due: Pin<Box<Sleep>>,
}

impl Paced {
    pub fn new(body: Body, kb_per_second: Option<NonZeroU32>, slot: Option<Slot>) -> Self {
        let pace = kb_per_second.map(|kb| Pace {
            bytes_per_second: u64::from(kb.get()) * 1000,
            due: Box::pin(sleep_until(Instant::now())),
        });
        Self { body: Pieces::of(body), pace, _slot: slot }
    }
}

impl Pace {
    /// Most bytes of a piece.
    fn piece(&self) -> usize {
        (self.bytes_per_second / (1000 / BEAT.as_millis() as u64)).max(1) as usize
    }

    /// Notes that so many bytes go out now.
    fn sent(&mut self, bytes: usize) {
        let time = Duration::from_secs_f64(bytes as f64 / self.bytes_per_second as f64);
        self.due.as_mut().reset(Instant::now() + time);
    }
}

impl HttpBody for Paced {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        let this = self.get_mut();
        let Some(pace) = &mut this.pace else { return this.body.poll(context, usize::MAX, |piece| piece) };
        ready!(pace.due.as_mut().poll(context));
        this.body.poll(context, pace.piece(), |piece| {
            pace.sent(piece.len());
            piece
        })
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
