//! A section for programs.

use super::{Read, brief, href, links};
use crate::document::{Mention, Named, Paragraph, Section};
use serde_json::{Value, json};

impl Read<'_> {
    /// `/plan/text/{section}`. `start` and `end` of a feature's name count characters of the paragraph, or of the cell
    /// that begins at `line`; where a paragraph speaks of a feature without its name there are none.
    pub fn json(&self) -> Value {
        let (document, section) = (self.document, self.section());
        let briefs =
            |sections: Vec<&Section>| sections.iter().map(|one| brief(one, self.base)).collect::<Vec<_>>();
        let paragraphs = section.paragraphs.iter().map(|paragraph| self.paragraph(paragraph));
        json!({
            "id": section.id,
            "title": section.title,
            "line": section.line,
            "lines": section.lines,
            "path": briefs(document.above(section)),
            "previous": self.previous().map(|section| brief(section, self.base)),
            "next": self.next().map(|section| brief(section, self.base)),
            "sections": briefs(document.below(Some(section)).collect()),
            "paragraphs": paragraphs.collect::<Vec<_>>(),
            "origin": document.origin,
            "links": links(&href(section, self.base)),
        })
    }

    fn paragraph(&self, paragraph: &Paragraph) -> Value {
        let features = paragraph
            .features
            .iter()
            .flat_map(|mention| self.found.of(mention).iter().map(move |feature| named(mention, feature)));
        let mut described = json!({
            "line": paragraph.line,
            "text": paragraph.text,
            "features": features.collect::<Vec<_>>(),
            "rules": self.rules_at(paragraph).map(|rule| &rule.id).collect::<Vec<_>>(),
            "inconsistencies": self.inconsistencies_at(paragraph).map(|found| &found.id).collect::<Vec<_>>(),
        });
        if let Some(table) = &paragraph.table {
            described["table"] = json!(table);
        }
        described
    }
}

fn named(mention: &Mention, Named { id, code, name }: &Named) -> Value {
    let mut described = json!({ "layer": mention.layer, "id": id, "code": code, "name": name });
    if let Some([start, end]) = mention.at {
        described["start"] = json!(start);
        described["end"] = json!(end);
    }
    if let Some(line) = mention.line {
        described["line"] = json!(line);
    }
    described
}
