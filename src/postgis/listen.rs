//! Hearing of changes at the moment of their commit.

use super::{Database, DatabaseError};
use crate::plan::LayerId;
use serde::Deserialize;
use std::{
    future::poll_fn,
    task::{Poll, ready},
};
use tokio::{sync::mpsc, task::JoinHandle};
use tokio_postgres::{AsyncMessage, Client, Connection, Socket, tls::NoTlsStream};

const LISTEN: &str = include_str!("../../sql/query/listen.sql");

/// A committed transaction that changed a layer, see `sql/0003_changes.sql`.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub struct Change {
    pub layer: LayerId,
    /// The layer's count after it, see [`Mark::changes`](super::Mark::changes).
    pub change: i64,
    /// When it was announced, in seconds since 1970 by the database's clock.
    pub at: f64,
    /// Box of what was there before, in the table's coordinates: west, south, east, north.
    pub old: Option<[f64; 4]>,
    /// Box of what is there now.
    pub new: Option<[f64; 4]>,
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
        listener._client.batch_execute(LISTEN).await?;
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
                Some(Ok(AsyncMessage::Notification(note))) => match serde_json::from_str(note.payload()) {
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
