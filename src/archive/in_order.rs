//! Work on several threads whose results are taken in the order of the jobs.

use std::{
    collections::VecDeque,
    panic,
    sync::{Mutex, PoisonError, mpsc},
    thread,
};

/// Jobs begun and not yet taken, for each thread: enough that a slow one does not stop the others, and no more, as
/// their results are in memory.
const AHEAD: usize = 8;

/// Does `work` on each of `jobs` on so many `threads`, and gives the results to `take`, in order, on this one.
///
/// # Errors
/// The first error of `take`, after which nothing more is begun.
///
/// # Panics
/// When `work` does; of the results only those before were taken.
pub fn in_order<J: Send, R: Send, E>(
    threads: usize,
    jobs: impl Iterator<Item = J>,
    work: impl Fn(J) -> R + Sync,
    mut take: impl FnMut(R) -> Result<(), E>,
) -> Result<(), E> {
    let (give, given) = mpsc::channel::<(J, mpsc::SyncSender<R>)>();
    let given = Mutex::new(given);
    let next = || given.lock().unwrap_or_else(PoisonError::into_inner).recv();
    let worker = || {
        while let Ok((job, done)) = next() {
            // Nobody takes it after an error.
            let _unwanted = done.send(work(job));
        }
    };
    thread::scope(|scope| {
        let workers: Vec<_> = (0..threads).map(|_| scope.spawn(worker)).collect();
        let mut begun = VecDeque::new();
        let feed = || {
            for job in jobs {
                let (done, result) = mpsc::sync_channel(1);
                // Somebody receives as long as this scope lasts.
                let _sent = give.send((job, done));
                begun.push_back(result);
                if begun.len() > AHEAD * threads {
                    let Some(Ok(result)) = begun.pop_front().map(|result| result.recv()) else {
                        return Ok(());
                    };
                    take(result)?;
                }
            }
            // Where there is no result its thread has panicked.
            begun.drain(..).map_while(|result| result.recv().ok()).try_for_each(&mut take)
        };
        let fed = feed();
        drop(give);
        for worker in workers {
            worker.join().unwrap_or_else(|panicked| panic::resume_unwind(panicked));
        }
        fed
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[test]
    fn results_come_in_order_and_an_error_ends_it() {
        let slow_first = |job: u64| {
            thread::sleep(Duration::from_micros(if job.is_multiple_of(10) { 2000 } else { 10 }));
            job
        };
        let mut taken = vec![];
        let done = in_order(3, 0..200, slow_first, |job| {
            taken.push(job);
            if job == 150 { Err("enough") } else { Ok(()) }
        });
        assert_eq!(done, Err("enough"));
        assert_eq!(taken, (0..=150).collect::<Vec<_>>());
    }

    #[test]
    fn nothing_after_a_panic_is_taken() {
        let mut taken = vec![];
        let outcome = panic::catch_unwind(panic::AssertUnwindSafe(|| {
            in_order(
                2,
                0..100,
                |job| if job == 7 { panic!("on purpose") } else { job },
                |job| {
                    taken.push(job);
                    Ok::<_, ()>(())
                },
            )
        }));
        assert!(outcome.is_err());
        assert_eq!(taken, (0..7).collect::<Vec<_>>());
    }
}
