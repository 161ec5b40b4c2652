//! What a caller sees.

use crate::{
    features::{Condition, Filter, TooExpensive, filter::FilterError},
    snapshot::{Snapshot, SnapshotId},
};
use std::{fmt, sync::Arc};

/// The layers, rows and columns that a caller may see, together with the filter of the request.
///
/// Every answer is made for a view and every cache key carries its id, so that what one caller may see is never
/// sent to another. Without access rules and without a filter there is one view, the open one.
#[derive(Debug, Clone)]
pub struct View {
    id: ViewId,
    /// For each layer of the tileset that the view is of; `None` for all rows.
    conditions: Option<Arc<[Condition]>>,
}

/// Equal where views are: a hash of what they say.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct ViewId(Option<SnapshotId>);

/// Why there is no such view.
#[derive(Debug, thiserror::Error)]
pub enum ViewError {
    #[error(transparent)]
    Filter(#[from] FilterError),
    #[error(transparent)]
    TooExpensive(#[from] TooExpensive),
}

impl View {
    /// Everything.
    pub const OPEN: Self = Self { id: ViewId::OPEN, conditions: None };

    /// The rows of `layers` that `filter` takes; a property that some of the layers lack is null there.
    ///
    /// # Errors
    /// When none of the layers has a property of the filter, or it is too much work for one of them.
    pub fn filtered<'a>(
        filter: &Filter,
        layers: impl Iterator<Item = &'a Snapshot> + Clone,
    ) -> Result<Self, ViewError> {
        let conditions = filter.conditions(layers.clone().map(|snapshot| &*snapshot.layer))?;
        for (snapshot, condition) in layers.zip(&conditions) {
            condition.check_cost(snapshot)?;
        }
        let id = ViewId(Some(SnapshotId::of(filter.normal().as_bytes())));
        Ok(Self { id, conditions: Some(conditions.into()) })
    }

    pub fn id(&self) -> ViewId {
        self.id
    }

    /// What rows of each layer must meet; `None` where all are seen.
    pub fn conditions(&self) -> Option<&[Condition]> {
        self.conditions.as_deref()
    }
}

impl ViewId {
    /// That of [`View::OPEN`].
    pub const OPEN: Self = Self(None);

    /// `name` for this view of it.
    pub fn name(self, name: impl fmt::Display) -> String {
        match self.0 {
            None => name.to_string(),
            Some(id) => format!("{name}-{id}"),
        }
    }
}
