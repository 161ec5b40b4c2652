//! What one caller may ask for: so many requests, so many downloads at a time, at such a pace.

use super::{Problem, caller::Caller, paced::Paced};
use crate::{
    access::Who,
    config::{self, Role},
};
use axum::{
    body::Body,
    extract::Request,
    http::{HeaderName, HeaderValue, Method},
    response::Response,
};
use base64::{Engine, engine::general_purpose::STANDARD};
use moka::{policy::EvictionPolicy, sync::Cache};
use std::{
    collections::{BTreeMap, HashMap},
    net::IpAddr,
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
    everybody: Quota,
    /// Of those in a role that has its own.
    roles: BTreeMap<Role, Quota>,
    /// What comes with a key, by address, until the key is known to be one.
    guesses: Option<Requests>,
}

/// What each caller may have.
struct Quota {
    requests: Option<Requests>,
    downloads: Option<Downloads>,
    kb_per_second: Option<NonZeroU32>,
}

/// What a request may have, until its answer is out.
pub struct Admitted<'a> {
    quota: &'a Quota,
    left: Option<(Caller, Left)>,
    download: Option<Download>,
}

/// A download, and its place among those of its caller.
struct Download(Option<Slot>);

impl Quota {
    fn new(limits: &config::Limits) -> Self {
        Self {
            requests: requests(limits),
            downloads: limits.downloads.map(|most| Downloads { most, under_way: Arc::default() }),
            kb_per_second: limits.download_kb_per_second,
        }
    }

    fn is_none(&self) -> bool {
        self.requests.is_none() && self.downloads.is_none() && self.kb_per_second.is_none()
    }
}

fn requests(limits: &config::Limits) -> Option<Requests> {
    limits.requests().map(|(rate, burst)| Requests::new(rate, burst))
}

impl Limits {
    /// `None` where nothing is limited.
    pub fn new(limits: &config::Limits) -> Option<Self> {
        let roles = limits.role.iter().map(|(role, limits)| (role.clone(), Quota::new(limits)));
        let limits =
            Self { everybody: Quota::new(limits), roles: roles.collect(), guesses: requests(limits) };
        let any = !limits.everybody.is_none() || limits.roles.values().any(|quota| !quota.is_none());
        any.then_some(limits)
    }

    /// Lets the request in, and says whose it is, or that its caller has asked for too much.
    ///
    /// A key counts against the address that it comes from before anybody looks whether it is one, and no longer when it is: so nobody
    /// tries more keys than they may ask for other things, and those who share an address do not share what their keys may.
    pub fn admit<B>(
        &self,
        request: &Request<B>,
        address: IpAddr,
        shows_nothing: bool,
        who: impl FnOnce() -> Result<Who, Problem>,
    ) -> (Admitted<'_>, Result<Who, Problem>) {
        let who = if shows_nothing { who() } else { self.known(address, who) };
        let quota = who.as_ref().ok().and_then(Who::role).and_then(|role| self.roles.get(role));
        let mut admitted = Admitted { quota: quota.unwrap_or(&self.everybody), left: None, download: None };
        let allowed = match &who {
            Ok(_) if WATCHED.contains(&request.uri().path()) => Ok(()),
            Ok(who) => admitted.take(Caller::of(who, address), is_download(request)),
            // A request like any other beside that.
            Err(_) => admitted.take(Caller::at(address), false),
        };
        (admitted, who.and_then(|who| allowed.map(|()| who)))
    }

    fn known(&self, address: IpAddr, who: impl FnOnce() -> Result<Who, Problem>) -> Result<Who, Problem> {
        let Some(guesses) = &self.guesses else { return who() };
        let caller = Caller::at(address);
        let left = guesses.take(&caller);
        if left.refused {
            return Err(Problem::too_many("too many wrong keys have come from this address", left.seconds));
        }
        who().inspect(|_| guesses.give_back(&caller))
    }
}

