//! State directories over one bucket, here a folder: what one publishes the others have, whole, whoever comes between.

use crate::support::sample;
use plantiles::{
    bucket::Bucket,
    plan::{GeometryKind, Layer},
    snapshot::{CurrentSet, Naming, Origin, Publication, Snapshot, SnapshotId, Store, StoreError},
};
use std::{
    fs::{self, File},
    path::{Path, PathBuf},
    sync::Arc,
    time::{Duration, SystemTime},
};
use tempfile::TempDir;

const ROOM: u64 = 1 << 30;

struct Shared {
    bucket: TempDir,
    states: Vec<TempDir>,
}

impl Shared {
    fn new() -> Self {
        Self { bucket: tempfile::tempdir().unwrap(), states: vec![] }
    }

    /// A state directory over the bucket, as on another machine.
    fn store_of(&mut self, room: u64) -> Store {
        self.states.push(tempfile::tempdir().unwrap());
        let bucket = Bucket::open(&format!("file://{}", self.bucket.path().display())).unwrap();
        Store::over(self.states.last().unwrap().path(), bucket, room).unwrap()
    }

    fn store(&mut self) -> Store {
        self.store_of(ROOM)
    }

    /// The objects whose names hold `part`.
    fn objects(&self, part: &str) -> Vec<PathBuf> {
        let mut found = vec![];
        let mut folders = vec![self.bucket.path().to_owned()];
        while let Some(folder) = folders.pop() {
            for entry in fs::read_dir(folder).unwrap() {
                let path = entry.unwrap().path();
                if path.is_dir() {
                    folders.push(path);
                } else if path.to_string_lossy().contains(part) {
                    found.push(path);
                }
            }
        }
        found.sort();
        found
    }
}

fn layer(id: &str) -> Layer {
    sample::layer(id, GeometryKind::Polygon)
}

fn export(publication: &Publication, id: &str, count: i64) -> Arc<Snapshot> {
    let mut writer = publication.writer(&layer(id)).unwrap();
    sample::append_squares(&mut writer, count);
    writer.finish().unwrap()
}

/// Publishes so many squares as two layers.
fn publish(store: &Store, count: i64) -> CurrentSet {
    let publication = store.begin().unwrap();
    let snapshots = ["mining_blocks", "townships"].map(|id| export(&publication, id, count));
    publication.commit(Origin::Database, &snapshots).unwrap()
}

fn id(set: &CurrentSet) -> SnapshotId {
    set.version(&layer("mining_blocks").id).unwrap().id
}

/// What a state directory serves, verified.
fn served(store: &Store) -> (CurrentSet, Vec<SnapshotId>) {
    let set = store.current().unwrap().unwrap();
    let loaded = store.load(&set, &[]);
    assert!(loaded.damaged.is_empty(), "{:?}", loaded.damaged);
    (set, loaded.snapshots.iter().map(|snapshot| snapshot.id).collect())
}

fn naming(name: &str) -> Naming {
    Naming { name: name.parse().unwrap(), adopted: jiff::civil::date(2023, 12, 31) }
}

#[test]
fn what_one_publishes_all_have_with_its_revisions() {
    let mut shared = Shared::new();
    let [first, second] = [shared.store(), shared.store()];
    assert!(matches!(second.pull(), Err(StoreError::Empty)));
    let set = publish(&first, 3);
    assert_eq!(second.pull().unwrap().len(), 2);
    assert_eq!(served(&second), served(&first));
    assert!(second.pull().unwrap().is_empty(), "all is there");

    let publication = second.begin().unwrap();
    let snapshots = ["mining_blocks", "townships"].map(|id| export(&publication, id, 4));
    publication.commit_revision(Origin::Database, &snapshots, &naming("2023")).unwrap();
    first.pull().unwrap();
    assert_eq!(served(&first), served(&second));
    assert_eq!(first.revisions().unwrap().named, second.revisions().unwrap().named);
    assert_eq!(first.revisions().unwrap().named.len(), 1);
    // What was served before is known by its versions.
    let announced = first.announced();
    assert_eq!(announced.len(), 2);
    assert_eq!(announced[1].layers[0].snapshot, id(&set));

    // A revision goes everywhere, and its object is nobody's any more.
    first.begin().unwrap().remove(&"2023".parse().unwrap()).unwrap();
    second.pull().unwrap();
    assert!(second.revisions().unwrap().named.is_empty());
    let removed = first.begin().unwrap().remove(&"2023".parse().unwrap());
    assert!(matches!(removed, Err(StoreError::NoRevision(_))));
}

