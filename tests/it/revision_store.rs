//! Revisions in the state directory: what a name keeps, and what goes with it.

use crate::support::sample;
use plantiles::{
    plan::{GeometryKind, Layer},
    snapshot::{Naming, Origin, Publication, Revision, RevisionName, Snapshot, Store, StoreError},
};
use std::{fs, path::PathBuf, sync::Arc};

/// A state directory in which two layers are published, with so many features.
struct State {
    directory: tempfile::TempDir,
    store: Store,
}

fn layers() -> [Layer; 2] {
    ["mining_blocks", "prohibited_zones"].map(|id| sample::layer(id, GeometryKind::Polygon))
}

fn export(publication: &Publication, counts: [i64; 2]) -> [Arc<Snapshot>; 2] {
    let export = |(layer, count)| {
        let mut writer = publication.writer(&layer).unwrap();
        sample::append_squares(&mut writer, count);
        writer.finish().unwrap()
    };
    let [blocks, zones] = layers();
    [(blocks, counts[0]), (zones, counts[1])].map(export)
}

fn name(name: &str) -> RevisionName {
    name.parse().unwrap()
}

impl State {
    fn new() -> Self {
        let directory = tempfile::tempdir().unwrap();
        let store = Store::open(directory.path()).unwrap();
        Self { directory, store }
    }

    /// A process that another test is about to start holds the lock for a moment, as it holds every file.
    fn begin(&self) -> Publication<'_> {
        loop {
            match self.store.begin() {
                Err(StoreError::Locked) => std::thread::yield_now(),
                begun => return begun.unwrap(),
            }
        }
    }

    fn publish(&self, counts: [i64; 2]) -> [Arc<Snapshot>; 2] {
        let publication = self.begin();
        let snapshots = export(&publication, counts);
        publication.commit(Origin::Database, &snapshots).unwrap();
        snapshots
    }

    fn name(&self, called: &str, day: i8, counts: [i64; 2]) -> Result<Revision, StoreError> {
        let publication = self.begin();
        let snapshots = export(&publication, counts);
        let naming = Naming { name: name(called), adopted: jiff::civil::date(2023, 12, day) };
        publication.commit_revision(Origin::Database, &snapshots, &naming).map(|(_, revision)| revision)
    }

    fn remove(&self, called: &str) -> Result<(), StoreError> {
        self.begin().remove(&name(called))
    }

    fn has(&self, snapshot: &Snapshot) -> bool {
        self.store.path(&snapshot.layer.id, snapshot.id).exists()
    }

    fn file(&self, called: &str) -> PathBuf {
        self.directory.path().join("revisions").join(format!("{called}.json"))
    }
}

#[test]
fn what_has_a_name_is_kept_until_the_name_is_removed() {
    let state = State::new();
    let named = state.name("2023", 31, [1, 1]).unwrap();
    let [first, zones] = state.publish([1, 1]);
    let later: Vec<_> = (2..=6).map(|count| state.publish([count, 1])).collect();
    assert!(state.has(&first));
    // It has what is derived of it, too.
    fs::write(state.store.derived_path(&first.layer.id, first.id, "Grid.tiles"), "derived").unwrap();
    state.publish([7, 1]);
    assert!(state.store.derived_path(&first.layer.id, first.id, "Grid.tiles").exists());
    assert!(!state.has(&later[2][0]), "beyond three versions, without a name");

    let store = Store::open(state.directory.path()).unwrap();
    assert_eq!(store.revisions().unwrap().named, std::slice::from_ref(&named), "after a restart");
    let (opened, published_at) = store.version(&first.layer.id, first.id).unwrap().unwrap();
    assert_eq!((opened.id, published_at), (first.id, named.layers[0].published_at));

    state.remove("2023").unwrap();
    assert!(
        !state.has(&first) && !state.store.derived_path(&first.layer.id, first.id, "Grid.tiles").exists()
    );
    assert!(state.has(&zones), "it is current");
    assert!(store.version(&first.layer.id, first.id).unwrap().is_none());
    assert!(store.revisions().unwrap().named.is_empty());
}

