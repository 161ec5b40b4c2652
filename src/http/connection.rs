//! One connection: its socket, its patience, its requests.

use super::{App, answer::answer, patience::Patience, places::Standing, socket::Socket};
use axum::{Router, extract::Request};
use hyper::{body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::{rt::TokioIo, server::graceful::Watcher};
use std::{
    convert::Infallible,
    io,
    net::{IpAddr, TcpStream},
    sync::Arc,
    time::Duration,
};

/// The address of the client or proxy on the other end of the connection.
#[derive(Clone, Copy)]
pub struct Peer(pub IpAddr);

/// Room for a request head. A path too long for us still fits, and gets an answer that says so.
const HEADER_BYTES: usize = 64 * 1024;

/// Answers requests until the client closes, loses our patience or its place, or the server stops.
pub async fn converse(
    stream: TcpStream,
    peer: IpAddr,
    standing: Arc<Standing>,
    app: Arc<App>,
    router: Router,
    stop: Watcher,
) {
    let patience = Duration::from_secs(app.server.patience_seconds.get().into());
    let stream = match prepare(&stream, patience).and_then(|()| tokio::net::TcpStream::from_std(stream)) {
        Ok(stream) => stream,
        Err(error) => return tracing::debug!(%error, "a connection cannot be served"),
    };
    let dismissals = app.service.metrics.dismissals.clone();
    let service = service_fn(move |mut request: Request<Incoming>| {
        request.extensions_mut().insert(Peer(peer));
        let (app, router) = (Arc::clone(&app), router.clone());
        async move { Ok::<_, Infallible>(answer(&app, router, request).await) }
    });
    let connection = http1::Builder::new()
        .timer(Patience::new(Arc::clone(&standing)))
        // From the end of one answer to the end of the next request head: slow and idle clients alike.
        .header_read_timeout(patience)
        .max_header_size(HEADER_BYTES)
        .max_buf_size(HEADER_BYTES)
        .serve_connection(TokioIo::new(Socket { stream, standing: Arc::clone(&standing) }), service);
    tokio::select! {
        biased;
        ended = stop.watch(connection) => if let Err(error) = ended {
            tracing::debug!(%error, "a connection ended early");
        },
        () = standing.dismissed() => {
            dismissals.inc();
            tracing::debug!(%peer, "a connection that waits made room for another");
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
