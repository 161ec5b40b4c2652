//! What may stand in the configuration, told by its types.

use super::Config;
use schemars::{Schema, SchemaGenerator, generate::SchemaSettings};

/// The JSON Schema of the file (draft 7, which editors of TOML take): each key with its meaning, and its default where it has one.
pub fn schema() -> Schema {
    SchemaGenerator::new(SchemaSettings::draft07()).into_root_schema_for::<Config>()
}
