//! Who may see which layers, and how much of them.

use super::Tokens;
use crate::{
    crs::Crs,
    extract::{Extract, Part},
    features::{
        Filter,
        filter::{GEOMETRY, ID, Language},
    },
    plan::LayerId,
};
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{
    Deserialize, Deserializer, Serialize,
    de::{self, MapAccess, SeqAccess, Visitor, value},
};
use std::{
    borrow::Cow,
    collections::{BTreeMap, BTreeSet},
    fmt,
    path::PathBuf,
};

/// Layers that are not for everybody, and the roles that they are for.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(try_from = "Written")]
#[schemars(with = "Written")]
pub struct Access {
    /// The file of keys. Where there are roles there is one, or tokens, or both.
    pub keys: Option<PathBuf>,
    pub tokens: Option<Tokens>,
    pub roles: BTreeSet<Role>,
    /// All others are public.
    pub layers: BTreeMap<LayerId, Visibility>,
}

/// Who sees a layer, and who of them not all of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Visibility {
    seen_by: SeenBy,
    /// What callers of a role, or the public, see in place of all.
    extracts: BTreeMap<Option<Role>, Extract>,
}

/// Who sees a layer: `"public"`, `"hidden"` or a list of roles.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(untagged, expecting = "\"public\", \"hidden\" or a list of roles")]
enum SeenBy {
    Named(Named),
    Roles(BTreeSet<Role>),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
enum Named {
    Public,
    /// Nobody's: exported and kept, and never sent.
    Hidden,
}

/// What somebody with a key is: 1 to 31 lower-case ASCII letters, digits, `_` and `-`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(try_from = "String", into = "String")]
pub struct Role(String);

#[derive(Debug, thiserror::Error)]
#[error("`{0}` is not a role: 1 to 31 lower-case letters, digits, `_` and `-`")]
pub struct RoleError(String);

/// What stands for the public where roles are named.
const PUBLIC: &str = "public";

/// As it stands in the file.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Written {
    /// File of keys, written by `plantiles key`, read again within a second when it changes; with `store.url`, the copy of those in
    /// the bucket. Where there are roles it is needed, or `tokens`, or both.
    keys: Option<PathBuf>,
    /// Tokens of an OpenID Connect provider, which count as keys do: JSON Web Tokens, signed with RS256 or ES256.
    tokens: Option<Tokens>,
    /// What holders of keys can be: 1 to 31 lower-case letters, digits, `_` and `-`, but not `public`.
    #[serde(default)]
    roles: BTreeSet<Role>,
    /// By layer: `"public"`, as are all that are not named; a list of roles that see it; `"hidden"`, which nobody sees; or a
    /// table, of a layer of which some see a part.
    #[serde(default, rename = "layer")]
    layers: BTreeMap<LayerId, Ruled>,
}

/// A layer there: who sees it by itself, or a table.
#[derive(Deserialize)]
#[serde(remote = "Self", deny_unknown_fields)]
struct Ruled {
    #[serde(rename = "for")]
    seen_by: SeenBy,
    /// CQL2 text by role.
    #[serde(default)]
    rows: BTreeMap<Role, String>,
    /// Columns by role.
    #[serde(default)]
    without: BTreeMap<Role, BTreeSet<String>>,
}

impl JsonSchema for Ruled {
    fn schema_name() -> Cow<'static, str> {
        "Ruled".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let told = |schema: Schema, meaning: &str| {
            let mut schema = schema;
            schema.insert("description".into(), meaning.into());
            schema
        };
        let seen_by = generator.subschema_for::<SeenBy>();
        let rows = BTreeMap::<Role, String>::json_schema(generator);
        let without = BTreeMap::<Role, BTreeSet<String>>::json_schema(generator);
        json_schema!({
            "anyOf": [seen_by, {
                "type": "object",
                "properties": {
                    "for": told(seen_by.clone(), "Who sees it: `\"public\"` or a list of roles."),
                    "rows": told(rows, "By role, or `public` for who has no key: the rows that are seen, a filter in CQL2 text. \
                        Without a line for it a role sees all."),
                    "without": told(without, "By role, or `public`: columns that are left out. `id` and `geom` cannot be."),
                },
                "required": ["for"],
                "additionalProperties": false,
            }]
        })
    }
}

impl<'de> Deserialize<'de> for Ruled {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Either;
        impl<'de> Visitor<'de> for Either {
            type Value = Ruled;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("\"public\", \"hidden\", a list of roles or a table with `for`")
            }
            fn visit_str<E: de::Error>(self, text: &str) -> Result<Ruled, E> {
                SeenBy::deserialize(value::StrDeserializer::new(text)).map(Ruled::all)
            }
            fn visit_seq<A: SeqAccess<'de>>(self, roles: A) -> Result<Ruled, A::Error> {
                SeenBy::deserialize(value::SeqAccessDeserializer::new(roles)).map(Ruled::all)
            }
            fn visit_map<A: MapAccess<'de>>(self, table: A) -> Result<Ruled, A::Error> {
                Ruled::deserialize(value::MapAccessDeserializer::new(table))
            }
        }
        deserializer.deserialize_any(Either)
    }
}

