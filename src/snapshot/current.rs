//! The file that names the snapshots being served: the one file of a state directory whose content changes.

use super::{Marks, SnapshotId, store::replace};
use crate::plan::LayerId;
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use std::{fs, io, path::Path};

pub(super) const FILE_NAME: &str = "current.json";

/// Versions kept of each layer, the current one included, so that versioned URLs given out a while ago
/// and downloads begun on them still answer.
const VERSIONS_KEPT: usize = 3;

/// Where the current set was exported from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Origin {
    /// The plan in the program itself.
    Bundled,
    Database,
}

/// One published version of a layer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Published {
    pub id: SnapshotId,
    pub published_at: Timestamp,
}

impl Published {
    /// When a version that replaces this one is published: later by a second at least, the unit of HTTP dates, so that
    /// nobody takes it for this one, even when the clock was set back.
    fn next_time(&self, now: Timestamp) -> Timestamp {
        let earliest = self.published_at.checked_add(SignedDuration::from_secs(1));
        earliest.map_or(now, |earliest| earliest.max(now))
    }
}

/// A layer and its kept versions: newest first, at least one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LayerVersions {
    pub id: LayerId,
    pub versions: Vec<Published>,
}

/// The state of a database that was exported.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Exported {
    pub at: Timestamp,
    /// How far the write-ahead log of the server that was read goes: the state has at least this. As PostgreSQL writes it,
    /// `16/B374D848`.
    pub position: String,
}

/// The layers that are served, in legend order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CurrentSet {
    pub origin: Origin,
    pub layers: Vec<LayerVersions>,
    /// What the database had of the layers when they were exported; a layer that is not in it may have changed.
    #[serde(default, skip_serializing_if = "Marks::is_empty")]
    pub marks: Marks,
    /// When and of what the layers were exported that changed last; nothing of the bundled plan.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub exported: Option<Exported>,
}

impl CurrentSet {
    /// Equal where sets are.
    pub fn digest(&self) -> SnapshotId {
        // Its keys are text, so it can always be written.
        SnapshotId::of(&serde_json::to_vec(self).unwrap_or_default())
    }

    /// The same, exported from a database that had `marks` of its layers. What says no more than `previous` keeps its time.
    pub(super) fn exported(self, previous: Option<&Self>, marks: Marks, exported: Option<Exported>) -> Self {
        let set = Self { marks, exported, ..self };
        let as_before = |previous: &Self| Self { exported: previous.exported.clone(), ..set.clone() };
        match previous.filter(|previous| as_before(previous) == **previous) {
            Some(previous) => previous.clone(),
            None => set,
        }
    }

    /// The version of `layer` that is served.
    pub fn version(&self, layer: &LayerId) -> Option<Published> {
        self.versions(layer).first().copied()
    }

    fn versions(&self, layer: &LayerId) -> &[Published] {
        self.layers.iter().find(|versions| versions.id == *layer).map_or(&[], |layer| &layer.versions)
    }

    pub(super) fn keeps(&self, layer: &LayerId, id: SnapshotId) -> bool {
        self.published_at(layer, id).is_some()
    }

    /// When a kept version was published.
    pub fn published_at(&self, layer: &LayerId, id: SnapshotId) -> Option<Timestamp> {
        self.versions(layer).iter().find(|version| version.id == id).map(|version| version.published_at)
    }

    /// The set after `ids` are published. A layer whose snapshot did not change keeps its time.
    pub(super) fn next(
        previous: Option<&Self>,
        origin: Origin,
        ids: impl Iterator<Item = (LayerId, SnapshotId)>,
        now: Timestamp,
    ) -> Self {
        let layers = ids.map(|(layer, id)| {
            let mut versions = previous.map_or(Vec::new(), |set| set.versions(&layer).to_vec());
            if versions.first().is_none_or(|newest| newest.id != id) {
                let published_at = versions.first().map_or(now, |replaced| replaced.next_time(now));
                versions.retain(|version| version.id != id);
                versions.insert(0, Published { id, published_at });
                versions.truncate(VERSIONS_KEPT);
            }
            LayerVersions { id: layer, versions }
        });
        Self { origin, layers: layers.collect(), marks: Marks::new(), exported: None }
    }

    /// The set named in `directory`; `None` before the first publication.
    pub(super) fn read(directory: &Path) -> io::Result<Option<Self>> {
        let text = match fs::read(directory.join(FILE_NAME)) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            text => text?,
        };
        let set: Self = serde_json::from_slice(&text)?;
        set.check()?;
        Ok(Some(set))
    }

    pub(super) fn check(&self) -> io::Result<()> {
        match self.layers.iter().any(|layer| layer.versions.is_empty()) {
            true => Err(io::Error::new(io::ErrorKind::InvalidData, "a layer has no version")),
            false => Ok(()),
        }
    }

    /// Replaces the set named in `directory`: after a crash either the old or the new one is there.
    pub(super) fn write(&self, directory: &Path) -> io::Result<()> {
        replace(&directory.join(FILE_NAME), self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn set(previous: Option<&CurrentSet>, content: &[u8], second: i64) -> CurrentSet {
        let id = SnapshotId::of(content);
        let layer = LayerId::new("mining_blocks").unwrap();
        let now = Timestamp::from_second(second).unwrap();
        CurrentSet::next(previous, Origin::Database, [(layer, id)].into_iter(), now)
    }

    #[test]
    fn three_versions_are_kept_newest_first() {
        let mut current = set(None, b"0", 0);
        for (second, content) in [(1, b"1"), (2, b"2"), (3, b"3"), (4, b"3"), (5, b"2")] {
            current = set(Some(&current), content, second);
        }
        let versions = current.versions(&LayerId::new("mining_blocks").unwrap());
        let ids: Vec<_> = versions.iter().map(|version| version.id).collect();
        assert_eq!(ids, [b"2", b"3", b"1"].map(|content| SnapshotId::of(content)));
        let times: Vec<_> = versions.iter().map(|version| version.published_at.as_second()).collect();
        assert_eq!(times, [5, 3, 1], "publishing the same bytes again is no new version");
    }

    /// One of them publishes into a bucket while the others are not upgraded yet.
    #[test]
    fn what_a_later_program_says_besides_is_passed_over() {
        let set = set(None, b"0", 0);
        let mut said = serde_json::to_value(&set).unwrap();
        said["later"] = 1.into();
        said["layers"][0]["later"] = 1.into();
        said["layers"][0]["versions"][0]["later"] = 1.into();
        assert_eq!(serde_json::from_value::<CurrentSet>(said).unwrap(), set);
    }

    #[test]
    fn times_ascend_though_the_clock_is_set_back() {
        let before = set(None, b"0", 100);
        let after = set(Some(&before), b"1", 50);
        let versions = after.versions(&LayerId::new("mining_blocks").unwrap());
        let times: Vec<_> = versions.iter().map(|version| version.published_at.as_second()).collect();
        assert_eq!(times, [101, 100]);
    }
}
