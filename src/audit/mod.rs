//! Who took, changed or was refused what: one record for each, in a file that only grows.
//!
//! ```text
//!  http, publisher ─▶ Audit::record ─▶ bounded queue ─▶ writer, a thread ─▶ AuditFile ─▶ dated files
//!  plantiles key, publish ─────────────────────────────────────────────────────┘ │
//!                                                  table of the database ◀─ follow, a task
//! ```
//!
//! Nobody waits for a record: what finds no room in the queue is lost, counted, and told by a record of the gap. The file is the
//! truth; the table is a copy of it, which is made as the database has time.

mod file;
mod operator;
mod record;
mod table;
mod writer;

pub use operator::operator;
pub use record::{Event, Record, told};
pub use table::Copyist;

use crate::config;
use file::AuditFile;
use prometheus_client::metrics::counter::Counter;
use std::{io, path::PathBuf, sync::Arc, time::Duration};
use tokio::sync::{mpsc, oneshot};
use writer::{Message, Writer};

/// Records that may wait for the writer, at about 500 bytes each.
const QUEUE: usize = 8192;
/// How long the end of a process waits for the last of them.
const FINISH: Duration = Duration::from_secs(5);

/// Where records go; without a configuration, nowhere.
#[derive(Clone, Default)]
pub struct Audit(Option<Arc<Queue>>);

struct Queue {
    sender: mpsc::Sender<Message>,
    path: PathBuf,
    counts: Counts,
}

/// What an operator watches.
#[derive(Debug, Clone, Default)]
pub struct Counts {
    /// Records in the file.
    pub written: Counter,
    /// Records that found no room.
    pub lost: Counter,
}

#[derive(Debug, thiserror::Error)]
pub enum AuditError {
    #[error("audit file {path}: {cause}")]
    File { path: PathBuf, cause: io::Error },
    #[error("audit file {path}: the last records are not written")]
    Unfinished { path: PathBuf },
}

impl Audit {
    /// Begins to write records, where the configuration says so.
    ///
    /// # Errors
    /// When the file cannot be opened for that.
    pub fn start(config: Option<&config::Audit>, counts: Counts) -> Result<Self, AuditError> {
        let Some(config) = config else { return Ok(Self(None)) };
        let path = config.file.clone();
        let failed = |cause| AuditError::File { path: path.clone(), cause };
        let file = AuditFile::open(config).map_err(failed)?;
        let (sender, inbox) = mpsc::channel(QUEUE);
        Writer::start(file, inbox, counts.clone()).map_err(failed)?;
        Ok(Self(Some(Arc::new(Queue { sender, path, counts }))))
    }

    pub fn is_on(&self) -> bool {
        self.0.is_some()
    }

    /// Takes a record over. It never waits.
    pub fn record(&self, record: impl FnOnce() -> Record) {
        let Some(queue) = &self.0 else { return };
        let record = record();
        // A flood of refused requests leaves room for what somebody got.
        let is_crowded = record.event == Event::Refusal && queue.sender.capacity() <= QUEUE / 2;
        if is_crowded || queue.sender.try_send(Message::Record(Box::new(record))).is_err() {
            queue.counts.lost.inc();
        }
    }

    /// Waits, for some seconds, until what was recorded is in the file.
    ///
    /// # Errors
    /// When it is not.
    pub async fn finish(&self) -> Result<(), AuditError> {
        let Some(queue) = &self.0 else { return Ok(()) };
        let (done, written) = oneshot::channel();
        let finished = async {
            queue.sender.send(Message::Flush(done)).await.ok()?;
            written.await.ok()
        };
        let finished = tokio::time::timeout(FINISH, finished).await;
        finished.ok().flatten().ok_or_else(|| AuditError::Unfinished { path: queue.path.clone() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::{fs, path::Path, thread::sleep};

    fn start(folder: &Path, counts: &Counts) -> (Audit, PathBuf) {
        let path = folder.join("audit.jsonl");
        let config = toml::from_str(&format!("file = {path:?}")).unwrap();
        (Audit::start(Some(&config), counts.clone()).unwrap(), path)
    }

    fn read(path: &Path) -> Vec<Record> {
        let text = fs::read_to_string(path).unwrap();
        text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }

    #[tokio::test]
    async fn records_are_written_in_their_order() {
        let folder = tempfile::tempdir().unwrap();
        let counts = Counts::default();
        let (audit, path) = start(folder.path(), &counts);
        for n in 0..1000 {
            audit.record(|| Record { rows: Some(n), ..Record::new(Event::Publish, "server") });
        }
        audit.finish().await.unwrap();
        let rows = read(&path).into_iter().map(|record| record.rows.unwrap());
        assert!(rows.eq(0..1000));
        assert_eq!((counts.written.get(), counts.lost.get()), (1000, 0));
    }

    /// Another process has the file and does not go on: as much waits as there is room for, nobody else does.
    #[tokio::test]
    async fn what_finds_no_room_is_counted_and_the_gap_is_told() {
        let folder = tempfile::tempdir().unwrap();
        let counts = Counts::default();
        let (audit, path) = start(folder.path(), &counts);
        let other = fs::File::open(&path).unwrap();
        other.lock().unwrap();
        let refusal = || Record::new(Event::Refusal, "public");
        let download = || Record::new(Event::Download, "public");
        for _ in 0..2 * QUEUE {
            audit.record(refusal);
        }
        assert!(counts.lost.get() >= QUEUE as u64, "half of the room is for refusals");
        let refused = counts.lost.get();
        for _ in 0..QUEUE / 2 {
            audit.record(download);
        }
        assert_eq!(counts.lost.get(), refused, "the other half is for what was taken");
        for _ in 0..QUEUE {
            audit.record(download);
        }
        assert!(counts.lost.get() > refused && read(&path).is_empty());
        other.unlock().unwrap();
        audit.finish().await.unwrap();
        while counts.written.get() + counts.lost.get() < 7 * QUEUE as u64 / 2 + 1 {
            sleep(Duration::from_millis(5));
        }
        let records = read(&path);
        let told: u64 = records.iter().filter_map(|record| record.lost).sum();
        assert_eq!((told, records.len() as u64), (counts.lost.get(), counts.written.get()));
    }

    #[tokio::test]
    async fn nothing_is_recorded_where_nothing_is_said() {
        let audit = Audit::start(None, Counts::default()).unwrap();
        audit.record(|| panic!("made for nobody"));
        audit.finish().await.unwrap();
    }
}
