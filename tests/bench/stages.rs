//! What the stages of a tile cost, on one thread without HTTP.
//!
//!     bench_stages STATE LAYER FILE ROUNDS
//!
//! FILE has `z x y` a line. For each tile, a line: `z search read project clip check repair encode compress features
//! raw gzip`, times in nanoseconds, sizes in bytes. The tile is cut up to each stage in turn, what comes out of it
//! let go; a stage's price is what it takes longer than up to the stage before, of each the least of the rounds.

use anyhow::Context;
use bytes::Bytes;
use plantiles::{
    encoding::{Encoding, encode},
    grid::QuadGrid,
    plan::Rules,
    snapshot::Store,
    tile::{BUFFER, EXTENT, Stage, TileLayer, cut_until},
};
use std::{path::Path, sync::Arc, time::Instant};

/// Bytes that a tile may have unless the configuration says otherwise.
const MAX_TILE: usize = 500_000;

fn main() -> anyhow::Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [state, layer, file, rounds] = arguments.as_slice() else {
        anyhow::bail!("usage: bench_stages STATE LAYER FILE ROUNDS");
    };
    let rounds: usize = rounds.parse()?;
    let store = Store::open(Path::new(state))?;
    let loaded = store.load(&store.current()?.context("nothing is published")?, &[]);
    let snapshot =
        loaded.snapshots.into_iter().find(|s| s.layer.id.as_str() == layer).context("no such layer")?;
    let grid = QuadGrid::web_mercator();
    let tiles = TileLayer::prepare(Arc::clone(&snapshot), &grid, &Rules::default())?;
    let margin = f64::from(BUFFER + 1) / f64::from(EXTENT);
    for line in std::fs::read_to_string(file)?.lines() {
        let numbers = line.split(' ').map(str::parse).collect::<Result<Vec<u32>, _>>()?;
        let [z, x, y] = numbers[..] else { anyhow::bail!("`{line}` is no tile") };
        let tile = grid.tile(u8::try_from(z)?, x, y).context("no such tile")?;
        let features = snapshot.search(&grid.geographic_bounds(tile, margin)).len();
        let (mut until, mut compress, mut sizes) = ([u128::MAX; Stage::ALL.len()], u128::MAX, [0; 2]);
        for _ in 0..rounds {
            let mut raw = Bytes::new();
            for (least, stage) in until.iter_mut().zip(Stage::ALL) {
                let start = Instant::now();
                raw = cut_until(stage, &[&tiles], &grid, tile, MAX_TILE).bytes.into();
                *least = start.elapsed().as_nanos().min(*least);
            }
            let start = Instant::now();
            let (compressed, _) = encode(raw.clone(), Encoding::Gzip);
            compress = start.elapsed().as_nanos().min(compress);
            sizes = [raw.len(), compressed.len()];
        }
        let before = std::iter::once(0).chain(until);
        let prices = until.iter().zip(before).map(|(until, before)| until.saturating_sub(before).to_string());
        let [raw, gzip] = sizes;
        println!("{z} {} {compress} {features} {raw} {gzip}", prices.collect::<Vec<_>>().join(" "));
    }
    Ok(())
}
