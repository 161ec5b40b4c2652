//! The maps of the plan: which layers each shows, `styles/maps.json`.

use crate::{catalog::PublishedLayer, plan::Text};
use serde::Deserialize;
use std::{fmt, sync::Arc};

/// Name of a map: words of lower-case letters joined by `-`, the last of them `map`. Ids of layers have no `-`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub struct MapId(String);

#[derive(Debug, thiserror::Error)]
#[error("`{0}` is no name of a map")]
pub struct MapIdError(String);

/// Some layers of the plan, shown together under a title of their own.
pub struct Map {
    pub id: MapId,
    pub title: Text,
    layers: Vec<String>,
}

impl MapId {
    pub fn new(id: &str) -> Option<Self> {
        let is_word = |word: &str| !word.is_empty() && word.bytes().all(|b| b.is_ascii_lowercase());
        let (name, _) = id.rsplit_once('-').filter(|(_, last)| *last == "map")?;
        name.split('-').all(is_word).then(|| Self(id.to_owned()))
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for MapId {
    type Error = MapIdError;
    fn try_from(id: String) -> Result<Self, MapIdError> {
        Self::new(&id).ok_or(MapIdError(id))
    }
}

impl fmt::Display for MapId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Map {
    /// Those of `layers` that it shows, in their order.
    pub fn of(&self, layers: &[Arc<PublishedLayer>]) -> Vec<Arc<PublishedLayer>> {
        let shown = |layer: &&Arc<PublishedLayer>| self.layers.iter().any(|id| id == layer.id().as_str());
        layers.iter().filter(shown).cloned().collect()
    }
}

/// The document as it is written.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    /// The layer that a sheet shows all of.
    extent: String,
    /// Layers under every map.
    base: Vec<String>,
    maps: Vec<WrittenMap>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenMap {
    id: MapId,
    title: Text,
    layers: Vec<String>,
}

/// The maps in the binary.
pub struct Maps {
    pub maps: Vec<Map>,
    /// The layer that a sheet shows all of.
    pub extent: String,
}

pub fn embedded() -> Result<Maps, serde_json::Error> {
    let Written { extent, base, maps } = serde_json::from_str(include_str!("../../styles/maps.json"))?;
    let map =
        |WrittenMap { id, title, layers }| Map { id, title, layers: [base.as_slice(), &layers].concat() };
    Ok(Maps { maps: maps.into_iter().map(map).collect(), extent })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bundle;

    #[test]
    fn maps_show_layers_of_the_plan() {
        let layers = bundle::layers().unwrap();
        for map in embedded().unwrap().maps {
            for shown in &map.layers {
                assert!(layers.iter().any(|layer| layer.id.as_str() == shown), "{}: {shown}", map.id);
            }
        }
    }

    #[test]
    fn a_map_has_a_name_that_no_layer_can_have() {
        assert!(MapId::new("general-map").is_some() && MapId::new("a-b-map").is_some());
        for wrong in ["", "map", "-map", "map-map-", "General-map", "plan-dark", "a_b-map", "a--map"] {
            assert!(MapId::new(wrong).is_none(), "{wrong}");
        }
    }
}
