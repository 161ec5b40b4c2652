//! Things that take a while to make.

use crate::workers::aside;
use moka::future::Cache;
use std::{hash::Hash, sync::Arc, time::Duration};
use tokio::sync::Semaphore;

/// How long a thing that nobody asks for stays.
const IDLE: Duration = Duration::from_secs(600);

/// Keeps the things that were asked for last. Each is made once however many ask for it, off the event loops, one at
/// a time, and to its end even when whoever asked first has gone.
pub struct Shelf<K, V> {
    things: Cache<K, Arc<V>>,
    turn: Arc<Semaphore>,
}

impl<K: Hash + Eq + Clone + Send + Sync + 'static, V: Send + Sync + 'static> Shelf<K, V> {
    pub fn new(room: u64) -> Self {
        let things = Cache::builder().max_capacity(room).time_to_idle(IDLE).build();
        Self { things, turn: Arc::new(Semaphore::new(1)) }
    }

    /// All of them; looking is no use of them.
    pub fn all(&self) -> Vec<Arc<V>> {
        self.things.iter().map(|(_, thing)| thing).collect()
    }

    /// What `find` finds in one of them, which is then in use.
    pub async fn find<T>(&self, find: impl Fn(&V) -> Option<T>) -> Option<T> {
        let (key, found) = self.things.iter().find_map(|(key, thing)| Some((key, find(&thing)?)))?;
        self.things.get(&*key).await;
        Some(found)
    }

    /// Puts away those that are not `wanted`.
    pub async fn keep(&self, wanted: impl Fn(&K) -> bool) {
        let unwanted: Vec<_> = self.things.iter().map(|(key, _)| key).filter(|key| !wanted(key)).collect();
        for key in unwanted {
            self.things.invalidate(&*key).await;
        }
    }

    /// The thing, made by `make` when it is not there.
    ///
    /// # Errors
    /// Those of `make`, and `stopped` when the server goes down.
    pub async fn get_or_make<E: Send + Sync + 'static>(
        &self,
        key: K,
        stopped: fn() -> E,
        make: impl FnOnce() -> Result<V, E> + Send + 'static,
    ) -> Result<Arc<V>, Arc<E>> {
        if let Some(thing) = self.things.get(&key).await {
            return Ok(thing);
        }
        let (things, turn) = (self.things.clone(), Arc::clone(&self.turn));
        let making = async move {
            let _turn = turn.acquire_owned().await.map_err(|_| stopped())?;
            aside(make).await.unwrap_or_else(|_| Err(stopped())).map(Arc::new)
        };
        let made = tokio::spawn(async move { things.try_get_with(key, making).await });
        made.await.unwrap_or_else(|_| Err(Arc::new(stopped())))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::{AtomicUsize, Ordering};

    #[tokio::test]
    async fn a_thing_is_made_once_and_to_its_end() {
        let shelf = Arc::new(Shelf::<u8, usize>::new(4));
        let made = Arc::new(AtomicUsize::new(0));
        let (begin, begun) = tokio::sync::oneshot::channel();
        let (go_on, held) = std::sync::mpsc::channel::<()>();
        let make = {
            let made = Arc::clone(&made);
            move || {
                begin.send(()).unwrap();
                held.recv().unwrap();
                Ok::<_, ()>(made.fetch_add(1, Ordering::Relaxed) + 1)
            }
        };
        let asking = tokio::spawn({
            let shelf = Arc::clone(&shelf);
            async move { shelf.get_or_make(1, || (), make).await }
        });
        begun.await.unwrap();
        asking.abort();
        assert!(asking.await.unwrap_err().is_cancelled());
        let other = shelf.get_or_make(1, || (), || panic!("it is being made"));
        go_on.send(()).unwrap();
        assert_eq!(*other.await.unwrap(), 1);
        assert_eq!(made.load(Ordering::Relaxed), 1);
        assert_eq!(shelf.find(|thing| (*thing == 1).then_some("one")).await, Some("one"));
        shelf.keep(|key| *key != 1).await;
        assert!(shelf.all().is_empty());
        assert_eq!(shelf.get_or_make(2, || (), || Err::<usize, _>(())).await.unwrap_err(), Arc::new(()));
    }
}
