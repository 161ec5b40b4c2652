//! `/events`: what is served, and again whenever that changes, as server-sent events (HTML §9.2).
//!
//! Each event is the state as a whole, the names of revisions included, so a client that missed some has lost nothing. Its id is the version of
//! the plan; a client that comes back with it is told what changed meanwhile.

use super::{App, Problem};
use crate::{access::Seen, catalog::Catalog, describe, editions::Named};
use axum::{
    extract::State,
    http::{HeaderMap, HeaderName, HeaderValue, header},
    response::{
        IntoResponse, Response,
        sse::{Event, KeepAlive, Sse},
    },
};
use futures_util::stream;
use std::{convert::Infallible, sync::Arc, time::Duration};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};

/// The share of connections that streams may hold, each for as long as a map is open: one in so many. Who gets none
/// polls instead.
const SHARE: usize = 4;
/// A comment this often keeps proxies from taking the connection for dead, and shows who has gone.
const KEEP_ALIVE: Duration = Duration::from_secs(15);

/// The places for streams, and their end.
pub struct Streams {
    places: Arc<Semaphore>,
    ended: watch::Sender<bool>,
}

impl Streams {
    /// For a server of so many connections.
    pub fn new(connections: usize) -> Self {
        let places = Arc::new(Semaphore::new(connections.div_ceil(SHARE)));
        Self { places, ended: watch::Sender::new(false) }
    }

    /// Ends all streams, which would last for ever.
    pub fn end(&self) {
        self.ended.send_replace(true);
    }
}

pub async fn events(State(app): State<Arc<App>>, headers: HeaderMap) -> Result<Response, Problem> {
    let place = Arc::clone(&app.streams.places).try_acquire_owned();
    let place = place.map_err(|_| Problem::unavailable("too many event streams are open"))?;
    let version = headers.get("last-event-id").and_then(|id| id.to_str().ok()?.parse().ok());
    let kept = app.service.kept();
    app.service.metrics.event_streams.inc();
    let follower = Follower {
        news: app.service.news(),
        ended: app.streams.ended.subscribe(),
        service: Arc::clone(&app.service),
        told: version.and_then(|version| kept.into_iter().find(|catalog| catalog.version() == version)),
        revisions: None,
        _place: place,
    };
    let events = stream::unfold(follower, |mut follower| async move {
        let event = follower.next().await?;
        Some((Ok::<_, Infallible>(event), follower))
    });
    let headers = [
        (header::CACHE_CONTROL, HeaderValue::from_static("no-store")),
        // nginx would hold events back until its buffer is full.
        (HeaderName::from_static("x-accel-buffering"), HeaderValue::from_static("no")),
    ];
    Ok((headers, Sse::new(events).keep_alive(KeepAlive::new().interval(KEEP_ALIVE))).into_response())
}

/// A client that follows.
struct Follower {
    service: Arc<Seen>,
    news: watch::Receiver<()>,
    ended: watch::Receiver<bool>,
    /// What the client knows.
    told: Option<Arc<Catalog>>,
    /// Those that it was told of, since it came.
    revisions: Option<Arc<Vec<Named>>>,
    _place: OwnedSemaphorePermit,
}

impl Follower {
    /// The next event; `None` when the server goes down.
    async fn next(&mut self) -> Option<Event> {
        loop {
            self.news.mark_unchanged();
            let known = self.told.as_ref().map(|told| told.version());
            let revisions = self.service.revisions();
            let is_told = |catalog: &Catalog| {
                known == Some(catalog.version())
                    && self.revisions.as_ref().is_some_and(|told| Arc::ptr_eq(told, &revisions))
            };
            match self.service.catalog() {
                Some(catalog) if !is_told(&catalog) => {
                    let state = describe::state(&catalog, self.told.as_deref(), &revisions);
                    let event = Event::default().event("state").id(catalog.version().to_string());
                    self.told = Some(catalog);
                    self.revisions = Some(revisions);
                    return Some(event.data(state.to_string()));
                }
                _ => {}
            }
            tokio::select! {
                news = self.news.changed() => news.ok()?,
                _ = self.ended.wait_for(|ended| *ended) => return None,
            }
        }
    }
}

impl Drop for Follower {
    fn drop(&mut self) {
        self.service.metrics.event_streams.dec();
    }
}
