//! The reference of the configuration is made from its types: `docs/operations/plantiles.schema.json` for editors, and the tables
//! of `docs/configuration.md` between two marks.
//!
//! `PLANTILES_BLESS=1 cargo test reference` writes both anew: look at what changed before committing it.

use serde_json::{Map, Value};
use std::{fmt::Write, fs, path::PathBuf};

const BEGIN: &str = "<!-- The tables below are made from the types, see tests/it/reference.rs. -->\n\n";
const END: &str = "<!-- The tables above are made from the types. -->\n";

fn schema() -> Value {
    serde_json::to_value(plantiles::config::schema()).unwrap()
}

/// Compares `made` with the file, or writes it there.
#[track_caller]
fn compare(file: &str, made: &str) {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("docs").join(file);
    if std::env::var_os("PLANTILES_BLESS").is_some() {
        fs::write(&path, made).unwrap();
    }
    let there = fs::read_to_string(&path).unwrap();
    assert!(there == made, "docs/{file} is not what the types say: PLANTILES_BLESS=1 cargo test reference");
}

#[test]
fn the_schema_for_editors_is_that_of_the_types() {
    compare("operations/plantiles.schema.json", &format!("{:#}\n", schema()));
}

#[test]
fn the_reference_tells_every_key() {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("docs/configuration.md");
    let text = fs::read_to_string(path).unwrap();
    let (before, rest) = text.split_once(BEGIN).expect("the first mark");
    let (_, after) = rest.split_once(END).expect("the second mark");
    let tables = Reference::of(&schema());
    compare("configuration.md", &format!("{before}{BEGIN}{tables}{END}{after}"));
}

#[test]
fn every_key_has_a_meaning() {
    let reference = Reference::of(&schema());
    assert!(!reference.contains("| |\n"), "{reference}");
    assert!(reference.contains("| `patience_seconds` | integer from 1 | `60` |"), "{reference}");
    assert!(reference.contains("\n### `[[tiles.grid]]`\n"), "{reference}");
}

/// A table for each section of the file.
struct Reference<'a> {
    definitions: &'a Map<String, Value>,
    out: String,
}

/// A section whose table is still to come: its head, and the object.
type Section<'a> = (String, &'a Value);

impl<'a> Reference<'a> {
    fn of(schema: &'a Value) -> String {
        let mut reference =
            Self { definitions: schema["definitions"].as_object().unwrap(), out: String::new() };
        reference.section("", schema);
        reference.out
    }

    /// What a `$ref`, or an `anyOf` of one thing and null, stands for.
    fn resolve(&self, schema: &'a Value) -> &'a Value {
        if let Some(name) = schema["$ref"].as_str() {
            return self.resolve(&self.definitions[name.rsplit('/').next().unwrap()]);
        }
        for several in ["anyOf", "allOf"] {
            let some = schema[several].as_array().into_iter().flatten();
            let some: Vec<_> = some.filter(|one| one["type"] != "null").collect();
            if let [one] = some[..] {
                return self.resolve(one);
            }
        }
        schema
    }

    fn section(&mut self, path: &str, table: &'a Value) {
        let keys = table["properties"].as_object().unwrap();
        let mut below: Vec<Section> = vec![];
        let mut rows = String::new();
        for (key, told) in keys {
            let schema = self.resolve(told);
            let meaning = told["description"].as_str().or(schema["description"].as_str()).unwrap_or_default();
            let meaning = meaning.split_whitespace().collect::<Vec<_>>().join(" ").replace('|', "\\|");
            let full = if path.is_empty() { key.clone() } else { format!("{path}.{key}") };
            match self.table_of(schema) {
                // The limits of a role are of the same kind, once.
                Some((_, inner)) if std::ptr::eq(inner, table) => {
                    writeln!(rows, "| `{key}.{{name}}` | the keys of this table | | {meaning} |").unwrap();
                }
                Some((head, inner)) => {
                    let kind = head.replace('%', &full);
                    writeln!(rows, "| `{key}` | {kind}, below | | {meaning} |").unwrap();
                    below.push((kind, inner));
                }
                None => {
                    let required =
                        table["required"].as_array().is_some_and(|names| names.contains(&key[..].into()));
                    let default = match &told["default"] {
                        _ if required => "must be given".to_owned(),
                        Value::Null => String::new(),
                        default => format!("`{default}`"),
                    };
                    let cell =
                        |text: &str| if text.is_empty() { " ".to_owned() } else { format!(" {text} ") };
                    let (kind, default) = (self.kind(schema), cell(&default));
                    writeln!(rows, "| `{key}` | {kind} |{default}| {meaning} |").unwrap();
                }
            }
        }
        write!(self.out, "| key | what it takes | default | meaning |\n|---|---|---|---|\n{rows}\n").unwrap();
        for (kind, inner) in below {
            write!(self.out, "### {kind}\n\n").unwrap();
            self.section(kind.trim_matches(['`', '[', ']']), inner);
        }
    }

    /// How the head of a section is written, `%` for its path, where `schema` is one or holds some.
    fn table_of(&self, schema: &'a Value) -> Option<(&'static str, &'a Value)> {
        if schema["properties"].is_object() {
            return Some(("`[%]`", schema));
        }
        let items = self.resolve(&schema["items"]);
        if items["properties"].is_object() {
            return Some(("`[[%]]`", items));
        }
        let named = schema.get("additionalProperties").or_else(|| {
            let patterns = schema["patternProperties"].as_object()?;
            patterns.values().next()
        });
        let named = self.resolve(named?);
        let one_of = named["anyOf"].as_array().into_iter().flatten().chain([named]);
        let table = one_of.map(|one| self.resolve(one)).find(|one| one["properties"].is_object())?;
        Some(("`[%.{name}]`", table))
    }

    /// What a value is.
    fn kind(&self, schema: &'a Value) -> String {
        let schema = self.resolve(schema);
        let several = ["anyOf", "oneOf"].into_iter().find_map(|several| schema[several].as_array());
        if let Some(several) = several {
            let mut kinds: Vec<String> = several.iter().map(|one| self.kind(one)).collect();
            kinds.dedup();
            return kinds.join(", ");
        }
        if let Some(constant) = schema.get("const") {
            return format!("`{constant}`");
        }
        if let Some(values) = schema["enum"].as_array() {
            return values.iter().map(|value| format!("`{value}`")).collect::<Vec<_>>().join(", ");
        }
        let types = schema["type"].as_array().cloned().unwrap_or_else(|| vec![schema["type"].clone()]);
        let kind = types.iter().filter_map(Value::as_str).find(|kind| *kind != "null").unwrap_or("anything");
        let bound = |name: &str| schema[name].as_f64();
        match kind {
            "array" => format!(
                "list of {}",
                self.kind(schema["items"].as_array().map_or(&schema["items"], |of| &of[0]))
            ),
            "object" => {
                let patterns =
                    schema["patternProperties"].as_object().and_then(|patterns| patterns.values().next());
                format!("table of {}", self.kind(patterns.unwrap_or(&schema["additionalProperties"])))
            }
            "integer" | "number" => match (bound("minimum"), bound("maximum")) {
                (Some(least), Some(most)) if kind == "number" => format!("number, {least} to {most}"),
                (Some(least), _) => format!("{kind} from {least}"),
                _ => kind.to_owned(),
            },
            kind => kind.to_owned(),
        }
    }
}
