//! What of each layer somebody may see.

use crate::{
    config::{Access, Role},
    extract::Part,
    plan::LayerId,
};
use std::collections::BTreeMap;

/// All of every layer but these.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct Sight {
    parts: BTreeMap<LayerId, Part>,
}

impl Sight {
    /// That of callers of `role`, or of the public.
    pub fn of(access: &Access, role: Option<&Role>) -> Self {
        let parts = access.layers.iter().map(|(id, visibility)| (id.clone(), visibility.part(role)));
        Self { parts: parts.filter(|(_, part)| *part != Part::Whole).collect() }
    }

    pub fn part(&self, layer: &LayerId) -> &Part {
        self.parts.get(layer).unwrap_or(&Part::Whole)
    }

    pub fn sees_all_of(&self, layer: &LayerId) -> bool {
        *self.part(layer) == Part::Whole
    }

    /// Whether these columns of a layer are seen, be it of some rows alone.
    pub fn sees_columns(&self, layer: &LayerId, columns: &[&str]) -> bool {
        match self.part(layer) {
            Part::Whole => true,
            Part::Extract(extract) => !columns.iter().any(|column| extract.without.contains(*column)),
            Part::Nothing => false,
        }
    }

    /// Whether it is of everything.
    pub fn is_whole(&self) -> bool {
        self.parts.is_empty()
    }
}
