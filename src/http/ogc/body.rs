//! Bodies that are made on the workers: whole where they are small, else piece by piece as the client takes them.

use crate::{
    encoding::{self, Coder, Encoding},
    features::PageWriter,
    http::{
        Problem,
        conditional::{Outcome, Validators},
        respond::{REVALIDATE, insert},
    },
    service::Service,
    workers::WorkError,
};
use axum::{
    body::{Body, Bytes},
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Response},
};
use futures_util::{StreamExt, stream};
use std::{
    io,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

/// How long a body that is under way waits for room in the queue of the workers.
const PAUSE: Duration = Duration::from_millis(20);

/// A body, coded.
pub enum Made {
    Whole(Bytes),
    /// Its first piece, and what makes the others.
    Begun(Bytes, Box<Rest>),
}

pub struct Rest {
    writer: PageWriter,
    coder: Coder,
}

impl Made {
    pub fn whole(raw: Vec<u8>, encoding: Encoding) -> Self {
        Self::Whole(encoding::compress(raw.into(), encoding).0)
    }

    /// A page that is whole after its first piece, or goes on.
    pub fn begin(mut writer: PageWriter, encoding: Encoding) -> Result<Self, Problem> {
        let failed = |error: &dyn std::fmt::Display| {
            tracing::error!(%error, "a page of features cannot be written");
            Problem::internal()
        };
        let (piece, last) = writer.piece().map_err(|error| failed(&error))?;
        if last {
            return Ok(Self::whole(piece, encoding));
        }
        let mut rest = Box::new(Rest { writer, coder: Coder::new(encoding).0 });
        let coded = rest.coder.code(piece, false).map_err(|error| failed(&error))?;
        Ok(Self::Begun(coded.into(), rest))
    }
}

impl Rest {
    fn piece(&mut self) -> io::Result<(Bytes, bool)> {
        let (piece, last) = self.writer.piece().map_err(io::Error::other)?;
        Ok((self.coder.code(piece, last)?.into(), last))
    }
}

/// 200 with the body.
pub fn response(made: Made, service: Arc<Service>) -> Response {
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
async fn next_piece(service: &Service, rest: &Arc<Mutex<Box<Rest>>>) -> io::Result<(Bytes, bool)> {
    loop {
        let rest = Arc::clone(rest);
        let work = move || rest.lock().unwrap_or_else(PoisonError::into_inner).piece();
        match service.work(work).await {
            Ok(made) => {
                return made.inspect_err(|error| tracing::error!(%error, "a page of features broke off"));
            }
            Err(WorkError::Overloaded) => tokio::time::sleep(PAUSE).await,
            Err(error) => return Err(io::Error::other(error)),
        }
    }
}

/// 304, when the preconditions say that the client has what it asks for.
///
/// # Errors
/// 412, when they say that it wants nothing else.
pub fn unchanged(etag: &str, headers: &HeaderMap) -> Result<Option<Response>, Problem> {
    match (Validators { etag, last_modified: None }).evaluate(headers) {
        Outcome::Send => Ok(None),
        Outcome::PreconditionFailed => Err(Problem::precondition_failed()),
        Outcome::NotModified => {
            let mut response = StatusCode::NOT_MODIFIED.into_response();
            insert(response.headers_mut(), header::ETAG, etag)?;
            response.headers_mut().insert(header::CACHE_CONTROL, REVALIDATE);
            response.headers_mut().insert(header::VARY, super::VARY);
            Ok(Some(response))
        }
    }
}
