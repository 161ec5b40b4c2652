//! Threads for CPU work, bounded on purpose: so many at a time, so many waiting, and no more.

use crate::telemetry::carried;
use std::{
    collections::VecDeque,
    io,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError},
    thread,
};
use tokio::sync::oneshot;

/// Work runs behind the threads that answer requests: what is ready already goes out while a storm of misses is
/// worked off, and with nothing else to do the work has the processors for itself.
const NICENESS: i32 = 10;

pub struct Workers(Arc<Shared>);

struct Shared {
    queue: Mutex<Queue>,
    /// Told of each job, and of the end.
    changed: Condvar,
    capacity: usize,
}

#[derive(Default)]
struct Queue {
    /// First come, first served.
    jobs: VecDeque<Box<dyn Job>>,
    idle_threads: usize,
    ended: bool,
}

#[derive(Debug, Clone, Copy, thiserror::Error)]
pub enum WorkError {
    #[error("too many requests are waiting for a free processor")]
    Overloaded,
    #[error("the work was aborted")]
    Aborted,
}

trait Job: Send {
    /// Whether nobody waits for it any more.
    fn is_abandoned(&self) -> bool;
    fn run(self: Box<Self>);
}

struct Work<T, F> {
    work: F,
    done: oneshot::Sender<T>,
}

impl<T: Send, F: FnOnce() -> T + Send> Job for Work<T, F> {
    fn is_abandoned(&self) -> bool {
        self.done.is_closed()
    }

    fn run(self: Box<Self>) {
        // A panic is reported by its hook; whoever waits learns of it by the sender that is dropped.
        if let Ok(result) = catch_unwind(AssertUnwindSafe(self.work)) {
            // Nobody may wait any more.
            let _unwanted = self.done.send(result);
        }
    }
}

impl Workers {
    /// `threads` threads and room for `capacity` jobs that wait for one.
    ///
    /// # Errors
    /// When the system gives no more threads.
    pub fn new(threads: usize, capacity: usize) -> io::Result<Self> {
        let shared = Arc::new(Shared { queue: Mutex::default(), changed: Condvar::new(), capacity });
        for n in 0..threads {
            let shared = Arc::clone(&shared);
            thread::Builder::new().name(format!("worker-{n}")).spawn(move || {
                give_way();
                while let Some(job) = shared.next() {
                    job.run();
                }
            })?;
        }
        Ok(Self(shared))
    }

    /// Runs `work` on one of the threads once it is free.
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
        let (done, result) = oneshot::channel();
        self.0.push(Box::new(Work { work: carried(work), done }))?;
        result.await.map_err(|_| WorkError::Aborted)
    }

    /// Jobs that wait for a thread and for which somebody waits.
    pub fn waiting(&self) -> usize {
        self.0.lock().jobs.iter().filter(|job| !job.is_abandoned()).count()
    }
}

/// Of this thread, and those that it starts, alone, on Linux; refused or not, the work is done.
fn give_way() {
    let _as_it_was = rustix::process::setpriority_process(None, NICENESS);
}

/// Runs `work` that takes seconds on a thread of its own, which gives way like the others. It goes on when the future
/// is dropped.
///
/// # Errors
/// [`WorkError::Aborted`] when `work` panics, or the system gives no thread.
pub async fn aside<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Result<T, WorkError> {
    let (done, result) = oneshot::channel();
    let job = Box::new(Work { work: carried(work), done });
    let started = thread::Builder::new().name("aside".into()).spawn(move || {
        give_way();
        job.run();
    });
    started.map_err(|_| WorkError::Aborted)?;
    result.await.map_err(|_| WorkError::Aborted)
}

impl Drop for Workers {
    fn drop(&mut self) {
        self.0.lock().ended = true;
        self.0.changed.notify_all();
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, Queue> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn push(&self, job: Box<dyn Job>) -> Result<(), WorkError> {
        let mut queue = self.lock();
        let room = self.capacity + queue.idle_threads;
        if queue.jobs.len() >= room {
            queue.jobs.retain(|job| !job.is_abandoned());
        }
        if queue.jobs.len() >= room {
            return Err(WorkError::Overloaded);
        }
        queue.jobs.push_back(job);
        drop(queue);
        self.changed.notify_one();
        Ok(())
    }

    /// The next job that somebody waits for; `None` at the end.
    fn next(&self) -> Option<Box<dyn Job>> {
        let mut queue = self.lock();
        while !queue.ended {
            match queue.jobs.pop_front() {
                Some(job) if job.is_abandoned() => {}
                Some(job) => return Some(job),
                None => {
                    queue.idle_threads += 1;
                    queue = self.changed.wait(queue).unwrap_or_else(PoisonError::into_inner);
                    queue.idle_threads -= 1;
                }
            }
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::{sync::mpsc, time::Duration};

    #[tokio::test]
    async fn a_full_queue_refuses_and_a_dropped_request_frees_its_place() {
        let workers = Arc::new(Workers::new(1, 1).unwrap());
        let (start, started) = mpsc::channel();
        let (release, held) = mpsc::channel::<()>();
        let running = tokio::spawn({
            let workers = Arc::clone(&workers);
            async move {
                let work = move || {
                    start.send(()).unwrap();
                    held.recv()
                };
                workers.run(work).await
            }
        });
        while started.try_recv().is_err() {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        let mut second = Box::pin(workers.run(|| 2));
        assert!(futures_util::poll!(&mut second).is_pending());
        assert!(matches!(workers.run(|| 3).await, Err(WorkError::Overloaded)));
        drop(second);
        let mut third = Box::pin(workers.run(|| 3));
        assert!(futures_util::poll!(&mut third).is_pending());
        release.send(()).unwrap();
        assert_eq!(third.await.unwrap(), 3);
        assert!(running.await.unwrap().is_ok());
    }

    #[tokio::test]
    async fn work_that_panics_is_aborted_and_its_thread_goes_on() {
        let workers = Workers::new(1, 1).unwrap();
        let failed = workers.run(|| panic!("on purpose")).await;
        assert!(matches!(failed, Err(WorkError::Aborted)));
        assert_eq!(workers.run(|| 4).await.unwrap(), 4);
    }
}
