//! The document for somebody who does not see all layers.

use super::{Concern, Document, Evaluation, Indicator, Measure, Paragraph, Section, Table};
use crate::plan::LayerId;

impl Document {
    /// Without what is said of layers that are not seen: the tables that list them or tell of them, the paragraphs that name a
    /// feature of theirs or have such a table, the contradictions that concern them or such a table, and the targets that are
    /// printed in one or measured by them. Where the licences are not seen there are no targets: each asks for what of them is
    /// in force.
    pub fn with(&self, sees: impl Fn(&LayerId) -> bool) -> Self {
        let sees_table =
            |table: &Table| table.lists.iter().map(|lists| &lists.layer).chain(&table.tells_of).all(&sees);
        let sees_place = |id: &str| self.table(id).is_some_and(sees_table);
        let sees_all = |concerns: &[Concern]| {
            concerns.iter().all(|concern| match concern {
                Concern::Table { table, .. } => sees_place(table),
                Concern::Layer { layer, .. } => sees(layer),
            })
        };
        let sees_paragraph = |paragraph: &&Paragraph| {
            paragraph.table.as_deref().is_none_or(sees_place)
                && paragraph.features.iter().all(|mention| sees(&mention.layer))
        };
        let section = |section: &Section| Section {
            paragraphs: section.paragraphs.iter().filter(sees_paragraph).cloned().collect(),
            ..section.clone()
        };
        let sees_target = |indicator: &&Indicator| {
            let mut parts = indicator.measure.iter().flat_map(Measure::parts);
            let mut places = std::iter::once(&indicator.target.at).chain(&indicator.kind);
            parts.all(|part| sees(&part.layer)) && places.all(|place| sees_place(&place.table))
        };
        let evaluation = self.evaluation.as_ref().filter(|evaluation| sees(&evaluation.licences));
        let evaluation = evaluation.map(|evaluation| Evaluation {
            licences: evaluation.licences.clone(),
            granted: evaluation.granted.iter().filter(|layer| sees(layer)).cloned().collect(),
            indicators: evaluation.indicators.iter().filter(sees_target).cloned().collect(),
        });
        Self {
            title: self.title.clone(),
            origin: self.origin.clone(),
            text: self.text.iter().map(section).collect(),
            tables: self.tables.iter().filter(|table| sees_table(table)).cloned().collect(),
            inconsistencies: self
                .inconsistencies
                .iter()
                .filter(|found| sees_all(&found.concerns))
                .cloned()
                .collect(),
            evaluation,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_said_of_a_layer_that_is_not_seen() {
        let whole = Document::bundled().unwrap();
        assert_eq!(whole.with(|_| true), whole);
        for hidden in ["mining_blocks", "exploration_blocks", "mining_rights", "map_sheets_50k"] {
            let document = whole.with(|layer| layer.as_str() != hidden);
            document.check().unwrap();
            assert!(document.tables.len() < whole.tables.len(), "{hidden}");
            let paragraphs = |document: &Document| -> usize {
                document.text.iter().map(|section| section.paragraphs.len()).sum()
            };
            assert!(paragraphs(&document) < paragraphs(&whole), "{hidden}");
            assert!(document.inconsistencies.len() < whole.inconsistencies.len(), "{hidden}");
            assert!(!format!("{document:?}").contains(hidden), "{hidden}");
        }
    }
}
