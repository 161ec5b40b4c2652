//! Accepting connections until told to stop, then letting requests under way finish.

use super::{Reception, connection::Connection, event_loops::EventLoops, places::Places};
use crate::config;
use hyper_util::server::graceful::GracefulShutdown;
use rustix::process::{Resource, getrlimit, setrlimit};
use std::{
    future::Future,
    io,
    net::{IpAddr, SocketAddr},
    sync::Arc,
    time::Duration,
};
use tokio::net::{TcpListener, TcpSocket};

/// After a failed accept (no file descriptor left) others get time to finish.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);
/// Files that are open beside connections: snapshots, the database, the log.
const OTHER_FILES: u64 = 512;

/// Connections that may wait to be accepted: more than tokio's own, so that a burst waits and is not turned away. The
/// system may allow fewer (`net.core.somaxconn`).
const BACKLOG: u32 = 4096;

/// A listener on `address`.
///
/// # Errors
/// When the address is in use or not of this machine.
pub fn listen(address: SocketAddr) -> io::Result<TcpListener> {
    let socket = if address.is_ipv4() { TcpSocket::new_v4() } else { TcpSocket::new_v6() }?;
    // A restart does not wait for the last connections of the server before.
    socket.set_reuseaddr(true)?;
    socket.bind(address)?;
    socket.listen(BACKLOG)
}

/// Serves whom `reception` admits on `listener` until `shutdown` resolves, then waits for requests under way.
///
/// # Errors
/// When the system gives no threads, or when requests are still under way after the configured grace.
pub async fn serve(
    listener: TcpListener,
    reception: Arc<Reception>,
    shutdown: impl Future<Output = ()>,
) -> io::Result<()> {
    let app = reception.public();
    let grace = Duration::from_secs(app.server.shutdown_grace_seconds);
    let loops = EventLoops::start(config::cores())?;
    let connections = GracefulShutdown::new();
    let places = Places::new(allowed_connections(app.server.connections.get()));
    let mut refused = false;
    let mut shutdown = std::pin::pin!(shutdown);
    loop {
        let accepted = async {
            let accepted = accept(&listener).await?;
            // Meanwhile others wait in the listener's backlog.
            io::Result::Ok((accepted, places.take().await))
        };
        tokio::select! {
            () = &mut shutdown => break,
            accepted = accepted => match accepted {
                Ok(((stream, peer), place)) => {
                    refused = false;
                    let open = app.service.metrics.connections.clone();
                    let connection = Connection {
                        peer,
                        standing: Arc::clone(place.standing()),
                        reception: Arc::clone(&reception),
                        stop: connections.watcher(),
                    };
                    open.inc();
                    loops.spawn(async move {
                        connection.converse(stream).await;
                        open.dec();
                        drop(place);
                    });
                }
                Err(error) => {
                    // Once, not ten times a second for as long as it lasts.
                    if !std::mem::replace(&mut refused, true) {
                        tracing::warn!(%error, "cannot accept connections: they wait until it is possible again");
                    }
                    tokio::time::sleep(ACCEPT_PAUSE).await;
                }
            },
        }
    }
    drop(listener);
    app.streams.end();
    let unfinished =
        || io::Error::new(io::ErrorKind::TimedOut, "requests were still under way after the shutdown grace");
    tokio::time::timeout(grace, connections.shutdown()).await.map_err(|_| unfinished())
}

/// The next connection, free of this thread's event loop.
async fn accept(listener: &TcpListener) -> io::Result<(std::net::TcpStream, IpAddr)> {
    let (stream, peer) = listener.accept().await?;
    Ok((stream.into_std()?, peer.ip()))
}

/// How many of the `wanted` connections the system allows. Raises the soft limit of open files, which is often 1,024,
/// as far as they need it.
fn allowed_connections(wanted: usize) -> usize {
    let files = wanted as u64 + OTHER_FILES;
    let mut limit = getrlimit(Resource::Nofile);
    if limit.current.is_none_or(|current| current >= files) {
        return wanted;
    }
    let before = limit.current;
    limit.current = Some(limit.maximum.map_or(files, |maximum| maximum.min(files)));
    let raised = setrlimit(Resource::Nofile, limit).is_ok();
    let files_allowed = if raised { limit.current } else { before }.unwrap_or(files);
    if files_allowed >= files {
        return wanted;
    }
    // Half of few files are for connections.
    let allowed = files_allowed.saturating_sub(OTHER_FILES).max(files_allowed / 2).max(1) as usize;
    tracing::warn!(
        wanted,
        allowed,
        files_allowed,
        "the system allows fewer open files than the connections need"
    );
    allowed.min(wanted)
}
