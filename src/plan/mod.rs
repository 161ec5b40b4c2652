//! The domain: what a layer of a mineral-resource plan is.
//!
//! Everything here is plain data; `data/layers.json` holds the standard layers of a plan, a database
//! may describe further ones in `plan.layer`.

mod layer;
mod rules;
mod short_names;
mod today;

pub use layer::{Field, FieldType, GeometryKind, Group, Layer, LayerId, LayerIdError, Text, UnknownField};
pub use rules::{Carried, MAX_ZOOM, RuleError, Rules, Tiny, Tolerance, Zoom, check_rules};
pub use short_names::{SHORT_NAME, beginning};
pub use today::today;
