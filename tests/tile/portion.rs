//! What one tile needs of a layer that is elsewhere.

use crate::{
    fixture::{Geometry, Row, layer, snapshot},
    lowzoom::partition,
    place::*,
};
use bytes::Bytes;
use plantiles::{
    grid::TileCoord,
    plan::{GeometryKind, Rules},
    snapshot::{Parts, RemoteSnapshot, Snapshot, SnapshotError},
    tile::{TileLayer, cut},
};
use std::{
    fs, io,
    ops::Range,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

/// A file that counts what is read of it.
struct File {
    bytes: Bytes,
    read: AtomicU64,
}

impl File {
    fn new(bytes: Vec<u8>) -> Self {
        Self { bytes: bytes.into(), read: AtomicU64::new(0) }
    }
}

impl Parts for File {
    fn length(&self) -> u64 {
        self.bytes.len() as u64
    }

    fn read(&self, ranges: &[Range<u64>]) -> io::Result<Vec<Bytes>> {
        let read = |range: &Range<u64>| {
            let range = range.start as usize..range.end as usize;
            assert!(!range.is_empty(), "stores refuse that");
            self.bytes.get(range.clone()).ok_or(io::ErrorKind::UnexpectedEof)?;
            self.read.fetch_add(range.len() as u64, Ordering::Relaxed);
            Ok(self.bytes.slice(range))
        };
        ranges.iter().map(read).collect()
    }
}

/// A layer and its two files.
struct Case {
    whole: TileLayer,
    snapshot: File,
    prepared: File,
    rules: Rules,
}

impl Case {
    fn new(kind: GeometryKind, minzoom: u8, geometries: impl IntoIterator<Item = Geometry>) -> Self {
        let rows = geometries.into_iter().enumerate().map(|(i, geometry)| Row {
            // Values that many rows have, and some none.
            name: (i % 7 > 0).then(|| format!("矿区{}", i % 50)),
            ..Row::new(i as i64, geometry)
        });
        let snapshot: Arc<Snapshot> = snapshot(&layer("blocks", kind), rows);
        let rules: Rules = serde_json::from_str(&format!("{{\"minzoom\": {minzoom}}}")).unwrap();
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("blocks.tiles");
        let whole = TileLayer::open(Arc::clone(&snapshot), &grid(), &rules, &path, None).unwrap();
        let (snapshot, prepared) =
            (File::new(snapshot.bytes().to_vec()), File::new(fs::read(&path).unwrap()));
        Self { whole, snapshot, prepared, rules }
    }

    fn portion(&self, tile: TileCoord) -> Option<TileLayer> {
        self.try_portion(tile).unwrap()
    }

    fn try_portion(&self, tile: TileCoord) -> Result<Option<TileLayer>, SnapshotError> {
        let remote = RemoteSnapshot::open(&self.snapshot)?;
        TileLayer::portion(&remote, &self.prepared, &grid(), &self.rules, tile)
    }

    /// Compares the tiles of `z` around the middle, also in a size that they do not fit into.
    fn compare(&self, z: u8) {
        let middle = home(z);
        let around = |n: u32| n.saturating_sub(2)..=n + 2;
        for (x, y) in around(middle.x).flat_map(|x| around(middle.y).map(move |y| (x, y))) {
            let Some(tile) = grid().tile(z, x, y) else { continue };
            let portion = self.portion(tile).expect("inland");
            for most in [500_000, 2_000] {
                let [found, expected] =
                    [&portion, &self.whole].map(|layer| cut(&[layer], &grid(), tile, most));
                assert!(found == expected, "{tile:?} in {most} bytes");
            }
        }
    }
}

fn cells() -> impl Iterator<Item = Geometry> {
    partition(home(6), 50, 3000.0, 0.35).into_iter()
}

fn lines() -> impl Iterator<Item = Geometry> {
    (0..300).map(|i| {
        let at = |n: i32| f64::from((i * 37 + n * 411) % 4096);
        Geometry::Lines(vec![ring(home(9), &[[at(0), at(1)], [at(2), at(3)], [at(5), at(4)]])])
    })
}

fn points() -> impl Iterator<Item = Geometry> {
    (0..500).map(|i| Geometry::Points(ring(home(8), &[[f64::from(i * 8), f64::from(i * 31 % 4096)]])))
}

#[test]
fn the_tile_is_that_of_the_whole_layer() {
    let polygon = Case::new(GeometryKind::Polygon, 0, cells());
    let line = Case::new(GeometryKind::Line, 5, lines());
    let point = Case::new(GeometryKind::Point, 11, points());
    let late = Case::new(GeometryKind::Polygon, 14, cells().take(100));
    for z in 0..=15 {
        [&polygon, &line, &point, &late].iter().for_each(|case| case.compare(z));
    }
}

#[test]
fn of_a_layer_without_features_there_is_nothing() {
    let empty = Case::new(GeometryKind::Polygon, 0, []);
    (0..=14).for_each(|z| empty.compare(z));
}

#[test]
fn little_is_read() {
    let case = Case::new(GeometryKind::Polygon, 0, cells());
    let length = case.snapshot.length() + case.prepared.length();
    for z in [8, 12, 14] {
        [&case.snapshot.read, &case.prepared.read].iter().for_each(|read| read.store(0, Ordering::Relaxed));
        case.portion(home(z)).unwrap();
        let read = case.snapshot.read.load(Ordering::Relaxed) + case.prepared.read.load(Ordering::Relaxed);
        assert!(read * 4 < length, "zoom {z}: {read} of {length}");
    }
}

#[test]
fn around_the_world_there_is_none() {
    let square = [[-179.99, 36.0], [-179.9, 36.0], [-179.9, 36.1], [-179.99, 36.1]];
    let case = Case::new(GeometryKind::Polygon, 0, [Geometry::Polygons(vec![vec![square.to_vec()]])]);
    assert!(case.portion(at(8, 179.9, 36.05)).is_none());
    assert!(case.portion(at(12, -179.95, 36.05)).is_some());
}

/// Whatever is damaged, there is an error or a layer, and a tile is cut of it.
#[test]
fn damage_is_an_error_or_another_tile() {
    let mut case = Case::new(GeometryKind::Polygon, 0, cells().take(60));
    let tiles = [home(6), home(12), home(14)];
    let (mut refused, mut made) = (0, 0);
    for i in 0..2000 {
        let prepared = i % 2 == 0;
        let file = if prepared { &mut case.prepared } else { &mut case.snapshot };
        let whole = file.bytes.clone();
        let mut damaged = whole.to_vec();
        let at = (i * 7919) % damaged.len();
        damaged[at] ^= 1 << (i % 8);
        file.bytes = damaged.into();
        for tile in tiles {
            // Damaged bounds may say that it wraps around the world.
            let Ok(Some(layer)) = case.try_portion(tile) else {
                refused += 1;
                continue;
            };
            cut(&[&layer], &grid(), tile, 500_000);
            made += 1;
        }
        if prepared { case.prepared.bytes = whole } else { case.snapshot.bytes = whole }
    }
    assert!(refused > 0 && made > 0, "{refused} refused, {made} made");
}
