//! Reading from a streaming standby what the primary has.
//!
//! A change is heard from the primary, where alone there are notifications. A standby that is read for it must have come as far. So
//! the end of the primary's log is read after the change was heard, and the standby's replay is waited for until there. Positions of
//! logs are compared of one system and one timeline alone: a standby that still follows a primary of before, or was promoted
//! itself, may be further and have something else. (A standby tells its timeline as of its last restart point, so after
//! another primary took over it can be some minutes until it is read from.)

use super::{Database, DatabaseError, Limits, ServerRun};
use deadpool_postgres::Client;
use std::{
    error::Error,
    sync::atomic::{AtomicBool, Ordering},
    time::Duration,
};

const PRIMARY: &str = include_str!("../../sql/query/primary_position.sql");
const REACHED: &str = include_str!("../../sql/query/standby_reached.sql");
const POSITION: &str = include_str!("../../sql/query/position.sql");

/// How long a standby is waited for, and how often it is asked.
const WAIT: Duration = Duration::from_secs(3);
const PAUSE: Duration = Duration::from_millis(10);

/// A standby that is to be read from.
pub struct Standby {
    database: Database,
    /// Whether it was told that it cannot be.
    told: AtomicBool,
}

/// Where an export reads, as it was found just now.
pub struct Reader {
    pub client: Client,
    /// How far the log goes that is in the state which is read, as PostgreSQL writes it: `16/B374D848`.
    pub position: String,
    /// The run of the primary.
    pub primary: ServerRun,
}

impl Reader {
    /// Reads all that `primary` has now: from `standby`, where there is one and it has all of it.
    pub async fn of(primary: &Database, standby: Option<&Standby>) -> Result<Self, DatabaseError> {
        let limits = primary.limits();
        let mut client = primary.client().await?;
        let run = limits.statements(ServerRun::of(&client)).await??;
        if let Some(standby) = standby
            && let Some(up_to_date) = standby.up_to_date(&client, limits).await?
        {
            client = up_to_date;
        }
        // Before the state is read, so it has at least this.
        let position = limits.statements(client.query_one(POSITION, &[])).await??.try_get(0)?;
        Ok(Self { client, position, primary: run })
    }
}

impl Standby {
    pub fn new(database: Database) -> Self {
        Self { database, told: AtomicBool::new(false) }
    }

    /// A client of it that has all that `primary` has now; `None` when that cannot be had soon.
    async fn up_to_date(&self, primary: &Client, limits: Limits) -> Result<Option<Client>, DatabaseError> {
        let end = limits.statements(primary.query_one(PRIMARY, &[])).await??;
        let end = (end.try_get(0)?, end.try_get(1)?, end.try_get(2)?);
        let waited = tokio::time::timeout(WAIT, self.reach(&end)).await;
        let reason = match waited.unwrap_or(Err(DatabaseError::Behind)) {
            Ok(client) => {
                if self.told.swap(false, Ordering::Relaxed) {
                    tracing::info!("exports read the standby again");
                }
                return Ok(Some(client));
            }
            Err(reason) => reason,
        };
        if !self.told.swap(true, Ordering::Relaxed) {
            let cause = reason.source().map(tracing::field::display);
            tracing::warn!(%reason, cause, "exports read the primary, not the standby");
        }
        Ok(None)
    }

    /// Waits until it has come to the `end` of the primary's log: system, timeline and position.
    async fn reach(
        &self,
        (system, timeline, position): &(String, i32, String),
    ) -> Result<Client, DatabaseError> {
        let client = self.database.client().await?;
        loop {
            let found = client.query_one(REACHED, &[system, timeline, position]).await?;
            match (found.try_get(0)?, found.try_get(1)?) {
                (false, _) => return Err(DatabaseError::NoStandby),
                (true, true) => return Ok(client),
                (true, false) => tokio::time::sleep(PAUSE).await,
            }
        }
    }
}
