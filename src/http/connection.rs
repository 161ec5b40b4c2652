//! One connection: its socket, its patience, its requests, by HTTP/1.1 or, where TLS is agreed on and the client wants it, by
//! HTTP/2.

use super::{
    Reception,
    answer::answer,
    patience::Patience,
    socket::Socket,
    standing::{Standing, Taken},
    tls,
};
use crate::config::Secret;
use axum::{body::Body, extract::Request};
use hyper::{
    body::Incoming,
    server::conn::{http1, http2},
    service::service_fn,
};
use hyper_util::{
    rt::{TokioExecutor, TokioIo},
    server::graceful::Watcher,
};
use std::{
    convert::Infallible,
    error::Error,
    io,
    net::{IpAddr, TcpStream},
    sync::Arc,
    time::Duration,
};
use tokio::io::{AsyncRead, AsyncWrite};

/// Where a request comes from, for [`base_url`](super::base_url).
#[derive(Clone)]
pub struct Peer(pub Origin);

#[derive(Debug, Clone)]
pub struct Origin {
    /// Of the client or proxy on the other end of the connection.
    pub address: IpAddr,
    /// That the URLs of the answer carry on.
    pub key: Option<Secret>,
}

/// Room for a request head. A path too long for us still fits, and gets an answer that says so.
const HEADER_BYTES: usize = 64 * 1024;

/// The same by HTTP/2, where so many requests may come at once.
const HEADER_LIST_BYTES: u32 = 16 * 1024;
/// Requests of one connection that are under way at a time: what RFC 9113 (§6.5.2) asks for at least; a map on a large
/// screen asks for some dozens of tiles.
const REQUESTS: u32 = 100;
/// Bytes of request bodies that have come and are not read, of one request and of all: a proposal is a few kB.
const BODY_WINDOW: u32 = 64 * 1024;
const BODIES_WINDOW: u32 = 256 * 1024;
/// Requests taken back before they were begun: past that the client is told to calm down and goes (CVE-2023-44487).
const TAKEN_BACK: usize = 20;
/// Frames that were wrong and answered with the end of their request: past that the client goes (CVE-2025-8671).
const ENDED_FOR_ERRORS: usize = 100;

/// A connection that is accepted.
pub struct Connection {
    pub peer: IpAddr,
    pub standing: Arc<Standing>,
    pub reception: Arc<Reception>,
    pub stop: Watcher,
}

type Ended = Result<(), Box<dyn Error + Send + Sync>>;

impl Connection {
    /// Answers requests until the client closes, loses our patience or its place, or the server stops.
    pub async fn converse(self, stream: TcpStream) {
        let patience = Duration::from_secs(self.reception.public().server.patience_seconds.get().into());
        let stream = prepare(&stream, patience).and_then(|()| tokio::net::TcpStream::from_std(stream));
        let stream = match stream {
            Ok(stream) => stream,
            Err(error) => return tracing::debug!(%error, "a connection cannot be served"),
        };
        let (peer, standing) = (self.peer, Arc::clone(&self.standing));
        let dismissals = self.reception.public().service.metrics.dismissals.clone();
        tokio::select! {
            biased;
            ended = self.serve(stream, patience) => if let Err(error) = ended {
                tracing::debug!(%error, "a connection ended early");
            },
            () = standing.dismissed() => {
                dismissals.inc();
                tracing::debug!(%peer, "a connection that waits made room for another");
            }
        }
    }

    async fn serve(self, stream: tokio::net::TcpStream, patience: Duration) -> Ended {
        let socket = Socket { stream, standing: Arc::clone(&self.standing) };
        let Some(tls) = self.reception.public().tls.clone() else {
            return self.http1(socket, patience).await;
        };
        self.standing.head.begin();
        let stream = tokio::time::timeout(patience, tls.accept(socket)).await??;
        match stream.get_ref().1.alpn_protocol() {
            Some(tls::HTTP2) => self.http2(stream, patience).await,
            _ => self.http1(stream, patience).await,
        }
    }

    async fn http1(self, io: impl AsyncRead + AsyncWrite + Unpin + 'static, patience: Duration) -> Ended {
        let Self { peer, standing, reception, stop } = self;
        let service = service_fn(move |mut request: Request<Incoming>| {
            request.extensions_mut().insert(Peer(Origin { address: peer, key: None }));
            let reception = Arc::clone(&reception);
            async move { Ok::<_, Infallible>(answer(&reception, request).await) }
        });
        let connection = http1::Builder::new()
            .timer(Patience::new(standing))
            // From the end of one answer to the end of the next request head: slow and idle clients alike.
            .header_read_timeout(patience)
            .max_header_size(HEADER_BYTES)
            .max_buf_size(HEADER_BYTES)
            .serve_connection(TokioIo::new(io), service);
        Ok(stop.watch(connection).await?)
    }

    async fn http2(
        self,
        io: impl AsyncRead + AsyncWrite + Unpin + Send + 'static,
        patience: Duration,
    ) -> Ended {
        let Self { peer, standing, reception, stop } = self;
        let begun = Arc::clone(&standing);
        let service = service_fn(move |mut request: Request<Incoming>| {
            request.extensions_mut().insert(Peer(Origin { address: peer, key: None }));
            let (reception, exchange) = (Arc::clone(&reception), begun.exchange());
            async move {
                let answer = answer(&reception, request).await;
                Ok::<_, Infallible>(answer.map(|body| Body::new(Taken::new(body, exchange))))
            }
        });
        let connection = http2::Builder::new(TokioExecutor::new())
            .max_concurrent_streams(REQUESTS)
            .max_header_list_size(HEADER_LIST_BYTES)
            .initial_stream_window_size(BODY_WINDOW)
            .initial_connection_window_size(BODIES_WINDOW)
            .max_pending_accept_reset_streams(TAKEN_BACK)
            .max_local_error_reset_streams(ENDED_FOR_ERRORS)
            .serve_connection(TokioIo::new(io), service);
        tokio::select! {
            biased;
            ended = stop.watch(connection) => Ok(ended?),
            () = standing.outwaited(patience) => Err("the client has kept the server waiting for too long".into()),
        }
    }
}

fn prepare(stream: &TcpStream, patience: Duration) -> io::Result<()> {
    // Answers are written whole: waiting to fill packets would only delay them.
    stream.set_nodelay(true)?;
    // The kernel ends the connection when the client acknowledges nothing, or leaves its window shut, for so
    // long. It sees what a timeout of our writes would not: that a slow line drains a large socket buffer.
    let milliseconds = patience.as_millis().try_into().unwrap_or(u32::MAX);
    Ok(rustix::net::sockopt::set_tcp_user_timeout(stream, milliseconds)?)
}
