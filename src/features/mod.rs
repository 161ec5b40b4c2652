//! Queries on a snapshot: by key, by box, by time, by filter, sorted, page by page; and by words in their names.
//!
//! A page costs about its own length, however far in it is: rows lie in the file in the order in which the index
//! has them, so a page begins where the last one ended. Another order is a list of positions that is kept. What
//! cannot be answered cheaply, how many rows match a filter on a large layer, is left open.

mod area;
pub mod filter;
mod fold;
pub mod geometry;
mod order;
mod query;
mod search;
mod validity;

pub use area::Area;
pub use filter::{Condition, Evaluator, Filter};
pub use fold::{Folded, fold};
pub use order::{Order, Orders, SortKey};
pub use query::{Page, Query, TooExpensive};
pub use search::{Match, Texts, Words};
pub use validity::{Moment, Validity};
