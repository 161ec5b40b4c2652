//! Which features a part of a style draws.

use serde::{Deserialize, Deserializer, de};
use serde_json::Value;

/// A feature passes when it passes all tests.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Filter(pub Vec<Test>);

/// Whether the text in `field` is one of `values`, or none of them; a field that is not there is none of them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Test {
    pub field: String,
    pub values: Vec<String>,
    pub is_one: bool,
}

impl Filter {
    /// `text` gives the text in a field.
    pub fn passes<'a>(&self, text: impl Fn(&str) -> Option<&'a str>) -> bool {
        self.0.iter().all(|test| {
            text(&test.field).is_some_and(|text| test.values.iter().any(|value| value == text)) == test.is_one
        })
    }

    fn parse(expression: &Value) -> Option<Self> {
        let [name, arguments @ ..] = expression.as_array()?.as_slice() else { return None };
        let test = |field: &Value, values: &[Value], is_one| {
            let [get, field] = field.as_array()?.as_slice() else { return None };
            let values =
                values.iter().map(|value| Some(value.as_str()?.to_owned())).collect::<Option<_>>()?;
            let field = field.as_str().filter(|_| get == "get")?.to_owned();
            Some(Self(vec![Test { field, values, is_one }]))
        };
        match (name.as_str()?, arguments) {
            ("==", [field, value]) => test(field, std::slice::from_ref(value), true),
            ("!=", [field, value]) => test(field, std::slice::from_ref(value), false),
            ("match", [field, values, Value::Bool(true), Value::Bool(false)]) => {
                test(field, values.as_array()?, true)
            }
            ("all", filters) => {
                let filters = filters.iter().map(Self::parse).collect::<Option<Vec<_>>>()?;
                Some(Self(filters.into_iter().flat_map(|filter| filter.0).collect()))
            }
            _ => None,
        }
    }
}

impl<'de> Deserialize<'de> for Filter {
    fn deserialize<D: Deserializer<'de>>(input: D) -> Result<Self, D::Error> {
        let value = Value::deserialize(input)?;
        Self::parse(&value).ok_or_else(|| de::Error::custom(format!("{value} is no filter of the subset")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_missing_field_is_unequal_to_everything() {
        let filter = |value| serde_json::from_value::<Filter>(value).unwrap();
        let is = filter(json!(["==", ["get", "kind"], "背斜"]));
        let is_not = filter(json!(["all", ["!=", ["get", "kind"], "背斜"], ["!=", ["get", "kind"], "向斜"]]));
        let one_of = filter(json!(["match", ["get", "kind"], ["背斜", "向斜"], true, false]));
        for (kind, expected) in [
            (Some("背斜"), [true, false, true]),
            (Some("断层"), [false, true, false]),
            (None, [false, true, false]),
        ] {
            let found = [&is, &is_not, &one_of].map(|filter| filter.passes(|_| kind));
            assert_eq!(found, expected, "{kind:?}");
        }
        assert!(serde_json::from_value::<Filter>(json!([">", ["get", "a"], 1])).is_err());
    }
}
