//! Room for so many connections. When none is left, whoever has kept the server waiting for longest makes room.
//!
//! Without that one client could take all places for the whole of our patience, with connections on which it sends
//! nothing, or takes nothing of what it asked for.

use std::{
    collections::HashMap,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};
use tokio::sync::{Notify, OwnedSemaphorePermit, Semaphore};

/// Nobody makes room for having kept us waiting less than this: the next request may be on its way.
const GRACE: Duration = Duration::from_secs(1);
/// How often it is looked again while nobody can make room.
const LOOK: Duration = Duration::from_millis(100);

pub struct Places {
    free: Arc<Semaphore>,
    taken: Arc<Mutex<Taken>>,
    start: Instant,
}

#[derive(Default)]
struct Taken {
    standings: HashMap<u64, Arc<Standing>>,
    number: u64,
}

/// The place of one connection, given back when it is dropped.
pub struct Place {
    standing: Arc<Standing>,
    number: u64,
    taken: Arc<Mutex<Taken>>,
    _permit: OwnedSemaphorePermit,
}

/// What a connection's client keeps the server waiting for.
pub struct Standing {
    /// The rest of a request head, or the first of it.
    pub head: Wait,
    /// Taking some of an answer.
    pub write: Wait,
    dismissal: Notify,
}

/// Since when something is waited for: microseconds from `start`, or [`NOT`].
pub struct Wait {
    start: Instant,
    since: AtomicU64,
}

const NOT: u64 = u64::MAX;

impl Places {
    pub fn new(count: usize) -> Self {
        Self { free: Arc::new(Semaphore::new(count)), taken: Arc::default(), start: Instant::now() }
    }

    /// A place, as soon as there is one.
    pub async fn take(&self) -> Place {
        loop {
            if self.free.available_permits() == 0 {
                self.dismiss();
            }
            let free = Arc::clone(&self.free).acquire_owned();
            // The semaphore is never closed.
            if let Ok(Ok(permit)) = tokio::time::timeout(LOOK, free).await {
                return self.place(permit);
            }
        }
    }

    fn place(&self, permit: OwnedSemaphorePermit) -> Place {
        let standing = Arc::new(Standing::new(self.start));
        let mut taken = lock(&self.taken);
        taken.number += 1;
        let number = taken.number;
        taken.standings.insert(number, Arc::clone(&standing));
        Place { standing, number, taken: Arc::clone(&self.taken), _permit: permit }
    }

    /// Tells the client that has kept us waiting for longest to make room, if any has for long enough.
    fn dismiss(&self) {
        let taken = lock(&self.taken);
        let longest = taken.standings.values().min_by_key(|standing| standing.since());
        if let Some(standing) = longest.filter(|standing| standing.may_go()) {
            standing.dismissal.notify_one();
        }
    }
}

fn lock(taken: &Mutex<Taken>) -> MutexGuard<'_, Taken> {
    taken.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Place {
    pub fn standing(&self) -> &Arc<Standing> {
        &self.standing
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        lock(&self.taken).standings.remove(&self.number);
    }
}

impl Standing {
    /// `start` is before any wait.
    pub fn new(start: Instant) -> Self {
        let wait = || Wait { start, since: AtomicU64::new(NOT) };
        Self { head: wait(), write: wait(), dismissal: Notify::new() }
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

    fn since(&self) -> u64 {
        self.head.since.load(Ordering::Relaxed).min(self.write.since.load(Ordering::Relaxed))
    }

    fn may_go(&self) -> bool {
        Duration::from_micros(self.since()).saturating_add(GRACE) <= self.head.start.elapsed()
    }
}

impl Wait {
    /// It is waited for from now on, or already.
    pub fn begin(&self) {
        if self.since.load(Ordering::Relaxed) == NOT {
            self.since.store(self.start.elapsed().as_micros() as u64, Ordering::Relaxed);
        }
    }

    /// It has come.
    pub fn end(&self) {
        self.since.store(NOT, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures_util::poll;

    #[tokio::test]
    async fn who_waits_longest_makes_room_and_who_works_stays() {
        let places = Places { start: Instant::now() - 3 * GRACE, ..Places::new(3) };
        let (working, longest, late) = (places.take().await, places.take().await, places.take().await);
        longest.standing().head.since.store(0, Ordering::Relaxed);
        late.standing().write.begin();
        let mut dismissed = Box::pin(longest.standing().dismissed());
        assert!(poll!(&mut dismissed).is_pending());
        let mut next = Box::pin(places.take());
        assert!(poll!(&mut next).is_pending());
        dismissed.await;
        for stays in [&working, &late] {
            assert!(poll!(Box::pin(stays.standing().dismissed())).is_pending());
        }
        drop(longest);
        next.await;
    }

    #[tokio::test]
    async fn who_comes_to_life_stays() {
        let places = Places { start: Instant::now() - 3 * GRACE, ..Places::new(1) };
        let place = places.take().await;
        place.standing().head.since.store(0, Ordering::Relaxed);
        places.dismiss();
        place.standing().head.end();
        assert!(poll!(Box::pin(place.standing().dismissed())).is_pending());
    }
}
