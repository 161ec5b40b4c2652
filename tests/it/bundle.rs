//! The plan in the program.

use plantiles::{
    bundle,
    snapshot::{Origin, Store},
};

#[test]
fn every_bundled_layer_becomes_a_snapshot() {
    let directory = tempfile::tempdir().unwrap();
    let store = Store::open(directory.path()).unwrap();
    let snapshots = bundle::export(&store).unwrap();
    assert_eq!(snapshots.len(), 20);
    assert!(snapshots.iter().all(|snapshot| snapshot.feature_count() > 0));
    store.publish(Origin::Bundled, &snapshots).unwrap();
    assert_eq!(store.load().unwrap().snapshots.len(), 20);
}
