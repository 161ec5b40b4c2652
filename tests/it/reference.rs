//! The reference of the configuration is made from its types: `docs/operations/plantiles.schema.json` for editors,
//! `plantiles.default.toml` beside it to begin with, and the tables of `docs/configuration.md` between two marks.
//!
//! `PLANTILES_BLESS=1 cargo test reference` writes them anew: look at what changed before committing it.

use plantiles::config::Config;
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
    let there = fs::read_to_string(&path).unwrap_or_default();
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
    let tables = Reference::of(&schema()).markdown();
    compare("configuration.md", &format!("{before}{BEGIN}{tables}{END}{after}"));
}

#[test]
fn the_file_of_defaults_changes_nothing() {
    let text = Reference::of(&schema()).toml();
    compare("operations/plantiles.default.toml", &text);
    let config: Config = toml::from_str(&text).unwrap();
    assert_eq!(format!("{config:?}"), format!("{:?}", Config::default()));
    // Nor is what stands in it wrong, once the comment is gone.
    let keys = text.lines().filter_map(|line| {
        line.strip_prefix('#').filter(|line| line.starts_with(|c: char| c.is_ascii_lowercase()))
    });
    for key in keys.filter(|key| !key.ends_with('=')) {
        toml::from_str::<toml::Table>(key).unwrap_or_else(|error| panic!("{key}: {error}"));
    }
}

#[test]
fn what_the_documentation_shows_can_be_read() {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("docs/configuration.md");
    let text = fs::read_to_string(path).unwrap();
    let mut shown = text.split("```toml\n").skip(1).map(|rest| rest.split("```").next().unwrap());
    let whole: Config = toml::from_str(shown.next().unwrap()).unwrap();
    assert!(whole.telemetry.endpoint.is_some() && whole.access.is_some());
}

#[test]
fn every_key_has_a_meaning() {
    let schema = schema();
    let reference = Reference::of(&schema);
    let keys = reference.sections.iter().flat_map(|section| &section.keys);
    let bare: Vec<_> = keys.filter(|key| key.meaning.is_empty()).map(|key| key.name.clone()).collect();
    assert!(bare.is_empty(), "{bare:?}");
    let tables = reference.markdown();
    assert!(tables.contains("| `patience_seconds` | integer from 1 | `60` |"), "{tables}");
    assert!(tables.contains("\n### `[[tiles.grid]]`\n"), "{tables}");
}

/// The sections of the file, each before those in it.
struct Reference<'a> {
    definitions: &'a Map<String, Value>,
    sections: Vec<Section>,
}

struct Section {
    /// As it stands in the file; of what is before all sections, nothing.
    head: String,
    keys: Vec<Key>,
}

struct Key {
    name: String,
    meaning: String,
    takes: Takes,
}

enum Takes {
    Value {
        kind: String,
        default: Option<Value>,
        must_be_given: bool,
    },
    /// A section of its own, with this head.
    Section(String),
    /// The keys of the section that it is in.
    Same,
}

