//! Requests as spans, after OpenTelemetry's conventions for HTTP servers, but without paths and queries: keys, links and
//! what somebody looks for may be in them. The route says what was asked for.

use super::{connection::Peer, paths, pieces::Pieces};
use crate::{config, telemetry::Span};
use axum::{
    body::{Body, Bytes},
    extract::Request,
    http::{HeaderMap, Version, header},
    response::Response,
};
use hyper::body::{Body as HttpBody, Frame, SizeHint};
use opentelemetry::{
    Context as Trace,
    propagation::{Extractor, TextMapPropagator},
};
use opentelemetry_sdk::propagation::TraceContextPropagator;
use std::{
    pin::Pin,
    sync::LazyLock,
    task::{Context, Poll},
};

/// Every route, that with the most literal text first.
static ROUTES: LazyLock<Vec<String>> = LazyLock::new(|| {
    let mut paths = paths();
    paths.sort_by_key(|path| std::cmp::Reverse(literal(path)));
    paths
});

fn literal(path: &str) -> usize {
    path.split('/').filter(|segment| !segment.starts_with('{')).map(str::len).sum()
}

/// The span of `request`; who sends it decides where it belongs only if that is a proxy that is trusted.
pub fn begin<B>(server: &config::Server, request: &Request<B>) -> Span {
    if !Span::are_traced() {
        return Span::default();
    }
    let peer = request.extensions().get::<Peer>();
    let parent = match peer.is_some_and(|Peer(origin)| server.trusts(origin.address)) {
        true => {
            TraceContextPropagator::new().extract_with_context(&Trace::new(), &Headers(request.headers()))
        }
        false => Trace::new(),
    };
    let span = Span::request(&parent);
    if span.is_recorded() {
        describe(&span, server.scheme(), request);
    }
    span
}

fn describe<B>(span: &Span, scheme: &'static str, request: &Request<B>) {
    let method = method(request.method().as_str());
    let route = route(request.uri().path());
    span.name(match route {
        Some(route) => format!("{method} {route}"),
        None => method.to_owned(),
    });
    span.note("http.request.method", || method);
    span.note("url.scheme", || scheme);
    if let Some(route) = route {
        span.note("http.route", || route);
    }
    span.note("network.protocol.version", || match request.version() {
        Version::HTTP_2 => "2",
        Version::HTTP_10 => "1.0",
        _ => "1.1",
    });
}

/// Methods are free text.
fn method(method: &str) -> &'static str {
    ["GET", "HEAD", "POST", "OPTIONS"].into_iter().find(|known| *known == method).unwrap_or("_OTHER")
}

/// The route of a path, `{…}` for what varies.
fn route(path: &str) -> Option<&'static str> {
    ROUTES.iter().find(|route| is_of(path, route)).map(String::as_str)
}

fn is_of(path: &str, route: &str) -> bool {
    let mut segments = path.split('/');
    for wanted in route.split('/') {
        if wanted.starts_with("{*") {
            return segments.next().is_some_and(|first| !first.is_empty());
        }
        let Some(segment) = segments.next() else { return false };
        let is_same = if wanted.starts_with('{') { !segment.is_empty() } else { segment == wanted };
        if !is_same {
            return false;
        }
    }
    segments.next().is_none()
}

/// The answer, whose span is over when all of it has gone out.
pub fn end(span: Span, response: Response) -> Response {
    if !span.is_recorded() {
        return response;
    }
    let status = response.status();
    span.note("http.response.status_code", || i64::from(status.as_u16()));
    if status.is_server_error() {
        span.note("error.type", || status.as_u16().to_string());
        span.fail();
    }
    // The entity tag of what is versioned has its version.
    let etag = response.headers().get(header::ETAG).and_then(|etag| etag.to_str().ok());
    if let Some(etag) = etag {
        span.note("plantiles.version", || etag.trim_start_matches("W/").trim_matches('"').to_owned());
    }
    response.map(|body| Body::new(Traced { body: Pieces::of(body), bytes: 0, span }))
}

/// A body whose bytes are counted as they go out.
struct Traced {
    body: Pieces,
    bytes: u64,
    span: Span,
}

impl HttpBody for Traced {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        let Self { body, bytes, span } = self.get_mut();
        let _within = span.enter();
        body.poll(context, usize::MAX, |piece| {
            *bytes += piece.len() as u64;
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

impl Drop for Traced {
    fn drop(&mut self) {
        let Self { body, bytes, span } = self;
        span.note("http.response.body.size", || i64::try_from(*bytes).unwrap_or(i64::MAX));
        if !body.is_over() {
            span.note("plantiles.broken_off", || true);
        }
    }
}

/// Where a trace context is read from (W3C Trace Context).
struct Headers<'a>(&'a HeaderMap);

impl Extractor for Headers<'_> {
    fn get(&self, key: &str) -> Option<&str> {
        self.0.get(key).and_then(|value| value.to_str().ok())
    }

    fn keys(&self) -> Vec<&str> {
        self.0.keys().map(|name| name.as_str()).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_is_told_by_its_route() {
        for (path, of) in [
            ("/", "/"),
            ("/tiles/plan/1/2/3.mvt", "/tiles/{tileset}/{*tile}"),
            ("/tiles/plan.json", "/tiles/{document}"),
            ("/layers.json", "/layers.json"),
            ("/healthz", "/healthz"),
            ("/ogc/collections/roads/items", "/ogc/collections/{collection}/items"),
        ] {
            assert_eq!(route(path), Some(of), "{path}");
        }
        for none in ["", "//", "/tiles/plan/", "/key/plt_hidden/tiles/plan/1/2/3.mvt", "/healthz/"] {
            assert_eq!(route(none), None, "{none}");
        }
        for path in paths() {
            assert_eq!(route(&path), Some(&*path), "a route is its own");
        }
    }
}
