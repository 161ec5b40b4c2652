//! What is asked of a proposal beside its corners, and what it answers.

use crate::plan::Text;
use jiff::civil::Date;
use serde::Deserialize;
use serde_json::{Value as Json, json};
use std::collections::BTreeMap;

/// One thing that is asked.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Attribute {
    pub id: String,
    #[serde(rename = "type")]
    pub kind: Kind,
    pub title: Text,
    /// Of a number.
    pub unit: Option<String>,
    /// Whether a choice may be another word than those listed.
    #[serde(default)]
    pub open: bool,
    /// The words of the plan, the least first where there is an order.
    #[serde(default)]
    pub choices: Vec<Choice>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// One of the choices.
    Choice,
    /// Any of the choices.
    Choices,
    Number,
    Truth,
    /// YYYY-MM-DD
    Date,
    Text,
}

impl Kind {
    pub fn name(self) -> &'static str {
        match self {
            Self::Choice => "choice",
            Self::Choices => "choices",
            Self::Number => "number",
            Self::Truth => "truth",
            Self::Date => "date",
            Self::Text => "text",
        }
    }
}

/// A word of the plan with its code.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Choice {
    pub id: String,
    pub zh: String,
    pub en: String,
    /// Answers to other attributes that follow from this one, unless they are given.
    #[serde(default)]
    pub implies: BTreeMap<String, Json>,
}

#[derive(Debug, Clone, PartialEq)]
pub enum Answer {
    /// The id of a choice, or another word where the attribute is open.
    Choice(String),
    Choices(Vec<String>),
    Number(f64),
    Truth(bool),
    Date(Date),
    Text(String),
}

/// Answers by the id of the attribute.
pub type Answers = BTreeMap<String, Answer>;

/// Most characters of a text or an open word.
const LONGEST: usize = 200;

impl Attribute {
    /// Reads a value as JSON has it, or as text, with choices by their id or their word, several with commas between.
    /// Nothing, or blank text, is no answer.
    ///
    /// # Errors
    /// What an answer looks like.
    pub fn read(&self, value: &Json) -> Result<Option<Answer>, String> {
        let text = match value {
            Json::Null => return Ok(None),
            Json::String(text) => text.trim().to_owned(),
            Json::Number(number) => number.to_string(),
            Json::Bool(truth) => truth.to_string(),
            Json::Array(items) if self.kind == Kind::Choices => return self.several(items).map(Some),
            Json::Array(_) | Json::Object(_) => return Err(self.expected()),
        };
        if text.is_empty() {
            return Ok(None);
        }
        if text.chars().count() > LONGEST || text.contains(char::is_control) {
            return Err(format!("a text of at most {LONGEST} characters on one line"));
        }
        let answer = match self.kind {
            Kind::Choice => self.choice(&text).map(Answer::Choice),
            Kind::Choices => {
                let items = text.split([',', '，', '、', ';']).map(|item| Json::from(item.trim()));
                return self.several(&items.collect::<Vec<_>>()).map(Some);
            }
            Kind::Number => text.parse().ok().filter(|number: &f64| number.is_finite()).map(Answer::Number),
            Kind::Truth => match text.as_str() {
                "true" | "yes" | "1" | "是" => Some(Answer::Truth(true)),
                "false" | "no" | "0" | "否" => Some(Answer::Truth(false)),
                _ => None,
            },
            Kind::Date => text.parse().ok().map(Answer::Date),
            Kind::Text => Some(Answer::Text(text)),
        };
        answer.map(Some).ok_or_else(|| self.expected())
    }

    fn several(&self, items: &[Json]) -> Result<Answer, String> {
        let known = |item: &Json| item.as_str().and_then(|text| self.choice(text.trim()));
        let found: Option<Vec<String>> = items.iter().map(known).collect();
        found.map(Answer::Choices).ok_or_else(|| self.expected())
    }

    fn choice(&self, text: &str) -> Option<String> {
        let found = self.choices.iter().find(|choice| choice.id == text || choice.zh == text);
        match found {
            Some(choice) => Some(choice.id.clone()),
            None => self.open.then(|| text.to_owned()),
        }
    }

    /// What an answer looks like.
    pub fn expected(&self) -> String {
        let words = || self.choices.iter().map(|choice| format!("{} ({})", choice.id, choice.zh));
        match self.kind {
            Kind::Choice if self.open => "a word".into(),
            Kind::Choice => format!("one of {}", words().collect::<Vec<_>>().join(", ")),
            Kind::Choices => format!("any of {}", words().collect::<Vec<_>>().join(", ")),
            Kind::Number => "a number".into(),
            Kind::Truth => "true (是) or false (否)".into(),
            Kind::Date => "a date YYYY-MM-DD".into(),
            Kind::Text => "a text".into(),
        }
    }

