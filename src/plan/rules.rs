//! How a layer is drawn in tiles, where an operator wants it otherwise.

use super::{GeometryKind, Layer, LayerId};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Tiles are served at zooms 0 to 18: at 18 one tile unit is 3.7 cm on the equator, finer than any plan.
pub const MAX_ZOOM: u8 = 18;

/// A zoom at which there are tiles.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(try_from = "i64", into = "i64")]
pub struct Zoom(u8);

/// How far simplification may move an outline in one step from zoom to zoom, in units of a tile of 4096.
/// The steps halve with each zoom, so that they add up to at most twice this.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(try_from = "f64", into = "f64")]
pub struct Tolerance(f64);

/// What becomes of a polygon, or a part of one, that is too small to show its shape.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Tiny {
    /// It is left out.
    Drop,
    /// A rectangle of its area, as near to a square as whole units allow.
    #[default]
    Square,
    /// A polygon that is nothing but tiny parts becomes a point feature; beside larger parts they are left out.
    Point,
}

/// From which zoom on tiles carry a column.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(untagged, expecting = "a zoom from 0 to 18, or false for no zoom")]
pub enum Carried {
    From(Zoom),
    /// `false`: never; `true`: always.
    Switch(bool),
}

/// The rules of one layer; what is not given is as it is without rules.
#[derive(Debug, Default, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Rules {
    /// First zoom at which the layer is in the tiles, 0 to 18, in place of the layer's own.
    pub minzoom: Option<Zoom>,
    /// How far simplification at zooms 0 to 10 may move an outline in one zoom, in units of a tile of 4096, 0 to 64. All zooms
    /// together move it by at most twice this.
    pub tolerance: Tolerance,
    /// What becomes of a polygon, or a part of one, under 32 square units at zooms 0 to 10: a rectangle of its area, a point
    /// where it is nothing but such parts, or nothing.
    pub tiny: Tiny,
    /// Columns that tiles do not carry at every zoom: the first zoom that has one, or `false` for none. Downloads have all.
    pub attributes: BTreeMap<String, Carried>,
    /// Columns of the points for names, in place of `name` and `code`; `[]` for no such points. Of polygons only.
    pub labels: Option<Vec<String>>,
}

/// A rule that its layer cannot follow.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("tiles.layer.{key}: {reason}")]
pub struct RuleError {
    key: String,
    reason: String,
}

/// Checks the rules of layers, by id, against all layers that there are. Of a layer that cannot be described just
/// now only the id is known.
///
/// # Errors
/// The first rule of a layer that does not exist, or that its layer cannot follow.
pub fn check_rules(
    rules: &BTreeMap<LayerId, Rules>,
    layers: &[(LayerId, Option<&Layer>)],
) -> Result<(), RuleError> {
    for (id, rules) in rules {
        match layers.iter().find(|(layer, _)| layer == id) {
            None => return Err(RuleError { key: id.to_string(), reason: "there is no such layer".into() }),
            Some((_, layer)) => layer.map_or(Ok(()), |layer| rules.check(layer))?,
        }
    }
    Ok(())
}

/// Columns that the points of names carry.
const LABEL_COLUMNS: [&str; 2] = ["name", "code"];

impl Rules {
    /// # Errors
    /// When a rule names a column that `layer` does not have, or is not for its kind of geometry.
    pub fn check(&self, layer: &Layer) -> Result<(), RuleError> {
        let error = |rule: &str, reason| RuleError { key: format!("{}.{rule}", layer.id), reason };
        let known = |column: &String| layer.fields.iter().any(|field| field.name == *column);
        let unknown = |column: &String| format!("the layer has no column `{column}`");
        if let Some(column) = self.attributes.keys().find(|column| !known(column)) {
            return Err(error("attributes", unknown(column)));
        }
        let labels = self.labels.as_deref().unwrap_or_default();
        if let Some(column) = labels.iter().find(|column| !known(column)) {
            return Err(error("labels", unknown(column)));
        }
        if layer.geometry != GeometryKind::Polygon && !labels.is_empty() {
            return Err(error("labels", "only polygons have points for their names".into()));
        }
        Ok(())
    }

    /// First zoom at which `layer` is in the tiles.
    pub fn minzoom(&self, layer: &Layer) -> u8 {
        self.minzoom.map_or(layer.minzoom, u8::from)
    }

    /// Whether tiles of zoom `z` carry `column`.
    pub fn carries(&self, column: &str, z: u8) -> bool {
        match self.attributes.get(column) {
            None => true,
            Some(Carried::Switch(carried)) => *carried,
            Some(Carried::From(first)) => first.0 <= z,
        }
    }

    /// Whether the points for names carry `column`.
    pub fn labels(&self, column: &str) -> bool {
        match &self.labels {
            None => LABEL_COLUMNS.contains(&column),
            Some(columns) => columns.iter().any(|labelled| labelled == column),
        }
    }
}

impl From<Zoom> for u8 {
    fn from(zoom: Zoom) -> Self {
        zoom.0
    }
}

impl From<Zoom> for i64 {
    fn from(zoom: Zoom) -> Self {
        zoom.0.into()
    }
}

impl TryFrom<i64> for Zoom {
    type Error = String;
    fn try_from(zoom: i64) -> Result<Self, String> {
        let zoom = u8::try_from(zoom).ok().filter(|zoom| *zoom <= MAX_ZOOM);
        zoom.map(Self).ok_or_else(|| format!("zooms are 0 to {MAX_ZOOM}"))
    }
}

/// Most units: beyond it nothing is left to recognize.
const MAX_TOLERANCE: f64 = 64.0;

impl Default for Tolerance {
    /// In all at most half a pixel at 512 pixels a tile.
    fn default() -> Self {
        Self(2.0)
    }
}

impl From<Tolerance> for f64 {
    fn from(tolerance: Tolerance) -> Self {
        tolerance.0
    }
}

impl TryFrom<f64> for Tolerance {
    type Error = String;
    fn try_from(units: f64) -> Result<Self, String> {
        let fits = (0.0..=MAX_TOLERANCE).contains(&units);
        if fits { Ok(Self(units)) } else { Err(format!("a tolerance is 0 to {MAX_TOLERANCE} units")) }
    }
}
