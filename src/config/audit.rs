//! Where records of what was taken, changed and refused go.

use schemars::JsonSchema;
use serde::{Deserialize, Deserializer, de::Error};
use std::{num::NonZeroU32, path::PathBuf};

#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Audit {
    /// One record a line, as JSON. The folder has to be there.
    pub file: PathBuf,
    /// MiB of the file, past which another is begun.
    pub rotate_mib: Option<NonZeroU32>,
    /// Whether each day (UTC) has a file of its own.
    #[serde(default)]
    pub rotate_daily: bool,
    /// Files of before that are kept; without a number, all.
    pub keep: Option<NonZeroU32>,
    /// A table of the database that has the records too: `true` for `plan.audit`, or `"schema.table"`.
    #[serde(default, deserialize_with = "table")]
    #[schemars(with = "Written")]
    pub table: Option<AuditTable>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuditTable {
    pub schema: String,
    pub name: String,
}

#[derive(Deserialize, JsonSchema)]
#[serde(untagged, expecting = "true, for plan.audit, or \"schema.table\"")]
enum Written {
    Whether(bool),
    Named(String),
}

fn table<'de, D: Deserializer<'de>>(table: D) -> Result<Option<AuditTable>, D::Error> {
    let named = match Written::deserialize(table)? {
        Written::Whether(false) => return Ok(None),
        Written::Whether(true) => "plan.audit".to_owned(),
        Written::Named(named) => named,
    };
    match named.split_once('.') {
        Some((schema, name)) if !schema.is_empty() && !name.is_empty() && !name.contains('.') => {
            Ok(Some(AuditTable { schema: schema.to_owned(), name: name.to_owned() }))
        }
        _ => Err(D::Error::custom("a table is written \"schema.table\"")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(toml: &str) -> Result<Audit, String> {
        toml::from_str(&format!("file = \"a\"\n{toml}")).map_err(|error| error.message().to_owned())
    }

    #[test]
    fn a_table_is_the_usual_one_or_named() {
        let named = |toml: &str| read(toml).unwrap().table.map(|table| (table.schema, table.name));
        assert_eq!(named("table = true"), Some(("plan".into(), "audit".into())));
        assert_eq!(named("table = \"office.taken\""), Some(("office".into(), "taken".into())));
        assert_eq!((named("table = false"), named("")), (None, None));
        for wrong in ["table = \"audit\"", "table = \"a.b.c\"", "table = \".b\"", "table = 1"] {
            assert!(read(wrong).unwrap_err().contains("\"schema.table\""), "{wrong}");
        }
        assert!(read("keep = 0").is_err() && read("rotate = 1").is_err());
    }
}