fn is_download<B>(request: &Request<B>) -> bool {
    request.method() == Method::GET && request.uri().path().starts_with(DOWNLOADS)
}

impl Admitted<'_> {
    fn take(&mut self, caller: Caller, is_download: bool) -> Result<(), Problem> {
        if let Some(requests) = &self.quota.requests {
            let left = requests.take(&caller);
            let (_, left) = self.left.insert((caller.clone(), left));
            if left.refused {
                let detail = format!("too many requests have come from {caller}");
                return Err(Problem::too_many(detail, left.seconds).of_kind(QUOTA_EXCEEDED));
            }
        }
        if is_download {
            let slot = self.quota.downloads.as_ref().map(|downloads| downloads.slot(caller)).transpose()?;
            self.download = Some(Download(slot));
        }
        Ok(())
    }

    /// The answer, saying what is left to ask for, and going out at the pace of downloads if it is one.
    pub fn marked(self, mut response: Response) -> Response {
        if let (Some(requests), Some((caller, left))) = (&self.quota.requests, &self.left) {
            let partition = partition(caller);
            for (name, value) in [
                (RATE_LIMIT_POLICY, format!("{}{partition}", requests.policy)),
                (RATE_LIMIT, format!("{left}{partition}")),
            ] {
                if let Ok(value) = HeaderValue::try_from(value) {
                    response.headers_mut().insert(name, value);
                }
            }
        }
        match self.download {
            None => response,
            Some(Download(slot)) => {
                let pace = self.quota.kb_per_second;
                response.map(|body| Body::new(Paced::new(body, pace, slot)))
            }
        }
    }
}

/// The parameter `pk` of who has a key or a token, whose name is no secret; where a client comes from it may not know.
fn partition(caller: &Caller) -> String {
    match caller {
        Caller::Address(_) => String::new(),
        Caller::Named(name) => format!(";pk=:{}:", STANDARD.encode(name.as_bytes())),
    }
}

