//! What all answers have in common: they are bounded, open to the sites that may read them, never taken for another type
//! than they say, counted and logged, and no panic ends a connection.
//!
//! This is a function around the router rather than layers on its routes: axum clones and boxes each layer for
//! each request, which took more than a quarter of the processor time of a ready tile.

use super::{
    App, PLACES, Problem, Reception, audited::Asked, caller, connection::Peer, cors, credentials::Presented,
    limits::Admitted, traced,
};
use crate::{
    access::Who,
    metrics::{Metrics, RequestLabels},
};
use axum::{
    extract::Request,
    http::{HeaderValue, Method, StatusCode, Uri, Version, header},
    response::{IntoResponse, Response},
};
use futures_util::FutureExt;
use hyper::body::Incoming;
use std::{net::IpAddr, panic::AssertUnwindSafe, pin::pin, time::Instant};
use tower::Service;

/// The longest path and query: the ids of all layers of a plan, joined, take a tenth of it.
const LONGEST_URI: usize = 4096;

/// A download is not run as a script because it looks like one (Fetch Standard).
const NO_SNIFFING: HeaderValue = HeaderValue::from_static("nosniff");

pub async fn answer(reception: &Reception, mut request: Request<Incoming>) -> Response {
    let app = reception.public();
    let presented = reception.presented(&mut request);
    let span = traced::begin(&app.server, &request);
    let response = span.during(pin!(answered(reception, &presented, request))).await;
    traced::end(span, response)
}

async fn answered(reception: &Reception, presented: &Presented, request: Request<Incoming>) -> Response {
    let start = Instant::now();
    let app = reception.public();
    let address = address(app, &request);
    let (admitted, who) = admitted(reception, presented, address, &request);
    let (method, uri) = (request.method().clone(), request.uri().clone());
    let asked = app.audit.is_on().then(|| Asked {
        start,
        method: method.clone(),
        uri: uri.clone(),
        address,
        who: who.as_ref().ok().cloned(),
    });
    let site = cors::site(&app.server.cors_origins, request.headers());
    let mut response = match who {
        Ok(who) => routed(reception, presented, who, request).await,
        Err(problem) => problem.into_response(),
    };
    if let Some(admitted) = admitted {
        response = admitted.marked(response);
    }
    if let Some(asked) = asked {
        response = asked.answered(&app.audit, response);
    }
    let headers = response.headers_mut();
    cors::open(site, headers);
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, NO_SNIFFING);
    if let Some(strict) = app.tls.as_ref().and_then(|tls| tls.strict_transport.as_ref()) {
        headers.insert(header::STRICT_TRANSPORT_SECURITY, strict.clone());
    }
    if response.status() == StatusCode::NO_CONTENT {
        // axum gives every answer a length; a 204 must not have one (RFC 9110 §8.6).
        response.headers_mut().remove(header::CONTENT_LENGTH);
    }
    let metrics = &app.service.metrics;
    observe(metrics, &method, &uri, response.status(), start.elapsed().as_secs_f64());
    response
}

/// Of the client, in front of the proxies that are trusted.
fn address<B>(app: &App, request: &Request<B>) -> Option<IpAddr> {
    let Peer(origin) = request.extensions().get()?;
    Some(caller::address(&app.server, origin.address, request.headers()))
}

/// Who asks, unless they have asked for too much. A question about methods is answered to anybody.
fn admitted<'a, B>(
    reception: &'a Reception,
    presented: &Presented,
    address: Option<IpAddr>,
    request: &Request<B>,
) -> (Option<Admitted<'a>>, Result<Who, Problem>) {
    if request.method() == Method::OPTIONS {
        return (None, Ok(Who::Public));
    }
    let who = || reception.who(presented, request);
    match (&reception.public().limits, address) {
        (Some(limits), Some(address)) => {
            let (admitted, who) = limits.admit(request, address, presented.is_empty(), who);
            (Some(admitted), who)
        }
        _ => (None, who()),
    }
}

async fn routed(
    reception: &Reception,
    presented: &Presented,
    who: Who,
    mut request: Request<Incoming>,
) -> Response {
    request.extensions_mut().insert(who.clone());
    route(reception, presented, &who, request).await.unwrap_or_else(IntoResponse::into_response)
}

