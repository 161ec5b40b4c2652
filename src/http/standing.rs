//! What the client of a connection keeps the server waiting for, and since when.

use super::pieces::Pieces;
use axum::body::{Body, Bytes};
use hyper::body::{Body as HttpBody, Frame, SizeHint};
use std::{
    pin::Pin,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    task::{Context, Poll},
    time::{Duration, Instant},
};
use tokio::sync::Notify;

/// Nobody makes room for having kept us waiting less than this: the next request may be on its way.
pub const GRACE: Duration = Duration::from_secs(1);

/// An answer by HTTP/2 goes out in pieces of at most so much, a frame of the size that every client takes: as long as
/// its client takes one within our patience it is served.
const PIECE: usize = 16 << 10;

pub struct Standing {
    /// The rest of a request head, or the first of it; of several requests at a time, any.
    pub head: Wait,
    /// Taking some of an answer from the socket.
    pub write: Wait,
    /// Taking the next piece, of each answer of a connection that has several at a time.
    exchanges: Mutex<Vec<Arc<Wait>>>,
    dismissal: Notify,
}

/// Since when something is waited for: microseconds from `start`, or [`NOT`].
pub struct Wait {
    start: Instant,
    since: AtomicU64,
    /// When it last came after a wait.
    came: AtomicU64,
}

const NOT: u64 = u64::MAX;

impl Standing {
    /// `start` is before any wait.
    pub fn new(start: Instant) -> Self {
        let wait = || Wait::new(start);
        Self { head: wait(), write: wait(), exchanges: Mutex::default(), dismissal: Notify::new() }
    }

    /// Tells the client to make room, if it has kept us waiting for long enough.
    pub fn dismiss(&self) {
        if self.may_go() {
            self.dismissal.notify_one();
        }
    }

    /// Resolves when the client has kept us waiting and somebody else needs its place.
    pub async fn dismissed(&self) {
        loop {
            self.dismissal.notified().await;
            // It may have come to life since it was chosen.
            if self.may_go() {
                return;
            }
        }
    }

    /// Since when the client has kept us waiting; never, if it is our turn.
    pub fn since(&self) -> u64 {
        self.head.since().min(self.write.since()).min(self.taking())
    }

    fn may_go(&self) -> bool {
        Duration::from_micros(self.since()).saturating_add(GRACE) <= self.head.start.elapsed()
    }

    /// Since when the client has not taken the next piece of an answer.
    fn taking(&self) -> u64 {
        self.exchanges().iter().map(|taking| taking.since()).min().unwrap_or(NOT)
    }

    fn exchanges(&self) -> MutexGuard<'_, Vec<Arc<Wait>>> {
        self.exchanges.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// One request more of those under way at a time.
    pub fn exchange(self: &Arc<Self>) -> Arc<Exchange> {
        let taking = Arc::new(Wait::new(self.head.start));
        self.exchanges().push(Arc::clone(&taking));
        self.head.end();
        Arc::new(Exchange { standing: Arc::clone(self), taking })
    }

    /// Resolves when the client of several requests at a time has sent none, or not taken the next piece of one of its
    /// answers, for so long.
    pub async fn outwaited(&self, patience: Duration) {
        loop {
            let left = patience.saturating_sub(self.waited());
            if left.is_zero() {
                return;
            }
            tokio::time::sleep(left).await;
        }
    }

    fn waited(&self) -> Duration {
        // What the socket does not take is the kernel's to judge: a slow line may still drain a large buffer.
        if self.write.since() != NOT {
            return Duration::ZERO;
        }
        let taking = self.taking().max(self.write.came.load(Ordering::Relaxed));
        let since = Duration::from_micros(self.head.since().min(taking));
        self.head.start.elapsed().saturating_sub(since)
    }
}

impl Wait {
    fn new(start: Instant) -> Self {
        Self { start, since: AtomicU64::new(NOT), came: AtomicU64::new(0) }
    }

    fn since(&self) -> u64 {
        self.since.load(Ordering::Relaxed)
    }

    /// It is waited for from now on, or already.
    pub fn begin(&self) {
        if self.since() == NOT {
            self.since.store(self.now(), Ordering::Relaxed);
        }
    }

    /// It has come.
    pub fn end(&self) {
        if self.since() != NOT {
            self.since.store(NOT, Ordering::Relaxed);
            self.came.store(self.now(), Ordering::Relaxed);
        }
    }

    fn now(&self) -> u64 {
        self.start.elapsed().as_micros() as u64
    }

    #[cfg(test)]
    pub fn begin_at(&self, microseconds: u64) {
        self.since.store(microseconds, Ordering::Relaxed);
    }
}

/// A request of several at a time on a connection, from its head to when the last of its answer is with the socket.
pub struct Exchange {
    standing: Arc<Standing>,
    taking: Arc<Wait>,
}

impl Drop for Exchange {
    fn drop(&mut self) {
        let mut exchanges = self.standing.exchanges();
        exchanges.retain(|taking| !Arc::ptr_eq(taking, &self.taking));
        if exchanges.is_empty() {
            self.standing.head.begin();
        }
    }
}

/// The body of an answer, piece by piece, each noted until it is taken.
pub struct Taken {
    body: Pieces,
    exchange: Arc<Exchange>,
}

impl Taken {
    pub fn new(body: Body, exchange: Arc<Exchange>) -> Self {
        Self { body: Pieces::of(body), exchange }
    }
}

impl HttpBody for Taken {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        let this = self.get_mut();
        this.exchange.taking.end();
        this.body.poll(context, PIECE, |bytes| {
            this.exchange.taking.begin();
            Bytes::from_owner(Piece { bytes, _exchange: Arc::clone(&this.exchange) })
        })
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

/// Dropped when the socket has it, and with the last one the exchange is over.
struct Piece {
    bytes: Bytes,
    _exchange: Arc<Exchange>,
}

impl AsRef<[u8]> for Piece {
    fn as_ref(&self) -> &[u8] {
        &self.bytes
    }
}
