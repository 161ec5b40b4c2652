//! Who may see which layers.

use crate::plan::LayerId;
use serde::{Deserialize, Serialize};
use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
    path::PathBuf,
};

/// Layers that are not for everybody, and the roles that they are for.
#[derive(Debug, Clone, Deserialize)]
#[serde(try_from = "Written")]
pub struct Access {
    /// The file of keys; there is one where there are roles.
    pub keys: Option<PathBuf>,
    pub roles: BTreeSet<Role>,
    /// All others are public.
    pub layers: BTreeMap<LayerId, Visibility>,
}

/// Who sees a layer: `"public"`, `"hidden"` or a list of roles.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(untagged, expecting = "\"public\", \"hidden\" or a list of roles")]
pub enum Visibility {
    Named(Named),
    Restricted(BTreeSet<Role>),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Named {
    Public,
    /// Nobody's: exported and kept, and never sent.
    Hidden,
}

/// What somebody with a key is: 1 to 31 lower-case ASCII letters, digits, `_` and `-`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Role(String);

#[derive(Debug, thiserror::Error)]
#[error("`{0}` is not a role: 1 to 31 lower-case letters, digits, `_` and `-`")]
pub struct RoleError(String);

/// As it stands in the file.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    keys: Option<PathBuf>,
    #[serde(default)]
    roles: BTreeSet<Role>,
    #[serde(default, rename = "layer")]
    layers: BTreeMap<LayerId, Visibility>,
}

impl Access {
    /// Whether there is a layer that not everybody sees.
    pub fn restricts(&self) -> bool {
        self.layers.values().any(|visibility| !visibility.includes(None))
    }
}

impl Visibility {
    /// Whether callers of `role` see the layer; without one, everybody.
    pub fn includes(&self, role: Option<&Role>) -> bool {
        match self {
            Self::Named(named) => *named == Named::Public,
            Self::Restricted(roles) => role.is_some_and(|role| roles.contains(role)),
        }
    }
}

impl TryFrom<Written> for Access {
    type Error = String;
    fn try_from(Written { keys, roles, layers }: Written) -> Result<Self, String> {
        for (layer, visibility) in &layers {
            let Visibility::Restricted(named) = visibility else { continue };
            if let Some(unknown) = named.iter().find(|role| !roles.contains(role)) {
                return Err(format!("layer {layer} is for the role `{unknown}`, which is not among `roles`"));
            }
        }
        if keys.is_none() && !roles.is_empty() {
            return Err("roles need a file of keys, `keys`".to_owned());
        }
        Ok(Self { keys, roles, layers })
    }
}

impl TryFrom<String> for Role {
    type Error = RoleError;
    fn try_from(name: String) -> Result<Self, RoleError> {
        let plain = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b"_-".contains(&b);
        match (1..=31).contains(&name.len()) && name.bytes().all(plain) {
            true => Ok(Self(name)),
            false => Err(RoleError(name.chars().take(80).collect())),
        }
    }
}

impl std::str::FromStr for Role {
    type Err = RoleError;
    fn from_str(name: &str) -> Result<Self, RoleError> {
        name.to_owned().try_into()
    }
}

impl From<Role> for String {
    fn from(role: Role) -> String {
        role.0
    }
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(toml: &str) -> Result<Access, String> {
        toml::from_str(toml).map_err(|error| error.message().to_owned())
    }

    #[test]
    fn a_layer_is_for_everybody_for_some_or_for_nobody() {
        let access = read(
            "keys = \"k\"\nroles = [\"office\", \"partner\"]\n[layer]\nroads = \"public\"\nfaults = \"hidden\"\n\
             mining_rights = [\"office\"]\n",
        )
        .unwrap();
        let office = "office".parse().unwrap();
        let partner = "partner".parse().unwrap();
        for (layer, public, of_office, of_partner) in [
            ("roads", true, true, true),
            ("faults", false, false, false),
            ("mining_rights", false, true, false),
        ] {
            let visibility = &access.layers[&LayerId::new(layer).unwrap()];
            assert_eq!(visibility.includes(None), public, "{layer}");
            assert_eq!(visibility.includes(Some(&office)), of_office, "{layer}");
            assert_eq!(visibility.includes(Some(&partner)), of_partner, "{layer}");
        }
        assert!(access.restricts());
        assert!(!read("[layer]\nroads = \"public\"").unwrap().restricts());
    }

    #[test]
    fn what_would_leave_a_layer_open_by_mistake_is_refused() {
        for (toml, named) in [
            (
                "keys = \"k\"\nroles = [\"office\"]\n[layer]\nroads = [\"ofice\"]",
                "`ofice`, which is not among",
            ),
            ("roles = [\"office\"]", "roles need a file of keys"),
            ("[layer]\nroads = \"secret\"", "\"public\", \"hidden\" or a list of roles"),
            ("[layer]\n\"a b\" = \"hidden\"", "`a b` is not a layer id"),
            ("[layers]\nroads = \"hidden\"", "unknown field `layers`"),
            ("keys = \"k\"\nroles = [\"The office\"]", "`The office` is not a role"),
        ] {
            let error = read(toml).unwrap_err();
            assert!(error.contains(named), "{toml}: {error}");
        }
    }
}
