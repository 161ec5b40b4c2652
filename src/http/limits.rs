//! What one caller may ask for: so many requests, so many downloads at a time, at such a pace.

use super::{Problem, caller::Caller, connection::Peer, paced::Paced};
use crate::config;
use axum::{
    body::Body,
    extract::Request,
    http::{HeaderName, HeaderValue, Method},
    response::Response,
};
use moka::{policy::EvictionPolicy, sync::Cache};
use std::{
    collections::HashMap,
    num::NonZeroU32,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

/// Callers that are remembered, at about 200 bytes each. Past it those go that were seen longest ago, and have all that they
/// may ask for again.
const CALLERS: u64 = 65_536;

/// Paths for those who watch the server, which would take a refusal for its end.
const WATCHED: [&str; 3] = ["/healthz", "/readyz", "/metrics"];
const DOWNLOADS: &str = "/downloads/";

/// `RateLimit` and `RateLimit-Policy` (draft-ietf-httpapi-ratelimit-headers-10).
const RATE_LIMIT: HeaderName = HeaderName::from_static("ratelimit");
const RATE_LIMIT_POLICY: HeaderName = HeaderName::from_static("ratelimit-policy");
/// The kind of problem that the draft has for it.
const QUOTA_EXCEEDED: &str = "https://iana.org/assignments/http-problem-types#quota-exceeded";

pub struct Limits {
    requests: Option<Requests>,
    downloads: Option<Downloads>,
    kb_per_second: Option<NonZeroU32>,
}

/// What a request may have, until its answer is out.
pub struct Admitted<'a> {
    limits: &'a Limits,
    left: Option<Left>,
    download: Option<Download>,
}

/// A download, and its place among those of its caller.
struct Download(Option<Slot>);

impl Limits {
    /// `None` where nothing is limited.
    pub fn new(limits: &config::Limits) -> Option<Self> {
        let limits = Self {
            requests: limits.requests().map(|(rate, burst)| Requests::new(rate, burst)),
            downloads: limits.downloads.map(|most| Downloads { most, under_way: Arc::default() }),
            kb_per_second: limits.download_kb_per_second,
        };
        let any = limits.requests.is_some() || limits.downloads.is_some() || limits.kb_per_second.is_some();
        any.then_some(limits)
    }

    /// Lets the request in, or says that its caller has asked for too much.
    pub fn admit<B>(
        &self,
        server: &config::Server,
        request: &Request<B>,
    ) -> (Admitted<'_>, Result<(), Problem>) {
        let mut admitted = Admitted { limits: self, left: None, download: None };
        let allowed = match caller(server, request) {
            None => Ok(()),
            Some(caller) => admitted.take(caller, is_download(request)),
        };
        (admitted, allowed)
    }
}

/// Who asks; nobody, where it is not limited.
fn caller<B>(server: &config::Server, request: &Request<B>) -> Option<Caller> {
    if request.method() == Method::OPTIONS || WATCHED.contains(&request.uri().path()) {
        return None;
    }
    let Peer(origin) = request.extensions().get()?;
    Some(Caller::of(server, origin.address, request.headers()))
}

fn is_download<B>(request: &Request<B>) -> bool {
    request.method() == Method::GET && request.uri().path().starts_with(DOWNLOADS)
}

impl Admitted<'_> {
    fn take(&mut self, caller: Caller, is_download: bool) -> Result<(), Problem> {
        if let Some(requests) = &self.limits.requests {
            let left = self.left.insert(requests.take(caller));
            if left.refused {
                let problem =
                    Problem::too_many("too many requests have come from this address", left.seconds);
                return Err(problem.of_kind(QUOTA_EXCEEDED));
            }
        }
        if is_download {
            let slot = self.limits.downloads.as_ref().map(|downloads| downloads.slot(caller)).transpose()?;
            self.download = Some(Download(slot));
        }
        Ok(())
    }

    /// The answer, saying what is left to ask for, and going out at the pace of downloads if it is one.
    pub fn marked(self, mut response: Response) -> Response {
        if let (Some(requests), Some(left)) = (&self.limits.requests, &self.left) {
            response.headers_mut().insert(RATE_LIMIT_POLICY, requests.policy.clone());
            if let Ok(left) = HeaderValue::try_from(left.to_string()) {
                response.headers_mut().insert(RATE_LIMIT, left);
            }
        }
        match self.download {
            None => response,
            Some(Download(slot)) => {
                let pace = self.limits.kb_per_second;
                response.map(|body| Body::new(Paced::new(body, pace, slot)))
            }
        }
    }
}

/// Requests of each caller, by token buckets.
struct Requests {
    buckets: Cache<Caller, Arc<Bucket>>,
    start: Instant,
    /// Nanoseconds in which one request more is allowed.
    interval: u64,
    burst: u64,
    policy: HeaderValue,
}

/// When it is full again, in nanoseconds from the start: all that a token bucket has to remember (as in GCRA, ITU-T I.371).
#[derive(Default)]
struct Bucket(AtomicU64);

const SECOND: u64 = 1_000_000_000;

