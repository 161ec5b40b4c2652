//! Files that people take away: of a layer or a part of it, in the formats they use.

mod selection;

pub use selection::Selection;
