//! The state directory: what survives a crash, damage and a second server.

use crate::support::sample;
use plantiles::{
    plan::{GeometryKind, Layer},
    snapshot::{Loaded, Origin, Publication, Snapshot, SnapshotError, Store, StoreError},
};
use std::{fs, path::Path, sync::Arc};

fn export(publication: &Publication, layer: &Layer, count: i64) -> Arc<Snapshot> {
    let mut writer = publication.writer(layer).unwrap();
    sample::append_squares(&mut writer, count);
    writer.finish().unwrap()
}

fn layers() -> [Layer; 2] {
    ["mining_blocks", "prohibited_zones"].map(|id| sample::layer(id, GeometryKind::Polygon))
}

/// A store that has published one version of two layers and is closed again.
fn published(directory: &Path) -> [Arc<Snapshot>; 2] {
    let store = Store::open(directory).unwrap();
    let publication = store.begin().unwrap();
    let snapshots = layers().map(|layer| export(&publication, &layer, 3));
    publication.commit(Origin::Bundled, &snapshots).unwrap();
    snapshots
}

fn load(store: &Store) -> Loaded {
    store.load(&store.current().unwrap().unwrap(), &[])
}

fn files(directory: &Path) -> usize {
    fs::read_dir(directory).unwrap().count()
}

#[test]
fn a_published_set_is_loaded_at_the_next_start() {
    let directory = tempfile::tempdir().unwrap();
    assert!(Store::open(directory.path()).unwrap().current().unwrap().is_none());
    let snapshots = published(directory.path());
    let loaded = load(&Store::open(directory.path()).unwrap());
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
    let orphan = export(&store.begin().unwrap(), &layers()[0], 4);
    assert_eq!(files(&blocks), 2);
    store.begin().unwrap();
    assert!(leftovers.iter().all(|path| !path.exists()));
    assert!(!store.path(&orphan.layer.id, orphan.id).exists());
    let loaded = load(&store);
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
        let loaded = load(&store);
        assert_eq!(loaded.snapshots.len(), 1);
        let damaged = &loaded.damaged[0];
        assert!(matches!(damaged.cause, SnapshotError::Altered { .. }), "{damaged}");
        assert!(damaged.to_string().contains("mining_blocks"), "{damaged}");
        // Exporting again heals it: the same rows have the same name.
        let again = export(&store.begin().unwrap(), &layers()[0], 3);
        assert_eq!(again.id, blocks.id);
        assert!(load(&store).damaged.is_empty());
    }
}

#[test]
fn a_missing_snapshot_is_named() {
    let directory = tempfile::tempdir().unwrap();
    let [blocks, _] = published(directory.path());
    let store = Store::open(directory.path()).unwrap();
    fs::remove_file(store.path(&blocks.layer.id, blocks.id)).unwrap();
    assert_eq!(load(&store).damaged[0].layer, blocks.layer.id);
    let error = store.begin().unwrap().commit(Origin::Bundled, &[blocks]).unwrap_err();
    assert!(matches!(error, StoreError::Missing { .. }), "{error}");
}

#[test]
fn three_versions_of_a_layer_are_kept() {
    let directory = tempfile::tempdir().unwrap();
    let store = Store::open(directory.path()).unwrap();
    let [layer, other] = layers();
    let versions: Vec<_> = (1..=5)
        .map(|count| {
            let publication = store.begin().unwrap();
            let snapshots = [export(&publication, &layer, count), export(&publication, &other, 1)];
            publication.commit(Origin::Database, &snapshots).unwrap();
            let [changed, _] = snapshots;
            changed
        })
        .collect();
    let kept: Vec<_> = versions.iter().map(|v| store.path(&layer.id, v.id).exists()).collect();
    assert_eq!(kept, [false, false, true, true, true]);
    let current = store.current().unwrap().unwrap();
    let unchanged = current.version(&other.id).unwrap();
    assert!(store.path(&other.id, unchanged.id).exists());
    assert!(store.version(&layer.id, versions[1].id).unwrap().is_none());
    assert_eq!(store.version(&layer.id, versions[2].id).unwrap().unwrap().0.id, versions[2].id);
    assert_eq!(current.version(&layer.id).unwrap().id, versions[4].id);
    assert_eq!(versions[0].feature_count(), 1, "what is still mapped stays readable");
}

#[test]
fn what_is_derived_goes_with_its_snapshot() {
    let directory = tempfile::tempdir().unwrap();
    let store = Store::open(directory.path()).unwrap();
    let [layer, _] = layers();
    let derived = |snapshot: &Snapshot| store.derived_path(&layer.id, snapshot.id, "Grid.tiles");
    let publish = |count| {
        let publication = store.begin().unwrap();
        let snapshot = export(&publication, &layer, count);
        fs::write(derived(&snapshot), "derived").unwrap();
        publication.commit(Origin::Database, std::slice::from_ref(&snapshot)).unwrap();
        snapshot
    };
    let versions: Vec<_> = (1..=4).map(publish).collect();
    let kept: Vec<_> = versions.iter().map(|version| derived(version).exists()).collect();
    assert_eq!(kept, [false, true, true, true]);
    // Of a snapshot that was never committed, and of none.
    let orphan = export(&store.begin().unwrap(), &layer, 5);
    fs::write(derived(&orphan), "derived").unwrap();
    fs::write(derived(&versions[0]), "derived").unwrap();
    store.begin().unwrap();
    assert!(!derived(&orphan).exists() && !derived(&versions[0]).exists());
    assert!(versions[1..].iter().all(|version| derived(version).exists()));
}

#[test]
fn one_at_a_time_publishes_and_others_read() {
    let directory = tempfile::tempdir().unwrap();
    published(directory.path());
    let [first, second] = [(); 2].map(|()| Store::open(directory.path()).unwrap());
    let publication = first.begin().unwrap();
    let error = second.begin().err().unwrap();
    assert!(matches!(error, StoreError::Locked), "{error}");
    assert_eq!(load(&second).snapshots.len(), 2);
    drop(publication);
    second.begin().unwrap();
}

#[test]
fn an_unreadable_set_is_named_and_made_anew() {
    let directory = tempfile::tempdir().unwrap();
    published(directory.path());
    fs::write(directory.path().join("current.json"), "{\"origin\":").unwrap();
    let store = Store::open(directory.path()).unwrap();
    let error = store.current().unwrap_err().to_string();
    assert!(error.contains("current.json"), "{error}");
    published(directory.path());
    assert_eq!(load(&store).snapshots.len(), 2);
}
