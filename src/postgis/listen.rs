//! Hearing of changes at the moment of their commit.

use super::{Database, DatabaseError};
use crate::{plan::LayerId, snapshot::SnapshotId};
use jiff::Timestamp;
use serde::Deserialize;
use std::{
    future::poll_fn,
    task::{Poll, ready},
    time::Instant,
};
use tokio::{sync::mpsc, task::JoinHandle};
use tokio_postgres::{AsyncMessage, Client, Connection, Notification, Socket, tls::NoTlsStream};

const LISTEN: &str = include_str!("../../sql/query/listen.sql");

/// A committed transaction that changed a layer.
#[derive(Debug, Clone, PartialEq)]
pub struct Change {
    pub layer: LayerId,
    /// The layer's count after it, see [`Mark::changes`](crate::snapshot::Mark::changes).
    pub change: i64,
    /// Seconds from its announcement, by the database's clock, to its arrival, by ours.
    pub lag: f64,
    pub heard_at: Instant,
    /// Box of what was there before, in the table's coordinates: west, south, east, north.
    pub old: Option<[f64; 4]>,
    /// Box of what is there now.
    pub new: Option<[f64; 4]>,
}

/// What is announced.
#[derive(Debug, Clone, PartialEq)]
pub enum News {
    Change(Change),
    /// Somebody has published the set with this digest into a bucket, see [`Turn::announce`](super::Turn::announce).
    Published(SnapshotId),
}

/// What `sql/0003_changes.sql` sends.
#[derive(Deserialize)]
struct Announcement {
    layer: LayerId,
    change: i64,
    /// Seconds since 1970.
    at: f64,
    old: Option<[f64; 4]>,
    new: Option<[f64; 4]>,
}

impl News {
    /// `None` when it is none.
    fn heard(note: &Notification) -> Option<Self> {
        let wrong = |error: &dyn std::fmt::Display| tracing::warn!(%error, channel = note.channel(), "a notification is not of a change or a publication");
        match note.channel() {
            "plan_published" => {
                note.payload().parse().map(Self::Published).map_err(|error| wrong(&error)).ok()
            }
            _ => Change::heard(note.payload()).map(Self::Change).map_err(|error| wrong(&error)).ok(),
        }
    }
}

impl Change {
    /// Of an announcement that arrives now.
    fn heard(payload: &str) -> Result<Self, serde_json::Error> {
        let Announcement { layer, change, at, old, new } = serde_json::from_str(payload)?;
        let lag = (Timestamp::now().as_microsecond() as f64 / 1e6 - at).max(0.0);
        Ok(Self { layer, change, lag, heard_at: Instant::now(), old, new })
    }
}

/// A connection of its own that hears of changes from when it is made until it breaks.
pub struct Listener {
    news: mpsc::UnboundedReceiver<News>,
    /// Dropping it would close the connection.
    _client: Client,
    connection: JoinHandle<()>,
}

impl Listener {
    pub async fn connect(database: &Database) -> Result<Self, DatabaseError> {
        let (client, connection) = database.connect().await?;
        // Not bounded: who listens folds the changes of a layer into one, faster than they come.
        let (sender, news) = mpsc::unbounded_channel();
        let connection = tokio::spawn(receive(connection, sender));
        let listener = Self { news, _client: client, connection };
        database.limits().statements(listener._client.batch_execute(LISTEN)).await??;
        Ok(listener)
    }

    /// What comes next; `None` once the connection is broken.
    pub async fn next(&mut self) -> Option<News> {
        self.news.recv().await
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        self.connection.abort();
    }
}

async fn receive(mut connection: Connection<Socket, NoTlsStream>, sender: mpsc::UnboundedSender<News>) {
    let received: Result<(), tokio_postgres::Error> = poll_fn(|context| {
        loop {
            match ready!(connection.poll_message(context)) {
                None => return Poll::Ready(Ok(())),
                Some(Err(error)) => return Poll::Ready(Err(error)),
                Some(Ok(AsyncMessage::Notification(note))) => {
                    if let Some(news) = News::heard(&note) {
                        // Nobody to tell: the listener is gone, and this task with it.
                        drop(sender.send(news));
                    }
                }
                Some(Ok(_)) => {}
            }
        }
    })
    .await;
    if let Err(error) = received {
        tracing::debug!(%error, "the listening connection broke");
    }
}
