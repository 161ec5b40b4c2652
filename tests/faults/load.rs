//! Requests for as long as a fault lasts, each answer checked for its status and every byte.

use crate::{
    chance::Chance,
    support::{
        grid::tiles_over,
        http::{Client, Response},
        plan,
        server::Server,
    },
    truth::{Place, Truth},
};
use std::{
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    thread::{JoinHandle, sleep},
    time::{Duration, Instant},
};

const CLIENTS: u64 = 4;
/// Between two requests of a client: it is not the load that is tested.
const PAUSE: Duration = Duration::from_millis(2);
/// Longer than any outage; a hang fails instead of stopping the run.
const PATIENCE: Duration = Duration::from_secs(60);

/// Clients that ask for tiles, ranges and documents until told to stop.
pub struct Load {
    work: Arc<Work>,
    clients: Vec<JoinHandle<()>>,
}

struct Work {
    base: String,
    tiles: Vec<Place>,
    truth: Truth,
    stop: AtomicBool,
    answers: AtomicUsize,
    wrong: Mutex<Vec<String>>,
}

impl Load {
    pub fn on(server: &Server) -> Self {
        let tiles =
            (9..=12).flat_map(|z| tiles_over(plan::bounds(), z)).map(|t| (t.z as u8, t.x, t.y)).collect();
        let work = Arc::new(Work {
            base: server.url(""),
            tiles,
            truth: Truth::default(),
            stop: AtomicBool::new(false),
            answers: AtomicUsize::new(0),
            wrong: Mutex::default(),
        });
        let client = |number| {
            let work = Arc::clone(&work);
            std::thread::spawn(move || work.client(Chance::of(number)))
        };
        let load = Self { clients: (0..CLIENTS).map(client).collect(), work: Arc::clone(&work) };
        load.more(20);
        load
    }

    /// Waits for so many more answers.
    #[track_caller]
    pub fn more(&self, count: usize) {
        let (goal, deadline) = (self.work.answers.load(Ordering::Relaxed) + count, Instant::now() + PATIENCE);
        while self.work.answers.load(Ordering::Relaxed) < goal {
            assert!(
                Instant::now() < deadline,
                "no more answers: {:?}",
                self.work.wrong.lock().unwrap().first()
            );
            sleep(Duration::from_millis(5));
        }
    }

    /// Ends it. Fails if any request failed, or any answer was wrong.
    #[track_caller]
    pub fn end(self) {
        self.work.stop.store(true, Ordering::Relaxed);
        self.clients.into_iter().for_each(|client| client.join().unwrap());
        let (wrong, answers) = (self.work.wrong.lock().unwrap(), self.work.answers.load(Ordering::Relaxed));
        assert!(
            wrong.is_empty(),
            "{} of {answers} answers: {:#?}",
            wrong.len(),
            &wrong[..wrong.len().min(5)]
        );
        let verdict = self.work.truth.judge();
        println!("{answers} answers, {verdict:?}");
        assert!(verdict.tiles > 0, "no tile could be judged");
    }
}

impl Work {
    fn client(&self, mut chance: Chance) {
        let client = Client::new();
        while !self.stop.load(Ordering::Relaxed) {
            if let Err(wrong) = self.ask(&client, &mut chance) {
                self.wrong.lock().unwrap().push(wrong);
                // A server that is gone would fill the memory with failures.
                sleep(Duration::from_millis(10));
            }
            self.answers.fetch_add(1, Ordering::Relaxed);
            sleep(PAUSE);
        }
    }

    fn ask(&self, client: &Client, chance: &mut Chance) -> Result<(), String> {
        match chance.below(8) {
            0 => self.get(client, "/tiles/plan.json", &[], &[200]).map(drop),
            1 => self.get(client, "/styles/plan.json", &[], &[200]).map(drop),
            2 | 3 => {
                let layer = &chance.of_all(&plan::LAYERS).id;
                // Every snapshot has more bytes, in its header.
                let start = chance.below(400) as usize;
                let range = start..start + 1 + chance.below(100) as usize;
                let header = format!("bytes={}-{}", range.start, range.end - 1);
                let answer =
                    self.get(client, &format!("/downloads/{layer}.fgb"), &[("range", &header)], &[206])?;
                self.truth.range(client, &self.base, layer, range, &answer)
            }
            _ => {
                let place @ (z, x, y) = *chance.of_all(&self.tiles);
                let answer = self.get(client, &format!("/tiles/plan/{z}/{x}/{y}.mvt"), &[], &[200, 204])?;
                self.truth.tile(client, &self.base, place, answer)
            }
        }
    }

    fn get(
        &self,
        client: &Client,
        path: &str,
        headers: &[(&str, &str)],
        expected: &[u16],
    ) -> Result<Response, String> {
        match client.ask("GET", &format!("{}{path}", self.base), headers) {
            Ok(answer) if expected.contains(&answer.status) => Ok(answer),
            Ok(answer) => {
                Err(format!("{path}: {} {:.200}", answer.status, String::from_utf8_lossy(&answer.body)))
            }
            Err(error) => Err(format!("{path}: {error}")),
        }
    }
}
