//! The stages of cutting, so that the bench can tell what each of them costs.

/// A stage. Each goes on with what the one before gave.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub enum Stage {
    /// Find the features whose box meets the tile.
    Search,
    /// Go through their vertices where they lie.
    Read,
    /// Bring the vertices into tile units; at low zooms that was done when the layer was prepared.
    Project,
    /// Cut off what lies beyond the buffer.
    Clip,
    /// Tell valid polygons from others.
    Check,
    /// Make the others valid.
    Repair,
    /// Write the tile.
    #[default]
    Encode,
}

impl Stage {
    pub const ALL: [Self; 7] =
        [Self::Search, Self::Read, Self::Project, Self::Clip, Self::Check, Self::Repair, Self::Encode];
}
