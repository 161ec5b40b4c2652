//! Taking turns: of all programs that publish from one database into one bucket, one exports at a time.
//!
//! The turn is an advisory lock of the primary, held by a session of its own: so it goes with the connection, when the program
//! ends, is killed, or its machine or network is gone. A program that is stopped keeps its connections; therefore the server closes
//! this one when nothing was said on it for five seconds, and whoever has the turn says something each second.
//!
//! The key of the lock is made of the bucket's URL: publications into different buckets, a trial and the one in use, do not
//! wait for each other. Programs that write the URL of one bucket in two ways would export at the same time, which is twice the work and no
//! harm: the set in the bucket is replaced only by who has read the one that is replaced.

use super::{Database, DatabaseError};
use crate::snapshot::SnapshotId;
use std::{sync::Arc, time::Duration};
use tokio::{sync::Mutex, task::JoinHandle};
use tokio_postgres::Client;

const SESSION: &str = include_str!("../../sql/query/turn_session.sql");
const TAKE: &str = include_str!("../../sql/query/turn_take.sql");
const PUBLISHED: &str = include_str!("../../sql/query/published.sql");

/// How often something is said; five times as often as the server needs to hear it.
const BEAT: Duration = Duration::from_secs(1);

/// The queue for a turn.
pub struct Turns {
    database: Database,
    bucket: String,
    /// On which it was tried last, and is tried again; closed by the server when it is not.
    waiting: Mutex<Option<Session>>,
}

/// The right to export, until this is dropped or the connection breaks.
pub struct Turn {
    session: Session,
    beat: JoinHandle<()>,
}

struct Session {
    client: Arc<Client>,
    connection: JoinHandle<()>,
    database: Database,
}

impl Turns {
    /// For `bucket`, by its URL. `database` leads to the primary.
    pub fn new(database: Database, bucket: &str) -> Self {
        Self { database, bucket: bucket.to_owned(), waiting: Mutex::default() }
    }

    /// The turn, unless somebody else has it.
    pub async fn take(&self) -> Result<Option<Turn>, DatabaseError> {
        let mut waiting = self.waiting.lock().await;
        let tried = match waiting.take() {
            None => None,
            // Closed by the server, most likely.
            Some(session) => session.lock(&self.bucket).await.ok().map(|locked| (session, locked)),
        };
        let (session, locked) = match tried {
            Some(tried) => tried,
            None => {
                let session = Session::connect(&self.database).await?;
                let locked = session.lock(&self.bucket).await?;
                (session, locked)
            }
        };
        if locked {
            return Ok(Some(Turn::on(session)));
        }
        *waiting = Some(session);
        Ok(None)
    }
}

impl Turn {
    fn on(session: Session) -> Self {
        let client = Arc::clone(&session.client);
        let beat = tokio::spawn(async move {
            // Ends when the connection is broken: then somebody else may have the turn.
            while client.batch_execute("").await.is_ok() {
                tokio::time::sleep(BEAT).await;
            }
        });
        Self { session, beat }
    }

    /// Tells everybody who listens that the set with this digest is published.
    pub async fn announce(&self, set: SnapshotId) -> Result<(), DatabaseError> {
        let limits = self.session.database.limits();
        limits.statements(self.session.client.execute(PUBLISHED, &[&set.to_string()])).await??;
        Ok(())
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        self.beat.abort();
    }
}

impl Session {
    async fn connect(database: &Database) -> Result<Self, DatabaseError> {
        let (client, connection) = database.connect().await?;
        let connection = tokio::spawn(async move {
            if let Err(error) = connection.await {
                tracing::debug!(%error, "the connection of the turn broke");
            }
        });
        let session = Self { client: Arc::new(client), connection, database: database.clone() };
        let limits = database.limits();
        let settings = format!("{};\n{SESSION}", limits.session());
        limits.statements(session.client.batch_execute(&settings)).await??;
        Ok(session)
    }

    /// Tries for the lock of a bucket.
    async fn lock(&self, bucket: &str) -> Result<bool, DatabaseError> {
        let limits = self.database.limits();
        Ok(limits.statements(self.client.query_one(TAKE, &[&bucket])).await??.try_get(0)?)
    }
}

impl Drop for Session {
    /// Closes the connection, and with it the lock is given back.
    fn drop(&mut self) {
        self.connection.abort();
    }
}