impl Access {
    /// Whether there is a layer of which not everybody sees all.
    pub fn restricts(&self) -> bool {
        self.layers.values().any(|visibility| visibility.part(None) != Part::Whole)
    }

    /// What some see in place of a layer, each extract once.
    pub fn extracts(&self) -> BTreeMap<LayerId, Vec<Extract>> {
        let extracts = |visibility: &Visibility| {
            let mut extracts: Vec<Extract> = vec![];
            for extract in visibility.extracts.values() {
                if !extracts.contains(extract) {
                    extracts.push(extract.clone());
                }
            }
            extracts
        };
        self.layers.iter().map(|(id, visibility)| (id.clone(), extracts(visibility))).collect()
    }
}

impl Visibility {
    /// What callers of `role` see of the layer; without one, everybody.
    pub fn part(&self, role: Option<&Role>) -> Part {
        match self.extracts.get(&role.cloned()) {
            _ if !self.seen_by.includes(role) => Part::Nothing,
            Some(extract) => Part::Extract(extract.clone()),
            None => Part::Whole,
        }
    }
}

impl SeenBy {
    fn includes(&self, role: Option<&Role>) -> bool {
        match self {
            Self::Named(named) => *named == Named::Public,
            Self::Roles(roles) => role.is_some_and(|role| roles.contains(role)),
        }
    }
}

impl Ruled {
    fn all(seen_by: SeenBy) -> Self {
        Self { seen_by, rows: BTreeMap::new(), without: BTreeMap::new() }
    }

    /// # Errors
    /// What is wrong with it, in a server of these roles.
    fn visibility(self, roles: &BTreeSet<Role>) -> Result<Visibility, String> {
        let Self { seen_by, rows, without } = self;
        if let SeenBy::Roles(named) = &seen_by
            && let Some(unknown) = named.iter().find(|role| !roles.contains(role))
        {
            return Err(format!("it is for the role `{unknown}`, which is not among `roles`"));
        }
        let mut extracts: BTreeMap<Option<Role>, Extract> = BTreeMap::new();
        for (role, rows) in rows {
            let wrong = |error| format!("rows of `{role}`, {error}");
            let rows = Filter::parse(&rows, Language::Text, Crs::Crs84).map_err(wrong)?;
            extracts.entry(role.unless_public()).or_default().rows = Some(rows);
        }
        for (role, columns) in without {
            if let Some(fixed) = columns.iter().find(|column| [ID, GEOMETRY].contains(&column.as_str())) {
                return Err(format!("`{fixed}` cannot be left out"));
            }
            extracts.entry(role.unless_public()).or_default().without = columns;
        }
        let visibility = Visibility { seen_by, extracts };
        visibility.extracts.keys().try_for_each(|role| visibility.check(role.as_ref(), roles))?;
        Ok(visibility)
    }
}

impl Visibility {
    /// Refuses an extract that would keep nobody from anything.
    fn check(&self, role: Option<&Role>, roles: &BTreeSet<Role>) -> Result<(), String> {
        let name = role.map_or(PUBLIC, |role| &role.0);
        if role.is_some_and(|role| !roles.contains(role)) {
            return Err(format!("it has rules for the role `{name}`, which is not among `roles`"));
        }
        if !self.seen_by.includes(role) {
            return Err(format!("it has rules for `{name}`, and is not for `{name}`"));
        }
        if role.is_some() && self.part(None) == Part::Whole {
            return Err(format!("it has rules for the role `{name}`, and everybody sees all of it"));
        }
        Ok(())
    }
}

impl TryFrom<Written> for Access {
    type Error = String;
    fn try_from(Written { keys, tokens, roles, layers }: Written) -> Result<Self, String> {
        if roles.iter().any(|role| role.0 == PUBLIC) {
            return Err(format!("`{PUBLIC}` is who has no key, and no role"));
        }
        let layers = layers.into_iter().map(|(id, ruled)| {
            let visibility = ruled.visibility(&roles).map_err(|wrong| format!("layer {id}: {wrong}"))?;
            Ok((id, visibility))
        });
        let layers = layers.collect::<Result<_, String>>()?;
        if keys.is_none() && tokens.is_none() && !roles.is_empty() {
            return Err("roles need a file of keys, `keys`, or `tokens`".to_owned());
        }
        if tokens.is_some() && roles.is_empty() {
            return Err("tokens need `roles` to be for".to_owned());
        }
        Ok(Self { keys, tokens, roles, layers })
    }
}

