//! Publishing where others do the same: one at a time, and what nobody has published yet.

use super::{PublishError, PublishedSet, Publisher, Source, Task, Wanted};
use crate::{
    plan::LayerId,
    postgis::{Turn, Turns},
    tile::TileLayer,
};
use std::time::Duration;
use tokio::task::block_in_place;

/// How often a turn is tried for while another program has it.
pub const TURN_PAUSE: Duration = Duration::from_millis(200);

/// What came of [`Publisher::publish_lacking`].
pub enum Turned {
    /// Another program is at it: to be tried again in a moment.
    Waiting,
    /// What is in the bucket has all of it.
    Covered,
    Published(Box<PublishedSet>),
}

impl Publisher {
    /// Whether other programs publish the same.
    pub fn takes_turns(&self) -> bool {
        self.turns().is_some()
    }

    fn turns(&self) -> Option<&Turns> {
        match &self.source {
            Source::Bundled => None,
            Source::Database { turns, .. } => turns.as_deref(),
        }
    }

    /// Publishes those of the `wanted` layers that are in another state than they were when they were published, by whoever
    /// did. Where nobody else publishes they are exported to be compared.
    ///
    /// # Errors
    /// As [`Self::publish`].
    pub async fn publish_lacking(
        &self,
        wanted: Wanted<'_>,
        served: &[&TileLayer],
    ) -> Result<Turned, PublishError> {
        let turn = match self.turns() {
            None => None,
            Some(turns) => {
                // Whoever does not reach the bucket takes no turn from those who do.
                block_in_place(|| self.store.published())?;
                match turns.take().await? {
                    None => return Ok(Turned::Waiting),
                    Some(_) if self.is_covered(wanted).await? => return Ok(Turned::Covered),
                    turn => turn,
                }
            }
        };
        let task = Task { wanted, lacking: turn.is_some(), served, progress: &|_| {} };
        Ok(Turned::Published(Box::new(self.publish_as(None, task, turn).await?)))
    }

    /// Waits until nobody else publishes, as far as others can.
    pub(super) async fn turn(&self) -> Result<Option<Turn>, PublishError> {
        let Some(turns) = self.turns() else { return Ok(None) };
        loop {
            match turns.take().await? {
                None => tokio::time::sleep(TURN_PAUSE).await,
                turn => return Ok(turn),
            }
        }
    }

    /// Whether the set in the bucket has the `wanted` layers as they are in the database, and no others of them.
    async fn is_covered(&self, wanted: Wanted<'_>) -> Result<bool, PublishError> {
        let published = block_in_place(|| self.store.published())?;
        let Some(set) = published.filter(|set| set.origin == self.origin()) else { return Ok(false) };
        let (layers, found) = self.look_at_database(wanted).await?;
        let is_covered =
            |id: &LayerId| set.marks.get(id).zip(found.get(id)).is_some_and(|(k, f)| k.covers(f));
        let mut published = set.layers.iter().map(|layer| &layer.id).filter(|id| wanted.has(id));
        Ok(layers.iter().all(is_covered) && published.all(|id| layers.contains(id)))
    }
}
