//! The timer that hyper sets and unsets for each request, at the price of one for each connection.
//!
//! A timer of tokio's is entered into its wheel and taken out again, which took a thirtieth of the processor
//! time of a ready tile. Here one of them stays in the wheel; when it goes off, it is set to what is waited for
//! then, and most often nothing has run out.

use hyper::rt;
use std::{
    future::Future,
    pin::Pin,
    sync::{Arc, Mutex, PoisonError},
    task::{Context, Poll, ready},
    time::{Duration, Instant},
};
use tokio::time;

/// The timer of one connection, which waits for one thing at a time.
pub struct Patience(Arc<Mutex<Pin<Box<time::Sleep>>>>);

impl Patience {
    pub fn new() -> Self {
        Self(Arc::new(Mutex::new(Box::pin(time::sleep(Duration::ZERO)))))
    }
}

impl rt::Timer for Patience {
    fn sleep(&self, duration: Duration) -> Pin<Box<dyn rt::Sleep>> {
        self.sleep_until(self.now() + duration)
    }

    fn sleep_until(&self, deadline: Instant) -> Pin<Box<dyn rt::Sleep>> {
        Box::pin(Sleep { deadline: deadline.into(), timer: Arc::clone(&self.0) })
    }
}

struct Sleep {
    deadline: time::Instant,
    timer: Arc<Mutex<Pin<Box<time::Sleep>>>>,
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
        let (timer, start) = (Patience::new(), Instant::now());
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
