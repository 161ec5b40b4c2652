//! Listening to the database for as long as there is a server.

use crate::{
    causes::chain,
    postgis::{Database, Listener, News},
};
use std::time::Duration;
use tokio::{sync::mpsc, task::JoinHandle};

/// First and longest pause between two tries to connect.
const PAUSES: [Duration; 2] = [Duration::from_millis(100), Duration::from_secs(1)];

/// What is heard.
#[derive(Debug)]
pub enum Heard {
    /// From now on changes are heard; what came before was missed.
    Connected,
    Lost,
    News(News),
}

/// A task that listens, connects again and again, and ends when it is dropped.
pub struct Ear {
    heard: mpsc::UnboundedReceiver<Heard>,
    task: JoinHandle<()>,
}

impl Ear {
    pub fn new(database: Database) -> Self {
        let (sender, heard) = mpsc::unbounded_channel();
        Self { heard, task: tokio::spawn(listen(database, sender)) }
    }

    /// Waits for the next thing heard.
    pub async fn next(&mut self) -> Option<Heard> {
        self.heard.recv().await
    }

    /// What was heard already.
    pub fn take(&mut self) -> Option<Heard> {
        self.heard.try_recv().ok()
    }
}

impl Drop for Ear {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// Ends when nobody wants to hear any more.
async fn listen(database: Database, sender: mpsc::UnboundedSender<Heard>) {
    let mut pause = PAUSES[0];
    let mut told = false;
    loop {
        match Listener::connect(&database).await {
            Ok(mut listener) => {
                tracing::info!("hearing of changes from the database");
                (pause, told) = (PAUSES[0], false);
                let mut next = Some(Heard::Connected);
                while let Some(heard) = next {
                    if sender.send(heard).is_err() {
                        return;
                    }
                    next = listener.next().await.map(Heard::News);
                }
                tracing::warn!(
                    "the connection on which changes are heard broke; the database is connected to again"
                );
                if sender.send(Heard::Lost).is_err() {
                    return;
                }
            }
            Err(error) if !told => {
                told = true;
                tracing::warn!(
                    error = chain(&error),
                    "changes are not heard: the database is looked at now and then, and connected to again"
                );
            }
            Err(error) => tracing::debug!(error = chain(&error), "changes are still not heard"),
        }
        tokio::time::sleep(pause).await;
        pause = (pause * 2).min(PAUSES[1]);
    }
}