impl Role {
    fn unless_public(self) -> Option<Self> {
        (self.0 != PUBLIC).then_some(self)
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

    const ROLES: &str = "keys = \"k\"\nroles = [\"office\", \"partner\"]\n";

    fn part(access: &Access, layer: &str, role: Option<&str>) -> Part {
        let role = role.map(|role| role.parse().unwrap());
        access.layers[&LayerId::new(layer).unwrap()].part(role.as_ref())
    }

    #[test]
    fn a_layer_is_for_everybody_for_some_or_for_nobody() {
        let access = read(&format!(
            "{ROLES}[layer]\nroads = \"public\"\nfaults = \"hidden\"\nmining_rights = [\"office\"]\n\
             folds = {{ for = [\"partner\"] }}\n"
        ))
        .unwrap();
        for (layer, public, of_office, of_partner) in [
            ("roads", true, true, true),
            ("faults", false, false, false),
            ("mining_rights", false, true, false),
            ("folds", false, false, true),
        ] {
            for (role, sees) in [(None, public), (Some("office"), of_office), (Some("partner"), of_partner)] {
                let expected = if sees { Part::Whole } else { Part::Nothing };
                assert_eq!(part(&access, layer, role), expected, "{layer} {role:?}");
            }
        }
        assert!(access.restricts());
        assert!(!read("[layer]\nroads = \"public\"").unwrap().restricts());
    }

    #[test]
    fn some_see_some_rows_without_some_columns() {
        let access = read(&format!(
            "{ROLES}[layer.roads]\nfor = \"public\"\nrows.public = \"name = 'a'\"\nwithout.public = [\"code\"]\n\
             without.partner = [\"code\"]\nrows.partner = \"'a'  =  name\"\n"
        ))
        .unwrap();
        let Part::Extract(extract) = part(&access, "roads", None) else { panic!("the public sees all") };
        assert_eq!(extract.without, BTreeSet::from(["code".to_owned()]));
        assert_eq!(extract.rows.unwrap().normal(), "\"name\" = 'a'");
        assert!(matches!(part(&access, "roads", Some("partner")), Part::Extract(_)));
        assert_eq!(part(&access, "roads", Some("office")), Part::Whole);
        assert!(access.restricts(), "not everybody sees all of it");
        let same = format!(
            "{ROLES}[layer.a]\nfor = [\"office\", \"partner\"]\nwithout.office = [\"b\"]\nwithout.partner = [\"b\"]"
        );
        assert_eq!(read(&same).unwrap().extracts()[&LayerId::new("a").unwrap()].len(), 1, "it is made once");
    }

    #[test]
    fn what_would_leave_a_layer_open_by_mistake_is_refused() {
        let ruled = |rules: &str| format!("{ROLES}[layer.roads]\n{rules}");
        for (toml, named) in [
            (
                "keys = \"k\"\nroles = [\"office\"]\n[layer]\nroads = [\"ofice\"]",
                "`ofice`, which is not among",
            ),
            ("roles = [\"office\"]", "roles need a file of keys"),
            ("[tokens]\nissuer = \"i\"\naudience = \"a\"\njwks = \"k\"", "tokens need `roles`"),
            ("[tokens]\nissuer = \"i\"\naudience = \"a\"", "missing field `jwks`"),
            ("[layer]\nroads = \"secret\"", "\"public\", \"hidden\" or a list of roles"),
            ("[layer]\n\"a b\" = \"hidden\"", "`a b` is not a layer id"),
            ("[layers]\nroads = \"hidden\"", "unknown field `layers`"),
            ("keys = \"k\"\nroles = [\"The office\"]", "`The office` is not a role"),
            ("keys = \"k\"\nroles = [\"public\"]", "`public` is who has no key"),
            ("[layer]\nroads = 1", "a table with `for`"),
            (&ruled("rows.office = \"a = 1\""), "missing field `for`"),
            (&ruled("for = [\"office\"]\ncolumns.office = []"), "unknown field `columns`"),
            (
                &ruled("for = [\"office\"]\nrows.office = \"name = \""),
                "layer roads: rows of `office`, at character",
            ),
            (&ruled("for = [\"office\"]\nrows.ofice = \"a = 1\""), "`ofice`, which is not among `roles`"),
            (
                &ruled("for = [\"office\"]\nrows.partner = \"a = 1\""),
                "rules for `partner`, and is not for `partner`",
            ),
            (
                &ruled("for = [\"office\"]\nwithout.public = [\"a\"]"),
                "rules for `public`, and is not for `public`",
            ),
            (&ruled("for = \"hidden\"\nwithout.office = [\"a\"]"), "and is not for `office`"),
            (&ruled("for = \"public\"\nwithout.office = [\"a\"]"), "everybody sees all of it"),
            (&ruled("for = [\"office\"]\nwithout.office = [\"id\"]"), "`id` cannot be left out"),
            (&ruled("for = [\"office\"]\nwithout.office = [\"geom\"]"), "`geom` cannot be left out"),
        ] {
            let error = read(toml).unwrap_err();
            assert!(error.contains(named), "{toml}: {error}");
            assert!(!error.contains('\n'), "{error}");
        }
    }
}
