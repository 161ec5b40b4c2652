//! Who asks: for the same tiles again and again, for tiles that nobody asked for before, for parts of downloads, for
//! documents, and for all news.

use crate::{
    chance::Chance,
    support::{
        grid::{position, tiles_over},
        http::{Client, Response},
        plan,
        server::Server,
    },
};
use plantiles::snapshot::SnapshotId;
use std::{
    collections::BTreeMap,
    fmt,
    io::{Read, Write},
    net::TcpStream,
    sync::atomic::{AtomicBool, Ordering},
    thread::{Scope, ScopedJoinHandle, sleep},
    time::{Duration, Instant},
};

/// Between two requests of a client, so that it is load and not a storm.
const PAUSE: Duration = Duration::from_millis(8);
const DOCUMENTS: [&str; 6] = [
    "/tiles/plan.json",
    "/layers.json",
    "/styles/plan.json",
    "/readyz",
    "/metrics",
    "/tiles/mining_blocks.json",
];

type Ask = fn(&mut Caller) -> Result<(), String>;
const KINDS: [(&str, Ask, usize); 4] = [
    ("hot", Caller::hot, 3),
    ("cold", Caller::cold, 1),
    ("range", Caller::range, 1),
    ("documents", Caller::document, 1),
];

/// What came of it.
pub struct Report {
    /// Seconds of each answer, by kind, ascending.
    times: BTreeMap<&'static str, Vec<f32>>,
    pub failures: Vec<String>,
    events: usize,
}

pub struct Traffic<'scope> {
    callers: Vec<ScopedJoinHandle<'scope, (&'static str, Vec<f32>, Vec<String>)>>,
    listener: ScopedJoinHandle<'scope, usize>,
}

impl<'scope> Traffic<'scope> {
    pub fn start<'env>(
        scope: &'scope Scope<'scope, 'env>,
        server: &'env Server,
        over: &'env AtomicBool,
    ) -> Self {
        let kinds = KINDS.into_iter().flat_map(|(kind, ask, count)| (0..count).map(move |_| (kind, ask)));
        let callers = kinds.enumerate().map(|(number, (kind, ask))| {
            scope.spawn(move || {
                let mut caller = Caller::new(server, number as u64);
                let (mut times, mut failures) = (Vec::new(), Vec::new());
                while !over.load(Ordering::Relaxed) {
                    let begin = Instant::now();
                    if let Err(failure) = ask(&mut caller) {
                        failures.push(failure);
                    }
                    times.push(begin.elapsed().as_secs_f32());
                    sleep(PAUSE);
                }
                (kind, times, failures)
            })
        });
        Self { callers: callers.collect(), listener: scope.spawn(move || listen(server, over)) }
    }

    pub fn end(self) -> Report {
        let mut report =
            Report { times: BTreeMap::new(), failures: vec![], events: self.listener.join().unwrap() };
        for caller in self.callers {
            let (kind, times, failures) = caller.join().unwrap();
            report.times.entry(kind).or_default().extend(times);
            report.failures.extend(failures);
        }
        report.times.values_mut().for_each(|times| times.sort_unstable_by(f32::total_cmp));
        report
    }
}

/// Counts the events of a stream that is open all the time.
fn listen(server: &Server, over: &AtomicBool) -> usize {
    let mut stream = TcpStream::connect(&server.address).unwrap();
    stream.set_read_timeout(Some(Duration::from_millis(500))).unwrap();
    stream.write_all(b"GET /events HTTP/1.1\r\nHost: a\r\n\r\n").unwrap();
    let (mut text, mut buffer, mut events) = (String::new(), [0; 1 << 14], 0);
    while !over.load(Ordering::Relaxed) {
        // Nothing within the timeout is no news.
        if let Ok(count) = stream.read(&mut buffer) {
            assert!(count > 0, "the stream of events ended");
            text.push_str(&String::from_utf8_lossy(&buffer[..count]));
            events += text.matches("event: state").count();
            // What may be the beginning of another.
            text = text.split_off(text.rfind('\n').map_or(0, |end| end + 1));
        }
    }
    events
}

