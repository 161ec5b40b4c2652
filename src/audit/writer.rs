//! The one thread that writes records.

use super::{AuditFile, Counts, Record};
use std::{collections::VecDeque, io, thread, time::Duration};
use tokio::sync::{mpsc, oneshot};

pub enum Message {
    Record(Box<Record>),
    /// To be answered when all before it are written.
    Flush(oneshot::Sender<()>),
}

/// Records that are written at once.
const BATCH: usize = 256;
/// Between two tries to write.
const PAUSE: Duration = Duration::from_secs(1);

pub struct Writer {
    file: AuditFile,
    inbox: mpsc::Receiver<Message>,
    counts: Counts,
    /// Of those lost, how many the file tells.
    told: u64,
}

impl Writer {
    /// Starts the thread, which ends when nobody records any more.
    ///
    /// # Errors
    /// When the system gives no thread.
    pub fn start(file: AuditFile, inbox: mpsc::Receiver<Message>, counts: Counts) -> io::Result<()> {
        let told = counts.lost.get();
        let mut writer = Self { file, inbox, counts, told };
        thread::Builder::new().name("audit".to_owned()).spawn(move || while writer.turn().is_some() {})?;
        Ok(())
    }

    /// Writes what has come.
    fn turn(&mut self) -> Option<()> {
        let mut messages = vec![self.inbox.blocking_recv()?];
        messages.extend(std::iter::from_fn(|| self.inbox.try_recv().ok()).take(BATCH - 1));
        let (mut lines, mut waiting) = (VecDeque::new(), vec![]);
        for message in messages {
            match message {
                Message::Record(record) => lines.extend(line(&record)),
                Message::Flush(done) => waiting.push(done),
            }
        }
        self.write(&mut lines);
        self.tell_lost();
        for done in waiting {
            // Who has waited for too long has gone.
            let _gone = done.send(());
        }
        Some(())
    }

    /// Writes until all is written.
    fn write(&mut self, lines: &mut VecDeque<Vec<u8>>) {
        let mut told = false;
        loop {
            let before = lines.len();
            let appended = self.file.append(lines);
            self.counts.written.inc_by((before - lines.len()) as u64);
            match appended {
                Ok(()) if told => return tracing::info!("audit records are written again"),
                Ok(()) => return,
                Err(error) if !told => {
                    told = true;
                    tracing::error!(%error, "audit records cannot be written: they wait, and are lost when too many do");
                }
                Err(error) => tracing::debug!(%error, "audit records still cannot be written"),
            }
            thread::sleep(PAUSE);
        }
    }

    /// Writes how many were lost, where any were.
    fn tell_lost(&mut self) {
        let lost = self.counts.lost.get() - self.told;
        if lost > 0 {
            tracing::error!(lost, "audit records were lost: there was no room for them");
            self.told += lost;
            self.write(&mut line(&Record::gap(lost)).into_iter().collect());
        }
    }
}

fn line(record: &Record) -> Option<Vec<u8>> {
    record.line().inspect_err(|error| tracing::error!(%error, "an audit record is not text")).ok()
}
