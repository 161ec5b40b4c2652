//! The rules of a plan, as data: what is asked of a proposal, and by which tests it is judged.

use super::attribute::{Answer, Attribute, Condition, Kind};
use crate::{
    crs::Crs,
    features::{Filter, filter::Language},
    plan::{Layer, LayerId, Text},
};
use jiff::civil::Date;
use serde::{Deserialize, Deserializer, de::Error};
use serde_json::Value as Json;
use std::{
    collections::{BTreeMap, BTreeSet},
    path::{Path, PathBuf},
};

/// The rules of the plan that is part of the program.
const TUNLIU: &str = include_str!("../../data/rules.toml");

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

/// The file as it is written.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    extends: Option<String>,
    plan: Option<Text>,
    precision_m: Option<f64>,
    #[serde(default)]
    layers: BTreeMap<LayerId, Text>,
    #[serde(default, rename = "attribute")]
    attributes: Vec<Attribute>,
    #[serde(default, rename = "rule")]
    rules: Vec<WrittenRule>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenRule {
    id: String,
    quotes: Vec<Quote>,
    section: String,
    strength: Strength,
    #[serde(default)]
    applies: WrittenCondition,
    #[serde(rename = "check")]
    checks: Vec<WrittenCheck>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenCheck {
    #[serde(default)]
    when: WrittenCondition,
    #[serde(default)]
    unless: WrittenCondition,
    test: Test<Json>,
}

type WrittenCondition = BTreeMap<String, Vec<Json>>;

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

    /// Takes what a file says; what has an id that is there takes its place.
    fn add(&mut self, written: Written) -> Result<(), String> {
        self.plan = written.plan.unwrap_or_else(|| self.plan.clone());
        self.precision = written.precision_m.unwrap_or(self.precision);
        if !(0.0..=1000.0).contains(&self.precision) {
            return Err("precision_m: it is 0 to 1000 metres".into());
        }
        self.layers.extend(written.layers);
        for attribute in written.attributes {
            match self.attributes.iter_mut().find(|known| known.id == attribute.id) {
                Some(known) => *known = attribute,
                None => self.attributes.push(attribute),
            }
        }
        let implied = self.attributes.iter().flat_map(|attribute| &attribute.choices);
        for (attribute, value) in implied.flat_map(|choice| &choice.implies) {
            self.value(attribute, value)?;
        }
        let mut ids = BTreeSet::new();
        for rule in written.rules {
            let id = rule.id.clone();
            let rule = self.rule(rule).map_err(|cause| format!("rule {id}: {cause}"))?;
            if !ids.insert(id.clone()) {
                return Err(format!("rule {id}: it is there twice"));
            }
            match self.rules.iter_mut().find(|known| known.id == id) {
                Some(known) => *known = rule,
                None => self.rules.push(rule),
            }
        }
        Ok(())
    }

    fn rule(&self, written: WrittenRule) -> Result<Rule, String> {
        let WrittenRule { id, quotes, section, strength, applies, checks } = written;
        if checks.is_empty() {
            return Err("it has no check".into());
        }
        let checks = checks.into_iter().map(|check| {
            Ok(Check {
                when: self.condition(check.when)?,
                unless: self.condition(check.unless)?,
                test: self.test(check.test)?,
            })
        });
        let checks = checks.collect::<Result<_, String>>()?;
        Ok(Rule { id, quotes, section, strength, applies: self.condition(applies)?, checks })
    }

    fn condition(&self, written: WrittenCondition) -> Result<Condition, String> {
        let answers = written.into_iter().map(|(attribute, values)| {
            let allowed =
                values.iter().map(|value| self.value(&attribute, value)).collect::<Result<_, _>>()?;
            Ok((attribute, allowed))
        });
        answers.collect::<Result<_, String>>().map(Condition)
    }

    fn test(&self, written: Test<Json>) -> Result<Test<Answer>, String> {
        let selections =
            |of: Vec<Selection>| of.iter().try_for_each(|selection| self.selection(selection)).map(|()| of);
        Ok(match written {
            Test::Outside { of } => Test::Outside { of: selections(of)? },
            Test::Within { of } => Test::Within { of: selections(of)? },
            Test::Distance { of, metres } if metres > 0.0 => Test::Distance { of: selections(of)?, metres },
            Test::Distance { .. } => return Err("metres: it is more than 0".into()),
            Test::Covers { of } => Test::Covers { of: selections(of)? },
            Test::Undivided { of, among } => {
                Test::Undivided { of: selections(of)?, among: selections(among)? }
            }
            Test::Total { of, field, plus, is, than } => {
                if let Some(plus) = plus.as_deref().filter(|plus| !self.is_kind(plus, Kind::Number)) {
                    return Err(format!("plus: there is no number `{plus}`"));
                }
                Test::Total { of: selections(of)?, field, plus, is, than }
            }
            Test::Compare { attribute, is, than } => {
                let than = self.than(&attribute, is, than)?;
                Test::Compare { attribute, is, than }
            }
            Test::NoConflict => Test::NoConflict,
            Test::NotCheckable(because) => Test::NotCheckable(because),
        })
    }

    fn than(&self, attribute: &str, is: Relation, than: Than<Json>) -> Result<Than<Answer>, String> {
        let asked = self.attribute(attribute).ok_or_else(|| unknown(attribute))?;
        match than {
            Than::Answer(reference) => match self.attribute(&reference.attribute) {
                Some(other) if is.is_order() && other.kind == asked.kind => Ok(Than::Answer(reference)),
                Some(_) => Err(format!("`{attribute}` cannot be compared with `{}`", reference.attribute)),
                None => Err(unknown(&reference.attribute)),
            },
            Than::Value(value) if is.is_order() => self.value(attribute, &value).map(Than::Value),
            Than::Value(Json::Array(values)) => {
                // A list of choices is one answer; lists of others are made of single ones.
                let ids = values.iter().map(|value| match self.value(attribute, value)? {
                    Answer::Choice(id) => Ok(vec![id]),
                    Answer::Choices(ids) => Ok(ids),
                    Answer::Truth(truth) => Ok(vec![truth.to_string()]),
                    _ => Err(format!("`{attribute}` is not of a list")),
                });
                Ok(Than::Value(Answer::Choices(ids.collect::<Result<Vec<_>, _>>()?.concat())))
            }
            Than::Value(_) => Err("than: it is a list".into()),
        }
    }

    fn value(&self, attribute: &str, value: &Json) -> Result<Answer, String> {
        let asked = self.attribute(attribute).ok_or_else(|| unknown(attribute))?;
        let read =
            asked.read(value).map_err(|expected| format!("`{attribute}` is {expected}, not {value}"))?;
        read.ok_or_else(|| format!("a value of `{attribute}` is empty"))
    }

    fn is_kind(&self, attribute: &str, kind: Kind) -> bool {
        self.attribute(attribute).is_some_and(|attribute| attribute.kind == kind)
    }

    /// Some answer: a filter is well written or not, whatever is compared.
    fn sample(&self, attribute: &str) -> Option<Answer> {
        Some(match self.attribute(attribute)?.kind {
            Kind::Number => Answer::Number(1.0),
            Kind::Truth => Answer::Truth(true),
            Kind::Date => Answer::Date(Date::default()),
            Kind::Choice | Kind::Choices | Kind::Text => Answer::Text("x".into()),
        })
    }

    /// Checks a filter with values in the place of the answers.
    fn selection(&self, selection: &Selection) -> Result<(), String> {
        let Some(filter) = &selection.filter else { return Ok(()) };
        let text = self.filled(filter, |attribute| self.sample(attribute)).map_err(unknown)?;
        let parsed = Filter::parse(&text, Language::Text, Crs::Crs84);
        parsed.map(drop).map_err(|error| format!("where `{filter}`: {error}"))
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

    /// Whether the rules fit the layers that there are.
    ///
    /// # Errors
    /// The first rule that names a layer or a field that is nowhere.
    pub fn check(&self, layers: &[Layer]) -> Result<(), String> {
        for rule in &self.rules {
            for (selection, field) in rule.checks.iter().flat_map(|check| check.test.selections()) {
                let known = layers.iter().find(|layer| layer.id == selection.layer);
                let checked = match known {
                    Some(layer) => self.fits(selection, field, layer),
                    None if self.layers.contains_key(&selection.layer) => Ok(()),
                    None => {
                        Err(format!("there is no layer `{}`, and [layers] does not name it", selection.layer))
                    }
                };
                checked.map_err(|cause| format!("rule {}: {cause}", rule.id))?;
            }
        }
        Ok(())
    }

    fn fits(&self, selection: &Selection, field: Option<&str>, layer: &Layer) -> Result<(), String> {
        if let Some(field) = field.filter(|field| !layer.fields.iter().any(|known| known.name == *field)) {
            return Err(format!("layer {} has no field `{field}`", layer.id));
        }
        let Some(filter) = &selection.filter else { return Ok(()) };
        let text = self.filled(filter, |attribute| self.sample(attribute)).map_err(unknown)?;
        let condition =
            Filter::parse(&text, Language::Text, Crs::Crs84).and_then(|filter| filter.condition(layer));
        condition.map(drop).map_err(|error| format!("layer {}, where `{filter}`: {error}", layer.id))
    }
}

impl<V> Test<V> {
    /// The features that it looks at, and the field of them that it reads.
    fn selections(&self) -> Vec<(&Selection, Option<&str>)> {
        let (of, among, field): (&[_], &[_], _) = match self {
            Self::Outside { of } | Self::Within { of } | Self::Distance { of, .. } | Self::Covers { of } => {
                (of, &[], None)
            }
            Self::Undivided { of, among } => (of, among, None),
            Self::Total { of, field, .. } => (of, &[], field.as_deref()),
            Self::Compare { .. } | Self::NoConflict | Self::NotCheckable(_) => (&[], &[], None),
        };
        of.iter().chain(among).map(|selection| (selection, field)).collect()
    }
}

fn unknown(attribute: &str) -> String {
    format!("there is no attribute `{attribute}`")
}

fn written(text: &str) -> Result<Written, String> {
    toml::from_str(text).map_err(|error| {
        let line = error.span().map(|span| text[..span.start].matches('\n').count() + 1);
        let place = line.map(|line| format!("line {line}: ")).unwrap_or_default();
        format!("{place}{}", error.message())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_bundled_rules_are_those_of_the_plan() {
        let rules = Rules::load(None).unwrap();
        let plan: Json = serde_json::from_str(include_str!("../../data/tunliu/source/plan.json")).unwrap();
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
