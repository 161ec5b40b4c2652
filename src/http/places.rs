//! Room for so many connections. When none is left, whoever has kept the server waiting for longest makes room.
//!
//! Without that one client could take all places for the whole of our patience, with connections on which it sends
//! nothing, or takes nothing of what it asked for.

use super::standing::Standing;
use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

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
        if let Some(standing) = taken.standings.values().min_by_key(|standing| standing.since()) {
            standing.dismiss();
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

#[cfg(test)]
mod tests {
    use super::{super::standing::GRACE, *};
    use futures_util::poll;

    #[tokio::test]
    async fn who_waits_longest_makes_room_and_who_works_stays() {
        let places = Places { start: Instant::now() - 3 * GRACE, ..Places::new(3) };
        let (working, longest, late) = (places.take().await, places.take().await, places.take().await);
        longest.standing().head.begin_at(0);
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
        place.standing().head.begin_at(0);
        places.dismiss();
        place.standing().head.end();
        assert!(poll!(Box::pin(place.standing().dismissed())).is_pending());
    }
}
