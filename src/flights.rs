//! Work that several wait for: done once, and for as long as anyone waits.
//!
//! The cache's own way to do that gives the work to one who waits, and begins it anew, at the end of the queue, with
//! the next when that one leaves; after 200 such changes it panics.

use futures_util::{
    FutureExt,
    future::{BoxFuture, Shared, WeakShared},
};
use std::{
    collections::HashMap,
    future::Future,
    hash::Hash,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

type Flight<T> = BoxFuture<'static, T>;

/// Work under way, by key. None of it outlives those who wait for it.
pub struct Flights<K, T>(Arc<Mutex<Board<K, T>>>);

struct Board<K, T> {
    under_way: HashMap<K, (u64, WeakShared<Flight<T>>)>,
    /// Tells a flight from a later one of the same key.
    number: u64,
}

impl<K, T> Default for Flights<K, T> {
    fn default() -> Self {
        Self(Arc::new(Mutex::new(Board { under_way: HashMap::new(), number: 0 })))
    }
}

impl<K, T> Flights<K, T>
where
    K: Copy + Eq + Hash + Send + 'static,
    T: Clone + Send + Sync + 'static,
{
    /// What the flight of `key` that is under way gives, or else `work`.
    pub async fn join(&self, key: K, work: impl Future<Output = T> + Send + 'static) -> T {
        self.board(key, work).await
    }

    fn board(&self, key: K, work: impl Future<Output = T> + Send + 'static) -> Shared<Flight<T>> {
        let mut board = lock(&self.0);
        if let Some(under_way) = board.under_way.get(&key).and_then(|(_, flight)| flight.upgrade()) {
            return under_way;
        }
        board.number += 1;
        let landing = Landing { board: Arc::clone(&self.0), key, number: board.number };
        let flight = async move {
            let _landing = landing;
            work.await
        };
        let flight = flight.boxed().shared();
        if let Some(weak) = flight.downgrade() {
            let number = board.number;
            board.under_way.insert(key, (number, weak));
        }
        flight
    }
}

fn lock<K, T>(board: &Mutex<Board<K, T>>) -> MutexGuard<'_, Board<K, T>> {
    board.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Takes the flight off the board, when it has landed and when nobody waits for it any more.
struct Landing<K: Eq + Hash, T> {
    board: Arc<Mutex<Board<K, T>>>,
    key: K,
    number: u64,
}

impl<K: Eq + Hash, T> Drop for Landing<K, T> {
    fn drop(&mut self) {
        let mut board = lock(&self.board);
        if board.under_way.get(&self.key).is_some_and(|(number, _)| *number == self.number) {
            board.under_way.remove(&self.key);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures_util::poll;
    use std::sync::atomic::{AtomicUsize, Ordering};
    use tokio::sync::oneshot;

    #[tokio::test]
    async fn it_goes_on_as_long_as_one_waits_and_is_done_once() {
        let flights: Flights<u8, u8> = Flights::default();
        let begun = Arc::new(AtomicUsize::new(0));
        let (land, landed) = oneshot::channel();
        let work = |landed: Option<oneshot::Receiver<u8>>| {
            let begun = Arc::clone(&begun);
            async move {
                begun.fetch_add(1, Ordering::Relaxed);
                match landed {
                    Some(landed) => landed.await.unwrap(),
                    None => 0,
                }
            }
        };
        let mut first = Box::pin(flights.join(1, work(Some(landed))));
        assert!(poll!(&mut first).is_pending());
        let mut second = Box::pin(flights.join(1, work(None)));
        assert!(poll!(&mut second).is_pending());
        drop(first);
        // More often than the cache would bear.
        for _ in 0..300 {
            let mut passing = Box::pin(flights.join(1, work(None)));
            assert!(poll!(&mut passing).is_pending());
        }
        land.send(7).unwrap();
        assert_eq!(second.await, 7);
        assert_eq!(begun.load(Ordering::Relaxed), 1);
        assert!(lock(&flights.0).under_way.is_empty());
    }

    #[tokio::test]
    async fn it_ends_with_the_last_who_waits() {
        let flights: Flights<u8, u8> = Flights::default();
        let (land, landed) = oneshot::channel::<u8>();
        let mut only = Box::pin(flights.join(1, async { landed.await.unwrap() }));
        assert!(poll!(&mut only).is_pending());
        drop(only);
        assert!(land.is_closed());
        assert!(lock(&flights.0).under_way.is_empty());
        assert_eq!(flights.join(1, async { 2 }).await, 2);
    }
}
