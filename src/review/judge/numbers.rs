//! Tests of what is said of a proposal, and of sums that it adds to.

use super::{Outcome, Tested};
use crate::{
    plan::Text,
    review::{
        attribute::{Answer, Attribute},
        ground::{Gap, Ground},
        rules::{Relation, Selection, Than},
    },
};

impl Ground<'_> {
    pub(super) fn total(
        &self,
        of: &[Selection],
        field: Option<&str>,
        plus: Option<&str>,
        is: Relation,
        than: f64,
    ) -> Result<Tested, Gap> {
        let own = match plus {
            None => 1.0,
            Some(attribute) => match self.answer(attribute) {
                Some(Answer::Number(number)) => number,
                _ => return Err(self.unanswered(attribute)),
            },
        };
        let mut sum = 0.0;
        for selection in of {
            sum += self.memory.sum(&self.selected(selection)?, field);
        }
        let (sum, total, sign) = (decimal(sum), decimal(sum + own), is.sign());
        let text = Text {
            zh: format!("现有 {sum}，加本申请 {own}，合计 {total}，要求 {sign} {than}"),
            en: format!(
                "there are {sum}, with this one {own} more, {total} in all; it has to be {sign} {than}"
            ),
        };
        let outcome = if is.holds(&total, &than) { Outcome::KeptAs(text) } else { Outcome::Broken(text) };
        Ok(Tested { outcome, ..Tested::default() })
    }

    pub(super) fn compare(&self, attribute: &str, is: Relation, than: &Than<Answer>) -> Result<Tested, Gap> {
        let (Some(asked), Some(given)) = (self.rules.attribute(attribute), self.answer(attribute)) else {
            return Err(self.unanswered(attribute));
        };
        let other = match than {
            Than::Value(value) => value.clone(),
            Than::Answer(reference) => {
                self.answer(&reference.attribute).ok_or_else(|| self.unanswered(&reference.attribute))?
            }
        };
        let words = |answer: &Answer| asked.words(answer);
        let list = |of: fn(&Text) -> &String| match &other {
            Answer::Choices(ids) => {
                ids.iter().map(|id| of(&word(asked, id)).clone()).collect::<Vec<_>>().join("/")
            }
            value => of(&words(value)).clone(),
        };
        let (given_words, sign) = (words(&given), is.sign());
        let text = Text {
            zh: format!("{}：{}，要求 {sign} {}", asked.title.zh, given_words.zh, list(|text| &text.zh)),
            en: format!(
                "{}: {}; it has to be {sign} {}",
                asked.title.en,
                given_words.en,
                list(|text| &text.en)
            ),
        };
        let outcome = match relates(asked, &given, is, &other) {
            Some(true) => Outcome::KeptAs(text),
            Some(false) => Outcome::Broken(text),
            None => Outcome::Unknown(text),
        };
        Ok(Tested { outcome, ..Tested::default() })
    }
}

/// A sum as if its numbers had been added by hand: 0.1 and 0.2 are 0.3.
fn decimal(sum: f64) -> f64 {
    let near = (sum * 1e9).round() / 1e9;
    if near.is_finite() { near } else { sum }
}

/// `None` for an open word, which has no place in the order.
fn relates(asked: &Attribute, given: &Answer, is: Relation, other: &Answer) -> Option<bool> {
    match (given, other) {
        (Answer::Number(a), Answer::Number(b)) => Some(is.holds(a, b)),
        (Answer::Date(a), Answer::Date(b)) => Some(is.holds(a, b)),
        (Answer::Choice(a), Answer::Choice(b)) => Some(is.holds(&asked.rank(a)?, &asked.rank(b)?)),
        (given, Answer::Choices(list)) => {
            let given = match given {
                Answer::Choice(id) => vec![id.clone()],
                Answer::Choices(ids) => ids.clone(),
                Answer::Truth(truth) => vec![truth.to_string()],
                Answer::Number(_) | Answer::Date(_) | Answer::Text(_) => return None,
            };
            Some(match is {
                Relation::AllOf => list.iter().all(|id| given.contains(id)),
                Relation::NoneOf => !given.iter().any(|id| list.contains(id)),
                _ => given.iter().any(|id| list.contains(id)),
            })
        }
        _ => None,
    }
}

/// One entry of a list in words; truths are in it as text.
fn word(asked: &Attribute, id: &str) -> Text {
    match id {
        "true" => asked.words(&Answer::Truth(true)),
        "false" => asked.words(&Answer::Truth(false)),
        id => asked.words(&Answer::Choice(id.to_owned())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sums_are_those_of_a_person() {
        assert_eq!(decimal(0.1 + 0.2 + 0.3), 0.6);
        assert_eq!(decimal(1e308), 1e308);
    }
}
