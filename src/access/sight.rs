//! Which layers somebody may see.

use crate::{
    config::{Access, Role},
    plan::LayerId,
};
use std::collections::BTreeSet;

/// All layers but these.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct Sight {
    unseen: BTreeSet<LayerId>,
}

impl Sight {
    /// That of callers of `role`, or of the public.
    pub fn of(access: &Access, role: Option<&Role>) -> Self {
        let unseen = access.layers.iter().filter(|(_, visibility)| !visibility.includes(role));
        Self { unseen: unseen.map(|(id, _)| id.clone()).collect() }
    }

    pub fn sees(&self, layer: &LayerId) -> bool {
        !self.unseen.contains(layer)
    }

    /// Whether it is of everything.
    pub fn is_whole(&self) -> bool {
        self.unseen.is_empty()
    }
}
