//! Keeping a tile small: when a layer is too large for it, the smallest features go.

use super::encode::{Batch, Drawn, Renumber, Source, varint_size};
use std::cmp::Reverse;

/// Which features stay when the layer may have `budget` bytes: the largest, as many as fit.
///
/// Equals are ranked by a hash of their id, so that what goes is spread over the tile. A feature that alone is
/// over the budget goes first of all. Nothing outside the tile has a say: an edit elsewhere leaves it as it is.
/// `values` is scratch.
pub fn choose(source: &Source, batch: &Batch, values: &mut Renumber, budget: usize) -> Vec<bool> {
    // The bits of numbers that are not negative are in the order of the numbers.
    let rank = |drawn: &Drawn| {
        let id = source.attributes.ids[drawn.position as usize];
        (Reverse((drawn.size.max(0.0) + 0.0).to_bits()), spread(id))
    };
    let mut order: Vec<_> = batch.drawn.iter().map(rank).zip(0u32..).collect();
    order.sort_unstable();
    let tags: usize = batch.drawn.iter().map(|drawn| source.tags(drawn.position as usize).count()).sum();
    values.start(source.attributes.value_count());
    let mut kept = vec![false; batch.drawn.len()];
    let frame = frame(source);
    let mut total = frame;
    for i in order.into_iter().map(|(_, i)| i as usize) {
        let size = feature_size(source, batch, values, i, tags);
        if frame + size > budget {
            continue;
        }
        total += size;
        if total > budget {
            break;
        }
        kept[i] = true;
        source.tags(batch.drawn[i].position as usize).for_each(|tag| {
            values.number(tag.value);
        });
    }
    kept
}

/// A bound on the bytes that a feature adds, with the values that it is the first to use; `tags_in_all` bounds
/// the numbers of values in the tile.
fn feature_size(source: &Source, batch: &Batch, values: &Renumber, i: usize, tags_in_all: usize) -> usize {
    let attributes = source.attributes;
    let position = batch.drawn[i].position as usize;
    let message = |bytes: usize| 1 + varint_size(bytes as u64) + bytes;
    let number = varint_size(tags_in_all as u64);
    let (mut tags, mut first_uses) = (0, 0);
    for tag in source.tags(position) {
        tags += varint_size(u64::from(tag.column)) + number;
        if !values.has(tag.value) {
            first_uses += attributes.messages(tag.value, tag.value).len();
        }
    }
    let id = 1 + varint_size(attributes.ids[position] as u64);
    let geometry = source.geometry(batch, i).iter().map(|piece| piece.len()).sum();
    message(id + message(tags) + 2 + message(geometry)) + first_uses
}

/// A bound on the bytes of the layer itself: name, keys, extent, version and its own length.
fn frame(source: &Source) -> usize {
    let text = |s: &str| s.len() + 6;
    32 + text(source.name) + source.columns.iter().map(|c| text(c)).sum::<usize>()
}

/// A one-to-one scramble of 64 bits (Fibonacci hashing).
fn spread(id: i64) -> u64 {
    (id as u64).wrapping_mul(0x9E37_79B9_7F4A_7C15).rotate_left(32)
}
