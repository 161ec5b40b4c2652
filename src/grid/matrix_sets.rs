//! All tile matrix sets of a server.

use super::{ConfiguredSet, QuadGrid, TileMatrixSet};
use schemars::JsonSchema;
use serde::Deserialize;
use std::sync::Arc;

/// Those that every server has, then those of the configuration.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(try_from = "Vec<ConfiguredSet>")]
#[schemars(with = "Vec<ConfiguredSet>")]
pub struct TileMatrixSets(Arc<[TileMatrixSet]>);

#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("tiles.grid: there are two grids of the id `{0}`")]
pub struct RepeatedSet(Arc<str>);

impl Default for TileMatrixSets {
    fn default() -> Self {
        Self(Arc::new([
            TileMatrixSet::web_mercator_quad(),
            TileMatrixSet::world_crs84_quad(),
            TileMatrixSet::tianditu_c(),
            TileMatrixSet::tianditu_w(),
        ]))
    }
}

impl TryFrom<Vec<ConfiguredSet>> for TileMatrixSets {
    type Error = RepeatedSet;

    fn try_from(configured: Vec<ConfiguredSet>) -> Result<Self, RepeatedSet> {
        let mut sets = Self::default().0.to_vec();
        for ConfiguredSet(set) in configured {
            // Ids name files, and some file systems know no case.
            if sets.iter().any(|other| other.id.eq_ignore_ascii_case(&set.id)) {
                return Err(RepeatedSet(set.id));
            }
            sets.push(set);
        }
        Ok(Self(sets.into()))
    }
}

impl TileMatrixSets {
    pub fn get(&self, id: &str) -> Option<&TileMatrixSet> {
        self.0.iter().find(|set| *set.id == *id)
    }

    pub fn iter(&self) -> impl Iterator<Item = &TileMatrixSet> {
        self.0.iter()
    }

    /// The grids that their tiles are cut on, each once.
    pub fn grids(&self) -> Vec<&QuadGrid> {
        let mut grids: Vec<&QuadGrid> = vec![];
        for set in self.iter() {
            if !grids.contains(&&set.grid) {
                grids.push(&set.grid);
            }
        }
        grids
    }
}
