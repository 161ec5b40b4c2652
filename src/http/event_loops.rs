//! The threads that answer requests: one event loop for each processor.
//!
//! A connection stays with its loop, so that no answer waits for another thread to wake up; with loops that
//! share their connections a ready tile took about a seventh more processor time. What would block a loop belongs on
//! [`crate::workers`] or tokio's blocking threads.

use std::{future::Future, io, sync::Arc, thread};
use tokio::{
    runtime::{Builder, Handle},
    sync::watch,
};

/// They run until this is dropped.
pub struct EventLoops {
    loops: Vec<EventLoop>,
    _running: watch::Sender<()>,
}

struct EventLoop {
    runtime: Handle,
    /// Held once by each connection.
    connections: Arc<()>,
}

impl EventLoops {
    /// # Errors
    /// When the system gives no more threads or files.
    pub fn start(count: usize) -> io::Result<Self> {
        let (running, ended) = watch::channel(());
        let start = |n| {
            let runtime = Builder::new_current_thread().enable_all().build()?;
            let event_loop = EventLoop { runtime: runtime.handle().clone(), connections: Arc::new(()) };
            let mut ended = ended.clone();
            thread::Builder::new().name(format!("http-{n}")).spawn(move || {
                // Nothing is ever sent: it ends with an error, when the sender is gone.
                let _gone = runtime.block_on(ended.changed());
            })?;
            Ok(event_loop)
        };
        let loops = (0..count).map(start).collect::<io::Result<_>>()?;
        Ok(Self { loops, _running: running })
    }

    /// Serves `connection` on the loop that has the fewest.
    pub fn spawn(&self, connection: impl Future<Output = ()> + Send + 'static) {
        let freest = self.loops.iter().min_by_key(|event_loop| Arc::strong_count(&event_loop.connections));
        if let Some(EventLoop { runtime, connections }) = freest {
            let place = Arc::clone(connections);
            runtime.spawn(async move {
                let _place = place;
                connection.await;
            });
        }
    }
}
