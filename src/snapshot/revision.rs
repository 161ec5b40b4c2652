//! Revisions: adopted editions of the plan, each a named set of snapshots that is kept for good.

use super::{
    CurrentSet, Origin, SnapshotId, StoreError,
    store::{at, entries, replace},
    writer::sync_directory,
};
use crate::plan::LayerId;
use jiff::{Timestamp, civil::Date};
use serde::{Deserialize, Serialize};
use std::{
    collections::BTreeSet,
    fmt, fs, io,
    path::{Path, PathBuf},
    str::FromStr,
    sync::Arc,
};

/// Where revisions lie in a state directory, one file each.
pub(super) const DIRECTORY: &str = "revisions";

/// Longest name: shorter than a [`SnapshotId`], so that no name is a version.
const LONGEST: usize = 31;

/// What stands for the edition that is served now, and so is no name.
const CURRENT: &str = "current";

/// The name of a revision: 1 to 31 lower-case ASCII letters, digits and `-`, first a letter or digit, and not
/// `current`. So it needs no quoting in URLs and file names, and is no version.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct RevisionName(Arc<str>);

#[derive(Debug, thiserror::Error)]
#[error(
    "`{0}` is not the name of a revision: at most 31 lower-case letters, digits and `-`, first a letter or digit, \
     and not `current`"
)]
pub struct RevisionNameError(String);

impl RevisionName {
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for RevisionName {
    type Err = RevisionNameError;
    fn from_str(name: &str) -> Result<Self, RevisionNameError> {
        let plain = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit();
        let starts_well = name.bytes().next().is_some_and(plain);
        let made_well = name.len() <= LONGEST && name.bytes().all(|b| plain(b) || b == b'-');
        if starts_well && made_well && name != CURRENT {
            Ok(Self(name.into()))
        } else {
            // A name may come from a request: what is echoed stays short.
            Err(RevisionNameError(name.chars().take(80).collect()))
        }
    }
}

impl TryFrom<String> for RevisionName {
    type Error = RevisionNameError;
    fn try_from(name: String) -> Result<Self, RevisionNameError> {
        name.parse()
    }
}

impl From<RevisionName> for String {
    fn from(name: RevisionName) -> String {
        name.0.as_ref().to_owned()
    }
}

impl fmt::Display for RevisionName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for RevisionName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&*self.0, f)
    }
}

/// What a set is to be called.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Naming {
    pub name: RevisionName,
    /// The day on which the plan was adopted.
    pub adopted: Date,
}

/// A named set. It never changes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Revision {
    pub name: RevisionName,
    pub adopted: Date,
    pub named_at: Timestamp,
    pub origin: Origin,
    /// In legend order.
    pub layers: Vec<RevisionLayer>,
}

/// A layer of a revision.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RevisionLayer {
    pub id: LayerId,
    pub snapshot: SnapshotId,
    /// When the snapshot was published.
    pub published_at: Timestamp,
}

impl Revision {
    /// The served versions of `set` under a name.
    pub(super) fn of(set: &CurrentSet, naming: &Naming, now: Timestamp) -> Self {
        let layers = set.layers.iter().filter_map(|layer| {
            let served = layer.versions.first()?;
            let (id, snapshot) = (layer.id.clone(), served.id);
            Some(RevisionLayer { id, snapshot, published_at: served.published_at })
        });
        let (name, adopted) = (naming.name.clone(), naming.adopted);
        Self { name, adopted, named_at: now, origin: set.origin, layers: layers.collect() }
    }

    /// When the revision's version of `layer` was published, if that is `id`.
    pub fn published_at(&self, layer: &LayerId, id: SnapshotId) -> Option<Timestamp> {
        let found = self.layers.iter().find(|named| named.id == *layer && named.snapshot == id);
        found.map(|layer| layer.published_at)
    }

    /// Whether it names what `other` names: the same plan, adopted on the same day.
    fn agrees(&self, other: &Self) -> bool {
        let content = |revision: &Self| -> Vec<_> {
            revision.layers.iter().map(|layer| (layer.id.clone(), layer.snapshot)).collect()
        };
        (self.adopted, self.origin) == (other.adopted, other.origin) && content(self) == content(other)
    }