impl<'a> Reference<'a> {
    fn of(schema: &'a Value) -> Self {
        let mut reference =
            Self { definitions: schema["definitions"].as_object().unwrap(), sections: vec![] };
        reference.add(String::new(), schema);
        reference
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

    fn add(&mut self, head: String, table: &'a Value) {
        let path = head.trim_matches(['[', ']']).to_owned();
        let (mut keys, mut below) = (vec![], vec![]);
        for (name, told) in table["properties"].as_object().unwrap() {
            let schema = self.resolve(told);
            let meaning = told["description"].as_str().or(schema["description"].as_str()).unwrap_or_default();
            let meaning = meaning.split_whitespace().collect::<Vec<_>>().join(" ");
            let takes = match self.table_of(schema) {
                Some((_, inner)) if std::ptr::eq(inner, table) => Takes::Same,
                Some((head, inner)) => {
                    let head = head
                        .replace('%', &if path.is_empty() { name.clone() } else { format!("{path}.{name}") });
                    below.push((head.clone(), inner));
                    Takes::Section(head)
                }
                None => {
                    let required = table["required"].as_array().into_iter().flatten();
                    let must_be_given = required.into_iter().any(|required| required == name);
                    let default = told.get("default").filter(|default| !default.is_null()).cloned();
                    Takes::Value { kind: self.kind(schema), default, must_be_given }
                }
            };
            keys.push(Key { name: name.clone(), meaning, takes });
        }
        self.sections.push(Section { head, keys });
        for (head, inner) in below {
            self.add(head, inner);
        }
    }

    /// A table for each.
    fn markdown(&self) -> String {
        let mut out = String::new();
        for Section { head, keys } in &self.sections {
            if !head.is_empty() {
                write!(out, "### `{head}`\n\n").unwrap();
            }
            out += "| key | what it takes | default | meaning |\n|---|---|---|---|\n";
            for Key { name, meaning, takes } in keys {
                let (name, kind, default) = match takes {
                    Takes::Section(head) => (name.clone(), format!("`{head}`, below"), " ".to_owned()),
                    Takes::Same => {
                        (format!("{name}.{{name}}"), "the keys of this table".to_owned(), " ".to_owned())
                    }
                    Takes::Value { kind, must_be_given: true, .. } => {
                        (name.clone(), kind.clone(), " must be given ".to_owned())
                    }
                    Takes::Value { kind, default, .. } => {
                        let default =
                            default.as_ref().map_or(" ".to_owned(), |default| format!(" `{default}` "));
                        (name.clone(), kind.clone(), default)
                    }
                };
                writeln!(out, "| `{name}` | {kind} |{default}| {} |", meaning.replace('|', "\\|")).unwrap();
            }
            out += "\n";
        }
        out
    }

    /// A file that changes nothing as it is, to begin with.
    fn toml(&self) -> String {
        let mut out = "# Every key with its meaning and, behind `#`, its default: a configuration that changes nothing.\n\
             # A section that is a comment has keys that must be given. docs/configuration.md has an example of each.\n\n"
            .to_owned();
        for Section { head, keys } in &self.sections {
            if !head.is_empty() {
                let must = |key: &Key| matches!(key.takes, Takes::Value { must_be_given: true, .. });
                let whole = keys.iter().any(must) || head.contains('{') || head.starts_with("[access");
                write!(out, "\n{}{head}\n", if whole { "#" } else { "" }).unwrap();
            }
            for Key { name, meaning, takes } in keys {
                let Takes::Value { default, .. } = takes else { continue };
                for line in wrapped(meaning) {
                    writeln!(out, "# {line}").unwrap();
                }
                let default = default.as_ref().map(|default| format!(" {default}")).unwrap_or_default();
                writeln!(out, "#{name} ={default}").unwrap();
            }
        }
        out
    }

    /// How the head of a section is written, `%` for its path, where `schema` is one or holds some.
    fn table_of(&self, schema: &'a Value) -> Option<(&'static str, &'a Value)> {
        if schema["properties"].is_object() {
            return Some(("[%]", schema));
        }
        let items = self.resolve(&schema["items"]);
        if items["properties"].is_object() {
            return Some(("[[%]]", items));
        }
        let named = schema.get("additionalProperties").or_else(|| {
            let patterns = schema["patternProperties"].as_object()?;
            patterns.values().next()
        });
        let named = self.resolve(named?);
        let one_of = named["anyOf"].as_array().into_iter().flatten().chain([named]);
        let table = one_of.map(|one| self.resolve(one)).find(|one| one["properties"].is_object())?;
        Some(("[%.{name}]", table))
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

/// `text` in lines of a comment.
fn wrapped(text: &str) -> Vec<String> {
    let mut lines = vec![String::new()];
    for word in text.split(' ') {
        let last = lines.last_mut().unwrap();
        if !last.is_empty() && last.chars().count() + word.chars().count() > 110 {
            lines.push(word.to_owned());
        } else {
            *last += if last.is_empty() { "" } else { " " };
            *last += word;
        }
    }
    lines
}
