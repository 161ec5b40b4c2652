//! What of requests and answers goes into the audit file.

use super::pieces::Pieces;
use crate::{
    access::Who,
    audit::{Audit, Event, Record, told},
    plan::LayerId,
};
use axum::{
    body::{Body, Bytes},
    http::{Method, StatusCode, Uri},
    response::Response,
};
use hyper::body::{Body as HttpBody, Frame, SizeHint};
use std::{
    fmt::Display,
    net::IpAddr,
    pin::Pin,
    task::{Context, Poll},
    time::Instant,
};

/// Bytes of a body that are handed to the connection at once: of an answer that breaks off, no more than some of these are
/// counted that did not go out.
const PIECE: usize = 64 << 10;

/// Said by the handler of what its answer gives away: with it, the answer is recorded.
#[derive(Debug, Clone)]
pub struct Handed {
    event: Event,
    layer: Option<String>,
    edition: Option<String>,
    version: String,
}

impl Handed {
    pub fn download(layer: Option<&LayerId>, edition: Option<String>, version: &impl Display) -> Self {
        let layer = layer.map(ToString::to_string);
        Self { event: Event::Download, layer, edition, version: version.to_string() }
    }

    pub fn review(version: &impl Display) -> Self {
        Self { event: Event::Review, layer: None, edition: None, version: version.to_string() }
    }

    /// Says it of `response`.
    pub fn with(self, mut response: Response) -> Response {
        response.extensions_mut().insert(self);
        response
    }
}

/// A request, as far as a record has it.
pub struct Asked {
    pub start: Instant,
    pub method: Method,
    pub uri: Uri,
    /// Of the client.
    pub address: Option<IpAddr>,
    /// Nobody, where a key is none.
    pub who: Option<Who>,
}

impl Asked {
    /// The answer, with its record made when it is over.
    pub fn answered(self, audit: &Audit, mut response: Response) -> Response {
        let handed = response.extensions_mut().remove::<Handed>();
        let status = response.status();
        if is_refusal(status) {
            audit.record(|| self.record(Event::Refusal, status));
            return response;
        }
        let Some(handed) = handed.filter(|_| [StatusCode::OK, StatusCode::PARTIAL_CONTENT].contains(&status))
        else {
            return response;
        };
        response.map(|body| {
            let body = Pieces::of(body);
            Body::new(Counted { body, bytes: 0, asked: self, status, handed, audit: audit.clone() })
        })
    }

    fn record(&self, event: Event, status: StatusCode) -> Record {
        let who = self.who.as_ref();
        Record {
            role: who.and_then(Who::role).map(ToString::to_string),
            address: self.address,
            method: Some(self.method.as_str().chars().take(20).collect()),
            path: Some(told(self.uri.path())),
            status: Some(status.as_u16()),
            seconds: Some(self.start.elapsed().as_secs_f64()),
            ..Record::new(event, who.map_or("unknown".to_owned(), ToString::to_string))
        }
    }
}

/// Of whoever may not have what they ask for, or asks for more than they may.
fn is_refusal(status: StatusCode) -> bool {
    [
        StatusCode::UNAUTHORIZED,
        StatusCode::FORBIDDEN,
        StatusCode::PAYLOAD_TOO_LARGE,
        StatusCode::URI_TOO_LONG,
        StatusCode::TOO_MANY_REQUESTS,
    ]
    .contains(&status)
}

/// A body whose bytes are counted as they go out; dropped when it is over, or broke off.
struct Counted {
    body: Pieces,
    bytes: u64,
    asked: Asked,
    status: StatusCode,
    handed: Handed,
    audit: Audit,
}

impl HttpBody for Counted {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        let this = self.get_mut();
        this.body.poll(context, PIECE, |piece| {
            this.bytes += piece.len() as u64;
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

impl Drop for Counted {
    fn drop(&mut self) {
        let Self { body, bytes, asked, status, handed, audit } = self;
        audit.record(|| Record {
            query: asked.uri.query().map(told),
            layer: handed.layer.take(),
            edition: handed.edition.take(),
            version: Some(std::mem::take(&mut handed.version)),
            bytes: Some(*bytes),
            whole: Some(body.is_over()),
            ..asked.record(handed.event, *status)
        });
    }
}
