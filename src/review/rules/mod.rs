//! The rules of a plan, as data: what is asked of a proposal, and by which tests it is judged.

mod feature;
mod fit;
mod written;

use super::attribute::{Answer, Attribute, Condition};
use crate::plan::{LayerId, Text};
use serde::{Deserialize, Deserializer, de::Error};
use serde_json::Value as Json;
use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
};
use written::written;

/// The rules of the plan that is part of the program.
const TUNLIU: &str = include_str!("../../../data/rules.toml");

/// The name by which another file builds on them.
const TUNLIU_NAME: &str = "tunliu";

#[derive(Debug, Clone)]
pub struct Rules {
    /// Title of the plan.
    pub plan: Text,
    /// Metres: what overlaps less widely is a sliver.
    pub precision: f64,
    /// Layers that the plan does not have.
    pub layers: BTreeMap<LayerId, Text>,
    pub attributes: Vec<Attribute>,
    pub rules: Vec<Rule>,
}

#[derive(Debug, Clone)]
pub struct Rule {
    pub id: String,
    pub quotes: Vec<Quote>,
    /// Section of the plan.
    pub section: String,
    pub strength: Strength,
    /// Of which proposals it is a rule.
    pub applies: Condition,
    pub checks: Vec<Check<Answer>>,
}

/// Words of the plan.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Quote {
    pub text: String,
    /// Line of the plan's text.
    pub line: u32,
}

/// How binding a rule is. What breaks one that must be kept is a conflict, what breaks another needs consultation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Strength {
    Must,
    InPrinciple,
    Restrict,
    Procedure,
    Flag,
    Implied,
    Derived,
}

impl Strength {
    pub fn name(self) -> &'static str {
        match self {
            Self::Must => "must",
            Self::InPrinciple => "in_principle",
            Self::Restrict => "restrict",
            Self::Procedure => "procedure",
            Self::Flag => "flag",
            Self::Implied => "implied",
            Self::Derived => "derived",
        }
    }
}

#[derive(Debug, Clone)]
pub struct Check<V> {
    /// It is made of these proposals alone.
    pub when: Condition,
    /// What breaks it is right all the same with these answers.
    pub unless: Condition,
    pub test: Test<V>,
}

/// One of a few general tests. `V` is what a proposal is compared with.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields, bound(deserialize = "Than<V>: Deserialize<'de>"))]
pub enum Test<V> {
    /// Overlaps none of these features.
    Outside { of: Vec<Selection> },
    /// Lies in these features together.
    Within { of: Vec<Selection> },
    /// Is at least so far from each of these features.
    Distance { of: Vec<Selection>, metres: f64 },
    /// Covers each of these features.
    Covers { of: Vec<Selection> },
    /// What it overlaps of these features no feature of `among` overlaps too, but those that it overlaps itself.
    Undivided { of: Vec<Selection>, among: Vec<Selection> },
    /// The sum of a field over these features, and of an answer; without a field, how many they are and one more.
    Total { of: Vec<Selection>, field: Option<String>, plus: Option<String>, is: Relation, than: f64 },
    /// An answer compared with a value, or with another answer.
    Compare { attribute: String, is: Relation, than: Than<V> },
    /// No rule that must be kept is in conflict.
    NoConflict,
    /// It cannot be told, because …
    NotCheckable(Text),
}

/// Features of a layer: all, or those that a CQL2 text says, in which `{attribute}` stands for an answer.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Selection {
    pub layer: LayerId,
    #[serde(rename = "where")]
    pub filter: Option<String>,
}

#[derive(Debug, Clone)]
pub enum Than<V> {
    Answer(Reference),
    Value(V),
}

/// As it is written: an object is a reference, all else a value.
impl<'de> Deserialize<'de> for Than<Json> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let value = Json::deserialize(deserializer)?;
        if !value.is_object() {
            return Ok(Self::Value(value));
        }
        serde_json::from_value(value).map(Self::Answer).map_err(D::Error::custom)
    }
}

/// Another answer.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Reference {
    pub attribute: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
pub enum Relation {
    #[serde(rename = "<")]
    Less,
    #[serde(rename = "<=")]
    AtMost,
    #[serde(rename = ">=")]
    AtLeast,
    #[serde(rename = ">")]
    More,
    #[serde(rename = "one_of")]
    OneOf,
    #[serde(rename = "none_of")]
    NoneOf,
    #[serde(rename = "all_of")]
    AllOf,
}

