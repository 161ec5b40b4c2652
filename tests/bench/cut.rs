//! How fast one core cuts and compresses the tiles that an archive has, and nothing else.
//!
//!     bench_cut STATE LAYERS ZOOMS      such as: bench_cut state block,base 0-11
//!
//! Prints how many tiles hold something and the seconds that all took: opening the state and finding the tiles is not counted.

use anyhow::Context;
use plantiles::{
    archive::Pyramid,
    catalog::{Catalog, PublishedLayer},
    encoding::{Encoding, compress},
    publisher::{prepare, served_grid},
    snapshot::Store,
    tile::{TileLayer, cut},
};
use std::{collections::BTreeMap, path::Path, sync::Arc, time::Instant};

/// Bytes that a tile may have unless the configuration says otherwise.
const MAX_TILE: usize = 500_000;

fn main() -> anyhow::Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [state, layers, zooms] = arguments.as_slice() else {
        anyhow::bail!("usage: bench_cut STATE LAYERS ZOOMS");
    };
    let (first, last) = zooms.split_once('-').context("zooms are two numbers")?;
    let store = Store::open(Path::new(state))?;
    let loaded = store.load(&store.current()?.context("nothing is published")?, &[]);
    let grid = served_grid();
    let published = loaded.snapshots.into_iter().map(|snapshot| {
        let tiles = prepare(&store, &BTreeMap::new(), &grid, snapshot, None)?;
        Ok(Arc::new(PublishedLayer::after(None, tiles, jiff::Timestamp::UNIX_EPOCH)))
    });
    let catalog = Catalog::new(loaded.origin, &grid, published.collect::<anyhow::Result<_>>()?, MAX_TILE);
    let pyramid =
        Pyramid::new(catalog.tileset(layers)?, catalog.origin, first.parse()?..=last.parse()?, None);
    let tiles: Vec<_> = pyramid.candidates().collect();
    let layers: Vec<&TileLayer> = pyramid.tileset.layers.iter().map(|layer| &layer.tiles).collect();
    let (mut filled, start) = (0, Instant::now());
    for tile in tiles {
        let raw = cut(&layers, &grid, tile, MAX_TILE).bytes;
        if !raw.is_empty() {
            filled += 1;
            std::hint::black_box(compress(raw.into(), Encoding::Gzip));
        }
    }
    println!("{filled} {}", start.elapsed().as_secs_f64());
    Ok(())
}
