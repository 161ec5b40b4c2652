//! A layer: one table of the plan, its titles, its geometry kind and its attribute columns.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::{fmt, sync::Arc};

/// Text in the two languages of the interface; the plan's own words are Chinese.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Text {
    pub zh: String,
    pub en: String,
}

/// The id of a layer: its table name, its MVT layer name and its place in every URL.
///
/// Lower-case ASCII letters, digits and `_`, starting with a letter, at most 63 bytes (the limit of a
/// PostgreSQL identifier), so that it needs no quoting in SQL, URLs or file names.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(try_from = "String", into = "String")]
pub struct LayerId(Arc<str>);

#[derive(Debug, thiserror::Error)]
#[error("`{0}` is not a layer id: lower-case letters, digits and `_`, first a letter, at most 63")]
pub struct LayerIdError(String);

impl LayerId {
    pub fn new(id: &str) -> Result<Self, LayerIdError> {
        let starts_well = id.starts_with(|c: char| c.is_ascii_lowercase());
        let made_well = |c: u8| c.is_ascii_lowercase() || c.is_ascii_digit() || c == b'_';
        if starts_well && id.len() <= 63 && id.bytes().all(made_well) {
            Ok(Self(id.into()))
        } else {
            // An id may come from a request: what is echoed stays short.
            Err(LayerIdError(id.chars().take(80).collect()))
        }
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for LayerId {
    type Error = LayerIdError;
    fn try_from(id: String) -> Result<Self, LayerIdError> {
        Self::new(&id)
    }
}

impl From<LayerId> for String {
    fn from(id: LayerId) -> String {
        id.0.as_ref().to_owned()
    }
}

impl fmt::Display for LayerId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for LayerId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&*self.0, f)
    }
}

/// Where a layer stands in the legend: decided by the plan, describing what exists, or the base map.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Group {
    Planning,
    Status,
    Base,
}

/// The one geometry kind of a layer, as stored: polygons and lines always as Multi geometries.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum GeometryKind {
    Point,
    Line,
    Polygon,
}

/// The type of an attribute column.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FieldType {
    /// `bigint`, 64-bit signed
    Integer,
    /// `double precision`
    Real,
    /// `boolean`
    Boolean,
    /// `text`, UTF-8
    Text,
    /// `date`, written YYYY-MM-DD
    Date,
}

/// One attribute column.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Field {
    pub name: String,
    #[serde(rename = "type")]
    pub kind: FieldType,
    pub title: Text,
}

/// One layer, as `data/layers.json` and `plan.layer` describe it.
///
/// `fields` holds every attribute column in order; the `bigint` key `id` and the geometry are implied.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Layer {
    pub id: LayerId,
    pub title: Text,
    pub group: Group,
    pub geometry: GeometryKind,
    /// The layer's code in the mineral-plan database standard DZ/T 0226, where it is known.
    pub standard_code: Option<String>,
    /// Section or table of the plan that the layer comes from.
    pub source: String,
    pub description: Text,
    /// First zoom at which the layer is in the tiles.
    pub minzoom: u8,
    /// Whether its features may not overlap one another: no two may be granted the same ground. An import checks it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub disjoint: bool,
    pub fields: Vec<Field>,
}

#[derive(Debug, thiserror::Error)]
#[error("there is no property `{0}`")]
pub struct UnknownField(String);

impl UnknownField {
    /// The name may come from a request: what is echoed stays short.
    pub fn new(name: &str) -> Self {
        Self(name.chars().take(40).collect())
    }
}

impl Layer {
    /// The number of the field `name`.
    pub fn field(&self, name: &str) -> Option<usize> {
        self.fields.iter().position(|field| field.name == name)
    }

    /// Numbers of the fields whose names are in `names` with commas between, ascending, each once.
    pub fn fields_named(&self, names: &str) -> Result<Vec<usize>, UnknownField> {
        let names = names.split(',').filter(|name| !name.is_empty());
        let mut fields = names
            .map(|name| self.field(name).ok_or_else(|| UnknownField::new(name)))
            .collect::<Result<Vec<_>, _>>()?;
        fields.sort_unstable();
        fields.dedup();
        Ok(fields)
    }

    /// The number of the column of days called `name`.
    pub fn days(&self, name: &str) -> Option<usize> {
        self.field(name).filter(|&field| self.fields[field].kind == FieldType::Date)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_layer_id_is_safe_everywhere() {
        for good in ["a", "mining_blocks", "map_sheets_50k"] {
            assert_eq!(LayerId::new(good).unwrap().as_str(), good);
        }
        let long = "a".repeat(64);
        for bad in ["", "5a", "_a", "A", "a-b", "a.b", "a b", "层", "a/../b", &long] {
            assert!(LayerId::new(bad).is_err(), "{bad}");
        }
    }
}
