//! Rules as they are written in a file, and what they mean.

use super::{Check, Quote, Relation, Rule, Rules, Selection, Strength, Test, Than, unknown};
use crate::{
    plan::{LayerId, Text},
    review::attribute::{Answer, Attribute, Condition, Kind},
};
use serde::Deserialize;
use serde_json::Value as Json;
use std::collections::{BTreeMap, BTreeSet};

/// The file as it is written.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Written {
    pub(super) extends: Option<String>,
    pub(super) plan: Option<Text>,
    precision_m: Option<f64>,
    #[serde(default)]
    layers: BTreeMap<LayerId, Text>,
    #[serde(default, rename = "attribute")]
    pub(super) attributes: Vec<Attribute>,
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
    /// Takes what a file says; what has an id that is there takes its place.
    pub(super) fn add(&mut self, written: Written) -> Result<(), String> {
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
}

pub(super) fn written(text: &str) -> Result<Written, String> {
    toml::from_str(text).map_err(|error| {
        let line = error.span().map(|span| text[..span.start].matches('\n').count() + 1);
        let place = line.map(|line| format!("line {line}: ")).unwrap_or_default();
        format!("{place}{}", error.message())
    })
}
