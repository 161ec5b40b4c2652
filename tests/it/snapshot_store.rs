//! The state directory: what survives a crash, damage and a second server.

use crate::support::sample;
use plantiles::{
    plan::{GeometryKind, Layer},
    snapshot::{Origin, Snapshot, SnapshotError, Store, StoreError},
};
use std::{fs, path::Path, sync::Arc};

fn export(store: &Store, layer: &Layer, count: i64) -> Arc<Snapshot> {
    let mut writer = store.writer(layer).unwrap();
    sample::append_squares(&mut writer, count);
    writer.finish().unwrap()
}

fn layers() -> [Layer; 2] {
    ["mining_blocks", "prohibited_zones"].map(|id| sample::layer(id, GeometryKind::Polygon))
}

/// A store that has published one version of two layers and is closed again.
fn published(directory: &Path) -> [Arc<Snapshot>; 2] {
    let store = Store::open(directory).unwrap();
    let snapshots = layers().map(|layer| export(&store, &layer, 3));
    store.publish(Origin::Bundled, &snapshots).unwrap();
    snapshots
}

fn files(directory: &Path) -> usize {
    fs::read_dir(directory).unwrap().count()
}

#[test]
fn a_published_set_is_loaded_at_the_next_start() {
    let directory = tempfile::tempdir().unwrap();
    assert!(Store::open(directory.path()).unwrap().load().is_none());
    let snapshots = published(directory.path());
    let loaded = Store::open(directory.path()).unwrap().load().unwrap();
    assert_eq!(loaded.origin, Origin::Bundled);
    assert!(loaded.damaged.is_empty());
    let ids: Vec<_> = loaded.snapshots.iter().map(|snapshot| snapshot.id).collect();
    assert_eq!(ids, snapshots.map(|snapshot| snapshot.id));
}

#[test]
fn what_a_crash_leaves_is_removed_and_the_old_set_stays() {
    let directory = tempfile::tempdir().unwrap();
    published(directory.path());
    let blocks = directory.path().join("snapshots/mining_blocks");
    let leftovers = [blocks.join(".tmpA.unfinished"), directory.path().join(".tmpB.unfinished")];
    for path in &leftovers {
        fs::write(path, "half").unwrap();
    }
    // Killed after the snapshot got its name and before the set was replaced.
    let store = Store::open(directory.path()).unwrap();
    let orphan = export(&store, &layers()[0], 4);
    assert_eq!(files(&blocks), 2);
    drop(store);
    let store = Store::open(directory.path()).unwrap();
    assert!(leftovers.iter().all(|path| !path.exists()));
    assert!(!store.path(&orphan.layer.id, orphan.id).exists());
    let loaded = store.load().unwrap();
    assert_eq!((loaded.snapshots.len(), loaded.damaged.len()), (2, 0));
}

#[test]
fn damage_is_named_and_the_rest_is_served() {
    let flip = |bytes: &mut Vec<u8>| {
        let middle = bytes.len() / 2;
        bytes[middle] ^= 1;
    };
    let cut = |bytes: &mut Vec<u8>| bytes.truncate(bytes.len() - 1);
    let empty = |bytes: &mut Vec<u8>| bytes.clear();
    for damage in [&flip as &dyn Fn(&mut Vec<u8>), &cut, &empty] {
        let directory = tempfile::tempdir().unwrap();
        let [blocks, _] = published(directory.path());
        let store = Store::open(directory.path()).unwrap();
        let path = store.path(&blocks.layer.id, blocks.id);
        let mut bytes = fs::read(&path).unwrap();
        damage(&mut bytes);
        // Not in place: the published file is still mapped.
        fs::remove_file(&path).unwrap();
        fs::write(&path, bytes).unwrap();
        let loaded = store.load().unwrap();
        assert_eq!(loaded.snapshots.len(), 1);
        let damaged = &loaded.damaged[0];
        assert!(matches!(damaged.cause, SnapshotError::Altered { .. }), "{damaged}");
        assert!(damaged.to_string().contains("mining_blocks"), "{damaged}");
        // Exporting again heals it: the same rows have the same name.
        let again = export(&store, &layers()[0], 3);
        assert_eq!(again.id, blocks.id);
        assert!(store.load().unwrap().damaged.is_empty());
    }
}

#[test]
fn a_missing_snapshot_is_named() {
    let directory = tempfile::tempdir().unwrap();
    let [blocks, _] = published(directory.path());
    let store = Store::open(directory.path()).unwrap();
    fs::remove_file(store.path(&blocks.layer.id, blocks.id)).unwrap();
    assert_eq!(store.load().unwrap().damaged[0].layer, blocks.layer.id);
    let error = store.publish(Origin::Bundled, &[blocks]).unwrap_err();
    assert!(matches!(error, StoreError::Missing { .. }), "{error}");
}

#[test]
fn three_versions_of_a_layer_are_kept() {
    let directory = tempfile::tempdir().unwrap();
    let store = Store::open(directory.path()).unwrap();
    let [layer, other] = layers();
    let untouched = export(&store, &other, 1);
    let versions: Vec<_> = (1..=5)
        .map(|count| {
            let snapshot = export(&store, &layer, count);
            store.publish(Origin::Database, &[snapshot.clone(), untouched.clone()]).unwrap();
            snapshot
        })
        .collect();
    let kept: Vec<_> = versions.iter().map(|v| store.path(&layer.id, v.id).exists()).collect();
    assert_eq!(kept, [false, false, true, true, true]);
    assert!(store.path(&other.id, untouched.id).exists());
    assert!(store.version(&layer.id, versions[1].id).is_none());
    assert_eq!(store.version(&layer.id, versions[2].id).unwrap().unwrap().id, versions[2].id);
    assert_eq!(store.current().unwrap().version(&layer.id).unwrap().id, versions[4].id);
    assert_eq!(versions[0].feature_count(), 1, "what is still mapped stays readable");
}

#[test]
fn a_second_server_is_refused() {
    let directory = tempfile::tempdir().unwrap();
    let first = Store::open(directory.path()).unwrap();
    let error = Store::open(directory.path()).err().unwrap();
    assert!(matches!(error, StoreError::Locked { .. }), "{error}");
    drop(first);
    Store::open(directory.path()).unwrap();
}

#[test]
fn an_unreadable_set_is_refused_by_name() {
    let directory = tempfile::tempdir().unwrap();
    published(directory.path());
    fs::write(directory.path().join("current.json"), "{\"origin\":").unwrap();
    let error = Store::open(directory.path()).err().unwrap().to_string();
    assert!(error.contains("current.json"), "{error}");
}
