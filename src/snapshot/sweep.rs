//! Removing from a bucket what nobody names any more.

use super::{
    Revision, StoreError,
    manifest::Manifest,
    shared::{GRACE, Shared, revision_object},
};
use crate::plan::LayerId;
use jiff::{SignedDuration, Timestamp};
use std::{
    collections::BTreeSet,
    sync::PoisonError,
    time::{Duration, Instant},
};

/// Archives of the plan go by age alone: what is still wanted then is made once more.
const ARCHIVES: SignedDuration = SignedDuration::from_hours(30 * 24);

/// How often a process looks for it.
const SWEEPS: Duration = Duration::from_secs(600);

impl Shared {
    /// Whether it is time to look at all objects.
    pub fn is_to_be_swept(&self) -> bool {
        let swept = self.swept.lock().unwrap_or_else(PoisonError::into_inner);
        swept.is_none_or(|at| at.elapsed() >= SWEEPS)
    }

    /// Removes objects that nobody names and that are old, now and then. What fails is tried again the next time.
    pub fn sweep(&self) {
        if !self.is_to_be_swept() {
            return;
        }
        *self.swept.lock().unwrap_or_else(PoisonError::into_inner) = Some(Instant::now());
        if let Err(error) = self.seen().map_or(Ok(()), |seen| self.remove_unnamed(&seen.manifest)) {
            tracing::warn!(%error, "objects of the bucket that nobody names could not be removed");
        }
    }

    fn remove_unnamed(&self, manifest: &Manifest) -> Result<(), StoreError> {
        let before = Timestamp::now() - GRACE;
        let mut kept = BTreeSet::new();
        for (name, id) in &manifest.revisions {
            let text = self.revision_text(name, *id)?;
            let revision: Revision =
                serde_json::from_slice(&text).map_err(|e| StoreError::Manifest(e.into()))?;
            kept.extend(revision.layers.into_iter().map(|layer| (layer.id, layer.snapshot)));
        }
        let is_named = |name: &str| {
            let mut parts = name.split('/');
            match (parts.next(), parts.next(), parts.next()) {
                (Some("snapshots"), Some(layer), Some(file)) => {
                    let id = file.split('.').next().and_then(|id| id.parse().ok());
                    LayerId::new(layer).ok().zip(id).is_some_and(|(layer, id)| {
                        manifest.set.keeps(&layer, id) || kept.contains(&(layer, id))
                    })
                }
                _ => manifest.revisions.iter().any(|(known, id)| revision_object(known, *id) == name),
            }
        };
        for folder in ["snapshots", "revisions"] {
            self.remove_old(folder, before, |name| !is_named(name))?;
        }
        self.remove_old("archives", Timestamp::now() - ARCHIVES, |_| true)
    }

    /// Removes what was put into a folder before that time, if it is not wanted.
    fn remove_old(
        &self,
        folder: &str,
        before: Timestamp,
        is_unwanted: impl Fn(&str) -> bool,
    ) -> Result<(), StoreError> {
        for object in self.bucket.list(folder)? {
            if object.modified < before && is_unwanted(&object.name) {
                self.bucket.remove(&object.name)?;
                tracing::debug!(name = object.name, "removed from the bucket");
            }
        }
        Ok(())
    }
}