#[test]
fn what_two_names_share_goes_with_the_second() {
    let state = State::new();
    state.name("2021", 1, [1, 1]).unwrap();
    let [old, shared] = state.publish([1, 1]);
    state.name("2023", 2, [2, 1]).unwrap();
    for count in 3..=6 {
        state.publish([count, count]);
    }
    state.remove("2021").unwrap();
    assert!(!state.has(&old) && state.has(&shared));
    state.remove("2023").unwrap();
    assert!(!state.has(&shared));
}

#[test]
fn a_name_has_one_meaning() {
    let state = State::new();
    let named = state.name("2023", 31, [1, 1]).unwrap();
    let written = fs::read(state.file("2023")).unwrap();
    assert_eq!(state.name("2023", 31, [1, 1]).unwrap(), named, "it is the same set");
    for (day, counts) in [(30, [1, 1]), (31, [2, 1])] {
        let error = state.name("2023", day, counts).unwrap_err();
        assert!(matches!(error, StoreError::NameTaken(_)), "{error}");
        assert_eq!(fs::read(state.file("2023")).unwrap(), written);
    }
    let current = state.store.current().unwrap().unwrap();
    let served = current.version(&named.layers[0].id).unwrap();
    assert_eq!(served.id, named.layers[0].snapshot, "what was refused was not published");
    assert!(matches!(state.remove("2022").unwrap_err(), StoreError::NoRevision(_)));

    // The oldest first, and several of one day by when they were named.
    state.name("2021", 1, [3, 1]).unwrap();
    state.name("2023-corrected", 31, [2, 1]).unwrap();
    let names: Vec<_> =
        state.store.revisions().unwrap().named.into_iter().map(|r| r.name.to_string()).collect();
    assert_eq!(names, ["2023-corrected", "2023", "2021"]);
}

#[test]
fn nothing_is_removed_while_a_revision_cannot_be_read() {
    let state = State::new();
    state.name("2023", 31, [1, 1]).unwrap();
    let [named, _] = state.publish([1, 1]);
    fs::write(state.file("2023"), "{\"name\":").unwrap();
    let later: Vec<_> = (2..=6).map(|count| state.publish([count, 1])).collect();
    assert!(state.has(&named) && later.iter().all(|[blocks, _]| state.has(blocks)));
    let revisions = state.store.revisions().unwrap();
    assert_eq!((revisions.named.len(), revisions.unreadable.len()), (0, 1));
    assert!(revisions.unreadable[0].to_string().contains("2023.json"), "{:?}", revisions.unreadable);
    assert!(matches!(state.name("2023", 31, [1, 1]).unwrap_err(), StoreError::NameTaken(_)));
    // A file under another name than the one in it says nothing either.
    fs::remove_file(state.file("2023")).unwrap();
    state.name("a", 1, [7, 1]).unwrap();
    fs::rename(state.file("a"), state.file("b")).unwrap();
    assert_eq!(state.store.revisions().unwrap().unreadable.len(), 1);

    state.remove("b").unwrap();
    assert!(!state.has(&named) && !state.has(&later[0][0]), "removed with what nobody could read");
}

#[test]
fn a_crash_leaves_the_set_with_its_name_or_without() {
    let state = State::new();
    state.name("2021", 1, [1, 1]).unwrap();
    // Killed while the name of the next set was being written: the set is published, the name is not given.
    let [blocks, _] = state.publish([2, 1]);
    let unfinished = state.directory.path().join("revisions/.tmpA.unfinished");
    fs::write(&unfinished, "{\"name\":\"2023\"").unwrap();
    let revisions = state.store.revisions().unwrap();
    assert_eq!((revisions.named.len(), revisions.unreadable.len()), (1, 0));
    let named = state.name("2023", 31, [2, 1]).unwrap();
    assert!(!unfinished.exists() && named.layers[0].snapshot == blocks.id);
    // Killed after a name was removed and before its snapshots were.
    state.publish([3, 1]);
    state.publish([4, 1]);
    state.publish([5, 1]);
    fs::remove_file(state.file("2023")).unwrap();
    assert!(state.has(&blocks));
    drop(state.begin());
    assert!(!state.has(&blocks));
}
