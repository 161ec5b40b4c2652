//! Whether rules fit the layers that there are.

use super::{Rule, Rules, Selection, Test, unknown};
use crate::{
    crs::Crs,
    features::{Filter, filter::Language},
    plan::{Layer, LayerId},
    review::attribute::{Answer, Kind},
};
use jiff::civil::Date;

impl Rules {
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
    pub(super) fn selection(&self, selection: &Selection) -> Result<(), String> {
        selection.filter.as_deref().map_or(Ok(()), |filter| self.sampled(filter).map(drop))
    }

    /// A filter with values in the place of the answers.
    fn sampled(&self, filter: &str) -> Result<Filter, String> {
        let text = self.filled(filter, |attribute| self.sample(attribute)).map_err(unknown)?;
        let parsed = Filter::parse(&text, Language::Text, Crs::Crs84);
        parsed.map_err(|error| format!("where `{filter}`: {error}"))
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

    /// Without the rules that look at layers, or at columns of them, that are not seen.
    pub fn with(&self, sees: impl Fn(&LayerId, &[&str]) -> bool) -> Self {
        let sees_selection = |(selection, field): (&Selection, Option<&str>)| {
            let filter = selection.filter.as_deref().and_then(|filter| self.sampled(filter).ok());
            let asked = filter.iter().flat_map(Filter::properties).map(|(_, name)| name);
            sees(&selection.layer, &asked.chain(field).collect::<Vec<_>>())
        };
        let sees_all =
            |rule: &Rule| rule.checks.iter().flat_map(|check| check.test.selections()).all(sees_selection);
        let mut rules = self.clone();
        rules.rules.retain(sees_all);
        rules.layers.retain(|layer, _| sees(layer, &[]));
        rules
    }

    fn fits(&self, selection: &Selection, field: Option<&str>, layer: &Layer) -> Result<(), String> {
        if let Some(field) = field.filter(|field| !layer.fields.iter().any(|known| known.name == *field)) {
            return Err(format!("layer {} has no field `{field}`", layer.id));
        }
        let Some(filter) = &selection.filter else { return Ok(()) };
        let condition = self.sampled(filter)?.condition(layer);
        condition.map(drop).map_err(|error| format!("layer {}, where `{filter}`: {error}", layer.id))
    }
}

impl<V> Test<V> {
    /// The features that it looks at, and the field of them that it reads.
    pub(super) fn selections(&self) -> Vec<(&Selection, Option<&str>)> {
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