#[test]
fn who_is_overtaken_publishes_nothing_and_begins_anew_from_there() {
    let mut shared = Shared::new();
    let [first, second] = [shared.store(), shared.store()];
    publish(&first, 3);
    let publication = first.begin().unwrap();
    let late = export(&publication, "mining_blocks", 5);
    let theirs = publish(&second, 4);
    let overtaken = publication.commit(Origin::Database, &[late]);
    assert!(matches!(overtaken, Err(StoreError::Overtaken)));
    let mut third = shared.store();
    third.pull().unwrap();
    assert_eq!(served(&third).0, theirs);
    let set = publish(&first, 5);
    let ids: Vec<_> = set.layers[0].versions.iter().map(|version| version.id).collect();
    assert!(ids.contains(&id(&theirs)), "it follows theirs");
    third = shared.store();
    third.pull().unwrap();
    assert_eq!(served(&third).0, set);
    // Two who begin with nothing.
    let mut empty = Shared::new();
    let [first, second] = [empty.store(), empty.store()];
    let publication = first.begin().unwrap();
    let late = export(&publication, "mining_blocks", 5);
    publish(&second, 4);
    assert!(matches!(publication.commit(Origin::Database, &[late]), Err(StoreError::Overtaken)));
}

#[test]
fn what_is_there_is_not_sent_again() {
    let mut shared = Shared::new();
    let [first, second] = [shared.store(), shared.store()];
    publish(&first, 3);
    let sent = |store: &Store| store.bucket_counts().unwrap().sent_bytes.get();
    assert!(sent(&first) > 0);
    let before = shared.objects(".fgb");
    let times: Vec<_> = before.iter().map(|path| fs::metadata(path).unwrap().modified().unwrap()).collect();
    publish(&second, 3);
    assert_eq!(sent(&second), 0);
    let after: Vec<_> = before.iter().map(|path| fs::metadata(path).unwrap().modified().unwrap()).collect();
    assert_eq!(times, after);
}

#[test]
fn damaged_and_missing_copies_are_fetched_again() {
    let mut shared = Shared::new();
    let [first, second] = [shared.store(), shared.store()];
    let set = publish(&first, 3);
    second.pull().unwrap();
    let [blocks, townships] = ["mining_blocks", "townships"].map(|name| {
        let id = set.version(&layer(name).id).unwrap().id;
        second.path(&layer(name).id, id)
    });
    let whole = fs::read(&blocks).unwrap();
    fs::write(&blocks, &whole[..whole.len() / 2]).unwrap();
    fs::remove_file(&townships).unwrap();
    assert_eq!(served(&second), served(&first));
    assert_eq!(fs::read(&blocks).unwrap(), whole);
    // An object that does not hash to its name is no copy.
    let object = shared.objects(&format!("{}.fgb", id(&set)));
    fs::write(&object[0], b"else").unwrap();
    fs::remove_file(&blocks).unwrap();
    assert!(second.open_snapshot(&layer("mining_blocks").id, id(&set)).is_err());
    assert!(!blocks.exists());
}

#[test]
fn what_the_bucket_has_lost_is_named_and_the_next_publication_puts_it_in_again() {
    let mut shared = Shared::new();
    let [first, second] = [shared.store(), shared.store()];
    let set = publish(&first, 3);
    let object = shared.objects(&format!("{}.fgb", id(&set))).remove(0);
    fs::remove_file(&object).unwrap();
    let lost = second.pull().err().unwrap();
    assert!(matches!(lost, StoreError::Lost { .. }) && lost.to_string().contains(&id(&set).to_string()));
    assert!(second.current().unwrap().is_none(), "nothing is served of it");
    assert_eq!(publish(&second, 3), set);
    assert!(object.is_file());
    let third = shared.store();
    third.pull().unwrap();
    assert_eq!(served(&third), served(&first));
}

#[test]
fn the_least_recently_used_go_first() {
    let mut shared = Shared::new();
    let first = shared.store();
    let size = |set: &CurrentSet| {
        let version = |name: &str| set.version(&layer(name).id).unwrap().id;
        let path = |name: &str| first.path(&layer(name).id, version(name));
        ["mining_blocks", "townships"].map(|name| fs::metadata(path(name)).unwrap().len()).iter().sum::<u64>()
    };
    let sets = [3, 4, 5].map(|count| publish(&first, count));
    // Room for what is served and one more set.
    let small = shared.store_of(sets.iter().map(size).max().unwrap() * 2);
    small.pull().unwrap();
    let blocks = layer("mining_blocks").id;
    let has = |set: &CurrentSet| small.path(&blocks, id(set)).is_file();
    let townships = |set: &CurrentSet| set.version(&layer("townships").id).unwrap().id;
    for open in [id(&sets[0]), id(&sets[1])] {
        small.open_snapshot(&blocks, open).unwrap();
    }
    assert!(has(&sets[0]) && has(&sets[1]));
    age(&small.path(&blocks, id(&sets[1])), 2);
    age(&small.path(&blocks, id(&sets[0])), 1);
    small.open_snapshot(&layer("townships").id, townships(&sets[0])).unwrap();
    assert!(has(&sets[0]) && !has(&sets[1]) && has(&sets[2]));
}

