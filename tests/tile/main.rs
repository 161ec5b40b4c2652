//! The tile engine from outside: snapshots in, tiles out, read by a decoder and judged by rules of our own.

mod any_grid;
mod cutting;
mod decode;
mod edges;
mod fixture;
mod judge;
mod lines;
mod lowzoom;
mod place;
mod polygons;
mod portion;
mod prepared;
mod reference;
mod rules;
mod touched;
mod truth;
mod valid;