impl Requests {
    fn new(rate: NonZeroU32, burst: NonZeroU32) -> Self {
        let (interval, burst) = ((SECOND / u64::from(rate.get())).max(1), u64::from(burst.get()));
        let window = (interval * burst).div_ceil(SECOND);
        let buckets = Cache::builder()
            .max_capacity(CALLERS)
            .eviction_policy(EvictionPolicy::lru())
            // By then it is full, as a new one is.
            .time_to_idle(Duration::from_secs(window + 1))
            .build();
        let policy = HeaderValue::try_from(format!("\"requests\";q={burst};w={window}"));
        let policy = policy.unwrap_or(HeaderValue::from_static("\"requests\""));
        Self { buckets, start: Instant::now(), interval, burst, policy }
    }

    fn take(&self, caller: Caller) -> Left {
        let bucket = self.buckets.get_with(caller, Arc::default);
        bucket.take(self.start.elapsed().as_nanos() as u64, self.interval, self.burst)
    }
}

/// What a caller may still ask for.
#[derive(Debug, PartialEq, Eq)]
struct Left {
    refused: bool,
    requests: u64,
    /// Until all is there again; for who is refused, until one is.
    seconds: u64,
}

impl std::fmt::Display for Left {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "\"requests\";r={};t={}", self.requests, self.seconds)
    }
}

impl Bucket {
    /// Takes one request out at the time `now`.
    fn take(&self, now: u64, interval: u64, burst: u64) -> Left {
        let room = interval * burst;
        let after = |full: u64| full.max(now) + interval;
        let taken = self.0.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |full| {
            let after = after(full);
            (after - now <= room).then_some(after)
        });
        match taken {
            Ok(full) => {
                let missing = after(full) - now;
                let requests = (room - missing) / interval;
                Left { refused: false, requests, seconds: missing.div_ceil(SECOND) }
            }
            Err(full) => {
                let wait = after(full) - now - room;
                Left { refused: true, requests: 0, seconds: wait.div_ceil(SECOND) }
            }
        }
    }
}

/// Downloads that go out, of each caller that has any.
struct Downloads {
    most: NonZeroU32,
    under_way: Arc<Mutex<HashMap<Caller, u32>>>,
}

/// One of them, given back when it is dropped.
pub struct Slot {
    caller: Caller,
    under_way: Arc<Mutex<HashMap<Caller, u32>>>,
}

impl Downloads {
    fn slot(&self, caller: Caller) -> Result<Slot, Problem> {
        let mut under_way = self.under_way.lock().unwrap_or_else(PoisonError::into_inner);
        let count = under_way.entry(caller).or_default();
        if *count >= self.most.get() {
            let detail = format!("this address has {} downloads under way, which is the most", self.most);
            return Err(Problem::too_many(detail, 1));
        }
        *count += 1;
        Ok(Slot { caller, under_way: Arc::clone(&self.under_way) })
    }
}

impl Drop for Slot {
    fn drop(&mut self) {
        let mut under_way = self.under_way.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(count) = under_way.get_mut(&self.caller) {
            *count -= 1;
            if *count == 0 {
                under_way.remove(&self.caller);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TENTH: u64 = SECOND / 10;

    #[test]
    fn a_bucket_gives_its_burst_then_its_rate() {
        let bucket = Bucket::default();
        let take = |now| bucket.take(now, TENTH, 20);
        for requests in (0..20).rev() {
            let left = take(0);
            assert_eq!((left.refused, left.requests), (false, requests));
        }
        assert_eq!(take(0), Left { refused: true, requests: 0, seconds: 1 });
        assert!(take(TENTH - 1).refused);
        assert!(!take(TENTH).refused && take(TENTH).refused);
        // However long the pause, it is full and no more.
        let later = 3600 * SECOND;
        assert_eq!(take(later), Left { refused: false, requests: 19, seconds: 1 });
    }

    #[test]
    fn callers_are_counted_apart_and_as_many_as_fit() {
        let rate = NonZeroU32::new(1).unwrap();
        let requests = Requests::new(rate, rate);
        let caller = |n: u32| Caller::at(std::net::Ipv4Addr::from_bits(n).into());
        assert!(!requests.take(caller(1)).refused && requests.take(caller(1)).refused);
        for n in 2..2 + 2 * CALLERS as u32 {
            assert!(!requests.take(caller(n)).refused, "{n}");
        }
        requests.buckets.run_pending_tasks();
        assert!(requests.buckets.entry_count() <= CALLERS);
    }

    #[test]
    fn a_download_that_has_ended_makes_room() {
        let downloads = Downloads { most: NonZeroU32::new(2).unwrap(), under_way: Arc::default() };
        let [one, other] = ["192.0.2.1", "192.0.2.2"].map(|text| Caller::at(text.parse().unwrap()));
        let slots = [downloads.slot(one), downloads.slot(one)];
        assert!(downloads.slot(one).is_err() && downloads.slot(other).is_ok());
        drop(slots);
        assert!(downloads.slot(one).is_ok());
        assert!(downloads.under_way.lock().unwrap().is_empty(), "who has none is forgotten");
    }
}
