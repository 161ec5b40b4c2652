//! An attribute of a file, and what becomes of it in a layer's field: a value passes from one type to another
//! only where nothing is lost.

use crate::{
    plan::{Field, FieldType},
    snapshot::Value,
};
use jiff::civil::Date;
use std::fmt;

#[derive(Debug, Clone, PartialEq)]
pub enum Attribute {
    Null,
    Integer(i64),
    Real(f64),
    Boolean(bool),
    Text(String),
    Date(Date),
    /// Something that no field holds, as it is to be shown.
    Other(String),
}

/// Whole numbers up to here are exact as real numbers, 2^53.
const MOST_EXACT: f64 = 9_007_199_254_740_992.0;

impl Attribute {
    /// The value for `field`. Blank text is null everywhere but in a text field.
    ///
    /// # Errors
    /// What the field holds instead, and what was expected.
    pub fn value(self, field: &Field) -> Result<Value<'static>, String> {
        let value = match (&self, field.kind) {
            (Self::Null, _) => Some(Value::Null),
            (Self::Text(text), kind) if kind != FieldType::Text && text.trim().is_empty() => {
                Some(Value::Null)
            }
            (_, FieldType::Integer) => self.integer().map(Value::Integer),
            (_, FieldType::Real) => self.real().map(Value::Real),
            (_, FieldType::Boolean) => self.boolean().map(Value::Boolean),
            (_, FieldType::Text) => self.text().map(|text| Value::Text(text.into())),
            (_, FieldType::Date) => self.date().map(Value::Date),
        };
        let expected = match field.kind {
            FieldType::Integer => "a whole number of 64 bits",
            FieldType::Real => "a number",
            FieldType::Boolean => "true or false",
            FieldType::Text if matches!(self, Self::Real(_)) => {
                "text: a number as large as this has lost digits, so write it as one"
            }
            FieldType::Text => "text without NUL",
            FieldType::Date => "a date YYYY-MM-DD",
        };
        value.ok_or_else(|| format!("field `{}` holds {self}, expected {expected}", field.name))
    }

    /// A row's id: a whole number from 0, or none.
    pub fn id(&self) -> Result<Option<i64>, String> {
        match self {
            Self::Null => Ok(None),
            Self::Text(text) if text.trim().is_empty() => Ok(None),
            other => match other.integer() {
                Some(number) if number >= 0 => Ok(Some(number)),
                _ => Err(format!("the id {self} is not a whole number from 0")),
            },
        }
    }

    fn integer(&self) -> Option<i64> {
        match self {
            Self::Integer(number) => Some(*number),
            Self::Real(number) if number.fract() == 0.0 && number.abs() <= MOST_EXACT => Some(*number as i64),
            Self::Text(text) => text.trim().parse().ok(),
            _ => None,
        }
    }

    fn real(&self) -> Option<f64> {
        match self {
            Self::Integer(number) => Some(*number as f64).filter(|real| real.abs() <= MOST_EXACT),
            Self::Real(number) => Some(*number).filter(|real| real.is_finite()),
            Self::Text(text) => text.trim().parse().ok().filter(|real: &f64| real.is_finite()),
            _ => None,
        }
    }

    fn boolean(&self) -> Option<bool> {
        match self {
            Self::Boolean(truth) => Some(*truth),
            Self::Integer(0) => Some(false),
            Self::Integer(1) => Some(true),
            Self::Text(text) => match &*text.trim().to_ascii_lowercase() {
                "true" | "t" | "1" | "是" => Some(true),
                "false" | "f" | "0" | "否" => Some(false),
                _ => None,
            },
            _ => None,
        }
    }

    /// PostgreSQL cannot store NUL in text.
    fn text(&self) -> Option<String> {
        match self {
            Self::Text(text) => Some(text.clone()).filter(|text| !text.contains('\0')),
            Self::Integer(number) => Some(number.to_string()),
            // Larger ones have lost digits: the codes of licences have as many.
            Self::Real(number) if number.abs() <= MOST_EXACT => Some(number.to_string()),
            Self::Date(date) => Some(date.to_string()),
            _ => None,
        }
    }

    fn date(&self) -> Option<Date> {
        match self {
            Self::Date(date) => Some(*date),
            Self::Integer(number) => date(&number.to_string()),
            Self::Text(text) => date(text.trim()),
            _ => None,
        }
    }
}

/// `2021-12-31`, `2021/12/31` or `20211231`; with a time only at midnight, which some formats cannot leave out.
fn date(text: &str) -> Option<Date> {
    let (day, time) = match text.find(['T', ' ']) {
        Some(at) => (&text[..at], &text[at + 1..]),
        None => (text, ""),
    };
    let clock = time.strip_suffix('Z').or_else(|| time.strip_suffix("+00")).unwrap_or(time);
    if !clock.bytes().all(|byte| matches!(byte, b'0' | b':' | b'.')) {
        return None;
    }
    let numbers = match day.split(['-', '/']).collect::<Vec<_>>()[..] {
        [year, month, day] if year.len() == 4 => [year, month, day],
        [packed] if packed.len() == 8 && packed.is_ascii() => [&packed[..4], &packed[4..6], &packed[6..]],
        _ => return None,
    };
    if numbers.iter().flat_map(|number| number.bytes()).any(|byte| !byte.is_ascii_digit()) {
        return None;
    }
    Date::new(numbers[0].parse().ok()?, numbers[1].parse().ok()?, numbers[2].parse().ok()?).ok()
}

/// As JSON has it, at most 80 characters.
impl fmt::Display for Attribute {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = match self {
            Self::Null => "null".to_owned(),
            Self::Integer(number) => number.to_string(),
            Self::Real(number) => number.to_string(),
            Self::Boolean(truth) => truth.to_string(),
            Self::Text(text) => {
                serde_json::Value::from(text.chars().take(80).collect::<String>()).to_string()
            }
            Self::Date(date) => date.to_string(),
            Self::Other(text) => text.clone(),
        };
        f.write_str(&text.chars().take(80).collect::<String>())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_date_is_a_day_whatever_its_dress() {
        let day = jiff::civil::date(2021, 12, 31);
        for good in
            ["2021-12-31", "2021/12/31", "20211231", "2021-12-31T00:00:00Z", "2021/12/31 00:00:00.000"]
        {
            assert_eq!(date(good), Some(day), "{good}");
        }
        for bad in [
            "2021-02-30",
            "2021-12-31T08:00:00Z",
            "31/12/2021",
            "2021年",
            "+021-12-31",
            "12-31",
            "二〇二一〇一一二",
        ] {
            assert_eq!(date(bad), None, "{bad}");
        }
    }

    #[test]
    fn a_value_passes_only_where_nothing_is_lost() {
        assert_eq!(Attribute::Real(3.0).integer(), Some(3));
        assert_eq!(Attribute::Real(3.5).integer(), None);
        assert_eq!(Attribute::Real(1e300).integer(), None);
        assert_eq!(Attribute::Integer(i64::MAX).real(), None);
        assert_eq!(Attribute::Integer(140_405).text().as_deref(), Some("140405"));
        assert_eq!(Attribute::Real(1.5).text().as_deref(), Some("1.5"));
        assert_eq!(Attribute::Real(12_345_678_901_234_567_890.0).text(), None);
        assert_eq!(Attribute::Text(" 1.5 ".into()).real(), Some(1.5));
        assert_eq!(Attribute::Text("inf".into()).real(), None);
        assert_eq!(Attribute::Boolean(true).integer(), None);
    }
}
