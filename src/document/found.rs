//! The features that mentions mean, in the layers that are served.

use super::{Mention, reproduce::text};
use crate::{
    plan::LayerId,
    snapshot::{Row, Snapshot, Value},
};
use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

/// Features of one name, at most: a name that more have tells nothing.
const MOST: usize = 20;

/// What a feature is called.
#[derive(Debug, PartialEq, Eq)]
pub struct Named {
    pub id: i64,
    pub code: Option<String>,
    pub name: Option<String>,
}

impl Named {
    pub fn of(row: &Row) -> Self {
        let called = |property| match row.value(row.layer().field(property)?) {
            Value::Text(text) => Some(text.into_owned()),
            _ => None,
        };
        Self { id: row.id(), code: called("code"), name: called("name") }
    }
}

/// Features by the layer, the property and the value by which they are mentioned.
#[derive(Default)]
pub struct Found(BTreeMap<(LayerId, String, String), Vec<Named>>);

impl Found {
    /// Goes once through each layer that is mentioned: not for an event loop.
    pub fn new<'a>(
        mentions: impl Iterator<Item = &'a Mention>,
        layer: impl Fn(&LayerId) -> Option<Arc<Snapshot>>,
    ) -> Self {
        let mut wanted: BTreeMap<(&LayerId, &str), BTreeSet<&str>> = BTreeMap::new();
        for Mention { layer, feature, .. } in mentions {
            wanted.entry((layer, &feature.property)).or_default().insert(&feature.value);
        }
        let mut found = Self::default();
        for ((id, property), values) in wanted {
            let Some(snapshot) = layer(id) else { continue };
            let Some(field) = snapshot.layer.field(property) else { continue };
            for position in 0..snapshot.feature_count() {
                let row = snapshot.row(position);
                let value = text(&row.value(field));
                if values.contains(value.as_str()) {
                    let features = found.0.entry((id.clone(), property.to_owned(), value)).or_default();
                    features.push(Named::of(&row));
                }
            }
        }
        for features in found.0.values_mut() {
            features.sort_unstable_by_key(|feature| feature.id);
            features.truncate(MOST);
        }
        found
    }

    /// The features that a mention means, by id.
    pub fn of(&self, mention: &Mention) -> &[Named] {
        let Mention { layer, feature, .. } = mention;
        let key = (layer.clone(), feature.property.clone(), feature.value.clone());
        self.0.get(&key).map(Vec::as_slice).unwrap_or_default()
    }
}