    fn read(path: &Path) -> io::Result<Self> {
        let revision: Self = serde_json::from_slice(&fs::read(path)?)?;
        if path.file_stem().is_none_or(|stem| stem != revision.name.as_str()) {
            return Err(io::Error::new(io::ErrorKind::InvalidData, "the file has another name"));
        }
        Ok(revision)
    }

    /// Names the set in the state directory `directory`.
    pub(super) fn write(&self, directory: &Path) -> Result<(), StoreError> {
        let path = path(directory, &self.name);
        make_directory(directory)?;
        replace(&path, self).map_err(at(&path))
    }
}

pub(super) fn make_directory(directory: &Path) -> Result<(), StoreError> {
    let revisions = directory.join(DIRECTORY);
    let made = fs::create_dir_all(&revisions).and_then(|()| sync_directory(directory));
    made.map_err(at(&revisions))
}

/// Removes the revisions of a state directory but these.
pub(super) fn remove_others(directory: &Path, named: &BTreeSet<PathBuf>) -> Result<(), StoreError> {
    for path in entries(&directory.join(DIRECTORY))? {
        if path.extension().is_some_and(|extension| extension == "json") && !named.contains(&path) {
            match fs::remove_file(&path) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(at(&path)(error)),
                _ => {}
            }
        }
    }
    Ok(())
}

pub(super) fn path(directory: &Path, name: &RevisionName) -> PathBuf {
    directory.join(DIRECTORY).join(format!("{name}.json"))
}

/// The revisions of a state directory.
#[derive(Debug, Default)]
pub struct Revisions {
    /// Those that can be read, newest adopted first.
    pub named: Vec<Revision>,
    /// What is wrong with the others: until they are removed nobody knows which snapshots they keep.
    pub unreadable: Vec<StoreError>,
}

impl Revisions {
    pub(super) fn read(directory: &Path) -> Result<Self, StoreError> {
        let mut revisions = Self::default();
        for path in entries(&directory.join(DIRECTORY))? {
            if path.extension().is_some_and(|extension| extension == "json") {
                match Revision::read(&path) {
                    Ok(revision) => revisions.named.push(revision),
                    Err(cause) => revisions.unreadable.push(StoreError::Io { path, cause }),
                }
            }
        }
        let newest_first = |a: &Revision, b: &Revision| (b.adopted, b.named_at).cmp(&(a.adopted, a.named_at));
        revisions.named.sort_by(newest_first);
        Ok(revisions)
    }

    pub fn get(&self, name: &RevisionName) -> Option<&Revision> {
        self.named.iter().find(|revision| revision.name == *name)
    }

    /// Whether the snapshot `id` of `layer` must stay.
    pub(super) fn keep(&self, layer: &LayerId, id: SnapshotId) -> bool {
        !self.unreadable.is_empty() || self.published_at(layer, id).is_some()
    }

    pub(super) fn published_at(&self, layer: &LayerId, id: SnapshotId) -> Option<Timestamp> {
        self.named.iter().find_map(|revision| revision.published_at(layer, id))
    }

    /// The revision that `new` is to be: itself, or the one that is there already.
    ///
    /// # Errors
    /// When another set has the name, or what has it cannot be read.
    pub(super) fn admit(&self, new: Revision, directory: &Path) -> Result<Revision, StoreError> {
        match self.get(&new.name) {
            None if path(directory, &new.name).exists() => Err(StoreError::NameTaken(new.name)),
            None => Ok(new),
            Some(there) if there.agrees(&new) => Ok(there.clone()),
            Some(_) => Err(StoreError::NameTaken(new.name)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_safe_everywhere_and_no_version() {
        for good in ["2023", "2021-2025", "a", "draft-2"] {
            assert_eq!(good.parse::<RevisionName>().unwrap().as_str(), good);
        }
        let longest = "a".repeat(LONGEST);
        assert!(longest.parse::<RevisionName>().is_ok());
        let version = SnapshotId::of(b"").to_string();
        for bad in [
            "",
            "current",
            "-a",
            "A",
            "a_b",
            "a.b",
            "a...b",
            "..",
            "a/b",
            "a b",
            "a@b",
            "2023年",
            "a\n",
            &version,
            &(longest + "a"),
        ] {
            assert!(bad.parse::<RevisionName>().is_err(), "{bad}");
        }
    }
}