impl Relation {
    pub fn holds<T: PartialOrd>(self, a: &T, b: &T) -> bool {
        match self {
            Self::Less => a < b,
            Self::AtMost => a <= b,
            Self::AtLeast => a >= b,
            Self::More => a > b,
            Self::OneOf | Self::NoneOf | Self::AllOf => false,
        }
    }

    /// Whether it compares by order, and is not of a list.
    pub fn is_order(self) -> bool {
        !matches!(self, Self::OneOf | Self::NoneOf | Self::AllOf)
    }

    pub fn sign(self) -> &'static str {
        match self {
            Self::Less => "<",
            Self::AtMost => "≤",
            Self::AtLeast => "≥",
            Self::More => ">",
            Self::OneOf => "=",
            Self::NoneOf => "≠",
            Self::AllOf => "⊇",
        }
    }
}

/// Numbers that are measured, not asked for, and the day of the review.
const BUILT_IN: &str = r#"
[[attribute]]
id = "date"
type = "date"
title = { zh = "审查日期", en = "Day of the review" }
[[attribute]]
id = "area_km2"
type = "number"
unit = "平方千米"
title = { zh = "面积", en = "Area (km²)" }
[[attribute]]
id = "unit_blocks"
type = "number"
unit = "个"
title = { zh = "折合基本单位区块（1′×1′）", en = "Area in basic unit blocks of 1′ × 1′" }
"#;

/// The built-in attributes that a proposal cannot answer.
pub const MEASURED: [&str; 2] = ["area_km2", "unit_blocks"];

#[derive(Debug, thiserror::Error)]
pub enum RulesError {
    #[error("cannot read {path}: {cause}")]
    Unreadable { path: PathBuf, cause: std::io::Error },
    #[error("{path}: {cause}")]
    Invalid { path: PathBuf, cause: String },
}

impl Rules {
    /// The rules of the file at `path`, or those of the bundled plan.
    ///
    /// # Errors
    /// Where the file says something that is not understood.
    pub fn load(path: Option<&Path>) -> Result<Self, RulesError> {
        let Some(path) = path else {
            let invalid = |cause| RulesError::Invalid { path: "data/rules.toml".into(), cause };
            return Self::parse(TUNLIU).map_err(invalid);
        };
        let text = std::fs::read_to_string(path);
        let text = text.map_err(|cause| RulesError::Unreadable { path: path.to_owned(), cause })?;
        Self::parse(&text).map_err(|cause| RulesError::Invalid { path: path.to_owned(), cause })
    }

    /// Reads a file of rules.
    ///
    /// # Errors
    /// In one line, the place and what is wrong there.
    pub fn parse(text: &str) -> Result<Self, String> {
        let written = written(text)?;
        let mut rules = match written.extends.as_deref() {
            None => Self::empty(written.plan.clone().ok_or("it has no title of the plan, `plan`")?)?,
            Some(TUNLIU_NAME) => Self::parse(TUNLIU)?,
            Some(other) => return Err(format!("it extends `{other}`; there is only `{TUNLIU_NAME}`")),
        };
        rules.add(written)?;
        Ok(rules)
    }

    fn empty(plan: Text) -> Result<Self, String> {
        let attributes = written(BUILT_IN)?.attributes;
        Ok(Self { plan, precision: 0.0, layers: BTreeMap::new(), attributes, rules: Vec::new() })
    }

    /// The text of a filter with answers in their places.
    ///
    /// # Errors
    /// The attribute that has no answer.
    pub fn filled<'f>(
        &self,
        filter: &'f str,
        answer: impl Fn(&str) -> Option<Answer>,
    ) -> Result<String, &'f str> {
        let mut text = String::new();
        let mut rest = filter;
        while let Some((before, (name, after))) =
            rest.split_once('{').and_then(|(before, rest)| Some((before, rest.split_once('}')?)))
        {
            text += before;
            text += &self.literal(name, &answer(name).ok_or(name)?);
            rest = after;
        }
        Ok(text + rest)
    }

    /// An answer as CQL2 writes it, choices in the words of the plan.
    fn literal(&self, attribute: &str, answer: &Answer) -> String {
        match answer {
            Answer::Number(number) => number.to_string(),
            Answer::Truth(truth) => truth.to_string(),
            Answer::Date(date) => format!("DATE('{date}')"),
            Answer::Choice(_) | Answer::Choices(_) | Answer::Text(_) => {
                let words = self.attribute(attribute).map(|asked| asked.words(answer).zh);
                format!("'{}'", words.unwrap_or_default().replace('\'', "''"))
            }
        }
    }

    pub fn attribute(&self, id: &str) -> Option<&Attribute> {
        self.attributes.iter().find(|attribute| attribute.id == id)
    }

    /// The attributes that a proposal may answer.
    pub fn asked(&self) -> impl Iterator<Item = &Attribute> {
        self.attributes.iter().filter(|attribute| !MEASURED.contains(&attribute.id.as_str()))
    }
}

