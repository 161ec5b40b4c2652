//! The beginning of a file: its header, and its index down to the leaves, which follow.

use super::{
    Bounds,
    file::MAGIC,
    header::{self, Header},
    index,
};
use crate::plan::Layer;
pub(crate) use flatgeobuf::packed_r_tree::NodeItem as Leaf;
use std::io;

/// The beginning of a file of rows of `layer`, in the CRS of the EPSG code `crs`, x east and y north. `leaves` are in
/// the order of the rows; each has the offset of its row after the index. Nothing is above no leaves.
///
/// # Errors
/// When the layer cannot be written as JSON.
pub(crate) fn begin_file(layer: &Layer, leaves: &[Leaf], crs: u32) -> io::Result<Vec<u8>> {
    let extent = index::extent(leaves);
    let bounds = (!leaves.is_empty()).then_some(Bounds {
        min_x: extent.min_x,
        min_y: extent.min_y,
        max_x: extent.max_x,
        max_y: extent.max_y,
    });
    let mut beginning = MAGIC.to_vec();
    beginning.extend(header::header(layer, &Header { count: leaves.len() as u64, bounds, crs })?);
    index::write_above(leaves, &mut beginning)?;
    Ok(beginning)
}

/// The leaf of a row with this box, without offset.
pub(crate) fn leaf(bounds: &Bounds) -> Leaf {
    Leaf::bounds(bounds.min_x, bounds.min_y, bounds.max_x, bounds.max_y)
}