    /// The place of a choice in its order.
    pub fn rank(&self, choice: &str) -> Option<usize> {
        self.choices.iter().position(|known| known.id == choice)
    }

    /// The answer in the words of the plan.
    pub fn words(&self, answer: &Answer) -> Text {
        let word = |id: &String| {
            let found = self.choices.iter().find(|choice| choice.id == *id);
            found.map_or_else(
                || Text { zh: id.clone(), en: id.clone() },
                |choice| Text { zh: choice.zh.clone(), en: choice.en.clone() },
            )
        };
        let same = |text: String| Text { zh: text.clone(), en: text };
        match answer {
            Answer::Choice(id) => word(id),
            Answer::Choices(ids) => {
                let words: Vec<Text> = ids.iter().map(word).collect();
                let join =
                    |of: fn(&Text) -> &str, with: &str| words.iter().map(of).collect::<Vec<_>>().join(with);
                Text { zh: join(|word| &word.zh, "、"), en: join(|word| &word.en, ", ") }
            }
            Answer::Number(number) => {
                let unit = self.unit.as_deref().unwrap_or_default();
                same(format!("{number} {unit}").trim_end().to_owned())
            }
            Answer::Truth(true) => Text { zh: "是".into(), en: "yes".into() },
            Answer::Truth(false) => Text { zh: "否".into(), en: "no".into() },
            Answer::Date(date) => same(date.to_string()),
            Answer::Text(text) => same(text.clone()),
        }
    }
}

impl Answer {
    /// As JSON has it: choices by their ids.
    pub fn json(&self) -> Json {
        match self {
            Self::Choice(id) => json!(id),
            Self::Choices(ids) => json!(ids),
            Self::Number(number) => json!(number),
            Self::Truth(truth) => json!(truth),
            Self::Date(date) => json!(date.to_string()),
            Self::Text(text) => json!(text),
        }
    }
}

/// Answers that a proposal must give, each one of several.
#[derive(Debug, Clone, Default)]
pub struct Condition(pub Vec<(String, Vec<Answer>)>);

impl Condition {
    /// # Errors
    /// The attribute that would decide it and is not answered.
    pub fn holds(&self, answers: &Answers) -> Result<bool, &str> {
        let mut open = None;
        for (attribute, allowed) in &self.0 {
            match answers.get(attribute) {
                None => open = open.or(Some(attribute.as_str())),
                Some(Answer::Choices(given)) => {
                    let among = |one: &String| allowed.contains(&Answer::Choices(vec![one.clone()]));
                    if !given.iter().any(among) {
                        return Ok(false);
                    }
                }
                Some(given) if allowed.contains(given) => {}
                Some(_) => return Ok(false),
            }
        }
        open.map_or(Ok(true), Err)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn attribute(kind: Kind) -> Attribute {
        let choice = |id: &str, zh: &str| Choice {
            id: id.into(),
            zh: zh.into(),
            en: id.into(),
            implies: BTreeMap::new(),
        };
        Attribute {
            id: "a".into(),
            kind,
            title: Text { zh: "甲".into(), en: "a".into() },
            unit: None,
            open: false,
            choices: vec![choice("small", "小型"), choice("large", "大型")],
        }
    }

    #[test]
    fn answers_are_read_by_word_and_by_code() {
        let read = |kind, value: Json| attribute(kind).read(&value);
        assert_eq!(read(Kind::Choice, json!("小型")), Ok(Some(Answer::Choice("small".into()))));
        assert_eq!(read(Kind::Choice, json!(" large ")), Ok(Some(Answer::Choice("large".into()))));
        let both = Answer::Choices(vec!["small".into(), "large".into()]);
        assert_eq!(read(Kind::Choices, json!("小型、large")), Ok(Some(both.clone())));
        assert_eq!(read(Kind::Choices, json!(["small", "大型"])), Ok(Some(both)));
        assert_eq!(read(Kind::Number, json!("1.5")), Ok(Some(Answer::Number(1.5))));
        assert_eq!(read(Kind::Truth, json!("是")), Ok(Some(Answer::Truth(true))));
        assert_eq!(read(Kind::Text, json!(" ")), Ok(None));
        for (kind, value) in [
            (Kind::Choice, json!("中型")),
            (Kind::Choices, json!(["small", 1])),
            (Kind::Number, json!("NaN")),
            (Kind::Truth, json!(2)),
            (Kind::Date, json!("2021-13-01")),
            (Kind::Text, json!({})),
            (Kind::Text, json!("两\n行")),
        ] {
            assert!(read(kind, value.clone()).is_err(), "{value}");
        }
    }
}