fn unknown(attribute: &str) -> String {
    format!("there is no attribute `{attribute}`")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_bundled_rules_are_those_of_the_plan() {
        let rules = Rules::load(None).unwrap();
        let plan: Json = serde_json::from_str(include_str!("../../../data/tunliu/source/plan.json")).unwrap();
        let listed = plan["rules"].as_array().unwrap();
        assert_eq!(rules.rules.len(), listed.len());
        for (rule, listed) in rules.rules.iter().zip(listed) {
            assert_eq!(rule.id, listed["id"]);
            assert_eq!(rule.section, listed["section"], "{}", rule.id);
            let quotes =
                rule.quotes.iter().map(|quote| serde_json::json!({ "text": quote.text, "line": quote.line }));
            assert_eq!(Json::Array(quotes.collect()), listed["quotes"], "{}", rule.id);
            let must = listed["strength"] == "must";
            assert_eq!(rule.strength == Strength::Must, must, "{}", rule.id);
        }
        rules.check(&crate::bundle::layers().unwrap()).unwrap();
    }

    #[test]
    fn a_file_replaces_the_rules_or_adds_to_them() {
        let rule = "[[rule]]\nid = \"X1\"\nsection = \"三\"\nstrength = \"must\"\nquotes = [{ text = \"话\", line = 1 }]\n\
                    [[rule.check]]\ntest.outside.of = [{ layer = \"roads\" }]\n";
        let own = format!("plan = {{ zh = \"某县\", en = \"X\" }}\n{rule}");
        assert_eq!(Rules::parse(&own).unwrap().rules.len(), 1);
        let added = Rules::parse(&format!("extends = \"tunliu\"\n{rule}")).unwrap();
        assert_eq!(added.rules.len(), 37);
        let replaced = Rules::parse(&format!("extends = \"tunliu\"\n{}", rule.replace("X1", "R01"))).unwrap();
        assert_eq!((replaced.rules.len(), replaced.rules[0].section.as_str()), (36, "三"));
    }

    #[test]
    fn what_is_wrong_in_a_file_is_told_with_its_place() {
        let rule = |check: &str| {
            format!(
                "extends = \"tunliu\"\n[[rule]]\nid = \"X1\"\nsection = \"三\"\nstrength = \"must\"\n\
                 quotes = [{{ text = \"话\", line = 1 }}]\n[[rule.check]]\n{check}\n"
            )
        };
        for (check, expected) in [
            ("test.inside.of = []", "line 8: unknown variant `inside`"),
            ("test.outside.of = [{ layer = \"a b\" }]", "`a b` is not a layer id"),
            ("test.outside.of = [{ layer = \"roads\", where = \"name = \" }]", "rule X1: where `name = `"),
            (
                "test.outside.of = [{ layer = \"roads\", where = \"name = {x}\" }]",
                "there is no attribute `x`",
            ),
            ("test.compare = { attribute = \"x\", is = \">=\", than = 1 }", "there is no attribute `x`"),
            ("test.compare = { attribute = \"wells\", is = \">=\", than = \"many\" }", "`wells` is a number"),
            (
                "test.compare = { attribute = \"scale\", is = \">\", than = \"tiny\" }",
                "`scale` is one of small",
            ),
            ("when = { kind = [\"other\"] }\ntest = \"no_conflict\"", "`kind` is one of exploration"),
            ("test.distance = { of = [], metres = -1 }", "metres: it is more than 0"),
        ] {
            let error = Rules::parse(&rule(check)).unwrap_err();
            assert!(error.contains(expected), "{check}: {error}");
            assert!(!error.contains('\n'), "{error}");
        }
        let rules = Rules::parse(&rule("test.outside.of = [{ layer = \"nowhere\" }]")).unwrap();
        let error = rules.check(&crate::bundle::layers().unwrap()).unwrap_err();
        assert_eq!(error, "rule X1: there is no layer `nowhere`, and [layers] does not name it");
    }
}
