//! What keeps the served state from being known to be current: told when it begins, when it changes and when it ends.

use super::FollowError;
use crate::{causes::chain, publisher::PublishError, snapshot::StoreError};
use std::{collections::BTreeMap, fmt};

/// What the follower does, each with a trouble of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Task {
    /// Exporting what has changed, and serving it.
    Publish,
    /// Hearing of changes, or finding them by comparison.
    Compare,
    /// Serving what others have published.
    Look,
}

impl fmt::Display for Task {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Publish => "publishing",
            Self::Compare => "looking for changes",
            Self::Look => "looking for what others published",
        })
    }
}

/// Whether somebody else has told it: who listens to the database, and who asks the bucket.
fn is_told(error: &FollowError) -> bool {
    match error {
        FollowError::Unheard => true,
        FollowError::Bucket(StoreError::Bucket(error))
        | FollowError::Publish(PublishError::Shared(StoreError::Bucket(error))) => error.is_absence(),
        _ => false,
    }
}

/// Why tasks failed that have not succeeded since.
#[derive(Default)]
pub struct Troubles(BTreeMap<Task, FollowError>);

impl Troubles {
    /// Notes how `task` went. A trouble that goes on is logged once.
    pub fn note(&mut self, task: Task, done: Result<(), FollowError>) {
        let before = self.0.get(&task).map(|error| chain(error));
        match done {
            Ok(()) if before.is_some() => {
                self.0.remove(&task);
                tracing::info!(%task, "works again");
            }
            Ok(()) => {}
            Err(error) => {
                let text = chain(&error);
                if before.as_ref() == Some(&text) || is_told(&error) {
                    tracing::debug!(%task, error = text, "fails");
                } else if matches!(error, FollowError::Bucket(StoreError::Empty)) {
                    tracing::info!("nothing is published in the bucket yet: it is waited for");
                } else {
                    tracing::warn!(%task, error = text, "what is served may be older than its source");
                }
                self.0.insert(task, error);
            }
        }
    }

    pub fn has(&self, task: Task) -> bool {
        self.0.contains_key(&task)
    }

    /// All of them, for clients; `None` when there are none.
    pub fn text(&self) -> Option<String> {
        let texts: Vec<String> = self.0.values().map(ToString::to_string).collect();
        (!texts.is_empty()).then(|| texts.join("; "))
    }
}
