//! A grid for each case of a property.

use crate::place::all_grids;
use plantiles::grid::QuadGrid;
use proptest::prelude::*;

pub fn any_grid() -> impl Strategy<Value = QuadGrid> {
    prop::sample::select(all_grids())
}
