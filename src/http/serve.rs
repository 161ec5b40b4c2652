//! Accepting connections until told to stop, then letting requests under way finish.

use super::{App, connection::converse, event_loops::EventLoops, router};
use crate::config;
use hyper_util::server::graceful::GracefulShutdown;
use rustix::process::{Resource, getrlimit, setrlimit};
use std::{future::Future, io, net::IpAddr, sync::Arc, time::Duration};
use tokio::{net::TcpListener, sync::Semaphore};

/// After a failed accept (no file descriptor left) others get time to finish.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);
/// Files that are open beside connections: snapshots, the database, the log.
const OTHER_FILES: u64 = 512;

/// Serves `app` on `listener` until `shutdown` resolves, then waits for requests under way.
///
/// # Errors
/// When the system gives no threads, or when requests are still under way after the configured grace.
pub async fn serve(
    listener: TcpListener,
    app: Arc<App>,
    shutdown: impl Future<Output = ()>,
) -> io::Result<()> {
    let grace = Duration::from_secs(app.server.shutdown_grace_seconds);
    let loops = EventLoops::start(config::cores())?;
    let router = router(Arc::clone(&app));
    let connections = GracefulShutdown::new();
    let room = Arc::new(Semaphore::new(app.server.connections.get()));
    allow_files(app.server.connections.get() as u64 + OTHER_FILES);
    let mut shutdown = std::pin::pin!(shutdown);
    loop {
        let accepted = async {
            // Whoever finds no room waits in the listener's backlog.
            let place = Arc::clone(&room).acquire_owned().await.map_err(io::Error::other)?;
            accept(&listener).await.map(|accepted| (accepted, place))
        };
        tokio::select! {
            () = &mut shutdown => break,
            accepted = accepted => match accepted {
                Ok(((stream, peer), place)) => {
                    let open = app.service.metrics.connections.clone();
                    let connection = converse(stream, peer, Arc::clone(&app), router.clone(), connections.watcher());
                    loops.spawn(async move {
                        open.inc();
                        connection.await;
                        open.dec();
                        drop(place);
                    });
                }
                Err(error) => {
                    tracing::warn!(%error, "cannot accept a connection");
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

/// Raises the soft limit of open files, which is often 1,024, as far as it is needed and allowed.
fn allow_files(wanted: u64) {
    let mut limit = getrlimit(Resource::Nofile);
    if limit.current.is_none_or(|current| current >= wanted) {
        return;
    }
    let allowed = limit.maximum.map_or(wanted, |maximum| maximum.min(wanted));
    limit.current = Some(allowed);
    if setrlimit(Resource::Nofile, limit).is_err() || allowed < wanted {
        tracing::warn!(wanted, allowed, "the system allows fewer open files than the connections need");
    }
}
