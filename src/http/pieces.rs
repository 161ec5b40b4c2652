//! A body that goes out in pieces no larger than they may be.

use axum::body::{Body, Bytes};
use hyper::body::{Body as HttpBody, Frame, SizeHint};
use std::{
    pin::Pin,
    task::{Context, Poll, ready},
};

pub struct Pieces {
    body: Body,
    /// What of the last frame has not gone out.
    left: Bytes,
    /// Whether the body has said that there is no more.
    ended: bool,
}

impl Pieces {
    pub fn of(body: Body) -> Self {
        Self { body, left: Bytes::new(), ended: false }
    }

    /// The next piece, of at most `most` bytes and made what `make` makes of it, or what the body ends with.
    pub fn poll(
        &mut self,
        context: &mut Context<'_>,
        most: usize,
        make: impl FnOnce(Bytes) -> Bytes,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        if self.left.is_empty() {
            let frame = match ready!(Pin::new(&mut self.body).poll_frame(context)) {
                Some(Ok(frame)) => frame,
                ended => {
                    self.ended = ended.is_none();
                    return Poll::Ready(ended);
                }
            };
            match frame.into_data() {
                Ok(data) => self.left = data,
                Err(trailers) => return Poll::Ready(Some(Ok(trailers))),
            }
        }
        let piece = self.left.split_to(self.left.len().min(most));
        Poll::Ready(Some(Ok(Frame::data(make(piece)))))
    }

    pub fn is_end(&self) -> bool {
        self.left.is_empty() && self.body.is_end_stream()
    }

    /// Whether all has gone out.
    pub fn is_over(&self) -> bool {
        self.ended || self.is_end()
    }

    /// How much is still to come.
    pub fn size_hint(&self) -> SizeHint {
        let (left, rest) = (self.left.len() as u64, self.body.size_hint());
        let mut hint = SizeHint::new();
        if let Some(upper) = rest.upper() {
            hint.set_upper(upper + left);
        }
        hint.set_lower(rest.lower() + left);
        hint
    }
}
