//! What the stages of a tile cost, on one thread without HTTP.
//!
//!     bench_stages STATE LAYER FILE ROUNDS
//!
//! FILE has `z x y` a line. For each tile, a line: `z search read cut compress features raw gzip`, times in
//! nanoseconds (the least of the rounds), sizes in bytes. What the engine keeps to itself (project, clip,
//! check, repair, encode) is the rest of `cut`. `search` and `read` are of the snapshot; where the engine
//! draws from its pyramid it does neither, and they tell what that saves.

use anyhow::Context;
use bytes::Bytes;
use plantiles::{
    encoding::{Encoding, encode},
    grid::TileMatrixSet,
    plan::Rules,
    snapshot::{Feature, Store},
    tile::{BUFFER, EXTENT, TileLayer, cut},
};
use std::{hint::black_box, path::Path, sync::Arc, time::Instant};

fn main() -> anyhow::Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [state, layer, file, rounds] = arguments.as_slice() else {
        anyhow::bail!("usage: bench_stages STATE LAYER FILE ROUNDS");
    };
    let rounds: usize = rounds.parse()?;
    let store = Store::open(Path::new(state))?;
    let loaded = store.load(&store.current()?.context("nothing is published")?);
    let snapshot =
        loaded.snapshots.into_iter().find(|s| s.layer.id.as_str() == layer).context("no such layer")?;
    let grid = TileMatrixSet::web_mercator_quad();
    let tiles = TileLayer::prepare(Arc::clone(&snapshot), &grid, &Rules::default())?;
    let margin = f64::from(BUFFER + 1) / f64::from(EXTENT);
    for line in std::fs::read_to_string(file)?.lines() {
        let numbers = line.split(' ').map(str::parse).collect::<Result<Vec<u32>, _>>()?;
        let [z, x, y] = numbers[..] else { anyhow::bail!("`{line}` is no tile") };
        let tile = grid.tile(u8::try_from(z)?, x, y).context("no such tile")?;
        let mut least = [u128::MAX; 4];
        let mut sizes = [0; 3];
        for _ in 0..rounds {
            let start = Instant::now();
            let found = snapshot.search(&grid.geographic_bounds(tile, margin));
            let searched = Instant::now();
            for position in &found {
                black_box(sum(&snapshot.feature(*position)));
            }
            let read = Instant::now();
            let raw = Bytes::from(cut(&[&tiles], &grid, tile, 500_000).bytes);
            let drawn = Instant::now();
            let (compressed, _) = encode(raw.clone(), Encoding::Gzip);
            let times = [searched - start, read - searched, drawn - read, drawn.elapsed()];
            for (least, time) in least.iter_mut().zip(times) {
                *least = time.as_nanos().min(*least);
            }
            sizes = [found.len(), raw.len(), compressed.len()];
        }
        let [search, read, cut, compress] = least;
        let [features, raw, gzip] = sizes;
        println!("{z} {search} {read} {cut} {compress} {features} {raw} {gzip}");
    }
    Ok(())
}

/// Touches each coordinate where it lies.
fn sum(feature: &Feature) -> f64 {
    let Some(geometry) = feature.geometry() else { return 0.0 };
    let of = |geometry: &flatgeobuf::Geometry| {
        let bytes = geometry.xy().map(|xy| xy.bytes()).unwrap_or_default();
        let numbers = bytes.chunks_exact(8).filter_map(|c| c.first_chunk::<8>());
        numbers.map(|c| f64::from_le_bytes(*c)).sum::<f64>()
    };
    match geometry.parts() {
        Some(parts) => parts.iter().map(|part| of(&part)).sum(),
        None => of(&geometry),
    }
}
