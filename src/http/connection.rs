//! One connection: its socket, its patience, its requests.

use super::{Reception, answer::answer, patience::Patience, places::Standing, socket::Socket};
use crate::config::Secret;
use axum::extract::Request;
use hyper::{body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::{rt::TokioIo, server::graceful::Watcher};
use std::{
    convert::Infallible,
    io,
    net::{IpAddr, TcpStream},
    sync::Arc,
    time::Duration,
};

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

/// Answers requests until the client closes, loses our patience or its place, or the server stops.
pub async fn converse(
    stream: TcpStream,
    peer: IpAddr,
    standing: Arc<Standing>,
    reception: Arc<Reception>,
    stop: Watcher,
) {
    let patience = Duration::from_secs(reception.public().server.patience_seconds.get().into());
    let stream = match prepare(&stream, patience).and_then(|()| tokio::net::TcpStream::from_std(stream)) {
        Ok(stream) => stream,
        Err(error) => return tracing::debug!(%error, "a connection cannot be served"),
    };
    let dismissals = reception.public().service.metrics.dismissals.clone();
    let service = service_fn(move |mut request: Request<Incoming>| {
        request.extensions_mut().insert(Peer(Origin { address: peer, key: None }));
        let reception = Arc::clone(&reception);
        async move { Ok::<_, Infallible>(answer(&reception, request).await) }
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
