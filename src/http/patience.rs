//! The timer that hyper sets and unsets for each request, at the price of one for each connection.
//!
//! A timer of tokio's is entered into its wheel and taken out again, which took a thirtieth of the processor
//! time of a ready tile. Here one of them stays in the wheel; when it goes off, it is set to what is waited for
//! then, and most often nothing has run out.

use super::standing::Standing;
use hyper::rt;
use std::{
    future::Future,
    pin::Pin,
    sync::{Arc, Mutex, PoisonError},
    task::{Context, Poll, ready},
    time::{Duration, Instant},
};
use tokio::time;

/// The timer of one connection, which waits for one thing at a time: the head of a request.
pub struct Patience {
    timer: Arc<Mutex<Pin<Box<time::Sleep>>>>,
    standing: Arc<Standing>,
}

impl Patience {
    pub fn new(standing: Arc<Standing>) -> Self {
        Self { timer: Arc::new(Mutex::new(Box::pin(time::sleep(Duration::ZERO)))), standing }
    }
}

impl rt::Timer for Patience {
    fn sleep(&self, duration: Duration) -> Pin<Box<dyn rt::Sleep>> {
        self.sleep_until(self.now() + duration)
    }

    fn sleep_until(&self, deadline: Instant) -> Pin<Box<dyn rt::Sleep>> {
        self.standing.head.begin();
        let (timer, standing) = (Arc::clone(&self.timer), Arc::clone(&self.standing));
        Box::pin(Sleep { deadline: deadline.into(), timer, standing })
    }
}

struct Sleep {
    deadline: time::Instant,
    timer: Arc<Mutex<Pin<Box<time::Sleep>>>>,
    standing: Arc<Standing>,
}

/// Hyper drops it when a head is there.
impl Drop for Sleep {
    fn drop(&mut self) {
        self.standing.head.end();
    }
}

impl rt::Sleep for Sleep {}

impl Future for Sleep {
    type Output = ();

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        let mut timer = self.timer.lock().unwrap_or_else(PoisonError::into_inner);
        // Deadlines only move on, so what the timer is set to is never later than this one.
        while timer.deadline() < self.deadline {
            ready!(timer.as_mut().poll(context));
            timer.as_mut().reset(self.deadline);
        }
        timer.as_mut().poll(context)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rt::Timer;

    #[tokio::test]
    async fn no_sleep_ends_before_its_own_deadline() {
        let start = Instant::now();
        let timer = Patience::new(Arc::new(Standing::new(start)));
        let after = |milliseconds| timer.sleep_until(start + Duration::from_millis(milliseconds));
        let mut first = after(10);
        assert!(futures_util::poll!(&mut first).is_pending());
        drop(first);
        for milliseconds in [50, 90] {
            after(milliseconds).await;
            assert!(start.elapsed() >= Duration::from_millis(milliseconds));
        }
    }
}
