//! Threads for CPU work, bounded on purpose: so many at a time, so many waiting, and no more.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};
use tokio::sync::Semaphore;

pub struct Workers {
    running: Arc<Semaphore>,
    waiting: AtomicUsize,
    queue: usize,
}

#[derive(Debug, thiserror::Error)]
pub enum WorkError {
    #[error("too many requests are waiting for a free processor")]
    Overloaded,
    #[error("the work was aborted")]
    Aborted,
}

impl Workers {
    pub fn new(threads: usize, queue: usize) -> Self {
        Self { running: Arc::new(Semaphore::new(threads)), waiting: AtomicUsize::new(0), queue }
    }

    /// Runs `work` on a thread of its own once one is free.
    ///
    /// Dropping the future before `work` has started takes it out of the queue.
    ///
    /// # Errors
    /// [`WorkError::Overloaded`] at once when the queue is full, [`WorkError::Aborted`] when `work` panics
    /// or the server is going down.
    pub async fn run<T, F>(&self, work: F) -> Result<T, WorkError>
    where
        T: Send + 'static,
        F: FnOnce() -> T + Send + 'static,
    {
        let place = Place::take(&self.waiting, self.queue)?;
        let permit = Arc::clone(&self.running).acquire_owned().await.map_err(|_| WorkError::Aborted)?;
        drop(place);
        let job = tokio::task::spawn_blocking(move || {
            let _running = permit;
            work()
        });
        job.await.map_err(|_| WorkError::Aborted)
    }

    pub fn waiting(&self) -> usize {
        self.waiting.load(Ordering::Relaxed)
    }
}

/// One place in the queue, given back on drop.
struct Place<'a>(&'a AtomicUsize);

impl<'a> Place<'a> {
    fn take(waiting: &'a AtomicUsize, queue: usize) -> Result<Self, WorkError> {
        let taken =
            waiting.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |n| (n < queue).then_some(n + 1));
        taken.map(|_| Self(waiting)).map_err(|_| WorkError::Overloaded)
    }
}

impl Drop for Place<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::{sync::mpsc, time::Duration};

    #[tokio::test]
    async fn a_full_queue_refuses_and_a_dropped_request_frees_its_place() {
        let workers = Arc::new(Workers::new(1, 1));
        let (release, held) = mpsc::channel::<()>();
        let running = tokio::spawn({
            let workers = Arc::clone(&workers);
            async move { workers.run(move || held.recv()).await }
        });
        while workers.running.available_permits() > 0 {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        let mut second = Box::pin(workers.run(|| 2));
        assert!(futures_util::poll!(&mut second).is_pending());
        assert!(matches!(workers.run(|| 3).await, Err(WorkError::Overloaded)));
        drop(second);
        let third = workers.run(|| 3);
        release.send(()).unwrap();
        assert_eq!(third.await.unwrap(), 3);
        assert!(running.await.unwrap().is_ok());
    }
}
