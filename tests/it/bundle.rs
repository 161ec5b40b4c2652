//! The plan in the program.

use plantiles::{
    bundle,
    publisher::export_bundled,
    snapshot::{Origin, Store},
};

#[test]
fn every_bundled_layer_becomes_a_snapshot() {
    let directory = tempfile::tempdir().unwrap();
    let store = Store::open(directory.path()).unwrap();
    let publication = store.begin().unwrap();
    let layers = bundle::layers().unwrap();
    let snapshots: Vec<_> = layers.iter().map(|layer| export_bundled(&publication, layer).unwrap()).collect();
    assert_eq!(snapshots.len(), 20);
    assert!(snapshots.iter().all(|snapshot| snapshot.feature_count() > 0));
    let set = publication.commit(Origin::Bundled, &snapshots).unwrap();
    let ids: Vec<_> = set.layers.iter().map(|layer| &layer.id).collect();
    assert_eq!(ids, layers.iter().map(|layer| &layer.id).collect::<Vec<_>>(), "the legend's order is kept");
    assert_eq!(store.load(&set, &[]).snapshots.len(), 20);
}