async fn route(
    reception: &Reception,
    presented: &Presented,
    who: &Who,
    mut request: Request<Incoming>,
) -> Result<Response, Problem> {
    host(&mut request)?;
    if request.method() == Method::OPTIONS {
        return Ok(cors::preflight());
    }
    if request.method() == Method::POST && request.headers().contains_key(header::CONTENT_ENCODING) {
        return Ok(coded_body());
    }
    if request.uri().path_and_query().is_some_and(|path| path.as_str().len() > LONGEST_URI) {
        return Err(Problem::uri_too_long());
    }
    let admitted = reception.admit(who);
    if let Some(elsewhere) = admitted.pass_on(presented, &mut request)? {
        return Ok(elsewhere);
    }
    let mut response = match AssertUnwindSafe(admitted.router().call(request)).catch_unwind().await {
        Ok(Ok(response)) => response,
        Ok(Err(never)) => match never {},
        Err(_panic) => return Err(Problem::internal()),
    };
    reception.mark(presented, &admitted, &mut response);
    Ok(response)
}

/// A small body must not unfold into a large one here (RFC 9110 §15.5.16).
fn coded_body() -> Response {
    let mut response = Problem::coded_body().into_response();
    response.headers_mut().insert(header::ACCEPT_ENCODING, HeaderValue::from_static("identity"));
    response
}

/// Sees to it that the request names one host, in its `Host` (RFC 9112 §3.2, RFC 9113 §8.3.1): where it names two, a cache in
/// front may go by the one and the answer by the other.
fn host(request: &mut Request<Incoming>) -> Result<(), Problem> {
    let mut hosts = request.headers().get_all(header::HOST).iter();
    let named = match (hosts.next(), hosts.next()) {
        (Some(host), None) => Some(host),
        (None, _) => None,
        (Some(_), Some(_)) => return Err(Problem::bad_request("there are several `Host`")),
    };
    match (named, request.uri().authority()) {
        (Some(_), None) => Ok(()),
        (Some(host), Some(authority))
            if host.as_bytes().eq_ignore_ascii_case(authority.as_str().as_bytes()) =>
        {
            Ok(())
        }
        (Some(_), Some(_)) => Err(Problem::bad_request("`Host` is not that of the URL")),
        (None, None) if request.version() == Version::HTTP_10 => Ok(()),
        (None, None) => Err(Problem::bad_request("there is no `Host`")),
        (None, Some(authority)) => {
            let host = HeaderValue::from_str(authority.as_str());
            let host = host.map_err(|_| Problem::bad_request("the host of the URL is not one"))?;
            request.headers_mut().insert(header::HOST, host);
            Ok(())
        }
    }
}

/// One count and one log line.
fn observe(metrics: &Metrics, method: &Method, uri: &Uri, status: StatusCode, seconds: f64) {
    let code = status.as_u16();
    let labels = RequestLabels { place: place(uri.path()), method: method_label(method), status: code };
    metrics.requests.get_or_create(&labels).inc();
    metrics.request_seconds.observe(seconds);
    // 503 is an answer by design, before the first publication and when the queue is full: it is counted, and a
    // line for each would flood the log just when there is too much to do. 501 is said of what the client asks for.
    let by_design = [StatusCode::SERVICE_UNAVAILABLE, StatusCode::NOT_IMPLEMENTED].contains(&status);
    if status.is_server_error() && !by_design {
        tracing::warn!(%method, path = uri.path(), status = code, seconds, "request failed");
    } else {
        tracing::debug!(%method, path = uri.path(), status = code, seconds, "request");
    }
}

/// Paths are endless; a label must not be.
fn place(path: &str) -> &'static str {
    let first = path.split('/').nth(1).unwrap_or_default();
    PLACES.iter().copied().find(|place| *place == first).unwrap_or("other")
}

/// Methods are free text; a label must not be.
fn method_label(method: &Method) -> &'static str {
    ["GET", "HEAD", "POST", "OPTIONS"].into_iter().find(|known| *known == method.as_str()).unwrap_or("other")
}
