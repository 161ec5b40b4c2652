//! What a caller sees.

/// The layers, rows and columns that a caller may see, together with the filter of the request.
///
/// Every answer is made for a view and every cache key carries it, so that what one caller may see is never
/// sent to another. Without access rules there is one view, the open one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct View(u64);

impl View {
    /// Everything.
    pub const OPEN: Self = Self(0);
}
