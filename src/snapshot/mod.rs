//! Immutable layer files.
//!
//! A snapshot is one layer exported as FlatGeobuf with its packed Hilbert R-tree. Its id is the hash of
//! its bytes, so equal table states have equal ids on every replica. The file describes itself: the
//! header carries the [`Layer`](crate::plan::Layer) as JSON, titles, column types, CRS, count and extent.
//!
//! ```text
//! magic 8 B │ u32 size + header │ R-tree, 40 B a node │ (u32 size + feature)*   in Hilbert order
//! ```
//!
//! A layer without features is a header alone, which says so: count 0, node size 0, no extent.

mod beginning;
mod bounded;
mod current;
mod encode;
mod file;
mod geometry;
mod header;
mod id;
mod index;
mod made;
mod manifest;
mod mark;
mod portion;
mod publication;
mod remote;
mod revision;
mod row;
mod shape;
mod shared;
mod span;
mod store;
mod sweep;
mod value;
mod vertices;
mod walk;
mod writer;

pub(crate) use beginning::{Leaf, begin_file, leaf};
pub use current::{CurrentSet, Exported, LayerVersions, Origin, Published};
pub(crate) use encode::Encoder;
pub use file::{Bounds, Snapshot, SnapshotError};
pub use flatgeobuf::Feature;
pub use geometry::Stored;
pub use id::SnapshotId;
pub use manifest::FormerSet;
pub use mark::{Mark, Marks};
pub use portion::{Parts, Portion, RemoteSnapshot};
pub use publication::Publication;
pub use revision::{Naming, Revision, RevisionLayer, RevisionName, RevisionNameError, Revisions};
pub use row::Row;
pub(crate) use row::{RawKind, RawValue};
pub use span::{Span, VALID_FROM, VALID_TO};
pub use store::{Damaged, Loaded, Store, StoreError};
pub use value::Value;
pub use vertices::{Vertices, for_each_path};
pub use walk::Walk;
pub use writer::{SnapshotWriter, WriteError};