#[test]
fn copies_are_bounded_and_older_versions_come_when_they_are_asked_for() {
    let mut shared = Shared::new();
    let first = shared.store();
    let small = shared.store_of(1);
    let sets = [3, 4, 5].map(|count| {
        let set = publish(&first, count);
        small.pull().unwrap();
        set
    });
    let files = |name: &str| {
        let folder = shared.states[1].path().join("snapshots").join(name);
        fs::read_dir(folder).unwrap().count()
    };
    assert_eq!((files("mining_blocks"), files("townships")), (1, 1), "what is served");
    let (old, published_at) = small.version(&layer("mining_blocks").id, id(&sets[0])).unwrap().unwrap();
    assert_eq!((old.id, old.feature_count()), (id(&sets[0]), 3));
    assert_eq!(Some(published_at), sets[0].published_at(&layer("mining_blocks").id, old.id));
    assert_eq!(small.announced().len(), 3);
    assert!(small.version(&layer("mining_blocks").id, SnapshotId::of(b"")).unwrap().is_none());
}

/// Makes a file look as old as that.
fn age(path: &Path, hours: u64) {
    let then = SystemTime::now() - Duration::from_secs(hours * 3600);
    File::options().append(true).open(path).unwrap().set_modified(then).unwrap();
}

#[test]
fn what_nobody_names_goes_when_it_is_old() {
    let mut shared = Shared::new();
    let first = shared.store();
    let sets = [3, 4, 5, 6].map(|count| publish(&first, count));
    assert_eq!(shared.objects(".fgb").len(), 8);
    shared.objects(".fgb").iter().for_each(|path| age(path, 3));
    let stray = shared.bucket.path().join("snapshots/townships/half.fgb");
    fs::write(&stray, "put in by somebody whose publication is under way").unwrap();
    // A process looks for them with its first publication.
    let second = shared.store();
    publish(&second, 6);
    let left = shared.objects(".fgb");
    assert_eq!(left.len(), 7, "three versions of two layers, and what is young");
    assert!(!left.iter().any(|path| path.to_string_lossy().contains(&id(&sets[0]).to_string())));
    assert!(stray.is_file());
    // What comes to be named again is put in again where it is old: it might be going just now.
    let third = shared.store();
    third.pull().unwrap();
    let old = shared.objects(&format!("{}.fgb", id(&sets[3])));
    old.iter().for_each(|path| age(path, 3));
    publish(&third, 6);
    let modified = fs::metadata(&old[0]).unwrap().modified().unwrap();
    assert!(modified.elapsed().unwrap() < Duration::from_secs(3600));
}

#[test]
fn a_large_object_goes_and_comes_in_parts_and_by_range() {
    let shared = Shared::new();
    let bucket = Bucket::open(&format!("file://{}", shared.bucket.path().display())).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let [there, back] = ["there", "back"].map(|name| folder.path().join(name));
    let content: Vec<u8> = (0..20u32 << 18).flat_map(u32::to_le_bytes).collect();
    fs::write(&there, &content).unwrap();
    bucket.send("large", &File::open(&there).unwrap(), jiff::Timestamp::UNIX_EPOCH).unwrap();
    let file = File::options().read(true).write(true).create_new(true).open(&back).unwrap();
    bucket.fetch("large", &file).unwrap();
    assert!(fs::read(&back).unwrap() == content);
    let parts = bucket.ranges("large", &[7..19, (20 << 20) - 5..20 << 20]).unwrap();
    assert_eq!((&parts[0][..], &parts[1][..]), (&content[7..19], &content[(20 << 20) - 5..]));
    assert!(matches!(bucket.fetch("other", &file), Err(plantiles::bucket::BucketError::Missing)));
}

#[test]
fn a_bucket_has_an_address_without_secrets() {
    for (wrong, said) in [
        ("plans", "the address of the bucket"),
        ("http://plans/a", "not s3://bucket/prefix"),
        ("file://", "not s3://bucket/prefix"),
        ("file:///", "not s3://bucket/prefix"),
        ("s3://key:secret@plans", "credentials belong into the environment"),
    ] {
        let error = Bucket::open(wrong).err().unwrap().to_string();
        assert!(error.contains(said) && !error.contains("secret@"), "{error}");
    }
}
