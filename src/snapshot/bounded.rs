//! Keeping the copies of a bucket within their room: the least recently used go, but for what is served.
//!
//! A file is used when it is opened, which its time of change then tells, also after a restart. A snapshot goes with all
//! that was derived of it. Who has a file open or mapped keeps it.

use super::{SnapshotId, Store, store::entries};
use crate::plan::LayerId;
use prometheus_client::metrics::gauge::Gauge;
use std::{
    collections::BTreeMap,
    fs::{self, File},
    path::{Path, PathBuf},
    time::SystemTime,
};

/// Files that go together.
#[derive(Default)]
struct Group {
    files: Vec<PathBuf>,
    bytes: u64,
    used: Option<SystemTime>,
}

/// Notes that the file is used now.
pub(super) fn touch(path: &Path) {
    // One that cannot be marked goes sooner, and is fetched again.
    let _marked =
        File::options().append(true).open(path).and_then(|file| file.set_modified(SystemTime::now()));
}

/// Removes what is too much for `room` bytes, and tells how many there are then.
pub(super) fn shrink(store: &Store, room: u64, cached: &Gauge) {
    // What is on its way to be served too.
    let sets: Vec<_> = store.current().ok().flatten().into_iter().chain(store.announced_set()).collect();
    let served = |layer: &str, stem: &str| {
        let Some((layer, id)) = LayerId::new(layer).ok().zip(stem.parse::<SnapshotId>().ok()) else {
            return false;
        };
        sets.iter().any(|set| set.version(&layer).is_some_and(|version| version.id == id))
    };
    let mut groups = groups(store);
    let mut bytes: u64 = groups.values().map(|group| group.bytes).sum();
    if bytes > room {
        groups.retain(|(layer, stem), _| !served(layer, stem));
        let mut groups: Vec<_> = groups.into_values().collect();
        groups.sort_by_key(|group| group.used);
        for group in groups {
            if bytes <= room {
                break;
            }
            // What cannot be removed now is tried again the next time.
            group.files.iter().for_each(|path| drop(fs::remove_file(path)));
            bytes -= group.bytes;
        }
    }
    cached.set(bytes as i64);
}

/// By folder, and by snapshot in it.
fn groups(store: &Store) -> BTreeMap<(String, String), Group> {
    let folders = entries(&store.directory.join("snapshots")).unwrap_or_default();
    let mut groups: BTreeMap<_, Group> = BTreeMap::new();
    for folder in folders.into_iter().chain([store.plans()]) {
        for path in entries(&folder).unwrap_or_default() {
            let Ok(metadata) = fs::metadata(&path) else { continue };
            let part = |path: &Path| path.file_name().unwrap_or_default().to_string_lossy().into_owned();
            let (folder, file) = (part(&folder), part(&path));
            // Archives of the plan begin alike.
            let stem = if folder == "plans" { &*file } else { file.split('.').next().unwrap_or(&file) };
            let group = groups.entry((folder, stem.to_owned())).or_default();
            group.bytes += metadata.len();
            group.used = group.used.max(metadata.modified().ok());
            group.files.push(path);
        }
    }
    groups
}
