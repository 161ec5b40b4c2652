//! Accepting connections until told to stop, then letting requests under way finish.

use super::{App, router};
use axum::{
    Router,
    extract::Request,
    http::{StatusCode, header},
};
use hyper::body::Incoming;
use hyper_util::{
    rt::{TokioIo, TokioTimer},
    server::graceful::GracefulShutdown,
};
use std::{convert::Infallible, future::Future, io, net::IpAddr, sync::Arc, time::Duration};
use tokio::net::{TcpListener, TcpStream};
use tower::Service;

/// The address of the client or proxy on the other end of the connection.
#[derive(Clone, Copy)]
pub struct Peer(pub IpAddr);

/// A client that has not sent its request head by then is cut off.
const HEADER_TIMEOUT: Duration = Duration::from_secs(15);
/// Room for a request head. A path too long for us still fits, and gets an answer that says so.
const HEADER_BYTES: usize = 64 * 1024;
/// After a failed accept (no file descriptor left) others get time to finish.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// Serves `app` on `listener` until `shutdown` resolves, then waits for requests under way.
///
/// # Errors
/// When requests are still under way after the configured grace.
pub async fn serve(
    listener: TcpListener,
    app: Arc<App>,
    shutdown: impl Future<Output = ()>,
) -> io::Result<()> {
    let grace = Duration::from_secs(app.server.shutdown_grace_seconds);
    let router = router(app);
    let connections = GracefulShutdown::new();
    let mut shutdown = std::pin::pin!(shutdown);
    loop {
        tokio::select! {
            () = &mut shutdown => break,
            accepted = listener.accept() => match accepted {
                Ok((stream, peer)) => connect(stream, peer.ip(), &router, &connections),
                Err(error) => {
                    tracing::warn!(%error, "cannot accept a connection");
                    tokio::time::sleep(ACCEPT_PAUSE).await;
                }
            },
        }
    }
    drop(listener);
    let unfinished =
        || io::Error::new(io::ErrorKind::TimedOut, "requests were still under way after the shutdown grace");
    tokio::time::timeout(grace, connections.shutdown()).await.map_err(|_| unfinished())
}

fn connect(stream: TcpStream, peer: IpAddr, router: &Router, connections: &GracefulShutdown) {
    // Answers are written whole: waiting to fill packets would only delay them.
    if let Err(error) = stream.set_nodelay(true) {
        tracing::debug!(%error, "cannot set TCP_NODELAY");
    }
    let router = router.clone();
    let service = hyper::service::service_fn(move |mut request: Request<Incoming>| {
        let mut router = router.clone();
        request.extensions_mut().insert(Peer(peer));
        async move {
            let mut response = router.call(request).await.unwrap_or_else(|never| match never {});
            if response.status() == StatusCode::NO_CONTENT {
                // axum gives every answer to HEAD a length; a 204 must not have one (RFC 9110 §8.6).
                response.headers_mut().remove(header::CONTENT_LENGTH);
            }
            Ok::<_, Infallible>(response)
        }
    });
    let connection = hyper::server::conn::http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEADER_TIMEOUT)
        .max_buf_size(HEADER_BYTES)
        .pipeline_flush(true)
        .serve_connection(TokioIo::new(stream), service);
    let connection = connections.watch(connection);
    tokio::spawn(async move {
        if let Err(error) = connection.await {
            tracing::debug!(%error, "a connection ended early");
        }
    });
}