/// Requests of each caller, by token buckets.
struct Requests {
    buckets: Cache<Caller, Arc<Bucket>>,
    start: Instant,
    /// Nanoseconds in which one request more is allowed.
    interval: u64,
    burst: u64,
    policy: String,
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
        let policy = format!("\"requests\";q={burst};w={window}");
        Self { buckets, start: Instant::now(), interval, burst, policy }
    }

    fn take(&self, caller: &Caller) -> Left {
        let bucket = self.buckets.get_with_by_ref(caller, Arc::default);
        bucket.take(self.start.elapsed().as_nanos() as u64, self.interval, self.burst)
    }

    /// Gives a request back that was taken a moment ago.
    fn give_back(&self, caller: &Caller) {
        if let Some(bucket) = self.buckets.get(caller) {
            bucket.give_back(self.interval);
        }
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

impl Bucket {
    fn give_back(&self, interval: u64) {
        let before = |full: u64| Some(full.saturating_sub(interval));
        // It gives something always.
        let _given = self.0.fetch_update(Ordering::Relaxed, Ordering::Relaxed, before);
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
        let count = under_way.entry(caller.clone()).or_default();
        if *count >= self.most.get() {
            let detail = format!("{caller} has {} downloads under way, which is the most", self.most);
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
    fn what_is_given_back_can_be_taken_again() {
        let rate = NonZeroU32::new(1).unwrap();
        let requests = Requests::new(rate, rate);
        let caller = Caller::at("192.0.2.1".parse().unwrap());
        for _ in 0..10 {
            assert!(!requests.take(&caller).refused);
            requests.give_back(&caller);
        }
        assert!(!requests.take(&caller).refused && requests.take(&caller).refused);
    }

    fn limits(toml: &str) -> Limits {
        Limits::new(&toml::from_str(toml).unwrap()).unwrap()
    }

    fn status(limits: &Limits, address: &str, key: Option<Result<&str, ()>>) -> u16 {
        let request = Request::builder().uri("/tiles/plan.json").body(()).unwrap();
        let who = || match key {
            None => Ok(Who::Public),
            Some(Ok(prefix)) => Ok(Who::Key { prefix: prefix.into(), role: "office".parse().unwrap() }),
            Some(Err(())) => Err(Problem::unauthorized("no")),
        };
        let (_, who) = limits.admit(&request, address.parse().unwrap(), key.is_none(), who);
        who.map_or_else(|problem| problem.status().as_u16(), |_| 200)
    }

    #[test]
    fn a_key_has_its_own_wherever_it_comes_from() {
        let limits = limits("requests_per_second = 1\nburst = 2");
        let [here, there] = ["192.0.2.1", "192.0.2.2"];
        let of = |address, key| status(&limits, address, key);
        assert_eq!([of(here, None), of(here, None), of(here, None)], [200, 200, 429]);
        // Behind the same address each key has as much, and no more from another one.
        for key in ["00000001", "00000002", "00000003"] {
            assert_eq!([of(here, Some(Ok(key))), of(there, Some(Ok(key)))], [200, 200]);
            assert_eq!([of(here, Some(Ok(key))), of(there, Some(Ok(key)))], [429, 429]);
        }
        assert_eq!(of(there, None), 200, "keys take nothing from their address");
    }

    #[test]
    fn wrong_keys_count_for_their_address_and_then_none_is_looked_at() {
        let limits = limits("requests_per_second = 1\nburst = 2");
        let [here, there] = ["192.0.2.1", "192.0.2.2"];
        let of = |address, key| status(&limits, address, key);
        assert_eq!([of(here, Some(Err(()))), of(here, Some(Err(())))], [401, 401]);
        assert_eq!(of(here, None), 429, "they were requests of the address");
        let never = || panic!("it was looked up");
        let request = Request::builder().uri("/healthz").body(()).unwrap();
        let (_, who) = limits.admit(&request, here.parse().unwrap(), false, never);
        assert_eq!(who.unwrap_err().status().as_u16(), 429);
        assert_eq!([of(there, Some(Ok("00000001"))), of(there, None)], [200, 200]);
    }

    #[test]
    fn a_role_may_have_limits_of_its_own() {
        let limits =
            limits("requests_per_second = 1\nburst = 1\n[role.office]\nrequests_per_second = 1\nburst = 3");
        let office = |_| status(&limits, "192.0.2.1", Some(Ok("00000001")));
        assert_eq!([0; 4].map(office), [200, 200, 200, 429]);
        assert_eq!([0; 2].map(|_| status(&limits, "192.0.2.1", None)), [200, 429]);
    }

    #[test]
    fn callers_are_counted_apart_and_as_many_as_fit() {
        let rate = NonZeroU32::new(1).unwrap();
        let requests = Requests::new(rate, rate);
        let caller = |n: u32| Caller::at(std::net::Ipv4Addr::from_bits(n).into());
        assert!(!requests.take(&caller(1)).refused && requests.take(&caller(1)).refused);
        for n in 2..2 + 2 * CALLERS as u32 {
            assert!(!requests.take(&caller(n)).refused, "{n}");
        }
        requests.buckets.run_pending_tasks();
        assert!(requests.buckets.entry_count() <= CALLERS);
    }

    #[test]
    fn a_download_that_has_ended_makes_room() {
        let downloads = Downloads { most: NonZeroU32::new(2).unwrap(), under_way: Arc::default() };
        let slot = |text: &str| downloads.slot(Caller::at(text.parse().unwrap()));
        let slots = [slot("192.0.2.1"), slot("192.0.2.1")];
        assert!(slot("192.0.2.1").is_err() && slot("192.0.2.2").is_ok());
        drop(slots);
        assert!(slot("192.0.2.1").is_ok());
        assert!(downloads.under_way.lock().unwrap().is_empty(), "who has none is forgotten");
    }
}
