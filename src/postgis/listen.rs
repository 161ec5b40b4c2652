//! Hearing of changes at the moment of their commit.

use super::{Database, DatabaseError};
use crate::plan::LayerId;
use jiff::Timestamp;
use serde::Deserialize;
use std::{
    future::poll_fn,
    task::{Poll, ready},
    time::Instant,
};
use tokio::{sync::mpsc, task::JoinHandle};
use tokio_postgres::{AsyncMessage, Client, Connection, Socket, tls::NoTlsStream};

const LISTEN: &str = include_str!("../../sql/query/listen.sql");

/// A committed transaction that changed a layer.
#[derive(Debug, Clone, PartialEq)]
pub struct Change {
    pub layer: LayerId,
    /// The layer's count after it, see [`Mark::changes`](super::Mark::changes).
    pub change: i64,
    /// Seconds from its announcement, by the database's clock, to its arrival, by ours.
    pub lag: f64,
    pub heard_at: Instant,
    /// Box of what was there before, in the table's coordinates: west, south, east, north.
    pub old: Option<[f64; 4]>,
    /// Box of what is there now.
    pub new: Option<[f64; 4]>,
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
    changes: mpsc::UnboundedReceiver<Change>,
    /// Dropping it would close the connection.
    _client: Client,
    connection: JoinHandle<()>,
}

impl Listener {
    pub async fn connect(database: &Database) -> Result<Self, DatabaseError> {
        let (client, connection) = database.connect().await?;
        // Not bounded: who listens folds the changes of a layer into one, faster than they come.
        let (sender, changes) = mpsc::unbounded_channel();
        let connection = tokio::spawn(receive(connection, sender));
        let listener = Self { changes, _client: client, connection };
        database.limits().statements(listener._client.batch_execute(LISTEN)).await??;
        Ok(listener)
    }

    /// The next change; `None` once the connection is broken.
    pub async fn next(&mut self) -> Option<Change> {
        self.changes.recv().await
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        self.connection.abort();
    }
}

async fn receive(mut connection: Connection<Socket, NoTlsStream>, sender: mpsc::UnboundedSender<Change>) {
    let received: Result<(), tokio_postgres::Error> = poll_fn(|context| {
        loop {
            match ready!(connection.poll_message(context)) {
                None => return Poll::Ready(Ok(())),
                Some(Err(error)) => return Poll::Ready(Err(error)),
                Some(Ok(AsyncMessage::Notification(note))) => match Change::heard(note.payload()) {
                    // Nobody to tell: the listener is gone, and this task with it.
                    Ok(change) => drop(sender.send(change)),
                    Err(error) => {
                        tracing::warn!(%error, "a notification on the channel plantiles is not of a change")
                    }
                },
                Some(Ok(_)) => {}
            }
        }
    })
    .await;
    if let Err(error) = received {
        tracing::debug!(%error, "the listening connection broke");
    }
}
