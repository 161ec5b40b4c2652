//! Bodies that are made on the workers: whole where they are small, else piece by piece as the client takes them.

use super::Problem;
use crate::{
    access::Seen,
    encoding::{self, Coder, Encoding},
    export::Pieces,
    workers::WorkError,
};
use axum::{
    body::{Body, Bytes},
    response::Response,
};
use futures_util::{StreamExt, stream};
use std::{
    io,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

/// How long a body that is under way waits for room in the queue of the workers.
const PAUSE: Duration = Duration::from_millis(20);

/// Pieces that are made before any goes out, as long as they are small: so many has a small FlatGeobuf file.
const FIRST: usize = 3;
const SMALL: usize = 64 << 10;

/// A body, coded.
pub enum Made {
    Whole(Bytes),
    /// Its first piece, and what makes the others.
    Begun(Bytes, Box<Rest>),
}

pub struct Rest {
    pieces: Box<dyn Pieces>,
    coder: Coder,
}

impl Made {
    pub fn whole(raw: Vec<u8>, encoding: Encoding) -> Self {
        Self::Whole(encoding::compress(raw.into(), encoding).0)
    }

    /// A body that is whole after its first pieces, or goes on.
    pub fn begin(mut pieces: Box<dyn Pieces>, encoding: Encoding) -> Result<Self, Problem> {
        let failed = |error: &dyn std::fmt::Display| {
            tracing::error!(%error, "features cannot be written");
            Problem::internal()
        };
        let mut first = vec![];
        for _ in 0..FIRST {
            let (piece, last) = pieces.piece().map_err(|error| failed(&error))?;
            first.extend(piece);
            if last {
                return Ok(Self::whole(first, encoding));
            }
            if first.len() >= SMALL {
                break;
            }
        }
        let mut rest = Box::new(Rest { pieces, coder: Coder::new(encoding).0 });
        let coded = rest.coder.code(first, false).map_err(|error| failed(&error))?;
        Ok(Self::Begun(coded.into(), rest))
    }
}

impl Rest {
    fn piece(&mut self) -> io::Result<(Bytes, bool)> {
        let (piece, last) = self.pieces.piece().map_err(io::Error::other)?;
        if piece.is_empty() && !last {
            return Ok((Bytes::new(), false));
        }
        Ok((self.coder.code(piece, last)?.into(), last))
    }
}

/// 200 with the body.
pub fn response(made: Made, service: Arc<Seen>) -> Response {
    let (first, rest) = match made {
        Made::Whole(bytes) => return Response::new(Body::from(bytes)),
        Made::Begun(first, rest) => (first, rest),
    };
    let rest = Arc::new(Mutex::new(rest));
    let pieces = stream::unfold(Some(rest), move |rest| {
        let service = Arc::clone(&service);
        async move {
            let rest = rest?;
            let next = next_piece(&service, &rest).await;
            let ended = !matches!(next, Ok((_, false)));
            Some((next.map(|(piece, _)| piece), (!ended).then_some(rest)))
        }
    });
    let first = stream::iter([Ok::<_, io::Error>(first)]);
    Response::new(Body::from_stream(first.chain(pieces)))
}

/// The next piece, made on a worker: nothing holds a thread while the client takes its time.
async fn next_piece(service: &Seen, rest: &Arc<Mutex<Box<Rest>>>) -> io::Result<(Bytes, bool)> {
    loop {
        let rest = Arc::clone(rest);
        let work = move || rest.lock().unwrap_or_else(PoisonError::into_inner).piece();
        match service.work(work).await {
            Ok(made) => {
                return made.inspect_err(|error| tracing::error!(%error, "features broke off under way"));
            }
            Err(WorkError::Overloaded) => tokio::time::sleep(PAUSE).await,
            Err(error) => return Err(io::Error::other(error)),
        }
    }
}