struct Caller {
    client: Client,
    base: String,
    chance: Chance,
    hot: Vec<String>,
    /// The snapshot of each layer that was met last.
    snapshots: BTreeMap<String, (String, Vec<u8>)>,
}

impl Caller {
    fn new(server: &Server, number: u64) -> Self {
        let hot = (8..=11).flat_map(|z| tiles_over(plan::bounds(), z)).map(|tile| tile.to_string()).collect();
        Self {
            client: Client::new(),
            base: server.url(""),
            chance: Chance::of(number),
            hot,
            snapshots: BTreeMap::new(),
        }
    }

    fn hot(&mut self) -> Result<(), String> {
        let tile = self.chance.of_all(&self.hot).clone();
        self.get(&format!("/tiles/plan/{tile}.mvt"), &[("accept-encoding", "gzip")], &[200, 204]).map(drop)
    }

    /// Anywhere in the plan, in any combination of two layers.
    fn cold(&mut self) -> Result<(), String> {
        let [west, south, east, north] = plan::bounds();
        let mut part = || self.chance.below(1_000_000) as f64 / 1e6;
        let (lon, lat) = (west + (east - west) * part(), south + (north - south) * part());
        let z = 10 + self.chance.below(9) as u32;
        let (x, y) = position(lon, lat, z);
        let layers = [0, 1].map(|_| &self.chance.of_all(&plan::LAYERS).id);
        let layers =
            if layers[0] == layers[1] { layers[0].clone() } else { format!("{},{}", layers[0], layers[1]) };
        let coding = *self.chance.of_all(&["gzip", "br", "zstd", "identity"]);
        let path = format!("/tiles/{layers}/{z}/{}/{}.mvt", x as u32, y as u32);
        self.get(&path, &[("accept-encoding", coding)], &[200, 204]).map(drop)
    }

    /// A part of a download, which must be that of the snapshot that it names.
    fn range(&mut self) -> Result<(), String> {
        let layer = self.chance.of_all(&plan::LAYERS).id.clone();
        let start = self.chance.below(300) as usize;
        let end = start + 1 + self.chance.below(100) as usize;
        let range = format!("bytes={start}-{}", end - 1);
        let part = self.get(&format!("/downloads/{layer}.fgb"), &[("range", &range)], &[206])?;
        let id = part.header("etag").ok_or("no entity tag")?.trim_matches('"').to_owned();
        if self.snapshots.get(&layer).is_none_or(|(known, _)| *known != id) {
            let whole = self.get(&format!("/downloads/{layer}@{id}.fgb"), &[], &[200, 404])?;
            if whole.status == 404 {
                return Ok(());
            }
            if SnapshotId::of(&whole.body).to_string() != id {
                return Err(format!("{layer}@{id} has another hash"));
            }
            self.snapshots.insert(layer.clone(), (id, whole.body));
        }
        let (id, whole) = &self.snapshots[&layer];
        if whole[start..end] == part.body { Ok(()) } else { Err(format!("{range} is not of {layer}@{id}")) }
    }

    fn document(&mut self) -> Result<(), String> {
        let path = *self.chance.of_all(&DOCUMENTS);
        self.get(path, &[], &[200]).map(drop)
    }

    fn get(&self, path: &str, headers: &[(&str, &str)], expected: &[u16]) -> Result<Response, String> {
        match self.client.ask("GET", &format!("{}{path}", self.base), headers) {
            Ok(answer) if expected.contains(&answer.status) => Ok(answer),
            Ok(answer) => {
                Err(format!("{path}: {} {:.200}", answer.status, String::from_utf8_lossy(&answer.body)))
            }
            Err(error) => Err(format!("{path}: {error}")),
        }
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let count: usize = self.times.values().map(Vec::len).sum();
        write!(f, "{count} requests, {} failed, {} events", self.failures.len(), self.events)?;
        for (kind, times) in &self.times {
            let at = |part: usize| times[(times.len() - 1) * part / 100] * 1000.0;
            write!(f, "; {kind}: {}, median {:.1} ms, p99 {:.1} ms", times.len(), at(50), at(99))?;
        }
        Ok(())
    }
}
